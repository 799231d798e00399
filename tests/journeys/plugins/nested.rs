//! Documents within documents.

use std::fs;

use pilothouse_protocol::InvocationState;
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::server::{Server, has_aws};
use pilothouse_tests::wait;
use serde_json::json;

use super::{create, document, over, runs, sends, shell, steps_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_document_runs_others_within_it_and_their_ends_are_its_own() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = &fleet.ids()[0];
    let inner = document(
        &json!({ "word": { "type": "String" }, "lines": { "type": "StringList", "default": [] } }),
        &json!([
            shell("says", &["echo inner says {{ word }}"]),
            { "action": "aws:runShellScript", "name": "fails",
              "inputs": { "runCommand": ["{{ lines }}"], "onFailure": "exit" } },
            shell("left-out", &["echo never"]),
            { "action": "aws:runShellScript", "name": "last",
              "inputs": { "runCommand": ["echo at last"], "finallyStep": true } },
        ]),
    );
    create(&server, "Inner", &inner).await;
    let outer = document(
        &json!({ "line": { "type": "String" } }),
        &json!([
            shell("before", &["echo before"]),
            runs("within", "Inner:1", &json!({ "word": "hello", "lines": ["{{ line }}"] })),
            shell("after", &["echo after"]),
        ]),
    );
    create(&server, "Outer", &outer).await;

    let (run, output) = over(&server, sends("Outer", node, &[("line", "true")])).await;
    assert_eq!((run.state, run.message.as_str()), (InvocationState::Success, ""));
    assert_eq!(output, "before\ninner says hello\nnever\nat last\nafter\n");

    let (run, output) = over(&server, sends("Outer", node, &[("line", "exit 7")])).await;
    assert_eq!(run.state, InvocationState::Failed);
    assert_eq!(output, "before\ninner says hello\nat last\nafter\n");
    let steps: Vec<_> = steps_of(&server, &run).await;
    assert_eq!(steps, ["before Success 0", "within Failed 1", "after Success 0"]);
    let why = &run.message;
    assert!(why.contains("Inner, step fails") && why.contains("exit code 7"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_runs_itself_comes_to_an_end() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let itself =
        document(&json!({}), &json!([shell("says", &["echo again"]), runs("again", "Mirror", &json!({}))]));
    create(&server, "Mirror", &itself).await;
    let (run, output) = over(&server, sends("Mirror", &fleet.ids()[0], &[])).await;
    assert_eq!(run.state, InvocationState::Failed);
    assert_eq!(output, "again\n".repeat(4));
    assert!(run.message.contains("3 deep at most"), "{}", run.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_killed_within_a_nested_document_goes_on_and_runs_nothing_twice() {
    let server = Server::start().await;
    let mut fleet = Fleet::start(&server, 1).await;
    let (node, dir) = (fleet.ids()[0].clone(), tempfile::tempdir().unwrap());
    let at = dir.path().display();
    let inner = document(
        &json!({}),
        &json!([
            shell("first", &[&format!("echo first | tee -a {at}/done")]),
            shell(
                "second",
                &[
                    &format!("echo begun >> {at}/done; while [ ! -e {at}/go ]; do sleep 0.1; done"),
                    &format!("echo second | tee -a {at}/done")
                ]
            ),
            shell("third", &[&format!("echo third | tee -a {at}/done")]),
        ]),
    );
    create(&server, "Inner", &inner).await;
    create(&server, "Middle", &document(&json!({}), &json!([runs("down", "Inner", &json!({}))]))).await;
    let outer =
        document(&json!({}), &json!([runs("down", "Middle", &json!({})), shell("end", &["echo end"])]));
    create(&server, "Outer", &outer).await;
    let command = server.send_as(sends("Outer", &node, &[])).await.unwrap();
    let done = || fs::read_to_string(dir.path().join("done")).unwrap_or_default();
    wait::until("the second script to begin", async || done().contains("begun").then_some(())).await;

    // Killed while a script runs, and once more; it changes nothing that the document is another one by now.
    fleet.agents[0].program().kill();
    server
        .call(pilothouse_api::documents::DeleteDocument { name: "Inner".into(), ..Default::default() })
        .await
        .unwrap();
    fleet.agents[0].start();
    fleet.is_online(&server).await;
    fleet.agents[0].program().kill();
    fs::write(dir.path().join("go"), "").unwrap();
    fleet.agents[0].start();
    let runs = server.runs_when_over(&command).await;
    assert_eq!(runs[0].state, InvocationState::Success, "{runs:#?}");
    assert_eq!(done(), "first\nbegun\nsecond\nthird\n");
    let output = server.output_of(&command, &node).await;
    assert_eq!(String::from_utf8(output).unwrap(), "first\nsecond\nthird\nend\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_and_a_time_out_reach_the_script_within() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let (node, dir) = (fleet.ids()[0].clone(), tempfile::tempdir().unwrap());
    let at = dir.path().display();
    let inner = document(
        &json!({ "seconds": { "type": "String" } }),
        &json!([{ "action": "aws:runShellScript", "name": "sleeps", "inputs": {
            "runCommand": [format!("touch {at}/begun; sleep 600; touch {at}/lives")],
            "timeoutSeconds": "{{ seconds }}" } }]),
    );
    create(&server, "Sleeps", &inner).await;
    let outer =
        |seconds: &str| document(&json!({}), &json!([runs("in", "Sleeps", &json!({ "seconds": seconds }))]));
    create(&server, "Short", &outer("5")).await;
    create(&server, "Long", &outer("600")).await;

    let (run, _) = over(&server, sends("Short", &node, &[])).await;
    assert_eq!(run.state, InvocationState::ExecutionTimedOut, "{run:#?}");

    fs::remove_file(dir.path().join("begun")).unwrap();
    let command = server.send_as(sends("Long", &node, &[])).await.unwrap();
    wait::until("the script to begin", async || dir.path().join("begun").exists().then_some(())).await;
    let cancel =
        pilothouse_api::commands::CancelCommand { command_id: command.to_string(), instance_ids: vec![] };
    server.call(cancel).await.unwrap();
    let runs = server.runs_when_over(&command).await;
    assert_eq!(runs[0].state, InvocationState::Cancelled, "{runs:#?}");
    assert!(!dir.path().join("lives").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_asked_for_while_the_server_is_away_is_given_when_it_is_back() {
    let mut server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let (node, dir) = (fleet.ids()[0].clone(), tempfile::tempdir().unwrap());
    let at = dir.path().display();
    create(&server, "Inner", &document(&json!({}), &json!([shell("says", &["echo inner"])]))).await;
    let wait_for_go =
        format!("touch {at}/begun; while [ ! -e {at}/go ]; do sleep 0.1; done; touch {at}/went");
    let outer =
        document(&json!({}), &json!([shell("waits", &[&wait_for_go]), runs("in", "Inner", &json!({}))]));
    create(&server, "Outer", &outer).await;
    let command = server.send_as(sends("Outer", &node, &[])).await.unwrap();
    wait::until("the script to begin", async || dir.path().join("begun").exists().then_some(())).await;
    server.program().kill();
    fs::write(dir.path().join("go"), "").unwrap();
    wait::until("the script to go on", async || dir.path().join("went").exists().then_some(())).await;
    server.start_again().await;
    let runs = server.runs_when_over(&command).await;
    assert_eq!(runs[0].state, InvocationState::Success, "{runs:#?}");
    assert_eq!(server.output_of(&command, &node).await, b"inner\n");
}

/// The CLI's own shorthand for a map of lists, and what it shows.
#[tokio::test(flavor = "multi_thread")]
async fn the_aws_cli_sends_a_document_that_runs_another() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = fleet.ids()[0].to_string();
    let content = document(
        &json!({}),
        &json!([runs(
            "within",
            "AWS-RunShellScript",
            &json!({ "commands": ["echo by way of AWS-RunShellScript"] })
        )]),
    );
    let content = content.to_string();
    let made = server.aws(&[
        "create-document",
        "--name",
        "Outer",
        "--document-type",
        "Command",
        "--content",
        &content,
    ]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let sent = server.aws(&["send-command", "--document-name", "Outer", "--instance-ids", &node]);
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    let sent: serde_json::Value = serde_json::from_slice(&sent.stdout).unwrap();
    let id = sent["Command"]["CommandId"].as_str().unwrap();
    let waited = server.aws(&["wait", "command-executed", "--command-id", id, "--instance-id", &node]);
    assert!(waited.status.success(), "{}", String::from_utf8_lossy(&waited.stderr));
    let got = server.aws(&[
        "get-command-invocation",
        "--command-id",
        id,
        "--instance-id",
        &node,
        "--plugin-name",
        "within",
    ]);
    let got: serde_json::Value = serde_json::from_slice(&got.stdout).unwrap();
    assert_eq!(got["StandardOutputContent"], "by way of AWS-RunShellScript\n");
}
