//! Commands throttled while they run.

use pilothouse_api::commands::{CancelCommand, SendCommand, Target};
use pilothouse_api::runs::{AbortCommand, FindCommands, UpdateCommand};
use pilothouse_api::topics::CommandView;
use pilothouse_protocol::{CommandId, InvocationState};
use pilothouse_tests::agent::Simulated;
use pilothouse_tests::postgres;
use pilothouse_tests::server::{Server, shell};
use pilothouse_tests::skip::skip;
use pilothouse_tests::wait;

fn everywhere(script: &str, concurrency: &str) -> SendCommand {
    SendCommand {
        targets: vec![Target { key: "tag-key".to_owned(), values: vec!["env".to_owned()] }],
        max_concurrency: Some(concurrency.to_owned()),
        ..shell(script)
    }
}

async fn view(server: &Server, command: &CommandId) -> CommandView {
    let find = FindCommands { text: Some(command.to_string()), ..FindCommands::default() };
    server.call(find).await.unwrap().commands.remove(0)
}

fn over(view: &CommandView) -> u32 {
    view.completed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_paused_goes_on_faster_and_is_aborted() {
    let server = Server::start().await;
    let _fleet = Simulated::start(&server, 40).await;
    let command = server.send_as(everywhere("uptime", "1")).await.unwrap();
    wait::until("the first node to answer", async || {
        (over(&view(&server, &command).await) > 0).then_some(())
    })
    .await;
    let pause =
        UpdateCommand { command_id: command.to_string(), paused: Some(true), ..UpdateCommand::default() };
    assert!(server.call(pause.clone()).await.unwrap().command.paused);
    let still = wait::until("what was under way to end", async || {
        let now = view(&server, &command).await;
        let pending = now.counts.get(&InvocationState::Pending).copied().unwrap_or(0);
        (over(&now) + pending == 40).then_some(over(&now))
    })
    .await;
    assert!(still < 40, "some were not sent");
    let go_on =
        UpdateCommand { paused: Some(false), max_concurrency: Some("100%".to_owned()), ..pause.clone() };
    let now = server.call(go_on).await.unwrap().command;
    assert_eq!((now.concurrency, now.paused), (40, false));
    let runs = server.runs_when_over(&command).await;
    assert_eq!(runs.len(), 40);
    assert!(view(&server, &command).await.finished_at.is_some());

    let command = server.send_as(everywhere("sleep 2", "2")).await.unwrap();
    wait::until("something to run", async || (view(&server, &command).await.ramp > 1).then_some(())).await;
    server.call(AbortCommand { command_id: command.to_string() }).await.unwrap();
    let runs = server.runs_when_over(&command).await;
    let count = |state| runs.iter().filter(|it| it.state == state).count();
    assert!(count(InvocationState::Terminated) >= 36, "{runs:?}");
    assert_eq!(count(InvocationState::Cancelled), 0, "what ran was not stopped");
    assert!(view(&server, &command).await.aborted);
}

/// Whatever is asked while jobs are handed over and results come in: what was withdrawn stays so, nothing is lost, and the counts
/// are those of the rows.
async fn a_command_is_pulled_about(server: &Server) {
    let _fleet = Simulated::start(server, 60).await;
    let command = server.send_as(everywhere("uptime", "1")).await.unwrap();
    let runs = server.runs_when(&command, "to be known", |runs| runs.len() == 60).await;
    let withdrawn: Vec<String> = runs.iter().rev().take(20).map(|it| it.instance_id.to_string()).collect();
    let pull = async |from: usize| {
        for (n, node) in withdrawn.iter().enumerate().skip(from).step_by(2) {
            let update = UpdateCommand {
                command_id: command.to_string(),
                max_concurrency: Some((1 + n % 7).to_string()),
                paused: Some(n % 3 == 0),
                max_errors: Some(format!("{}%", n + 1)),
            };
            // It may be over by now.
            if let Err(fault) = server.call(update).await {
                assert_eq!(fault.code, "InvalidCommandId", "{fault}");
            }
            let cancel = CancelCommand { command_id: command.to_string(), instance_ids: vec![node.clone()] };
            server.call(cancel).await.unwrap();
        }
    };
    tokio::join!(pull(0), pull(1));
    let finish = UpdateCommand {
        command_id: command.to_string(),
        max_concurrency: Some("100%".to_owned()),
        max_errors: Some("100%".to_owned()),
        paused: Some(false),
    };
    if let Err(fault) = server.call(finish).await {
        assert_eq!(fault.code, "InvalidCommandId", "{fault}");
    }
    let runs = server.runs_when_over(&command).await;
    assert_eq!(runs.len(), 60);
    for run in &runs {
        let was_asked = withdrawn.contains(&run.instance_id.to_string());
        assert!(was_asked || run.state != InvocationState::Cancelled, "{run:?}");
    }
    let cancelled = runs.iter().filter(|it| it.state == InvocationState::Cancelled).count();
    assert!(cancelled > 0, "somebody was withdrawn in time");
    let now = view(server, &command).await;
    assert_eq!(now.completed(), 60, "{:?}", now.counts);
    for (state, count) in &now.counts {
        let rows = runs.iter().filter(|it| it.state == *state).count();
        assert_eq!(rows, *count as usize, "{state}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_while_it_is_handed_out_is_not_lost() {
    let server = Server::start().await;
    a_command_is_pulled_about(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_while_it_is_handed_out_is_not_lost_on_postgresql() {
    let cluster = match postgres::cluster() {
        Ok(cluster) => cluster,
        Err(why) => return skip("throttling on PostgreSQL", why),
    };
    let server = Server::options().with("database", cluster.database().unwrap()).start().await;
    a_command_is_pulled_about(&server).await;
}
