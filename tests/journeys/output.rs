//! Output: whole, live, whatever is in it.

use std::time::Duration;

use pilothouse_protocol::{InvocationState, Payload};
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::following::Following;
use pilothouse_tests::program::{command, run};
use pilothouse_tests::server::Server;
use pilothouse_tests::skip::skip;

#[tokio::test(flavor = "multi_thread")]
async fn output_arrives_while_the_script_runs_and_has_no_gap_when_the_server_is_killed() {
    let mut server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = &fleet.ids()[0];
    let dir = tempfile::tempdir().unwrap();
    let go = dir.path().join("go");
    let script =
        format!("echo one; while [ ! -e {} ]; do sleep 0.05; done; echo two; seq 1 10000", go.display());
    let command = server.send(std::slice::from_ref(node), &script).await;
    let mut output = Following::of(&server, &command, node);
    output.until("one\n").await;
    server.program().kill();
    server.start_again().await;
    std::fs::write(&go, "").unwrap();
    while !output.next().await {}
    let expected: String = (1..=10_000).map(|n| format!("{n}\n")).collect();
    assert_eq!(String::from_utf8(output.bytes).unwrap(), format!("one\ntwo\n{expected}"));
    assert_eq!(server.runs_when_over(&command).await[0].state, InvocationState::Success);
}

#[tokio::test(flavor = "multi_thread")]
async fn output_that_grows_while_the_server_is_killed_again_and_again_is_whole() {
    let mut server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = &fleet.ids()[0];
    let script =
        "i=0; while [ $i -lt 40 ]; do seq $((i * 500)) $((i * 500 + 499)); sleep 0.1; i=$((i + 1)); done";
    let command = server.send(std::slice::from_ref(node), script).await;
    let mut output = Following::of(&server, &command, node);
    for i in [5, 15, 25] {
        output.until(&format!("\n{}\n", i * 500)).await;
        server.program().kill();
        server.start_again().await;
    }
    while !output.next().await {}
    let expected: String = (0..20_000).map(|n| format!("{n}\n")).collect();
    assert!(output.bytes == expected.as_bytes(), "{} of {} bytes", output.bytes.len(), expected.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn binary_output_is_kept_to_the_byte() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = &fleet.ids()[0];
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("random");
    let script = format!("head -c 300000 /dev/urandom > {0}; cat {0}", file.display());
    let command = server.send(std::slice::from_ref(node), &script).await;
    server.runs_when_over(&command).await;
    assert!(server.output_of(&command, node).await == std::fs::read(&file).unwrap());
    let shown = server.run_of(&command, node).await;
    assert!(shown.standard_output_content.chars().count() <= 24_000, "AWS's limit holds for AWS's field");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_megabytes_in_one_line_are_kept_whole() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = &fleet.ids()[0];
    let command = server.send(std::slice::from_ref(node), "head -c 10000000 /dev/zero | tr '\\0' x").await;
    server.runs_when_over(&command).await;
    let output = server.output_of(&command, node).await;
    assert_eq!(output.len(), 10_000_000);
    assert!(output.iter().all(|byte| *byte == b'x'));
}

#[tokio::test(flavor = "multi_thread")]
async fn terminal_escapes_travel_as_they_are_and_steps_keep_their_streams() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = &fleet.ids()[0];
    let script = "printf '\\033[31mred\\033]0;title\\007\\n'\nprintf 'to stderr\\n' >&2";
    let command = server.send(std::slice::from_ref(node), script).await;
    server.runs_when_over(&command).await;
    let shown = server.run_of(&command, node).await;
    assert_eq!(shown.standard_output_content, "\u{1b}[31mred\u{1b}]0;title\u{7}\n");
    assert_eq!(shown.standard_error_content, "to stderr\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_full_spool_drops_is_said_and_the_script_is_not_disturbed() {
    let mut server = Server::start().await;
    let mut fleet = Fleet::start(&server, 1).await;
    let node = fleet.ids().remove(0);
    fleet.agents[0].program().stop();
    fleet.agents[0].start_with(&[("PILOTHOUSE_AGENT_SPOOL_BYTES", "2000000")]);
    let dir = tempfile::tempdir().unwrap();
    let (go, done) = (dir.path().join("go"), dir.path().join("done"));
    let script = format!(
        "echo begun; while [ ! -e {} ]; do sleep 0.05; done; seq 1 2000000; echo end; touch {}",
        go.display(),
        done.display()
    );
    let command = server.send(std::slice::from_ref(&node), &script).await;
    let mut output = Following::of(&server, &command, &node);
    output.until("begun\n").await;
    // Nobody takes the output now, and there is seven times more of it than the spool holds.
    server.program().kill();
    std::fs::write(&go, "").unwrap();
    let gone = std::time::Instant::now();
    pilothouse_tests::wait::blocking("the script to end", || done.exists());
    assert!(gone.elapsed() < Duration::from_secs(20), "the script was held back for {:?}", gone.elapsed());
    server.start_again().await;
    while !output.next().await {}
    let dropped: u64 = output
        .chunks
        .iter()
        .filter_map(|it| if let Payload::Dropped { bytes, .. } = it.payload { Some(bytes) } else { None })
        .sum();
    let whole: u64 =
        (1..=2_000_000u64).map(|n| n.to_string().len() as u64 + 1).sum::<u64>() + "begun\nend\n".len() as u64;
    assert!(
        dropped > 0 && dropped + output.bytes.len() as u64 == whole,
        "{dropped} + {} of {whole}",
        output.bytes.len()
    );
    let run = server.runs_when_over(&command).await.remove(0);
    assert_eq!(run.state, InvocationState::Success, "{}", run.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_under_the_spool_loses_output_and_says_so() {
    let mut server = Server::start().await;
    let mut fleet = Fleet::start(&server, 1).await;
    let node = fleet.ids().remove(0);
    fleet.agents[0].program().stop();
    let place = fleet.agents[0].dir().to_owned();
    let kept = tempfile::tempdir().unwrap();
    let shell = |script: &str| {
        let mut sh = command(std::path::Path::new("/bin/sh"));
        sh.arg("-ec").arg(script).env("PLACE", &place).env("KEPT", kept.path());
        run(sh)
    };
    let mounted = shell(
        "cp -a \"$PLACE/.\" \"$KEPT\"; mount -t tmpfs -o size=1m tmpfs \"$PLACE\"; cp -a \"$KEPT/.\" \"$PLACE\"",
    );
    if !mounted.status.success() {
        skip("a full disk under the spool", "a small file system cannot be mounted without being root");
        return;
    }
    fleet.agents[0].start();
    let command =
        server.send(std::slice::from_ref(&node), "echo begun; seq 1 1000000; echo end >&2; exit 4").await;
    let mut output = Following::of(&server, &command, &node);
    output.until("begun\n").await;
    while !output.next().await {}
    let run = server.runs_when_over(&command).await.remove(0);
    assert_eq!((run.state, run.exit_code), (InvocationState::Failed, Some(4)), "{}", run.message);
    fleet.agents[0].program().kill();
    assert!(shell("umount -l \"$PLACE\"").status.success());
    assert!(server.program().stop().success());
}
