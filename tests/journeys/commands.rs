//! Run Command on real agents.

use pilothouse_protocol::InvocationState;
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::server::{Following, Server};

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
async fn output_arrives_while_the_script_runs_and_has_no_gap_when_the_server_restarts() {
    let mut server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = &fleet.ids()[0];
    let dir = tempfile::tempdir().unwrap();
    let go = dir.path().join("go");
    let script =
        format!("echo one; while [ ! -e {} ]; do sleep 0.05; done; echo two; seq 1 10000", go.display());
    let command = server.send(std::slice::from_ref(node), &script).await;
    let mut output = Following::of(&server, &command, node);
    output.until("one\n").await;
    server.program().kill();
    server.start_again().await;
    std::fs::write(&go, "").unwrap();
    output.until("two\n").await;
    while !output.next().await {}
    let expected: String = (1..=10_000).map(|n| format!("{n}\n")).collect();
    assert_eq!(String::from_utf8(output.bytes).unwrap(), format!("one\ntwo\n{expected}"));
    assert_eq!(server.runs_when_over(&command).await[0].state, InvocationState::Success);
}
