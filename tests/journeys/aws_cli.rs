//! The aws CLI drives every operation, and finds AWS's members, errors and pages.

use pilothouse_tests::agent::{Agent, has_ping};
use pilothouse_tests::cli::{ok, refused, text};
use pilothouse_tests::server::{Server, has_aws};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn a_day_with_the_aws_cli() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;

    // An activation, a node that registers with it.
    let made = ok(
        &server,
        &[
            "create-activation",
            "--iam-role",
            "service-role/any",
            "--description",
            "web",
            "--tags",
            "Key=env,Value=prod",
        ],
    );
    let activation = serde_json::from_value(made).unwrap();
    let mut agent = Agent::register(&server, &activation);
    agent.start();
    let id = agent.id().to_string();
    has_ping(&server, agent.id(), "Online").await;
    let shown = ok(&server, &["describe-activations"]);
    assert_eq!(text(&shown, "/ActivationList/0/ActivationId"), activation.activation_id);
    assert_eq!(shown.pointer("/ActivationList/0/RegistrationsCount"), Some(&Value::from(1)));
    ok(&server, &["delete-activation", "--activation-id", &activation.activation_id]);
    assert_eq!(ok(&server, &["describe-activations"])["ActivationList"], Value::Array(vec![]));

    // The node.
    let shown = ok(&server, &["describe-instance-information", "--filters", "Key=tag:env,Values=prod"]);
    assert_eq!(text(&shown, "/InstanceInformationList/0/InstanceId"), id);
    assert_eq!(text(&shown, "/InstanceInformationList/0/PingStatus"), "Online");
    assert_eq!(text(&shown, "/InstanceInformationList/0/PlatformType"), "Linux");
    let shown = ok(&server, &["describe-instance-properties"]);
    assert_eq!(text(&shown, "/InstanceProperties/0/InstanceId"), id);
    let shown = ok(&server, &["get-connection-status", "--target", &id]);
    assert_eq!(text(&shown, "/Status"), "connected");

    tags_of_a_node(&server, &id);
    documents(&server);
    a_command(&server, &id).await;
    a_command_that_is_stopped(&server, &id).await;

    // The node goes.
    ok(&server, &["deregister-managed-instance", "--instance-id", &id]);
    assert_eq!(
        ok(&server, &["describe-instance-information"])["InstanceInformationList"],
        Value::Array(vec![])
    );
}

fn tags_of_a_node(server: &Server, id: &str) {
    let resource = ["--resource-type", "ManagedInstance", "--resource-id", id];
    let tags = |verb: &[&str]| ok(server, &[verb, &resource].concat());
    tags(&["add-tags-to-resource", "--tags", "Key=role,Value=web server"]);
    tags(&["remove-tags-from-resource", "--tag-keys", "env"]);
    let shown = tags(&["list-tags-for-resource"]);
    assert_eq!(shown["TagList"], serde_json::json!([{"Key": "role", "Value": "web server"}]));
}

fn documents(server: &Server) {
    let shown =
        ok(server, &["list-documents", "--filters", "Key=Owner,Values=Amazon", "Key=Name,Values=AWS-RunSh"]);
    assert_eq!(text(&shown, "/DocumentIdentifiers/0/Name"), "AWS-RunShellScript");
    let shown = ok(server, &["describe-document", "--name", "AWS-RunShellScript"]);
    assert_eq!(text(&shown, "/Document/DocumentType"), "Command");
    let shown = ok(server, &["get-document", "--name", "AWS-RunShellScript"]);
    assert!(text(&shown, "/Content").contains("aws:runShellScript"));
}

async fn a_command(server: &Server, id: &str) {
    let sent = ok(
        server,
        &[
            "send-command",
            "--document-name",
            "AWS-RunShellScript",
            "--targets",
            "Key=tag:role,Values=web server",
            "--parameters",
            r#"{"commands":["echo hello","echo oops >&2"]}"#,
            "--comment",
            "greeting",
        ],
    );
    let command = text(&sent, "/Command/CommandId").to_owned();
    server.runs_when_over(&command.parse().unwrap()).await;
    let shown = ok(server, &["get-command-invocation", "--command-id", &command, "--instance-id", id]);
    assert_eq!(text(&shown, "/StatusDetails"), "Success");
    assert_eq!(text(&shown, "/StandardOutputContent"), "hello\n");
    assert_eq!(text(&shown, "/StandardErrorContent"), "oops\n");
    assert_eq!(shown["ResponseCode"], 0);
    let shown = ok(server, &["list-commands", "--command-id", &command]);
    assert_eq!(
        (text(&shown, "/Commands/0/Status"), text(&shown, "/Commands/0/Comment")),
        ("Success", "greeting")
    );
    let shown = ok(server, &["list-command-invocations", "--command-id", &command, "--details"]);
    assert_eq!(text(&shown, "/CommandInvocations/0/InstanceId"), id);
    assert_eq!(
        text(&shown, "/CommandInvocations/0/CommandPlugins/0/Output"),
        "hello\n\n----------ERROR-------\noops\n"
    );
    let waited = ["wait", "command-executed", "--command-id", &command, "--instance-id", id];
    assert!(server.aws(&waited).status.success(), "the CLI's own waiter understands us");
}

async fn a_command_that_is_stopped(server: &Server, id: &str) {
    let sent = ok(
        server,
        &[
            "send-command",
            "--document-name",
            "AWS-RunShellScript",
            "--instance-ids",
            id,
            "--parameters",
            "commands=sleep 1000",
        ],
    );
    let command = text(&sent, "/Command/CommandId").to_owned();
    ok(server, &["cancel-command", "--command-id", &command]);
    let runs = server.runs_when_over(&command.parse().unwrap()).await;
    assert_eq!(runs[0].state.as_str(), "Cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_told_in_the_words_of_aws() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let send = |more: &[&str]| {
        let begin: &[&str] =
            &["send-command", "--document-name", "AWS-RunShellScript", "--parameters", "commands=true"];
        refused(&server, &[begin, more].concat())
    };
    let stranger = "mi-00000000000000000";
    let cases = [
        (send(&["--instance-ids", stranger]), "InvalidInstanceId"),
        (send(&["--instance-ids", stranger, stranger]), "DuplicateInstanceId"),
        (send(&["--instance-ids", stranger, "--timeout-seconds", "29"]), "ValidationException"),
        (send(&["--instance-ids", stranger, "--targets", "Key=tag:a,Values=b"]), "InvalidParameters"),
        (
            refused(
                &server,
                &["send-command", "--document-name", "No-Such", "--targets", "Key=tag:a,Values=b"],
            ),
            "InvalidDocument",
        ),
        (refused(&server, &["get-document", "--name", "No-Such"]), "InvalidDocument"),
        (
            refused(&server, &["cancel-command", "--command-id", "00000000-0000-0000-0000-000000000000"]),
            "InvalidCommandId",
        ),
        (refused(&server, &["list-command-invocations", "--next-token", "nonsense"]), "InvalidNextToken"),
        (refused(&server, &["deregister-managed-instance", "--instance-id", stranger]), "InvalidInstanceId"),
        (refused(&server, &["get-patch-baseline", "--baseline-id", "pb-later"]), "UnknownOperationException"),
    ];
    for (said, code) in cases {
        assert!(said.contains(&format!("({code})")), "{code} is not in: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cli_pages_through_what_is_long() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let _fleet = pilothouse_tests::agent::Simulated::start(&server, 60).await;
    let whole = ok(&server, &["describe-instance-information", "--page-size", "25"]);
    assert_eq!(whole["InstanceInformationList"].as_array().unwrap().len(), 60, "the CLI follows the tokens");
    let first = ok(&server, &["describe-instance-information", "--max-items", "10"]);
    let token = text(&first, "/NextToken");
    let next =
        ok(&server, &["describe-instance-information", "--max-items", "10", "--starting-token", token]);
    let ids = |page: &Value| {
        page["InstanceInformationList"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["InstanceId"].to_string())
            .collect::<Vec<_>>()
    };
    assert!(ids(&first).iter().all(|id| !ids(&next).contains(id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_and_an_unknown_key_are_told_apart() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let file = server.data_dir().join("credentials");
    let right = std::fs::read_to_string(&file).unwrap();
    let altered = |key: &str| {
        let change = |line: &str| {
            let is_it = line.trim_start().starts_with(key);
            if is_it {
                line.chars()
                    .rev()
                    .scan(0, |n, c| {
                        *n += 1;
                        Some(if *n == 1 { if c == 'A' { 'B' } else { 'A' } } else { c })
                    })
                    .collect::<String>()
                    .chars()
                    .rev()
                    .collect()
            } else {
                line.to_owned()
            }
        };
        right.lines().map(change).collect::<Vec<_>>().join("\n")
    };
    for (key, code) in [
        ("aws_secret_access_key", "InvalidSignatureException"),
        ("aws_access_key_id", "UnrecognizedClientException"),
    ] {
        std::fs::write(&file, altered(key)).unwrap();
        let said = refused(&server, &["list-commands"]);
        assert!(said.contains(code), "{said}");
    }
}
