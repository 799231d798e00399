//! The room of a command in a terminal: what its nodes say, folded; its pace; stopping; the next run's targets.

use std::path::Path;

use pilothouse_api::commands::{ListCommands, SendCommand};
use pilothouse_protocol::{CommandId, InstanceId, InvocationState};
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::cockpit::Cockpit;
use pilothouse_tests::home::home_with_profile;
use pilothouse_tests::server::{Server, shell};
use pilothouse_tests::wait;
use tempfile::TempDir;

struct Story {
    server: Server,
    fleet: Fleet,
    home: TempDir,
}

impl Story {
    async fn of(nodes: usize) -> Self {
        let server = Server::start().await;
        let fleet = Fleet::start(&server, nodes).await;
        let home = home_with_profile(&server, &server.data_dir().join("credentials"));
        Self { server, fleet, home }
    }

    /// Sends a script to all nodes, so many at a time.
    async fn send(&self, script: &str, at_a_time: usize) -> CommandId {
        let command = SendCommand {
            instance_ids: self.fleet.ids().iter().map(ToString::to_string).collect(),
            max_concurrency: Some(at_a_time.to_string()),
            max_errors: Some("100%".to_owned()),
            ..shell(script)
        };
        self.server.send_as(command).await.unwrap()
    }

    fn open(&self, command: &CommandId, tab: &str) -> Cockpit {
        let place = format!("pilothouse:command/{command}{tab}");
        Cockpit::start(self.home.path(), &[&place], &[], 120, 40)
    }

    fn gate(&self) -> std::path::PathBuf {
        self.home.path().join("go")
    }
}

/// A script that waits until this file is there.
fn gated(gate: &Path, then: &str) -> String {
    format!("echo begun\nwhile [ ! -e {} ]; do sleep 0.05; done\n{then}", gate.display())
}

/// A script that says something else on one node, and fails there.
fn odd_on(node: &InstanceId) -> String {
    format!("echo one\nif [ $AWS_SSM_INSTANCE_ID = {node} ]; then echo odd; exit 3; fi\necho two")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_paused_goes_on_and_is_made_faster() {
    let story = Story::of(4).await;
    let command = story.send(&gated(&story.gate(), "echo done"), 1).await;
    let mut cockpit = story.open(&command, "");
    cockpit.wait_for("1 running");
    cockpit.press("p");
    cockpit.wait_for("PAUSED");
    std::fs::write(story.gate(), "").unwrap();
    cockpit.wait_for("1 success");
    cockpit.press("2");
    cockpit.wait_for("queued: the command is paused");
    cockpit.press("+");
    cockpit.wait_for("1 to 2 at a time");
    cockpit.press("1");
    cockpit.wait_for("2 at a time");
    cockpit.press("p");
    cockpit.wait_until_gone("PAUSED");
    cockpit.wait_for("4 success");
    let runs = story.server.runs_when_over(&command).await;
    assert!(runs.iter().all(|run| run.state == InvocationState::Success));
}

#[tokio::test(flavor = "multi_thread")]
async fn abort_gives_up_what_was_not_sent_and_what_runs_runs_on() {
    let story = Story::of(3).await;
    let command = story.send(&gated(&story.gate(), "echo done"), 1).await;
    let mut cockpit = story.open(&command, "");
    cockpit.wait_for("1 running");
    cockpit.press("X");
    cockpit.wait_for("2 nodes not sent");
    cockpit.press("abort<Enter>");
    cockpit.wait_for("Give up the 2 nodes");
    cockpit.press("<Tab><Enter>");
    cockpit.wait_for("ABORTED");
    cockpit.wait_for("2 not sent");
    std::fs::write(story.gate(), "").unwrap();
    cockpit.wait_for("1 success");
    let mut states: Vec<_> =
        story.server.runs_when_over(&command).await.iter().map(|run| run.state).collect();
    states.sort();
    let terminated = states.iter().filter(|state| **state == InvocationState::Terminated).count();
    assert_eq!((terminated, states.contains(&InvocationState::Success)), (2, true), "{states:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_shows_what_was_killed() {
    let story = Story::of(1).await;
    let command = story.send("echo begun\nsleep 4242 &\nsleep 4242", 1).await;
    let mut cockpit = story.open(&command, "/nodes");
    cockpit.wait_for("running");
    cockpit.press("X");
    cockpit.wait_for("cancel everywhere");
    cockpit.press("everywhere<Enter>");
    cockpit.wait_for("Stop it on");
    cockpit.press("y");
    cockpit.wait_for("cancelled");
    cockpit.wait_for("killed:");
    cockpit.wait_for("sleep 4242");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_that_waits_is_withdrawn_and_never_begins() {
    let story = Story::of(2).await;
    let command = story.send(&gated(&story.gate(), "echo done"), 1).await;
    let mut cockpit = story.open(&command, "/nodes");
    cockpit.wait_for("queued: at most 1 at a time");
    cockpit.press("/pending<Enter>");
    cockpit.wait_for("1 of 2 nodes");
    cockpit.press("X");
    cockpit.wait_for("withdraw ");
    cockpit.press("withdraw<Enter>");
    cockpit.wait_for("Withdraw it from");
    cockpit.press("y");
    cockpit.wait_until_gone("queued: at most 1 at a time");
    std::fs::write(story.gate(), "").unwrap();
    let runs = story.server.runs_when_over(&command).await;
    let withdrawn = runs.iter().find(|run| run.state == InvocationState::Cancelled).unwrap();
    assert_eq!((withdrawn.started_at, withdrawn.output_end), (None, 0), "it never began");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_say_the_same_are_one_row_and_a_row_becomes_the_next_runs_target() {
    let story = Story::of(4).await;
    let odd = story.fleet.ids().remove(1);
    let command = story.send(&odd_on(&odd), 4).await;
    let mut cockpit = story.open(&command, "");
    cockpit.wait_for("2 groups");
    cockpit.wait_for("= 3");
    cockpit.wait_for("≠ 1");
    cockpit.press("r");
    cockpit.wait_for("1 node");
    // The first choice is the row under the cursor: the one that is not like the others.
    cockpit.press("<Enter>");
    cockpit.wait_for("[ Send to 1 node ]");
    cockpit.press("r");
    cockpit.wait_for("Run on");
    cockpit.press("y");
    cockpit.wait_for("odd");
    let again = wait::until("the second command", async || {
        let commands = story.server.call(ListCommands::default()).await.unwrap().commands;
        (commands.len() == 2).then(|| commands[0].command_id.parse::<CommandId>().unwrap())
    })
    .await;
    let runs = story.server.runs_when_over(&again).await;
    assert_eq!(runs.iter().map(|run| &run.instance_id).collect::<Vec<_>>(), [&odd]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_says_stands_beside_what_most_say_and_the_timeline_has_a_bar_for_each() {
    let story = Story::of(4).await;
    let odd = story.fleet.ids().remove(1);
    let command = story.send(&odd_on(&odd), 4).await;
    story.server.runs_when_over(&command).await;
    let mut cockpit = story.open(&command, "");
    cockpit.wait_for("2 groups");
    cockpit.press("c");
    cockpit.wait_for("1 line equal");
    cockpit.wait_for("- two");
    cockpit.wait_for("+ odd");
    cockpit.press("5");
    cockpit.wait_for("most ");
    cockpit.wait_for("4 nodes");
    cockpit.press("gy");
    cockpit.press("2");
    cockpit.wait_for("ended with");
    cockpit.press("<Tab>");
    cockpit.press(":quit<Enter>");
    assert!(cockpit.ended().restored);
}
