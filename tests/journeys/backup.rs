//! The day on which the server's machine is lost: a backup that was made while commands ran, and a server that goes on from it.

use std::fs;
use std::path::Path;

use pilothouse_client::{Authority, Client, Endpoint};
use pilothouse_protocol::InvocationState;
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::following::Following;
use pilothouse_tests::program::{binary, command, run, said};
use pilothouse_tests::server::Server;
use pilothouse_tests::{postgres, skip::skip};
use tempfile::TempDir;

/// A new machine with a restored data directory, below `data`.
fn restore(backup: &Path, key: &Path, database: Option<&str>) -> TempDir {
    let machine = tempfile::Builder::new().prefix("pilothouse-restored-").tempdir().unwrap();
    let mut tool = command(&binary("pilothouse-server"));
    tool.arg("restore").arg(backup).arg("--data-dir").arg(machine.path().join("data"));
    tool.arg("--master-key").arg(key);
    if let Some(url) = database {
        tool.args(["--database", url]);
    }
    let restored = run(tool);
    assert!(restored.status.success(), "{}", said(&restored));
    machine
}

/// A backup of a server on which a script waits for a file; then the machine is lost, and restored at the same address.
async fn is_lost_and_restored(on: Option<&str>, to: Option<&str>) {
    let options = |database: Option<&str>| match database {
        Some(url) => Server::options().with("database", url),
        None => Server::options(),
    };
    let mut lost = options(on).start().await;
    let fleet = Fleet::start(&lost, 2).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let (backup, key, go) =
        (elsewhere.path().join("backup"), elsewhere.path().join("copy.key"), elsewhere.path().join("go"));
    let over = lost.send(&fleet.ids(), "seq 1 20000").await;
    lost.runs_when_over(&over).await;
    let node = &fleet.ids()[0];
    let script = format!("echo one; while [ ! -e {} ]; do sleep 0.05; done; echo two", go.display());
    let running = lost.send(std::slice::from_ref(node), &script).await;
    Following::of(&lost, &running, node).until("one\n").await;

    let made = lost.tool(&["backup", backup.to_str().unwrap()]);
    assert!(made.status.success(), "{}", said(&made));
    let again = lost.tool(&["backup", backup.to_str().unwrap()]);
    assert!(!again.status.success() && said(&again).contains("already"), "{}", said(&again));
    fs::copy(lost.data_dir().join("master.key"), &key).unwrap();
    let credentials = lost.credentials();
    let address = lost.address().to_owned();
    lost.program().kill();

    let machine = restore(&backup, &key, to);
    let restored = options(to).start_in(machine, &address).await;
    assert_eq!(restored.credentials().access_key_id(), credentials.access_key_id());
    fleet.is_online(&restored).await;
    let expected: String = (1..=20_000).map(|n| format!("{n}\n")).collect();
    for node in fleet.ids() {
        assert_eq!(restored.output_of(&over, &node).await, expected.as_bytes());
    }
    fs::write(&go, "").unwrap();
    let runs = restored.runs_when_over(&running).await;
    assert_eq!(runs[0].state, InvocationState::Success, "{}", runs[0].message);
    assert_eq!(restored.output_of(&running, node).await, b"one\ntwo\n");
    let fresh = restored.send(&fleet.ids(), "true").await;
    assert!(restored.runs_when_over(&fresh).await.iter().all(|it| it.state == InvocationState::Success));
    let well = restored.tool(&["doctor"]);
    assert!(well.status.success(), "{}", said(&well));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_commands_run_becomes_a_server_that_goes_on() {
    is_lost_and_restored(None, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_moves_from_sqlite_to_postgresql_and_back_by_its_backup() {
    let cluster = match postgres::cluster() {
        Ok(cluster) => cluster,
        Err(why) => return skip("restoring into PostgreSQL", why),
    };
    let database = cluster.database().unwrap();
    is_lost_and_restored(None, Some(&database)).await;
    is_lost_and_restored(Some(&cluster.database().unwrap()), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_its_own_authority_is_the_same_to_its_agents_after_a_restore() {
    let mut lost = Server::options().with("tls", "auto").start().await;
    let fingerprint = lost.fingerprint();
    let elsewhere = tempfile::tempdir().unwrap();
    let (backup, key) = (elsewhere.path().join("backup"), elsewhere.path().join("copy.key"));
    assert!(lost.tool(&["backup", backup.to_str().unwrap()]).status.success());
    fs::copy(lost.data_dir().join("master.key"), &key).unwrap();
    let address = lost.address().to_owned();
    lost.program().kill();
    let machine = restore(&backup, &key, None);
    let restored = Server::options().with("tls", "auto").start_in(machine, &address).await;
    assert_eq!(restored.fingerprint(), fingerprint);
    let endpoint = Endpoint {
        url: restored.url().to_owned(),
        region: "us-east-1".to_owned(),
        credentials: restored.credentials(),
        ca: Some(Authority::Fingerprint(fingerprint.parse().unwrap())),
    };
    let client = Client::new(endpoint).unwrap();
    client.call(&pilothouse_api::commands::ListCommands::default()).await.unwrap();
}
