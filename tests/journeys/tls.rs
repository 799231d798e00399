//! TLS with the server's own authority: everyone knows it by its fingerprint, and nobody notices when certificates change.

use std::path::Path;
use std::process::Output;

use pilothouse_api::about::{DescribeServer, Protection};
use pilothouse_client::{Authority, Client, ClientError, Endpoint};
use pilothouse_tests::agent::{Agent, activation, has_ping, register_with};
use pilothouse_tests::cockpit::Cockpit;
use pilothouse_tests::program::{Program, binary, command, run};
use pilothouse_tests::server::{Server, has_aws};
use pilothouse_tests::wait;

/// Of nothing.
const WRONG: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

async fn server() -> Server {
    let server = Server::options().with("tls", "auto").start().await;
    assert!(server.url().starts_with("https://"), "{}", server.url());
    server
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_knows_its_server_by_the_fingerprint_that_its_registration_carries() {
    let mut server = server().await;
    let fingerprint = server.fingerprint();
    let right = activation(&server, 1).await;

    // Somebody else's server: nothing is told to it, and the activation is still good.
    let stranger = tempfile::tempdir().unwrap();
    let refused = register_with(&server, &right, stranger.path(), &["--ca-fingerprint", WRONG]);
    let text = said(&refused);
    assert!(!refused.status.success(), "an agent went on with a stranger");
    assert!(text.contains(WRONG) && text.contains(&fingerprint), "both are named: {text}");
    assert!(!stranger.path().join("ca.pem").exists() && !stranger.path().join("identity.json").exists());
    let half = register_with(&server, &right, stranger.path(), &["--ca-fingerprint", &fingerprint[..40]]);
    assert!(said(&half).contains("64 hexadecimal digits"), "{}", said(&half));
    let unpinned = register_with(&server, &right, stranger.path(), &[]);
    assert!(said(&unpinned).contains("--ca-fingerprint"), "{}", said(&unpinned));

    let mut agent = Agent::register_with(&server, &right, &["--ca-fingerprint", &fingerprint]);
    let kept = std::fs::read_to_string(agent.dir().join("ca.pem")).unwrap();
    assert_eq!(kept, std::fs::read_to_string(server.authority().unwrap()).unwrap());
    agent.start();
    has_ping(&server, agent.id(), "Online").await;
    let command = server.send(std::slice::from_ref(agent.id()), "echo over TLS").await;
    server.runs_when_over(&command).await;
    assert_eq!(server.output_of(&command, agent.id()).await, b"over TLS\n");

    // A restart, with another certificate: the authority is the same, and so is the trust.
    let file = server.data_dir().join("tls/server.pem");
    let before = std::fs::read_to_string(&file).unwrap();
    server.set("tls_names", "ops.example, 10.0.0.5");
    server.start_again().await;
    assert_ne!(std::fs::read_to_string(&file).unwrap(), before);
    assert_eq!(server.fingerprint(), fingerprint);
    has_ping(&server, agent.id(), "Online").await;
    let command = server.send(std::slice::from_ref(agent.id()), "echo again").await;
    server.runs_when_over(&command).await;
    assert_eq!(server.output_of(&command, agent.id()).await, b"again\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_cli_trusts_the_file_that_the_server_names() {
    let mut server = server().await;
    let out = server.program().out();
    let file = server.data_dir().join("tls/ca.pem");
    assert!(out.contains(&format!("export AWS_CA_BUNDLE={}", file.display())), "{out}");
    if !has_aws() {
        return;
    }
    let listed = server.aws(&["describe-instance-information"]);
    assert!(listed.status.success(), "{}", said(&listed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_knows_the_server_by_its_fingerprint_and_the_server_says_so() {
    let server = server().await;
    let fingerprint = server.fingerprint();
    let described = server.call(DescribeServer {}).await.unwrap();
    assert_eq!(described.protection, Protection::OwnAuthority(fingerprint.clone()));
    let knowing = |fingerprint: &str| {
        let ca = Some(Authority::Fingerprint(fingerprint.parse().unwrap()));
        let (url, credentials) = (server.url().to_owned(), server.credentials());
        Client::new(Endpoint { url, region: "us-east-1".into(), credentials, ca }).unwrap()
    };
    knowing(&fingerprint).call(&DescribeServer {}).await.unwrap();
    let error = knowing(WRONG).call(&DescribeServer {}).await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(WRONG) && text.contains(&fingerprint), "both are named: {text}");
    let plain = Server::start().await;
    assert_eq!(plain.call(DescribeServer {}).await.unwrap().protection, Protection::Loopback);
}

/// The user's home, with the server's credentials where the aws CLI has them.
fn home(server: &Server) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join(".aws")).unwrap();
    std::fs::copy(server.data_dir().join("credentials"), home.path().join(".aws/credentials")).unwrap();
    home
}

fn nodes(home: &Path, server: &Server, fingerprint: &str) -> Output {
    let mut command = command(&binary("pilothouse"));
    command.env("HOME", home).args(["--endpoint", server.url(), "--ca-fingerprint", fingerprint, "nodes"]);
    run(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cockpit_opens_with_the_line_that_the_server_prints() {
    let server = server().await;
    let home = home(&server);
    let right = nodes(home.path(), &server, &server.fingerprint());
    assert!(right.status.success(), "{}", said(&right));
    let wrong = nodes(home.path(), &server, WRONG);
    assert!(!wrong.status.success() && said(&wrong).contains(WRONG), "{}", said(&wrong));

    let profile = format!(
        "[profiles.ops]\nendpoint = \"{}\"\nca_fingerprint = \"{}\"\nenvironment = \"dev\"\n",
        server.url(),
        server.fingerprint()
    );
    let config = home.path().join(".config/pilothouse");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("config.toml"), profile).unwrap();
    let mut cockpit = Cockpit::start(home.path(), &["--profile", "ops"], &[], 120, 40);
    cockpit.wait_for("There are no nodes yet");
    cockpit.wait_for("live");

    // The line for a node, made here, is all that the node needs.
    cockpit.press("a");
    cockpit.wait_for("Register nodes");
    cockpit.press("<Enter>");
    cockpit.wait_for("&&");
    let shown = cockpit.text();
    let line: String =
        shown.lines().map(|line| line.trim_matches(|char: char| !char.is_ascii_graphic())).collect();
    assert!(line.contains(&server.fingerprint()), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_beyond_loopback_is_what_somebody_asked_for() {
    // Beyond loopback without a word about TLS: an authority of its own.
    let dir = tempfile::tempdir().unwrap();
    for (allowed, scheme) in [(false, "https://"), (true, "http://")] {
        let mut command = command(&binary("pilothouse-server"));
        command.arg("--data-dir").arg(dir.path().join("data")).args(["--listen", "0.0.0.0:0"]);
        if allowed {
            command.env("PILOTHOUSE_ALLOW_PLAIN", "true");
        }
        let mut program = Program::start(command, &scheme[..5], dir.path());
        wait::blocking("the server to listen", || {
            assert!(program.ended().is_none(), "the server ended: {}", program.log());
            program.out().lines().any(|line| line.starts_with(&format!("listening on {scheme}0.0.0.0:")))
        });
        assert_eq!(program.log().contains("plain HTTP that other machines can reach"), allowed);
        assert_eq!(program.out().contains("--ca-fingerprint"), !allowed);
        program.stop();
    }
}
