//! A server that is killed in the middle of a ramp.

use std::path::Path;

use pilothouse_api::commands::SendCommand;
use pilothouse_api::runs::UpdateCommand;
use pilothouse_protocol::InvocationState;
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::server::{Server, shell};
use pilothouse_tests::wait;

fn lines(file: &Path) -> Vec<String> {
    std::fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ramp_goes_on_where_it_was_with_the_limits_that_were_set_meanwhile() {
    let mut server = Server::start().await;
    let fleet = Fleet::start(&server, 6).await;
    let log = server.dir().join("ran");
    let script = format!("echo begin >> {0}; sleep 1; echo end >> {0}", log.display());
    let ids = fleet.ids().iter().map(ToString::to_string).collect();
    let careful = SendCommand { instance_ids: ids, max_concurrency: Some("1".to_owned()), ..shell(&script) };
    let command = server.send_as(careful).await.unwrap();
    wait::blocking("the first to run", || !lines(&log).is_empty());
    let wider = UpdateCommand {
        command_id: command.to_string(),
        max_concurrency: Some("2".to_owned()),
        paused: Some(true),
        ..UpdateCommand::default()
    };
    server.call(wider).await.unwrap();
    server.program().kill();
    server.start_again().await;
    fleet.is_online(&server).await;
    let runs = server
        .runs_when(&command, "to stand still", |runs| {
            runs.iter().filter(|it| it.state == InvocationState::Pending).count() >= 4
                && runs.iter().all(|it| it.state.is_terminal() || it.state == InvocationState::Pending)
        })
        .await;
    assert!(
        runs.iter().any(|it| it.state == InvocationState::Success),
        "what ran while it was away is known"
    );
    let go_on =
        UpdateCommand { command_id: command.to_string(), paused: Some(false), ..UpdateCommand::default() };
    assert_eq!(server.call(go_on).await.unwrap().command.max_concurrency, "2");
    let runs = server.runs_when_over(&command).await;
    assert!(runs.iter().all(|it| it.state == InvocationState::Success), "{runs:?}");
    let said = lines(&log);
    assert_eq!(said.iter().filter(|it| *it == "begin").count(), 6, "once on each node: {said:?}");
    let mut at_once = 0;
    for line in &said {
        at_once = if line == "begin" { at_once + 1 } else { at_once - 1 };
        assert!(at_once <= 2, "{said:?}");
    }
}
