//! The aws CLI as people use it to choose nodes and to stop commands.

use pilothouse_api::commands::Target;
use pilothouse_api::groups::PutResourceGroup;
use pilothouse_tests::agent::{Agent, has_ping};
use pilothouse_tests::cli::{ok, refused, text};
use pilothouse_tests::server::{Server, has_aws};
use serde_json::Value;

fn send(server: &Server, targets: &[&str]) -> Value {
    let begin: &[&str] =
        &["send-command", "--document-name", "AWS-RunShellScript", "--parameters", "commands=uptime"];
    ok(server, &[begin, &["--targets"], targets].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_hold_together_and_groups_are_targets() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let mut agents = Vec::new();
    for (env, role) in [("prod", "web"), ("prod", "db"), ("dev", "web")] {
        let mut agent = Agent::of_environment(&server, env).await;
        agent.start();
        has_ping(&server, agent.id(), "Online").await;
        let id = agent.id().to_string();
        ok(
            &server,
            &[
                "add-tags-to-resource",
                "--resource-type",
                "ManagedInstance",
                "--resource-id",
                &id,
                "--tags",
                &format!("Key=role,Value={role}"),
            ],
        );
        agents.push(agent);
    }
    let count = |sent: &Value| sent.pointer("/Command/TargetCount").and_then(Value::as_i64).unwrap();
    assert_eq!(count(&send(&server, &["Key=tag:env,Values=prod"])), 2);
    let sent =
        send(&server, &["Key=tag:env,Values=prod,dev", "Key=tag:role,Values=web", "Key=tag-key,Values=env"]);
    assert_eq!(count(&sent), 2);
    assert_eq!(text(&sent, "/Command/Targets/1/Values/0"), "web");
    let group = PutResourceGroup {
        name: "production".to_owned(),
        targets: vec![Target { key: "tag:env".to_owned(), values: vec!["prod".to_owned()] }],
        ..PutResourceGroup::default()
    };
    server.call(group).await.unwrap();
    let sent = send(
        &server,
        &[
            "Key=resource-groups:Name,Values=production",
            "Key=tag:role,Values=db",
            "Key=resource-groups:ResourceTypeFilters,Values=AWS::SSM::ManagedInstance",
        ],
    );
    assert_eq!(count(&sent), 1);
    let id = text(&sent, "/Command/CommandId").to_owned();
    let run = server.runs_when_over(&id.parse().unwrap()).await.remove(0);
    assert_eq!((run.instance_id, run.state.as_str()), (agents[1].id().clone(), "Success"));
    let said = refused(
        &server,
        &[
            "send-command",
            "--document-name",
            "AWS-RunShellScript",
            "--parameters",
            "commands=uptime",
            "--targets",
            "Key=resource-groups:Name,Values=nobody",
        ],
    );
    assert!(said.contains("(InvalidParameters)") && said.contains("nobody"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_is_withdrawn_and_the_rest_is_cancelled() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let fleet = pilothouse_tests::agent::Fleet::start(&server, 2).await;
    let [one, two] = [fleet.ids()[0].to_string(), fleet.ids()[1].to_string()];
    let sent = ok(
        &server,
        &[
            "send-command",
            "--document-name",
            "AWS-RunShellScript",
            "--instance-ids",
            &one,
            &two,
            "--parameters",
            "commands=sleep 1000",
        ],
    );
    let id = text(&sent, "/Command/CommandId").to_owned();
    let command = id.parse().unwrap();
    server.runs_when(&command, "to run on both", |runs| runs.iter().all(|it| it.started_at.is_some())).await;
    ok(&server, &["cancel-command", "--command-id", &id, "--instance-ids", &one]);
    let runs = server
        .runs_when(&command, "to end on one", |runs| runs.iter().any(|it| it.state.as_str() == "Cancelled"))
        .await;
    let of = |node: &str| runs.iter().find(|it| it.instance_id.as_str() == node).unwrap().state;
    assert_eq!((of(&one).as_str(), of(&two).as_str()), ("Cancelled", "InProgress"));
    ok(&server, &["cancel-command", "--command-id", &id]);
    let runs = server.runs_when_over(&command).await;
    assert!(runs.iter().all(|it| it.state.as_str() == "Cancelled"));
    let shown = ok(&server, &["list-commands", "--command-id", &id]);
    assert_eq!(text(&shown, "/Commands/0/StatusDetails"), "Cancelled");
    ok(&server, &["cancel-command", "--command-id", &id]);
}
