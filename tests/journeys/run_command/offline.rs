//! Nodes that are away when a command is sent.

use pilothouse_api::commands::{CancelCommand, SendCommand};
use pilothouse_api::runs::{AbortCommand, FindCommands};
use pilothouse_protocol::{CommandId, InvocationState};
use pilothouse_tests::agent::{Fleet, has_ping};
use pilothouse_tests::server::{Server, shell};

async fn state(server: &Server, command: &CommandId) -> InvocationState {
    server.runs_when(command, "to be known", |_| true).await[0].state
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_comes_back_runs_exactly_what_is_still_wanted() {
    let server = Server::start().await;
    let mut fleet = Fleet::start(&server, 1).await;
    let node = fleet.ids().remove(0);
    fleet.agents[0].program().kill();
    has_ping(&server, &node, "ConnectionLost").await;
    let log = server.dir().join("ran");
    let send = async |what: &str, seconds: i64| {
        let command = SendCommand {
            instance_ids: vec![node.to_string()],
            timeout_seconds: Some(seconds),
            ..shell(&format!("echo {what} >> {}", log.display()))
        };
        server.send_as(command).await.unwrap()
    };
    let first = send("first", 3600).await;
    let withdrawn = send("withdrawn", 3600).await;
    let aborted = send("aborted", 3600).await;
    let expired = send("expired", 30).await;
    let last = send("last", 3600).await;
    let find = FindCommands { target: Some(node.to_string()), ..FindCommands::default() };
    let waiting = server.call(find).await.unwrap().commands;
    assert!(waiting.iter().all(|it| it.start_by > it.requested_at && it.state.as_str() == "Pending"));
    let cancel = CancelCommand { command_id: withdrawn.to_string(), instance_ids: vec![node.to_string()] };
    server.call(cancel).await.unwrap();
    server.call(AbortCommand { command_id: aborted.to_string() }).await.unwrap();
    assert_eq!(server.runs_when_over(&expired).await[0].state, InvocationState::DeliveryTimedOut);
    fleet.agents[0].start();
    for command in [&first, &last] {
        assert_eq!(server.runs_when_over(command).await[0].state, InvocationState::Success);
    }
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "first\nlast\n");
    assert_eq!(state(&server, &withdrawn).await, InvocationState::Cancelled);
    assert_eq!(state(&server, &aborted).await, InvocationState::Terminated);
}
