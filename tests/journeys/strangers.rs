//! Requests of those who do not know how, or should not.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use pilothouse_tests::server::Server;

/// Sends a head and then as much of a body as is taken; gives what is answered.
fn answer_to(server: &Server, head: &str, body: impl Iterator<Item = Vec<u8>>) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    for part in body {
        if stream.write_all(&part).is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn memory_of(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_a_gigabyte_is_refused_and_costs_nothing() {
    const GIGABYTE: usize = 1 << 30;
    let mut server = Server::start().await;
    let megabytes = || (0..GIGABYTE >> 20).map(|_| vec![b' '; 1 << 20]);
    let told = format!(
        "POST / HTTP/1.1\r\nhost: {}\r\nx-amz-target: AmazonSSM.ListCommands\r\nconnection: close\r\ncontent-length: {GIGABYTE}\r\n\r\n",
        server.address()
    );
    let untold = told.replace(&format!("content-length: {GIGABYTE}"), "transfer-encoding: chunked");
    let chunked = megabytes().map(|it| [b"100000\r\n".as_slice(), &it, b"\r\n"].concat());
    for answer in [answer_to(&server, &told, megabytes()), answer_to(&server, &untold, chunked)] {
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    let memory = memory_of(server.program().id());
    assert!(memory < 200 << 20, "the server took {} MB", memory >> 20);
    server.call(pilothouse_api::commands::ListCommands::default()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_sign_is_told_so_and_health_needs_no_signature() {
    let server = Server::start().await;
    let host = server.address();
    let post = format!(
        "POST / HTTP/1.1\r\nhost: {host}\r\nx-amz-target: AmazonSSM.ListCommands\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}"
    );
    let answer = answer_to(&server, &post, std::iter::empty());
    assert!(answer.contains("MissingAuthenticationToken"), "{answer}");
    assert!(answer.to_lowercase().contains("x-amzn-requestid"), "{answer}");
    for path in ["/healthz", "/readyz"] {
        let get = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        assert!(answer_to(&server, &get, std::iter::empty()).starts_with("HTTP/1.1 200"));
    }
    let noise = answer_to(&server, "\u{0}\u{1}\u{2} what?\r\n\r\n", std::iter::empty());
    assert!(noise.is_empty() || noise.starts_with("HTTP/1.1 4"), "{noise}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_files_are_for_its_owner_alone_and_one_server_has_them() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start().await;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&server.data_dir().join("credentials")), 0o600);
    assert_eq!(mode(&server.data_dir()), 0o700);
    // The directory may have been there before, open to all.
    for entry in std::fs::read_dir(server.data_dir()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path) & 0o077, 0, "{} can be read by others", path.display());
    }
    let mut second =
        pilothouse_tests::program::command(&pilothouse_tests::program::binary("pilothouse-server"));
    let second =
        second.args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(server.data_dir()).output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success() && said.contains(server.data_dir().to_str().unwrap()), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_is_not_known_is_named() {
    let mut server =
        pilothouse_tests::program::command(&pilothouse_tests::program::binary("pilothouse-server"));
    let dir = tempfile::tempdir().unwrap();
    let said =
        server.arg("--data-dir").arg(dir.path()).env("PILOTHOUSE_LISTNE", "127.0.0.1:0").output().unwrap();
    let text = String::from_utf8_lossy(&said.stderr).to_lowercase();
    assert!(!said.status.success() && text.contains("listne"), "{text}");
}
