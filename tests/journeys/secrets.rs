//! Master keys, as the ones see them who look after a server: made at the first start, rotated while it serves, never lost quietly.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use pilothouse_api::access::{CreateAccessKey, CreateUser};
use pilothouse_client::Client;
use pilothouse_tests::person::Person;
use pilothouse_tests::program::said;
use pilothouse_tests::server::Server;

/// A user with an access key of its own, which is sealed in the database.
async fn user(server: &Server, name: &str) -> Client {
    server.client_as(Person::new(server, name).await.credentials())
}

async fn is_known(client: &Client) -> bool {
    client.call(&pilothouse_api::sts::GetCallerIdentity {}).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn master_keys_are_rotated_and_retired_while_the_server_serves() {
    let mut server = Server::start().await;
    let file = server.data_dir().join("master.key");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let first = active(&server);
    let ann = user(&server, "ann").await;
    assert!(is_known(&ann).await);

    let rotated = server.tool(&["keys", "rotate"]);
    assert!(rotated.status.success(), "{}", said(&rotated));
    let second = active(&server);
    assert_ne!(first, second);
    assert!(said(&rotated).contains("0 under other keys"), "{}", said(&rotated));
    // The server that never stopped reads what another process put under the new key, and seals under it.
    let bob = user(&server, "bob").await;
    assert!(is_known(&ann).await && is_known(&bob).await);

    let refused = server.tool(&["keys", "retire", &second]);
    assert!(!refused.status.success() && said(&refused).contains("rotate first"), "{}", said(&refused));
    let retired = server.tool(&["keys", "retire", &first]);
    assert!(retired.status.success(), "{}", said(&retired));
    assert!(!said(&server.tool(&["keys", "list"])).contains(&first));
    // It seals once more, so it knows that the old key is gone, and what it held in memory under it opens all the same.
    let cid = user(&server, "cid").await;
    assert!(is_known(&ann).await && is_known(&bob).await && is_known(&cid).await);

    server.start_again().await;
    assert!(is_known(&ann).await && is_known(&bob).await, "after a restart, under the new key alone");
}

/// The id of the active master key.
fn active(server: &Server) -> String {
    let listed = said(&server.tool(&["keys", "list"]));
    let line = listed.lines().find(|line| line.ends_with("active")).unwrap_or_else(|| panic!("{listed}"));
    line.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_its_keys_does_not_start_and_makes_no_new_ones() {
    let mut server = Server::start().await;
    user(&server, "ann").await;
    let file = server.data_dir().join("master.key");
    let kept = fs::read(&file).unwrap();
    server.program().kill();

    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = server.tool(&["--listen", "127.0.0.1:0"]);
    assert!(!refused.status.success() && said(&refused).contains("chmod 600"), "{}", said(&refused));

    fs::remove_file(&file).unwrap();
    let refused = server.tool(&["--listen", "127.0.0.1:0"]);
    assert!(!refused.status.success(), "{}", said(&refused));
    assert!(said(&refused).contains("put the file back"), "{}", said(&refused));
    assert!(!file.exists());
    let ill = server.tool(&["doctor"]);
    assert!(!ill.status.success() && said(&ill).contains("fail  secrets"), "{}", said(&ill));

    fs::write(&file, &kept).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    server.start_again().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_the_environment_leave_no_file() {
    let key = format!("kms-1:{}", "7f".repeat(32));
    let mut server = Server::options().with("master_key", &key).start().await;
    let ann = user(&server, "ann").await;
    assert!(!server.data_dir().join("master.key").exists());
    server.start_again().await;
    assert!(is_known(&ann).await);
    assert!(!server.program().log().contains("7f7f"), "{}", server.program().log());
}

/// Every file below a directory.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_stands_in_no_file_no_log_and_no_backup() {
    let mut server = Server::start().await;
    server.call(CreateUser { user_name: "ann".to_owned(), ..CreateUser::default() }).await.unwrap();
    let key = server.call(CreateAccessKey { user_name: "ann".to_owned() }).await.unwrap();
    let root = fs::read_to_string(server.data_dir().join("credentials")).unwrap();
    let root =
        root.lines().find_map(|line| line.strip_prefix("aws_secret_access_key = ")).unwrap().to_owned();
    let master = fs::read_to_string(server.data_dir().join("master.key")).unwrap();
    let master =
        master.lines().find_map(|line| line.strip_prefix("mk-")?.split_once(':')).unwrap().1.to_owned();
    let backup = server.data_dir().join("backup");
    let tools = [
        server.tool(&["keys", "rotate"]),
        server.tool(&["keys", "list"]),
        server.tool(&["doctor"]),
        server.tool(&["backup", backup.to_str().unwrap()]),
    ];
    assert!(server.program().stop().success());
    let written: Vec<(PathBuf, Vec<u8>)> =
        files(&server.data_dir()).into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    assert!(written.len() >= 5, "{written:?}");
    for (whose, secret, kept_in) in
        [("ann", key.secret_access_key, ""), ("root", root, "credentials"), ("master", master, "master.key")]
    {
        let is_in = |bytes: &[u8]| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        for (path, bytes) in written.iter().filter(|(path, _)| !path.ends_with(kept_in) || kept_in.is_empty())
        {
            assert!(!is_in(bytes), "{whose}'s secret stands in {}", path.display());
        }
        let said: String = tools.iter().map(said).collect();
        let program = server.program();
        for text in [said, program.log(), program.out()] {
            assert!(!is_in(text.as_bytes()), "{whose}'s secret was said: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_looks_at_a_server_that_runs_and_at_one_that_does_not() {
    let mut server = Server::start().await;
    user(&server, "ann").await;
    let well = server.tool(&["doctor"]);
    assert!(well.status.success(), "{}", said(&well));
    for about in ["data dir", "master.key", "clock", "certificate", "database", "secrets", "audit", "disk"] {
        assert!(said(&well).contains(&format!("ok    {about}")), "{about}: {}", said(&well));
    }
    server.program().kill();
    let well = server.tool(&["doctor"]);
    assert!(well.status.success(), "{}", said(&well));
    // Somebody writes to the database, past the server.
    let forge = "UPDATE audit_records SET who = 'bob' WHERE seq = (SELECT MAX(seq) - 1 FROM audit_records)";
    server.sql(forge).await;
    let ill = server.tool(&["doctor"]);
    assert!(!ill.status.success() && said(&ill).contains("fail  audit"), "{}", said(&ill));
}
