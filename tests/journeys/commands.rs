//! Run Command on real agents.

use std::path::Path;

use pilothouse_api::commands::{CancelCommand, SendCommand};
use pilothouse_protocol::InvocationState;
use pilothouse_tests::agent::{Fleet, Simulated};
use pilothouse_tests::following::Following;
use pilothouse_tests::postgres;
use pilothouse_tests::server::{Server, shell};
use pilothouse_tests::skip::skip;
use pilothouse_tests::wait;

#[tokio::test(flavor = "multi_thread")]
async fn a_script_runs_on_five_nodes_and_its_output_is_read() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 5).await;
    let command = server.send(&fleet.ids(), "echo hello from $((40 + 2))\necho oops >&2").await;
    let runs = server.runs_when_over(&command).await;
    assert_eq!(runs.len(), 5);
    for run in runs {
        assert_eq!((run.state, run.exit_code), (InvocationState::Success, Some(0)), "{}", run.message);
        let shown = server.run_of(&command, &run.instance_id).await;
        assert_eq!(shown.standard_output_content, "hello from 42\n");
        assert_eq!(shown.standard_error_content, "oops\n");
        assert_eq!(server.output_of(&command, &run.instance_id).await.len(), "hello from 42\noops\n".len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_postgresql_does_the_same_and_remembers() {
    let cluster = match postgres::cluster() {
        Ok(cluster) => cluster,
        Err(why) => return skip("a server on PostgreSQL", why),
    };
    let mut server = Server::options().with("database", cluster.database().unwrap()).start().await;
    let fleet = Fleet::start(&server, 2).await;
    let command = server.send(&fleet.ids(), "echo hello").await;
    let before = server.runs_when_over(&command).await;
    assert!(before.iter().all(|it| it.state == InvocationState::Success));
    server.program().kill();
    server.start_again().await;
    assert_eq!(server.runs_when_over(&command).await, before);
    assert_eq!(server.output_of(&command, &fleet.ids()[0]).await, b"hello\n");
    let again = server.send(&fleet.ids(), "echo again").await;
    assert!(server.runs_when_over(&again).await.iter().all(|it| it.state == InvocationState::Success));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_ends_the_script_and_everything_that_it_started() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = &fleet.ids()[0];
    let command = server.send(std::slice::from_ref(node), "sleep 1000 & echo pid $!\nwait").await;
    let mut output = Following::of(&server, &command, node);
    output.until("pid ").await;
    output.until("\n").await;
    let said = String::from_utf8(output.bytes.clone()).unwrap();
    let child = said.trim().trim_start_matches("pid ").to_owned();
    let is_alive = || Path::new("/proc").join(&child).join("exe").exists();
    assert!(is_alive());
    server.call(CancelCommand { command_id: command.to_string(), ..CancelCommand::default() }).await.unwrap();
    let run = server.runs_when_over(&command).await.remove(0);
    assert_eq!(run.state, InvocationState::Cancelled);
    wait::blocking("the script's child to be gone", || !is_alive());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_runs_too_long_is_killed_and_said_to_be() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let mut command =
        SendCommand { instance_ids: vec![fleet.ids()[0].to_string()], ..shell("echo begun; sleep 1000") };
    command.parameters.insert("executionTimeout".to_owned(), vec!["5".to_owned()]);
    let command = server.send_as(command).await.unwrap();
    let run = server.runs_when_over(&command).await.remove(0);
    assert_eq!(run.state, InvocationState::ExecutionTimedOut, "{}", run.message);
    assert_eq!(server.output_of(&command, &fleet.ids()[0]).await, b"begun\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_runs_where_it_is_told_to_and_a_wrong_place_is_named() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    for (place, state) in [("/usr", InvocationState::Success), ("/no/such/place", InvocationState::Failed)] {
        let mut command = SendCommand { instance_ids: vec![fleet.ids()[0].to_string()], ..shell("pwd") };
        command.parameters.insert("workingDirectory".to_owned(), vec![place.to_owned()]);
        let command = server.send_as(command).await.unwrap();
        let run = server.runs_when_over(&command).await.remove(0);
        assert_eq!(run.state, state, "{}", run.message);
        if state == InvocationState::Success {
            assert_eq!(server.output_of(&command, &fleet.ids()[0]).await, b"/usr\n");
        } else {
            assert!(run.message.contains(place), "{}", run.message);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_error_limit_stops_what_was_not_sent_yet() {
    let server = Server::start().await;
    let _fleet = Simulated::start(&server, 30).await;
    let careful = SendCommand {
        targets: vec![pilothouse_api::commands::Target {
            key: "tag-key".to_owned(),
            values: vec!["env".to_owned()],
        }],
        max_concurrency: Some("1".to_owned()),
        max_errors: Some("2".to_owned()),
        ..shell("exit 1")
    };
    let command = server.send_as(careful).await.unwrap();
    let runs = server.runs_when_over(&command).await;
    let count = |state| runs.iter().filter(|it| it.state == state).count();
    assert_eq!((count(InvocationState::Failed), count(InvocationState::Terminated)), (3, 27));
}
