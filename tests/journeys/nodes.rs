//! Nodes: how they register, prove who they are, and are noticed when they are gone.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use pilothouse_api::activations::{CreateActivation, DescribeActivations};
use pilothouse_api::commands::{SendCommand, Target};
use pilothouse_api::nodes::DeregisterManagedInstance;
use pilothouse_api::topics::{News, NodeView, Topic};
use pilothouse_client::{EventStream, StreamEvent};
use pilothouse_protocol::{InstanceId, InvocationState};
use pilothouse_tests::agent::{Agent, Fleet, activation, has_ping, ping, register};
use pilothouse_tests::program::{Program, binary, command};
use pilothouse_tests::server::{Server, shell};
use pilothouse_tests::skip::skip;
use pilothouse_tests::wait;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

async fn node_when(server: &Server, id: &InstanceId, what: &str, is: impl Fn(&NodeView) -> bool) -> NodeView {
    let mut stream = EventStream::open(server.client());
    stream.follow(Topic::nodes());
    let seen = tokio::time::timeout(wait::PATIENCE, async {
        loop {
            if let Some(StreamEvent::News { news: News::Nodes { nodes, .. }, .. }) = stream.next().await
                && let Some(node) = nodes.into_iter().find(|node| node.instance_id == *id && is(node))
            {
                return node;
            }
        }
    });
    seen.await.unwrap_or_else(|_| panic!("{id} did not become {what}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_node_is_connection_lost_and_online_again_when_it_returns() {
    let server = Server::start().await;
    let mut fleet = Fleet::start(&server, 1).await;
    let id = fleet.ids().remove(0);
    fleet.agents[0].program().kill();
    has_ping(&server, &id, "ConnectionLost").await;
    fleet.agents[0].start();
    has_ping(&server, &id, "Online").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_finds_its_server_again_after_a_restart() {
    let mut server = Server::start().await;
    let fleet = Fleet::start(&server, 3).await;
    assert!(server.program().stop().success(), "asked to stop, it stops well");
    server.start_again().await;
    fleet.is_online(&server).await;
    let command = server.send(&fleet.ids(), "true").await;
    assert!(server.runs_when_over(&command).await.iter().all(|it| it.state == InvocationState::Success));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_registers_as_many_nodes_as_it_says_and_no_more() {
    let server = Server::start().await;
    let once = activation(&server, 1).await;
    Agent::register(&server, &once);
    let dir = tempfile::tempdir().unwrap();
    let refused = register(&server, &once, dir.path(), server.authority());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.to_lowercase().contains("activation"), "{said}");
    assert!(!said.contains(&once.activation_code), "a secret was shown: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_activation_and_a_wrong_code_register_nothing() {
    let server = Server::start().await;
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let request = CreateActivation {
        iam_role: "any".to_owned(),
        expiration_date: Some(pilothouse_protocol::Millis(now + 1500).into()),
        ..CreateActivation::default()
    };
    let short = server.call(request).await.unwrap();
    wait::until("the activation to expire", async || {
        let shown = server.call(DescribeActivations::default()).await.unwrap().activation_list;
        shown.iter().any(|it| it.expired).then_some(())
    })
    .await;
    let mut wrong = activation(&server, 1).await;
    wrong.activation_code = wrong.activation_code.chars().rev().collect();
    for useless in [short, wrong] {
        let dir = tempfile::tempdir().unwrap();
        let refused = register(&server, &useless, dir.path(), server.authority());
        assert!(!refused.status.success(), "{}", String::from_utf8_lossy(&refused.stdout));
        let run = command(&binary("pilothouse-agent"))
            .args(["run", "--data-dir"])
            .arg(dir.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(!run.status.success() && said.contains("register"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_agent_with_a_copied_key_never_gets_work_and_is_told_of() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let id = fleet.ids().remove(0);
    let copied = tempfile::tempdir().unwrap();
    copy(fleet.agents[0].dir(), copied.path());
    let mut run = command(&binary("pilothouse-agent"));
    run.args(["run", "--data-dir"]).arg(copied.path());
    let _thief = Program::start(run, "thief", copied.path());
    node_when(&server, &id, "in conflict", |node| node.conflict.is_some()).await;
    assert_eq!(ping(&server, &id).await.as_deref(), Some("Online"), "the node itself is not disturbed");
    let command = server.send(std::slice::from_ref(&id), "dirname \"$0\"").await;
    server.runs_when_over(&command).await;
    let at = String::from_utf8(server.output_of(&command, &id).await).unwrap();
    assert!(at.starts_with(fleet.agents[0].dir().to_str().unwrap()), "it ran at {at}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_directory_has_one_agent() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let mut second = command(&binary("pilothouse-agent"));
    let said = second.args(["run", "--data-dir"]).arg(fleet.agents[0].dir()).output().unwrap();
    assert!(!said.status.success());
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.contains(fleet.agents[0].dir().to_str().unwrap()), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deregistered_node_ends_and_does_not_return() {
    let server = Server::start().await;
    let mut fleet = Fleet::start(&server, 1).await;
    let id = fleet.ids().remove(0);
    server.call(DeregisterManagedInstance { instance_id: id.to_string() }).await.unwrap();
    let agent = &mut fleet.agents[0];
    wait::blocking("the agent to give up", || agent.program().ended().is_some());
    assert!(agent.program().log().contains("regist"), "{}", agent.program().log());
    let status = agent.program().ended().and_then(|status| status.code());
    assert_eq!(status, Some(77), "what keeps systemd from starting it again");
    assert_eq!(ping(&server, &id).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_matches_nothing_is_a_command_that_ended() {
    let server = Server::start().await;
    let nobody = SendCommand {
        targets: vec![Target { key: "tag:env".to_owned(), values: vec!["nowhere".to_owned()] }],
        ..shell("true")
    };
    let command = server.send_as(nobody).await.unwrap();
    let list = pilothouse_api::commands::ListCommands {
        command_id: Some(command.to_string()),
        ..pilothouse_api::commands::ListCommands::default()
    };
    let shown = server.call(list).await.unwrap().commands.remove(0);
    assert_eq!((shown.status_details.as_str(), shown.target_count), ("NoInstancesInTag", 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_waits_for_an_offline_node_and_times_out_when_it_does_not_come() {
    let server = Server::start().await;
    let mut fleet = Fleet::start(&server, 2).await;
    let (waiting, lost) = (fleet.agents[0].id().clone(), fleet.agents[1].id().clone());
    for agent in &mut fleet.agents {
        agent.program().kill();
        has_ping(&server, &agent.id().clone(), "ConnectionLost").await;
    }
    let command = SendCommand {
        instance_ids: vec![waiting.to_string(), lost.to_string()],
        timeout_seconds: Some(30),
        ..shell("echo late is better than never")
    };
    let command = server.send_as(command).await.unwrap();
    fleet.agents[0].start();
    let came = |runs: &[pilothouse_api::topics::InvocationView]| {
        runs.iter().any(|it| it.instance_id == waiting && it.state == InvocationState::Success)
    };
    let runs = server.runs_when(&command, "to run when the node is there", came).await;
    assert!(runs.iter().any(|it| it.instance_id == lost && it.state == InvocationState::Pending));
    let runs = server.runs_when_over(&command).await;
    let end = runs.iter().find(|it| it.instance_id == lost).unwrap();
    assert_eq!(end.state, InvocationState::DeliveryTimedOut);
    fleet.agents[1].start();
    has_ping(&server, &lost, "Online").await;
    let after = server.runs_when_over(&command).await;
    assert_eq!(after, runs, "what timed out is not run when the node returns");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_over_tls_trusts_the_servers_authority_and_no_other() {
    let keys = tempfile::tempdir().unwrap();
    let (certificate, key) = (keys.path().join("server.pem"), keys.path().join("server.key"));
    let mut openssl = command(Path::new("openssl"));
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=pilothouse.test",
    ]);
    openssl.args([
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
        "-keyout",
    ]);
    let made = openssl.arg(&key).arg("-out").arg(&certificate).output();
    if !made.is_ok_and(|made| made.status.success()) {
        return skip("a fleet over TLS", "openssl is not installed, and makes no certificate");
    }
    let server = Server::options()
        .with("tls__certificate", certificate.display())
        .with("tls__key", key.display())
        .trusting(&certificate)
        .start()
        .await;
    assert!(server.url().starts_with("https://"), "{}", server.url());
    let right = activation(&server, 1).await;
    let stranger = tempfile::tempdir().unwrap();
    let refused = register(&server, &right, stranger.path(), None);
    assert!(!refused.status.success(), "an agent that does not know the authority went on");
    let mut agent = Agent::register(&server, &right);
    agent.start();
    has_ping(&server, agent.id(), "Online").await;
    let command = server.send(std::slice::from_ref(agent.id()), "echo over TLS").await;
    server.runs_when_over(&command).await;
    assert_eq!(server.output_of(&command, agent.id()).await, b"over TLS\n");
}
