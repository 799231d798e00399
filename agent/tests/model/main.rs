//! Any order of deliveries, duplicates, lost links, dead agents and reboots: each job runs once, and once more after each reboot
//! that it asks for; the server gets all of its output once and its true end.
//!
//! The board and the ledger are real, on a real disk. The machine is a table that survives the agent as real processes do; the
//! server is a few lines that do what the protocol asks of it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what fails here fails the test")]

mod machine;

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::sync::Arc;

use machine::{OUTPUT, World, script_document};
use pilothouse_agent::board::{Board, Told};
use pilothouse_agent::ledger::Ledger;
use pilothouse_agent::runner;
use pilothouse_protocol::link::Window;
use pilothouse_protocol::{
    Chunk, InstanceId, InvocationState, Job, JobId, Millis, Outcome, Payload, ToAgent, ToServer, Verdict,
};
use proptest::prelude::*;
use tokio::runtime::Runtime;

const JOBS: usize = 4;
/// The scripts of later jobs want a reboot at the end of each run but the last.
const CALM: usize = 2;
const RUNS: usize = 3;
const WINDOW: u64 = 8;

/// The server's side of a job.
#[derive(Default)]
struct Known {
    is_sent: bool,
    is_accepted: bool,
    cancel: bool,
    output: Vec<u8>,
    end: Option<Outcome>,
}

/// What happens.
#[derive(Clone, Copy, Debug)]
enum Happens {
    /// The server sends a job, perhaps once more.
    Sends(usize),
    /// An operator cancels it.
    Cancels(usize),
    /// The agent takes a frame, or says one, or works a little.
    AgentTakes,
    AgentSays,
    AgentWorks(u8),
    /// The server takes a frame.
    ServerTakes,
    /// Processes go on.
    WorldGoesOn,
    /// The link breaks with all that was on the way, and comes up again.
    LinkBreaks,
    /// `kill -9`, and a new agent process.
    AgentDies,
    /// The machine goes down, if it was asked to.
    MachineGoesDown,
    /// It goes down without being asked.
    PowerFails,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        3 => (0..JOBS).prop_map(Happens::Sends),
        1 => (0..JOBS).prop_map(Happens::Cancels),
        6 => Just(Happens::AgentTakes),
        8 => Just(Happens::AgentSays),
        6 => (1..12u8).prop_map(Happens::AgentWorks),
        8 => Just(Happens::ServerTakes),
        5 => Just(Happens::WorldGoesOn),
        1 => Just(Happens::LinkBreaks),
        1 => Just(Happens::AgentDies),
        3 => Just(Happens::MachineGoesDown),
        1 => Just(Happens::PowerFails),
    ]
}

struct Play {
    dir: tempfile::TempDir,
    world: World,
    agent: Option<(Runtime, Board)>,
    window: Window,
    told: BTreeMap<JobId, Told>,
    turn: usize,
    up: VecDeque<ToServer>,
    down: VecDeque<ToAgent>,
    server: BTreeMap<JobId, Known>,
}

/// Every second one runs its script in a document within its step.
fn job(n: usize) -> Job {
    let within = r#"{"schemaVersion":"2.2","mainSteps":[{"action":"aws:runDocument","name":"a","inputs":
        {"documentType":"LocalPath","documentPath":"/a.json"}}]}"#;
    let document = if n.is_multiple_of(2) { script_document() } else { within };
    Job {
        id: JobId {
            command: format!("00000000-0000-0000-0000-00000000000{n}").parse().unwrap(),
            instance: InstanceId::from_random([1; 9]),
        },
        document_name: "AWS-RunShellScript".into(),
        document: document.into(),
        parameters: BTreeMap::new(),
        resolved: BTreeMap::new(),
        requested_at: Millis(0),
        start_by: Millis(i64::MAX),
    }
}

impl Play {
    fn begin() -> Self {
        let mut play = Self {
            // In memory where there is such a place: the ledger waits for the disk at each turn.
            dir: tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap(),
            world: World::default(),
            agent: None,
            window: Window::new(WINDOW),
            told: BTreeMap::new(),
            turn: 0,
            up: VecDeque::new(),
            down: VecDeque::new(),
            server: (0..JOBS).map(|n| (job(n).id, Known::default())).collect(),
        };
        (CALM..JOBS).for_each(|n| play.world.wants(&job(n).id.command, RUNS));
        play.agent_dies();
        play
    }

    fn board(&self) -> &Board {
        &self.agent.as_ref().unwrap().1
    }

    fn agent_dies(&mut self) {
        // The runtime first: nothing may run on.
        drop(self.agent.take());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let board =
            Board::new(Ledger::open(self.dir.path()).unwrap(), Arc::new(self.world.clone()), 2, 1 << 20)
                .with_reboot_patience(std::time::Duration::from_secs(3600));
        runtime.block_on(async { runner::recover(&board).unwrap() });
        self.agent = Some((runtime, board));
        self.link_breaks();
    }

    fn link_breaks(&mut self) {
        self.up.clear();
        self.down.clear();
        let held = self.board().held();
        for (id, known) in &mut self.server {
            // Handed over and not taken: it is sent again, by and by.
            let is_held = held.iter().any(|held| held.job == *id);
            known.is_accepted |= is_held;
            known.is_sent &= is_held || known.is_accepted;
            assert!(is_held || !known.is_accepted || known.end.is_some(), "{id} was accepted and forgotten");
        }
        let verdict = |held: &pilothouse_protocol::Held| {
            let known = &self.server[&held.job];
            Verdict {
                job: held.job.clone(),
                stored_to: known.output.len() as u64,
                forget: known.end.is_some(),
                cancel: known.cancel,
            }
        };
        let verdicts = held.iter().map(verdict).collect();
        self.window = Window::new(WINDOW);
        let (runtime, board) = self.agent.as_ref().unwrap();
        let _inside = runtime.enter();
        self.told = board.resume(verdicts, &mut self.window);
    }

    fn agent_takes(&mut self) {
        let Some(frame) = self.down.pop_front() else { return };
        let (runtime, board) = self.agent.as_ref().unwrap();
        let _inside = runtime.enter();
        match frame {
            ToAgent::Run { job } => {
                if let Some(told) = self.told.get_mut(&job.id) {
                    told.again();
                }
                runner::deliver(board, &job);
            }
            ToAgent::Cancel { job } => board.cancel(&job),
            ToAgent::Stored { job, to } => {
                self.window.stored(&job, to);
                board.stored(&job, to);
            }
            ToAgent::Acknowledged { job } => {
                self.window.forget(&job);
                self.told.remove(&job);
                board.forget(&job);
            }
            other => panic!("{other:?}"),
        }
    }

    fn server_takes(&mut self) {
        let Some(frame) = self.up.pop_front() else { return };
        match frame {
            ToServer::Accepted { job } | ToServer::Started { job, .. } => {
                self.server.get_mut(&job).unwrap().is_accepted = true;
            }
            ToServer::Output { job, chunk } => {
                let known = self.server.get_mut(&job).unwrap();
                let have = known.output.len() as u64;
                assert!(chunk.offset <= have, "a gap: {} after {have}", chunk.offset);
                if let Some(Chunk { payload: Payload::Data(bytes), .. }) = chunk.from_offset(have) {
                    known.output.extend(bytes);
                }
                let to = known.output.len() as u64;
                self.down.push_back(ToAgent::Stored { job, to });
            }
            ToServer::Finished { job, outcome } => {
                let known = self.server.get_mut(&job).unwrap();
                // Of a job that is sent again after its end the agent has the end, but no output any more.
                if known.end.is_none() {
                    assert_eq!(
                        outcome.output_end,
                        known.output.len() as u64,
                        "the end came before the output"
                    );
                    known.end = Some(outcome);
                }
                self.down.push_back(ToAgent::Acknowledged { job });
            }
            ToServer::Step { .. } | ToServer::Ask { .. } | ToServer::Progress { .. } => {}
            other => panic!("{other:?}"),
        }
    }

    fn happens(&mut self, what: Happens) {
        match what {
            Happens::Sends(n) => {
                let known = self.server.get_mut(&job(n).id).unwrap();
                // A server that lost word of it sends a job once more, also one that is running or over.
                known.is_sent = true;
                self.down.push_back(ToAgent::Run { job: job(n) });
            }
            Happens::Cancels(n) => {
                let known = self.server.get_mut(&job(n).id).unwrap();
                if known.is_accepted && known.end.is_none() {
                    known.cancel = true;
                    self.down.push_back(ToAgent::Cancel { job: job(n).id });
                }
            }
            Happens::AgentTakes => self.agent_takes(),
            Happens::AgentSays => {
                let (_, board) = self.agent.as_ref().unwrap();
                self.up.extend(board.say(&mut self.told, &mut self.turn, &mut self.window));
            }
            Happens::AgentWorks(steps) => {
                let (runtime, _) = self.agent.as_ref().unwrap();
                runtime.block_on(async {
                    for _ in 0..steps {
                        tokio::task::yield_now().await;
                    }
                });
            }
            Happens::ServerTakes => self.server_takes(),
            Happens::WorldGoesOn => self.world.goes_on(),
            Happens::LinkBreaks => self.link_breaks(),
            Happens::AgentDies => self.agent_dies(),
            Happens::MachineGoesDown if !self.world.goes_down() => {}
            Happens::MachineGoesDown | Happens::PowerFails => {
                self.world.reboots();
                self.agent_dies();
            }
        }
    }

    /// Nothing fails any more: all must end.
    fn ends(&mut self) {
        self.link_breaks();
        for _ in 0..1000 {
            for n in 0..JOBS {
                if !self.server[&job(n).id].is_sent {
                    self.happens(Happens::Sends(n));
                }
            }
            for what in [
                Happens::AgentTakes,
                Happens::AgentWorks(3),
                Happens::WorldGoesOn,
                Happens::AgentSays,
                Happens::ServerTakes,
                Happens::MachineGoesDown,
            ] {
                self.happens(what);
            }
            let is_quiet = self.up.is_empty() && self.down.is_empty() && self.board().held().is_empty();
            if is_quiet && self.server.values().all(|known| known.end.is_some()) {
                return;
            }
        }
        panic!("it does not end");
    }

    fn is_as_it_should_be(&self) {
        let failures = self.world.failures();
        for n in 0..JOBS {
            let id = job(n).id;
            let known = &self.server[&id];
            let wanted = if n < CALM { 1 } else { RUNS };
            let starts = self.world.starts_of(&id.command);
            assert!(starts.is_sorted_by(|a, b| a < b), "{id} ran twice in one boot: {starts:?}");
            let all = OUTPUT.repeat(wanted);
            let end = known.end.as_ref().unwrap();
            match end.state {
                InvocationState::Success => {
                    assert_eq!((starts.len(), known.output.as_slice()), (wanted, all.as_bytes()), "{id}");
                }
                InvocationState::Cancelled => {
                    assert!(known.cancel && starts.len() <= wanted, "{id}");
                    assert!(all.as_bytes().starts_with(&known.output));
                }
                // It was running, or about to, when the machine failed: nobody knows how far it got.
                InvocationState::Failed if failures > 0 => {
                    assert!(starts.len() <= wanted && all.as_bytes().starts_with(&known.output), "{id}");
                    assert!(format!("{end:?}").contains("was rebooted while"), "{end:?}");
                }
                other => panic!("{id} is {other}: {end:?}"),
            }
        }
        assert_eq!(self.window.room(), WINDOW, "nothing is on the way any more");
        assert!(
            fs::read_dir(self.dir.path().join("jobs")).unwrap().next().is_none(),
            "all folders are cleared away"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_each_job_runs_once_and_its_end_is_true(all in proptest::collection::vec(happens(), 0..160)) {
        let mut play = Play::begin();
        all.into_iter().for_each(|what| play.happens(what));
        play.ends();
        play.is_as_it_should_be();
    }
}
