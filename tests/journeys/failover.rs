//! Links that end, and servers that take over, in the middle of a ramp.

use std::os::unix::fs::symlink;
use std::path::Path;

use pilothouse_api::commands::{SendCommand, Target};
use pilothouse_api::runs::UpdateCommand;
use pilothouse_protocol::InvocationState;
use pilothouse_tests::agent::{Fleet, Simulated};
use pilothouse_tests::front::Front;
use pilothouse_tests::postgres;
use pilothouse_tests::server::{Server, shell};
use pilothouse_tests::skip::skip;
use pilothouse_tests::wait;

const NODES: usize = 8;

fn begun(log: &Path) -> usize {
    std::fs::read_to_string(log).unwrap_or_default().lines().count()
}

/// A server with the same database, keys and output as another one.
async fn beside(first: &Server, database: &str) -> Server {
    let dir = tempfile::Builder::new().prefix("pilothouse-server-").tempdir().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    for file in ["credentials", "master.key"] {
        std::fs::copy(first.data_dir().join(file), data.join(file)).unwrap();
    }
    for folder in ["outputs", "blobs"] {
        symlink(first.data_dir().join(folder), data.join(folder)).unwrap();
    }
    Server::options().with("database", database).start_in(dir, "127.0.0.1:0").await
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_move_to_the_other_server_in_the_middle_of_a_ramp() {
    let database = match postgres::cluster() {
        Ok(cluster) => cluster.database().unwrap(),
        Err(why) => return skip("fail-over on PostgreSQL", why),
    };
    let mut first = Server::options().with("database", &database).start().await;
    let second = beside(&first, &database).await;
    let front = Front::of(first.address()).await;
    first.found_at(front.url());
    let fleet = Fleet::start(&first, NODES).await;
    let log = first.dir().join("begun");
    let script = format!("echo $AWS_SSM_INSTANCE_ID >> {}; sleep 1; echo done", log.display());
    let instance_ids: Vec<_> = fleet.ids().iter().map(ToString::to_string).collect();
    let ramp = |script: &str| SendCommand {
        instance_ids: instance_ids.clone(),
        max_concurrency: Some("2".to_owned()),
        ..shell(script)
    };
    let paused = first.send_as(ramp("sleep 1")).await.unwrap();
    let pause =
        UpdateCommand { command_id: paused.to_string(), paused: Some(true), ..UpdateCommand::default() };
    first.call(pause.clone()).await.unwrap();
    let command = first.send_as(ramp(&script)).await.unwrap();
    wait::blocking("some to begin", || begun(&log) >= 3);
    first.program().kill();
    front.turn_to(second.address());

    let runs = second.runs_when_over(&command).await;
    assert_eq!(runs.len(), NODES);
    for run in &runs {
        assert_eq!(run.state, InvocationState::Success, "{run:?}");
        assert_eq!(second.output_of(&command, &run.instance_id).await, b"done\n");
    }
    let said = std::fs::read_to_string(&log).unwrap();
    for id in &instance_ids {
        assert_eq!(said.lines().filter(|line| line == id).count(), 1, "once on each node: {said}");
    }
    let waiting = second.runs_when(&paused, "to be known", |runs| runs.len() == NODES).await;
    assert!(waiting.iter().any(|run| run.state == InvocationState::Pending), "it stays paused: {waiting:?}");
    second.call(UpdateCommand { paused: Some(false), ..pause }).await.unwrap();
    let runs = second.runs_when_over(&paused).await;
    assert!(runs.iter().all(|run| run.state == InvocationState::Success), "{runs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn half_of_the_links_break_while_jobs_are_handed_out_and_every_node_runs_them() {
    let mut server = Server::start().await;
    let front = Front::of(server.address()).await;
    server.found_at(front.url());
    let _fleet = Simulated::start(&server, 200).await;
    let everyone = SendCommand {
        targets: vec![Target { key: "tag-key".to_owned(), values: vec!["env".to_owned()] }],
        max_concurrency: Some("100%".to_owned()),
        ..shell("sleep 1\necho done")
    };
    let command = server.send_as(everyone).await.unwrap();
    server
        .runs_when(&command, "to be handed out", |runs| {
            runs.iter().filter(|it| it.state != InvocationState::Pending).count() > 50
        })
        .await;
    front.cut(2);
    let runs = server.runs_when_over(&command).await;
    assert_eq!(runs.len(), 200);
    assert!(runs.iter().all(|run| run.state == InvocationState::Success), "{runs:?}");
}
