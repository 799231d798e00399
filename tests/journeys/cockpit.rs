//! The cockpit in a terminal: what a person sees and types.

use std::path::Path;

use pilothouse_api::commands::ListCommands;
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::cockpit::Cockpit;
use pilothouse_tests::home::{home, home_with_profile};
use pilothouse_tests::server::Server;
use pilothouse_tests::wait;
use rustix::process::Signal;
use tempfile::TempDir;

const CLEAN: &str = "the terminal is as it was";

/// A home whose settings name the server, and root's key.
fn roots_home(server: &Server) -> TempDir {
    home_with_profile(server, &server.data_dir().join("credentials"))
}

fn at(home: &Path, arguments: &[&str]) -> Cockpit {
    Cockpit::start(home, arguments, &[], 120, 40)
}

/// In the Run room: leaves the script's field and asks to send.
fn send(cockpit: &mut Cockpit) {
    cockpit.wait_for(" ] Esc r");
    cockpit.press("<Esc>");
    cockpit.wait_until_gone(" ] Esc r");
    cockpit.press("r");
}

/// Leaves by `q`, which must leave nothing behind.
fn leave(mut cockpit: Cockpit) {
    cockpit.press("q");
    let ended = cockpit.ended();
    assert!(ended.restored, "{CLEAN}: {:?}", ended.manners);
    assert!(ended.success, "{}", ended.text);
}

/// Processes that have this folder in their command line.
fn processes_of(folder: &Path) -> Vec<String> {
    let name = folder.to_str().unwrap();
    let lines = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    lines.filter(|line| line.contains(name)).collect()
}

#[test]
fn a_newcomer_tries_the_demo_and_runs_something_on_production() {
    let home = home();
    let mut cockpit = at(home.path(), &["--demo"]);
    cockpit.wait_for("24 nodes");
    cockpit.wait_for("worker-prod-02");
    cockpit.press("/prod<Enter>");
    cockpit.wait_for("8 of 24 nodes");
    cockpit.press("*r");
    cockpit.wait_for("8 chosen nodes");
    cockpit.press("uptime");
    send(&mut cockpit);
    cockpit.wait_for("Run on 8 nodes?");
    cockpit.press("prod<Enter>");
    cockpit.wait_for("load average");
    cockpit.press(":commands<Enter>");
    cockpit.wait_for("1 command");
    // One of the demo's databases fails whatever it is told.
    cockpit.wait_for("✗ failed");
    cockpit.press(":quit<Enter>");
    assert!(cockpit.ended().restored, "{CLEAN}");
}

#[test]
fn on_a_fresh_machine_the_cockpit_finds_the_machine_itself_and_the_next_start_finds_it_again() {
    let home = home();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().to_owned();
    let mut cockpit = at(home.path(), &[]);
    cockpit.wait_for("1 node ");
    cockpit.wait_for(&host);
    cockpit.wait_for("● online");
    cockpit.press("r");
    cockpit.wait_for("Script");
    cockpit.press("echo this is $((6 * 7))");
    send(&mut cockpit);
    cockpit.wait_for("Run on");
    cockpit.press("y");
    cockpit.wait_for("this is 42");
    // Its end comes after its output, and who leaves before it is asked.
    cockpit.wait_for("✓ success");
    cockpit.press(":nodes<Enter>");
    cockpit.wait_for("1 node ");
    cockpit.press(":quit<Enter>");
    let ended = cockpit.ended();
    assert!(ended.restored, "{CLEAN}: {:?}", ended.manners);
    assert_eq!(processes_of(home.path()), Vec::<String>::new(), "nothing keeps running");

    let mut again = at(home.path(), &[]);
    again.wait_for("1 node ");
    again.wait_for("● online");
    again.press(":commands<Enter>");
    again.wait_for("echo this is");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engineer_sees_the_answers_of_five_nodes_while_they_arrive() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 5).await;
    let home = roots_home(&server);
    let mut cockpit = at(home.path(), &[]);
    cockpit.wait_for("5 nodes");
    cockpit.wait_for("ops");
    let go = home.path().join("go");
    cockpit.press("*r");
    cockpit.wait_for("5 chosen nodes");
    cockpit.paste(&format!(
        "echo first of $AWS_SSM_INSTANCE_ID\nwhile [ ! -e {} ]; do sleep 0.1; done\necho second\n",
        go.display()
    ));
    send(&mut cockpit);
    cockpit.wait_for("Run on 5 nodes?");
    cockpit.press("<Tab><Enter>");
    cockpit.wait_for("5 groups");
    cockpit.wait_for("first of mi-");
    cockpit.press("3");
    assert!(!cockpit.text().contains("second\n"));
    for id in fleet.ids() {
        cockpit.wait_for(&format!("first of {id}"));
    }
    std::fs::write(&go, "").unwrap();
    cockpit.wait_until("the second line of five nodes", |screen| screen.matches("second").count() >= 5);
    cockpit.press("1");
    cockpit.wait_for("5 success");
    let commands = server.call(ListCommands::default()).await.unwrap().commands;
    assert_eq!((commands.len(), commands[0].status.as_str()), (1, "Success"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_server_is_said_and_found_again() {
    let mut server = Server::start().await;
    let _fleet = Fleet::start(&server, 1).await;
    let home = roots_home(&server);
    let mut cockpit = at(home.path(), &[]);
    cockpit.wait_for("● live");
    server.program().kill();
    cockpit.wait_until_gone("● live");
    cockpit.press("?");
    cockpit.wait_for("Help: ");
    cockpit.press("<Esc>");
    cockpit.wait_until_gone("Help: ");
    server.start_again().await;
    cockpit.wait_for("● live");
    cockpit.wait_for("● online");
    leave(cockpit);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_prints_is_shown_and_never_obeyed() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let script = "printf '\\033]0;PWNED\\007\\033[2J\\033[?1049l\\033]52;c;UFdORUQ=\\007\\302\\233bold\\n'; echo the end";
    let command = server.send(&fleet.ids(), script).await;
    server.runs_when_over(&command).await;
    let home = roots_home(&server);
    let mut cockpit = at(home.path(), &[&format!("pilothouse:command/{command}")]);
    cockpit.wait_for("the end");
    cockpit.wait_for("␛]0;PWNED");
    let bytes = cockpit.bytes();
    for obeyed in [&b"\x1b]0;PWNED"[..], b"\x1b]52;c;UFdORUQ", b"\xc2\x9bbold"] {
        assert!(!bytes.windows(obeyed.len()).any(|it| it == obeyed), "{obeyed:?} reached the terminal");
    }
    cockpit.press(":quit<Enter>");
    assert!(cockpit.ended().restored);
}

#[test]
fn the_first_frame_waits_for_nobody() {
    // Nobody answers here: the address is for documentation.
    let home = home();
    let credentials =
        [("AWS_ACCESS_KEY_ID", "PILOTNOBODY12345"), ("AWS_SECRET_ACCESS_KEY", "0123456789012345")];
    let mut cockpit =
        Cockpit::start(home.path(), &["--endpoint", "http://192.0.2.1:9"], &credentials, 80, 24);
    cockpit.wait_for("Nodes");
    cockpit.press(":commands<Enter>");
    cockpit.wait_for("Commands");
    cockpit.press(":quit<Enter>");
    let ended = cockpit.ended();
    assert!(ended.restored && ended.success, "{CLEAN}: {:?}", ended.manners);
}

#[test]
fn a_terminal_is_given_back_by_q_and_by_a_signal() {
    for signal in [None, Some(Signal::TERM), Some(Signal::HUP), Some(Signal::INT)] {
        let home = home();
        let mut cockpit = at(home.path(), &["--demo"]);
        cockpit.wait_for("24 nodes");
        match signal {
            None => cockpit.press("q"),
            Some(signal) => cockpit.signal(signal),
        }
        let ended = cockpit.ended();
        assert!(ended.restored, "{CLEAN} after {signal:?}: {:?}", ended.manners);
        assert_eq!(processes_of(home.path()), Vec::<String>::new(), "nothing keeps running after {signal:?}");
    }
}

#[test]
fn a_tiny_terminal_and_a_storm_of_sizes_do_no_harm() {
    let home = home();
    let mut cockpit = Cockpit::start(home.path(), &["--demo"], &[], 20, 5);
    wait::blocking("something to stand on the screen", || !cockpit.text().trim().is_empty());
    storm(&cockpit);
    cockpit.resize(120, 40);
    cockpit.wait_for("worker-prod-02");
    cockpit.press("r");
    cockpit.wait_for("[ Send to 1 node ] Esc r");
    cockpit.resize(20, 5);
    cockpit.press("echo storm");
    storm(&cockpit);
    cockpit.resize(120, 40);
    cockpit.wait_for("echo storm");
    send(&mut cockpit);
    cockpit.wait_for("Run on");
    storm(&cockpit);
    cockpit.resize(120, 40);
    cockpit.wait_for("Run on");
    cockpit.press("y");
    cockpit.wait_for("✓ success");
    cockpit.press(":quit<Enter>");
    let ended = cockpit.ended();
    assert!(ended.restored && ended.success, "{CLEAN}: {:?}\n{}", ended.manners, ended.text);
}

/// A window that is dragged to every size there is.
fn storm(cockpit: &Cockpit) {
    for i in 0..200u16 {
        cockpit.resize(1 + i * 7 % 250, 1 + i * 3 % 70);
    }
}

#[test]
fn who_wants_no_colours_and_plain_letters_gets_them() {
    let home = home();
    let mut cockpit = Cockpit::start(home.path(), &["--demo", "--ascii"], &[("NO_COLOR", "1")], 100, 40);
    cockpit.wait_for("worker-prod-02");
    let screen = cockpit.text();
    let stray: String = screen.chars().filter(|it| !it.is_ascii()).collect();
    assert_eq!(stray, "", "{screen}");
    let bytes = String::from_utf8_lossy(&cockpit.bytes()).into_owned();
    let colour =
        regex::Regex::new("\x1b\\[([0-9]+[;:])*(3[0-8]|4[0-8]|9[0-7]|10[0-7])([;:][0-9]+)*m").unwrap();
    let first = colour.find(&bytes).map(|it| it.as_str().escape_debug().to_string());
    assert_eq!(first, None, "a colour was sent");
    leave(cockpit);
}

#[test]
fn the_keys_can_be_searched_and_the_palette_finds_a_node() {
    let home = home();
    let mut cockpit = at(home.path(), &["--demo"]);
    cockpit.wait_for("24 nodes");
    cockpit.press("?");
    cockpit.wait_for("sort");
    cockpit.press("<Esc>");
    cockpit.wait_until_gone("Help: ");
    cockpit.press("<C-p>db-prod-01<Enter>");
    cockpit.wait_for("10.0.0.6");
    cockpit.wait_until_gone("web-prod-01");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_run_again_on_those_that_failed() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 3).await;
    let dir = home();
    let first = fleet.ids().remove(0);
    std::fs::write(dir.path().join(first.as_str()), "").unwrap();
    let script = format!("[ ! -e {}/$AWS_SSM_INSTANCE_ID ] || exit 5\necho well", dir.path().display());
    let everyone = pilothouse_api::commands::SendCommand {
        instance_ids: fleet.ids().iter().map(ToString::to_string).collect(),
        max_errors: Some("100%".to_owned()),
        ..pilothouse_tests::server::shell(&script)
    };
    let command = server.send_as(everyone).await.unwrap();
    server.runs_when_over(&command).await;
    let home = roots_home(&server);
    let mut cockpit = at(home.path(), &[&format!("pilothouse:command/{command}")]);
    cockpit.wait_for("1 failed");
    cockpit.press("r");
    cockpit.wait_for("everything that did not succeed  1 node");
    std::fs::remove_file(dir.path().join(first.as_str())).unwrap();
    cockpit.press("failed<Enter>");
    cockpit.wait_for("[ Send to 1 node ]");
    cockpit.press("r");
    cockpit.wait_for("Run on");
    cockpit.press("y");
    cockpit.wait_for("✓ success");
    let commands = server.call(ListCommands::default()).await.unwrap().commands;
    assert_eq!((commands.len(), commands[0].target_count), (2, 1));
    let again = commands[0].command_id.parse().unwrap();
    assert_eq!(server.runs_when_over(&again).await[0].instance_id, first);
}
