//! Stories of running: a real agent, real scripts, and a server that only speaks the link.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what fails here fails the story")]

mod rig;

use std::fs;

use pilothouse_protocol::{InvocationState, Phase, ToAgent, ToServer};
use rig::{Server, lives, until};

#[tokio::test]
async fn a_script_runs_its_output_comes_live_and_its_end_is_acknowledged() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    node.start();
    let mut link = server.linked().await;
    let go = node.file("go");
    let script =
        format!("echo out; echo err >&2; while [ ! -e {} ]; do sleep 0.05; done; exit 7", go.display());
    let job = link.runs(1, &script).await;
    let live = link.listens(&job, 0, |output| output.len() >= 8).await;
    fs::write(go, "").unwrap();
    let ended = link.ends_from(&job, live.len() as u64).await;
    assert_eq!(ended.outcome.state, InvocationState::Failed);
    assert_eq!(ended.outcome.steps[0].code, 7);
    assert_eq!(ended.outcome.steps[0].message, "the script ended with exit code 7");
    until("the job's folder is cleared away", || {
        fs::read_dir(node.path().join("jobs")).unwrap().next().is_none()
    })
    .await;
}

#[tokio::test]
async fn a_job_that_is_delivered_again_is_answered_and_not_run_again() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    node.start();
    let mut link = server.linked().await;
    let runs = node.file("runs");
    let job = link.runs(1, &format!("echo x >> {}", runs.display())).await;
    assert_eq!(link.ends(&job).await.outcome.state, InvocationState::Success);
    until("the job's folder is cleared away", || {
        fs::read_dir(node.path().join("jobs")).unwrap().next().is_none()
    })
    .await;
    link.says(&ToAgent::Run { job: job.clone() }).await;
    assert_eq!(link.ends(&job).await.outcome.state, InvocationState::Success);
    node.kill();
    node.start();
    let mut link = server.linked().await;
    link.says(&ToAgent::Run { job: job.clone() }).await;
    assert_eq!(link.ends(&job).await.outcome.state, InvocationState::Success);
    assert_eq!(fs::read_to_string(runs).unwrap(), "x\n");
}

#[tokio::test]
async fn an_agent_that_is_killed_finds_its_script_again_and_nothing_runs_twice() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    node.start();
    let mut link = server.linked().await;
    let (runs, go) = (node.file("runs"), node.file("go"));
    let wait = format!("while [ ! -e {} ]; do sleep 0.05; done", go.display());
    let job = link.runs(1, &format!("echo x >> {}; echo one; {wait}; echo two", runs.display())).await;
    assert_eq!(link.listens(&job, 0, |output| output == b"one\n").await, b"one\n");
    node.kill();
    drop(link);
    node.start();
    let mut link = server.linked_with(|_| 4).await;
    assert_eq!(link.held[0].phase, Phase::Started);
    fs::write(go, "").unwrap();
    let ended = link.ends_from(&job, 4).await;
    assert_eq!((ended.outcome.state, ended.text().as_str()), (InvocationState::Success, "two\n"));
    assert_eq!(fs::read_to_string(runs).unwrap(), "x\n");
}

#[tokio::test]
async fn an_agent_that_is_killed_after_the_end_still_reports_it() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    node.start();
    let mut link = server.linked().await;
    let job = link.runs(1, "echo one; exit 3").await;
    while !matches!(link.hears().await, ToServer::Finished { .. }) {}
    node.kill();
    drop(link);
    node.start();
    let mut link = server.linked().await;
    assert_eq!(link.held[0].phase, Phase::Finished);
    let ended = link.ends(&job).await;
    assert_eq!((ended.outcome.steps[0].code, ended.text().as_str()), (3, "one\n"));
}

#[tokio::test]
async fn killed_at_any_moment_of_the_beginning_a_job_still_runs_exactly_once() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    let runs = node.file("runs");
    for number in 1..=12u8 {
        node.start();
        let mut link = server.linked().await;
        let job = link.runs(number, &format!("echo {number} >> {}", runs.display())).await;
        // The end of the job before may be told once more, as its acknowledgement died with the agent.
        link.hears_that_it_has(&job).await;
        // Not to wait for anything: to hit another moment each time, from "just accepted" to "just ended".
        tokio::time::sleep(std::time::Duration::from_millis(u64::from(number - 1))).await;
        node.kill();
        drop(link);
        node.start();
        let mut link = server.linked().await;
        let ended = link.ends(&job).await;
        assert_eq!(ended.outcome.state, InvocationState::Success, "{:?}", ended.outcome);
        node.kill();
    }
    let all: String = (1..=12).map(|n| format!("{n}\n")).collect();
    assert_eq!(fs::read_to_string(runs).unwrap(), all);
}

#[tokio::test]
async fn a_lost_link_is_taken_up_where_the_server_has_the_output() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    node.start();
    let mut link = server.linked().await;
    let go = node.file("go");
    let wait = format!("while [ ! -e {} ]; do sleep 0.05; done", go.display());
    let job = link.runs(1, &format!("seq 1 1000; {wait}; seq 1001 2000")).await;
    let first: String = (1..=1000).map(|n| format!("{n}\n")).collect();
    link.listens(&job, 0, |output| output == first.as_bytes()).await;
    drop(link);
    fs::write(go, "").unwrap();
    let mut link = server.linked_with(|_| 2000).await;
    let ended = link.ends_from(&job, 2000).await;
    let all: String = (1..=2000).map(|n| format!("{n}\n")).collect();
    assert_eq!(ended.text(), all[2000..]);
    assert_eq!(ended.started, 1, "a new link is told once more that it runs");
}

#[tokio::test]
async fn a_cancel_ends_the_whole_tree_even_what_left_its_group_or_ignores_it() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    node.start();
    let mut link = server.linked().await;
    let pids = node.file("pids");
    let script = format!(
        "setsid sh -c 'echo $$ >> {0}; sleep 300' &\n\
         (trap '' TERM; sh -c 'echo $PPID >> {0}'; while :; do sleep 1; done) &\n\
         (setsid setsid sleep 300 > /dev/null 2>&1 & echo $! >> {0})\n\
         while [ $(wc -l < {0}) -lt 3 ]; do sleep 0.05; done; echo ready; sleep 300",
        pids.display()
    );
    let job = link.runs(1, &script).await;
    link.listens(&job, 0, |output| output == b"ready\n").await;
    link.says(&ToAgent::Cancel { job: job.id.clone() }).await;
    let ended = link.ends_from(&job, 6).await;
    assert_eq!(ended.outcome.state, InvocationState::Cancelled);
    assert_eq!(ended.outcome.steps[0].code, 137);
    for pid in fs::read_to_string(pids).unwrap().lines() {
        assert!(!lives(pid), "{pid} survived the cancel");
    }
}

#[tokio::test]
async fn a_cancel_is_heard_over_an_endless_output() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    node.start();
    let mut link = server.linked().await;
    let job = link.runs(1, "yes").await;
    let heard = link.listens(&job, 0, |output| output.len() > 500_000).await;
    link.says(&ToAgent::Cancel { job: job.id.clone() }).await;
    let ended = link.ends_from(&job, heard.len() as u64).await;
    assert_eq!(ended.outcome.state, InvocationState::Cancelled);
}

#[tokio::test]
async fn a_cancel_while_the_agent_is_down_is_done_when_it_is_back() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    node.start();
    let mut link = server.linked().await;
    let job = link.runs(1, "echo ready; sleep 300").await;
    link.listens(&job, 0, |output| output == b"ready\n").await;
    node.kill();
    drop(link);
    node.start();
    let mut link = server.linked().await;
    link.says(&ToAgent::Cancel { job: job.id.clone() }).await;
    assert_eq!(link.ends(&job).await.outcome.state, InvocationState::Cancelled);
}

#[tokio::test]
async fn ten_megabytes_of_binary_in_one_line_come_whole() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    node.start();
    let mut link = server.linked().await;
    let job = link.runs(1, "head -c 10000000 /dev/zero | tr '\\0' '\\377'; printf '\\033[2J'").await;
    let ended = link.ends(&job).await;
    assert_eq!(ended.outcome.state, InvocationState::Success);
    assert_eq!((ended.output.len(), ended.dropped), (10_000_004, 0));
    assert!(
        ended.output[..10_000_000].iter().all(|byte| *byte == 0xff) && ended.output.ends_with(b"\x1b[2J")
    );
}

#[tokio::test]
async fn a_background_child_does_not_keep_the_job_open() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    node.start();
    let mut link = server.linked().await;
    let job = link.runs(1, "sleep 60 & echo $!").await;
    let ended = link.ends(&job).await;
    assert_eq!(ended.outcome.state, InvocationState::Success);
    let pid = ended.text();
    assert!(lives(&pid), "a daemon that a script starts stays");
    rig::command("kill").arg(pid.trim()).status().unwrap();
}

#[tokio::test]
async fn a_second_agent_on_the_same_directory_is_refused() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    node.start();
    let _link = server.linked().await;
    let second = node.command().output().unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("another agent uses"), "{said}");
}

/// Needs a file system of its own, in a name space of its own: told where the kernel allows that.
#[tokio::test]
async fn on_a_full_disk_a_job_fails_with_a_clear_word_and_the_next_one_runs() {
    let server = Server::start().await;
    let mut node = server.registered().await;
    let mut run = rig::command("unshare");
    let script = "mkdir $1/disk && mount -t tmpfs -o size=160k tmpfs $1/disk || exit 99\n\
                  cp $1/identity.json $1/agent.toml $1/disk/ && exec $2 run --data-dir $1/disk";
    run.args(["-rm", "sh", "-c", script, "sh"]).arg(node.path()).arg(rig::agent().get_program());
    if !rig::command("unshare").args(["-rm", "true"]).status().is_ok_and(|status| status.success()) {
        eprintln!("not told: no name space for a small disk here");
        return;
    }
    node.start_by(run);
    let mut link = server.linked().await;
    let inside = format!("/proc/{}/root{}/disk/filler", node.pid(), node.path().display());
    fs::write(&inside, vec![0; 200_000]).unwrap_err();
    let job = link.runs(1, "echo never").await;
    let ended = link.ends(&job).await;
    assert_eq!(ended.outcome.state, InvocationState::Failed);
    let said = ended.outcome.message;
    assert!(said.contains("No space left on device") && said.contains("free some space"), "{said}");
    fs::remove_file(inside).unwrap();
    let job = link.runs(2, "echo again").await;
    let ended = link.ends(&job).await;
    assert_eq!((ended.outcome.state, ended.text().as_str()), (InvocationState::Success, "again\n"));
}
