//! The output in the cockpit, however long it is: any place of it, what stands in it, and all of it in a file.

use std::path::Path;

use pilothouse_api::commands::{Place, ReadOutput};
use pilothouse_protocol::{CommandId, InstanceId};
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::cockpit::Cockpit;
use pilothouse_tests::home::home_with_profile;
use pilothouse_tests::server::Server;
use pilothouse_tests::wait;

/// The most memory that the cockpit may ever have had, in KiB.
const MOST: u64 = 150 << 10;

fn at(server: &Server, home: &Path, command: &CommandId, rest: &str) -> Cockpit {
    let _ = server;
    Cockpit::start(home, &[&format!("pilothouse:command/{command}{rest}")], &[], 120, 40)
}

/// Waits until the server has so many lines of a run.
async fn has_lines(server: &Server, command: &CommandId, node: &InstanceId, lines: u64) {
    wait::until("all lines to be at the server", async || {
        let read = ReadOutput {
            command_id: command.to_string(),
            instance_id: node.to_string(),
            from: Place::LastLines(1),
            ..ReadOutput::default()
        };
        let read = server.call(read).await.ok()?;
        (read.total_lines >= lines).then_some(())
    })
    .await;
}

/// The most memory that a process had at a time, in KiB.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_lines_are_read_at_any_place_while_the_cockpit_stays_small() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = &fleet.ids()[0];
    let dir = tempfile::tempdir().unwrap();
    let go = dir.path().join("go");
    let script = format!(
        "seq -f 'line %07.0f' 1 777776\necho a needle in the haystack\nseq -f 'line %07.0f' 777778 1000000\n\
         while [ ! -e {} ]; do sleep 0.05; done\nseq -f 'late %07.0f' 1 200",
        go.display()
    );
    let command = server.send(std::slice::from_ref(node), &script).await;
    has_lines(&server, &command, node, 1_000_000).await;

    let home = home_with_profile(&server, &server.data_dir().join("credentials"));
    let mut cockpit = at(&server, home.path(), &command, "");
    cockpit.wait_for("line 1000000");
    cockpit.wait_for("1,000,000 lines");
    cockpit.wait_for("following");
    cockpit.press("gg");
    cockpit.wait_for("line 0000001");
    cockpit.wait_for("not following");
    cockpit.press(":500,000<Enter>");
    cockpit.wait_for("line 0500000");
    cockpit.wait_for("line 500,000 of 1,000,000");
    cockpit.press("/needle<Enter>");
    cockpit.wait_for("a needle in the haystack");
    cockpit.wait_for("1 hit");
    cockpit.press("G");
    cockpit.wait_for("line 1000000");
    cockpit.wait_until("it to follow", |screen| {
        screen.contains("following") && !screen.contains("not following")
    });
    cockpit.press("f");
    cockpit.wait_for("not following");
    std::fs::write(&go, "").unwrap();
    has_lines(&server, &command, node, 1_000_200).await;
    server.runs_when_over(&command).await;
    // That there is more is known, and nothing moves.
    cockpit.wait_for("of 1,000,200");
    assert!(
        cockpit.text().contains("line 1000000") && !cockpit.text().contains("late 0"),
        "{}",
        cockpit.text()
    );
    cockpit.press("f");
    cockpit.wait_for("late 0000200");
    let peak = peak(cockpit.id());
    assert!(peak < MOST, "{peak} KiB");
    cockpit.press(":quit<Enter>");
    assert!(cockpit.ended().restored);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_output_of_any_node_is_found_and_led_to() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 3).await;
    let script = "seq 1 20000; echo \"ERROR: disk full on $AWS_SSM_INSTANCE_ID\"; seq 1 20000";
    let command = server.send(&fleet.ids(), script).await;
    server.runs_when_over(&command).await;
    let home = home_with_profile(&server, &server.data_dir().join("credentials"));
    let mut cockpit = at(&server, home.path(), &command, "/output");
    cockpit.wait_for("output of ");
    cockpit.press("m");
    cockpit.wait_for("output of all nodes");
    cockpit.press("/~disk full on mi-[0-9a-f]+<Enter>");
    cockpit.wait_for("3 hits");
    for node in fleet.ids() {
        cockpit.wait_for(&format!("disk full on {node}"));
    }
    cockpit.press("G<Enter>");
    cockpit.wait_for("line 20,001 of 40,001");
    cockpit.press("<Esc>");
    cockpit.wait_for("hits on all nodes");
    cockpit.press("<Esc>");
    cockpit.wait_until_gone("hits on all nodes");
    cockpit.press("m");
    cockpit.wait_until_gone("output of all nodes");
    cockpit.wait_for("40,001 lines");
    cockpit.press("E");
    cockpit.wait_for("ERROR: disk full");
    cockpit.press(":quit<Enter>");
    assert!(cockpit.ended().restored);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_output_goes_into_a_file_that_is_not_there_yet() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = &fleet.ids()[0];
    let command =
        server.send(std::slice::from_ref(node), "seq 1 300000; printf 'no end \\033[1m \\377'").await;
    server.runs_when_over(&command).await;
    let home = home_with_profile(&server, &server.data_dir().join("credentials"));
    let file = home.path().join("saved.log");
    let mut cockpit = at(&server, home.path(), &command, "");
    cockpit.wait_for("complete");
    cockpit.press("w");
    cockpit.wait_for("save all of it to");
    cockpit.press("<C-u>");
    cockpit.press(&format!("{}<Enter>", file.display()));
    cockpit.wait_for("saved to");
    assert!(std::fs::read(&file).unwrap() == server.output_of(&command, node).await, "to the byte");
    cockpit.press("w");
    cockpit.wait_for("save all of it to");
    cockpit.press("<C-u>");
    cockpit.press(&format!("{}<Enter>", file.display()));
    cockpit.wait_for("is there already");
    cockpit.press(":quit<Enter>");
    assert!(cockpit.ended().restored);
}
