//! Clocks that jump while a command runs: the node's, and the server's. What runs goes on, runs once, and ends as it ended.

use std::fs;
use std::path::{Path, PathBuf};

use pilothouse_api::commands::SendCommand;
use pilothouse_api::nodes::DescribeInstanceInformation;
use pilothouse_protocol::InvocationState;
use pilothouse_tests::agent::{Agent, Fleet, activation};
use pilothouse_tests::server::{Server, shell};
use pilothouse_tests::skip::skip;
use pilothouse_tests::wait;

/// A clock that another program sees, by libfaketime.
struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    fn new(dir: &Path) -> Option<Self> {
        let places = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
        let library = places.iter().map(|place| Path::new(place).join("faketime/libfaketimeMT.so.1"));
        let library = library.into_iter().find(|it| it.exists())?;
        let clock = Self { library, file: dir.join("clock") };
        clock.jump("+0");
        Some(clock)
    }

    /// What a program needs in its environment to see it. Only the time of day is another: no machine's uptime jumps.
    fn environment(&self) -> [(&str, &str); 5] {
        [
            ("LD_PRELOAD", self.library.to_str().unwrap()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.to_str().unwrap()),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("NO_FAKE_STAT", "1"),
        ]
    }

    /// So far from the true one, such as `-2h`, from now on.
    fn jump(&self, to: &str) {
        let new = self.file.with_extension("new");
        fs::write(&new, to).unwrap();
        fs::rename(new, &self.file).unwrap();
    }
}

/// A script that says when it begins and waits for a file, and the time that it sees at its end.
fn patient(go: &Path, ran: &Path) -> SendCommand {
    shell(&format!(
        "echo ran >> {ran}; echo begin; while [ ! -e {go} ]; do sleep 0.05; done; date +%s; echo end",
        ran = ran.display(),
        go = go.display()
    ))
}

fn ran(file: &Path) -> usize {
    fs::read_to_string(file).unwrap_or_default().lines().count()
}

fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_clock_jumps_finishes_what_it_runs_and_takes_what_comes() {
    let server = Server::start().await;
    let Some(clock) = Clock::new(server.dir()) else {
        return skip("a node whose clock jumps", "libfaketime is not installed");
    };
    let mut agent = Agent::register(&server, &activation(&server, 1).await);
    agent.start_with(&clock.environment());
    let mut fleet = Fleet { agents: vec![agent] };
    fleet.is_online(&server).await;
    for (number, to) in ["-2h", "+30d"].into_iter().enumerate() {
        let (go, log) =
            (server.dir().join(format!("go-{number}")), server.dir().join(format!("ran-{number}")));
        let instance_ids = vec![fleet.ids()[0].to_string()];
        let command = server.send_as(SendCommand { instance_ids, ..patient(&go, &log) }).await.unwrap();
        wait::blocking("it to run", || ran(&log) == 1);
        clock.jump(to);
        fs::write(&go, "").unwrap();
        let runs = server.runs_when_over(&command).await;
        assert_eq!(runs[0].state, InvocationState::Success, "{runs:?}");
        let said = server.run_of(&command, &fleet.ids()[0]).await.standard_output_content;
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!((lines[0], lines[2], ran(&log)), ("begin", "end", 1), "{said}");
        let seen: i64 = lines[1].parse().unwrap();
        assert!((seen - now()).abs() > 3600, "the node's clock did jump: it says {seen}");
    }
    // What is asked for now is neither too old nor too new for a node that lives in another month.
    let command = server.send(&fleet.ids(), "echo still here").await;
    assert_eq!(server.runs_when_over(&command).await[0].state, InvocationState::Success);
    assert!(fleet.agents[0].program().ended().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_clock_jumps_keeps_its_nodes_and_what_they_run() {
    let dir = tempfile::Builder::new().prefix("pilothouse-clock-").tempdir().unwrap();
    let Some(clock) = Clock::new(dir.path()) else {
        return skip("a server whose clock jumps", "libfaketime is not installed");
    };
    let options =
        clock.environment().into_iter().fold(Server::options(), |it, (k, v)| it.in_environment(k, v));
    let server = options.start().await;
    let fleet = Fleet::start(&server, 2).await;
    // Less than a signature may be off by, and far more than the three seconds after which a silent link is given up.
    for (number, to) in ["+4m", "-4m"].into_iter().enumerate() {
        let (go, log) =
            (server.dir().join(format!("go-{number}")), server.dir().join(format!("ran-{number}")));
        let instance_ids = fleet.ids().iter().map(ToString::to_string).collect();
        let command = server.send_as(SendCommand { instance_ids, ..patient(&go, &log) }).await.unwrap();
        wait::blocking("both to run", || ran(&log) == 2);
        clock.jump(to);
        let told = wait::until("the nodes to be told as online by the other clock", async || {
            let told = server.call(DescribeInstanceInformation::default()).await.ok()?;
            let nodes = told.instance_information_list;
            nodes.iter().all(|node| node.ping_status == "Online").then_some(nodes.len())
        })
        .await;
        assert_eq!(told, 2);
        fs::write(&go, "").unwrap();
        let runs = server.runs_when_over(&command).await;
        assert!(runs.iter().all(|run| run.state == InvocationState::Success), "{runs:?}");
        assert_eq!(ran(&log), 2, "once on each node");
    }
}
