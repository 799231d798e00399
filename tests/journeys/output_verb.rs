//! `pilothouse output`: a command's output in a pipe.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use pilothouse_protocol::CommandId;
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::program::{binary, command, run};
use pilothouse_tests::server::Server;
use pilothouse_tests::wait;
use serde_json::Value;

fn verb(server: &Server, home: &Path, words: &[&str]) -> Command {
    let aws = home.join(".aws");
    std::fs::create_dir_all(&aws).unwrap();
    std::fs::copy(server.data_dir().join("credentials"), aws.join("credentials")).unwrap();
    let mut command = command(&binary("pilothouse"));
    command.env("HOME", home).args(["--endpoint", server.url(), "output"]).args(words);
    command
}

fn output(server: &Server, home: &Path, command: &CommandId, words: &[&str]) -> Output {
    run(verb(server, home, &[&[command.as_str()], words].concat()))
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn output_is_piped_to_the_byte_searched_and_its_exit_status_can_be_trusted() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 2).await;
    let home = tempfile::tempdir().unwrap();
    let node = fleet.ids()[0].to_string();
    let script = "printf '\\033[1mone\\377\\n'; echo bad >&2; printf 'no end'";
    let command = server.send(&fleet.ids(), script).await;
    server.runs_when_over(&command).await;
    let of = |words: &[&str]| output(&server, home.path(), &command, words);

    let raw = of(&[&node]);
    assert_eq!((raw.status.code(), raw.stdout.as_slice()), (Some(0), b"\x1b[1mone\xff\nno end".as_slice()));
    assert_eq!(err(&raw), "bad\n");
    assert_eq!(of(&[&node, "--stderr"]).stdout, b"bad\n");
    let merged = of(&[]);
    assert_eq!((out(&merged).matches(": no end\n").count(), err(&merged).matches(": bad\n").count()), (2, 2));
    let timed = of(&[&node, "--stderr", "--timestamps"]);
    assert!(out(&timed).starts_with("20") && out(&timed).ends_with("Z bad\n"), "{}", out(&timed));

    let found = of(&["--search", "b.d", "--regex"]);
    assert_eq!(
        (found.status.code(), out(&found).matches(":2: bad\n").count()),
        (Some(0), 2),
        "{}",
        out(&found)
    );
    let json = of(&["--search", "BAD", "--ignore-case", "--json"]);
    let hits: Vec<Value> = out(&json).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(hits.len() == 2 && hits.iter().all(|hit| hit["line"] == 2 && hit["stream"] == "stderr"));
    assert_eq!(of(&["--search", "b.d"]).status.code(), Some(1), "nothing found, as grep says it");
    assert_eq!(of(&["--search", "(", "--regex"]).status.code(), Some(1));

    assert_eq!(of(&["nobody"]).status.code(), Some(2));
    assert_eq!(run(verb(&server, home.path(), &["nonsense"])).status.code(), Some(2));
    let unknown = run(verb(&server, home.path(), &["0b0d5a8e-3f6e-4f9e-9a6b-2f6f1c1d0e11"]));
    assert_eq!(unknown.status.code(), Some(1));
    assert!(err(&unknown).contains("InvalidCommandId"), "{}", err(&unknown));
}

#[tokio::test(flavor = "multi_thread")]
async fn output_is_followed_to_its_end_and_a_pipe_that_closes_is_no_error() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let home = tempfile::tempdir().unwrap();
    let node = fleet.ids()[0].to_string();
    let go = home.path().join("go");
    let script = format!("echo begun; while [ ! -e {} ]; do sleep 0.05; done; seq 1 300000", go.display());
    let command = server.send(&fleet.ids(), &script).await;
    server.runs_when(&command, "to say something", |runs| runs[0].output_end > 0).await;

    let now = output(&server, home.path(), &command, &[&node]);
    assert_eq!(now.stdout, b"begun\n", "without --follow what is there is printed, and that is all");

    let mut following = verb(&server, home.path(), &[command.as_str(), &node, "--follow"]);
    let mut child = following.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdout.take().unwrap();
    let mut first = [0; 6];
    pipe.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"begun\n");
    std::fs::write(&go, "").unwrap();
    let mut rest = String::new();
    pipe.read_to_string(&mut rest).unwrap();
    let expected: String = (1..=300_000).map(|n| format!("{n}\n")).collect();
    assert!(rest == expected, "{} bytes", rest.len());
    assert!(child.wait().unwrap().success());

    let mut left = verb(&server, home.path(), &[command.as_str(), &node]);
    let mut child = left.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    let ended = wait::until("it to end", async || child.try_wait().unwrap()).await;
    assert_eq!(
        (ended.code(), said.as_str()),
        (Some(141), ""),
        "as of a program that SIGPIPE ends, and quietly"
    );
}
