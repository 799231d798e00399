//! A world, and what happens in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use pilothouse_api::activations::CreateActivation;
use pilothouse_api::commands::{CancelCommand, SendCommand};
use pilothouse_api::runs::UpdateCommand;
use pilothouse_protocol::{CommandId, InstanceId, InvocationState, JobId, Millis, Platform};
use pilothouse_server::clock::Dice;
use pilothouse_server::cx::{Call, Caller};
use pilothouse_server::internal::{AdmitNode, Dispatch, EnrolNode, ExpireCommands, ForgetLinks};
use pilothouse_store::invocations::{self, InvocationRecord};
use pilothouse_store::{Store, commands};
use tokio::runtime::Runtime;

use crate::Chance;
use crate::machine::OUTPUT;
use crate::node::{Node, WINDOW};
use crate::server::{Counting, Ground, HandClock, REGION, Server};

const NODES: usize = 40;
const COMMANDS: usize = 6;
/// Scripts of every third command want a reboot at the end of each run but the last.
const RUNS: usize = 3;
/// Turns in which everything must be over once nothing fails any more.
const PATIENCE: usize = 2000;

/// A command that was sent.
struct Sent {
    id: CommandId,
    runs: usize,
    /// Nodes on which somebody asked it to stop.
    stopped: BTreeSet<InstanceId>,
}

pub struct Play {
    chance: Chance,
    runtime: Runtime,
    ground: Ground,
    dir: tempfile::TempDir,
    /// Has the links.
    server: Server,
    /// Waits to take over, and reconciles the same rows until then.
    standby: Server,
    nodes: Vec<Node>,
    sent: Vec<Sent>,
    /// Ends that the server told.
    ends: BTreeMap<JobId, InvocationState>,
}

impl Play {
    pub fn begin(chance: Chance) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        // Agents ask the machine for the time before their first link.
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(i64::try_from(now.as_millis()).unwrap())));
        let dice = Dice(Arc::new(Counting(AtomicU64::new(0))));
        let (ground, server, standby) = runtime.block_on(async {
            let store = Store::open("sqlite::memory:").await.unwrap();
            let ground = Ground { store, clock, dice };
            let server = Server::start(&ground, dir.path()).await;
            let standby = Server::start(&ground, dir.path()).await;
            (ground, server, standby)
        });
        let mut play = Self {
            chance,
            runtime,
            ground,
            dir,
            server,
            standby,
            nodes: Vec::new(),
            sent: Vec::new(),
            ends: BTreeMap::new(),
        };
        play.nodes = (0..NODES).map(|n| Node::new(play.enrolled(n))).collect();
        play
    }

    fn now(&self) -> Millis {
        Millis(self.ground.clock.0.load(Ordering::SeqCst))
    }

    fn enrolled(&self, n: usize) -> InstanceId {
        self.runtime.block_on(async {
            let activation = CreateActivation { iam_role: "any".into(), ..CreateActivation::default() };
            let activation = self.server.root(activation).await.unwrap();
            let AdmitNode { public_key, fingerprint, facts, .. } = admit(InstanceId::from_random([0; 9]), n);
            let enrol = EnrolNode {
                activation_id: activation.activation_id.parse().unwrap(),
                activation_code: activation.activation_code,
                public_key,
                fingerprint,
                facts,
            };
            let call = Call::link(Caller::Candidate, "", "links");
            let admitted = self.server.door.perform(&call, enrol).await.unwrap();
            self.server.system(ForgetLinks {}).await;
            admitted.instance_id
        })
    }

    /// Something happens everywhere.
    pub fn turn(&mut self) {
        for n in 0..NODES {
            for _ in 0..3 {
                self.something_happens_to(n);
            }
        }
        let dies = self.chance.percent(3);
        self.settles(dies);
        self.operator_asks();
        if self.chance.percent(40) {
            self.runtime.block_on(async { self.server.system(Dispatch {}).await });
        }
        if self.chance.percent(20) {
            // Both see the same rows; the one without links must not touch what the other has handed over.
            self.runtime.block_on(async {
                self.standby.system(Dispatch {}).await;
                self.standby.system(ExpireCommands {}).await;
            });
        }
        let passes = if self.chance.percent(3) { 20_000 } else { 300 };
        self.ground.clock.0.fetch_add(passes, Ordering::SeqCst);
        self.runtime.block_on(async { self.server.system(ExpireCommands {}).await });
        match self.chance.below(100) {
            _ if dies => self.server_dies(),
            0 | 1 => self.server_dies(),
            2 | 3 => self.other_server_takes_over(),
            _ => {}
        }
        self.ends_stay();
    }

    fn something_happens_to(&mut self, n: usize) {
        match self.chance.below(100) {
            0..20 => self.agent_takes(n),
            20..45 if self.nodes[n].is_up => self.nodes[n].says(),
            45..65 => {
                let steps = 1 + self.chance.below(11);
                self.nodes[n].works(steps);
            }
            65..80 => self.nodes[n].world.goes_on(),
            80..88 if !self.nodes[n].is_up => self.links_up(n),
            88 | 89 => self.link_breaks(n),
            90 | 91 => {
                self.link_breaks(n);
                self.nodes[n].begins_anew();
            }
            92..95 if self.nodes[n].world.goes_down() => self.machine_goes_down(n),
            95 if self.chance.percent(30) => self.machine_goes_down(n),
            96 => self.carrier_errs(n),
            _ => {}
        }
    }

    fn machine_goes_down(&mut self, n: usize) {
        self.link_breaks(n);
        self.nodes[n].world.reboots();
        self.nodes[n].begins_anew();
    }

    /// What is on the way comes twice, or in another order.
    fn carrier_errs(&mut self, n: usize) {
        let node = &mut self.nodes[n];
        if let Some(frame) = node.up.front().cloned() {
            node.up.push_back(frame);
        }
        if let Some(frame) = node.down.front().cloned() {
            node.down.push_back(frame);
        }
        if node.up.len() > 1 && self.chance.percent(50) {
            node.up.swap(0, 1);
        }
        if node.down.len() > 1 && self.chance.percent(50) {
            node.down.swap(0, 1);
        }
    }

    /// What waits at the server goes on its way.
    fn goes_down(&mut self, n: usize) {
        let node = &mut self.nodes[n];
        let frames = self.server.links.with(&node.id, |queue| queue.drain(..).collect::<Vec<_>>());
        match frames {
            Some(frames) => {
                frames.iter().for_each(|frame| self.server.hands(frame));
                node.down.extend(frames);
            }
            // It was sent away.
            None if node.is_up => self.link_breaks(n),
            None => {}
        }
    }

    fn agent_takes(&mut self, n: usize) {
        self.goes_down(n);
        if let Some(frame) = self.nodes[n].down.pop_front() {
            self.nodes[n].takes(frame);
        }
    }

    fn link_breaks(&mut self, n: usize) {
        let node = &mut self.nodes[n];
        if std::mem::take(&mut node.is_up) {
            self.runtime.block_on(self.server.leaves(&node.id));
        }
        node.link_is_down();
    }

    fn links_up(&mut self, n: usize) {
        let (now, id, held) = (self.now(), self.nodes[n].id.clone(), self.nodes[n].board().held());
        let server = &mut self.server;
        let verdicts = self.runtime.block_on(async {
            server.admit(admit(id.clone(), n)).await;
            server.resume(&id, held).await
        });
        self.nodes[n].link_is_up(now, verdicts);
    }

    /// The server takes some of what comes, from all nodes at once.
    fn settles(&mut self, dies: bool) {
        let mut frames = Vec::new();
        for node in &mut self.nodes {
            let count = self.chance.below(node.up.len() + 1);
            frames.extend(node.up.drain(..count).map(|frame| (node.id.clone(), frame)));
        }
        let broken = self.runtime.block_on(self.server.settle(frames, dies));
        for n in 0..NODES {
            if broken.contains(&self.nodes[n].id) {
                self.link_breaks(n);
            }
        }
    }

    /// The server dies: its links, what it had not said yet, and all that it had in memory. It is started again.
    fn server_dies(&mut self) {
        self.nodes.iter_mut().for_each(Node::link_is_down);
        self.server = self.runtime.block_on(async {
            let server = Server::start(&self.ground, self.dir.path()).await;
            server.system(ForgetLinks {}).await;
            server
        });
    }

    /// The server dies, and the one that stood by is where the nodes go to. It was up all the time: nobody tells it of the links
    /// of the other.
    fn other_server_takes_over(&mut self) {
        self.nodes.iter_mut().for_each(Node::link_is_down);
        let next = self.runtime.block_on(Server::start(&self.ground, self.dir.path()));
        self.server = std::mem::replace(&mut self.standby, next);
    }

    fn operator_asks(&mut self) {
        match self.chance.below(100) {
            0..25 if self.sent.len() < COMMANDS => self.sends(),
            25..32 if !self.sent.is_empty() => self.withdraws(),
            32 if !self.sent.is_empty() => self.cancels(),
            33..37 if !self.sent.is_empty() => {
                let paused = Some(self.chance.percent(50));
                let which = self.chance.below(self.sent.len());
                self.updates(which, paused);
            }
            _ => {}
        }
    }

    fn sends(&mut self) {
        let nodes: Vec<_> =
            self.nodes.iter().filter(|_| self.chance.percent(70)).map(|it| it.id.to_string()).collect();
        let send = SendCommand {
            document_name: "AWS-RunShellScript".into(),
            parameters: [("commands".to_owned(), vec!["x".to_owned()])].into(),
            instance_ids: nodes,
            max_concurrency: Some(format!("{}", 1 + self.chance.below(NODES))),
            max_errors: Some(format!("{}", self.chance.below(NODES))),
            timeout_seconds: Some(if self.chance.percent(50) { 30 } else { 3600 }),
            ..SendCommand::default()
        };
        let sent = self.runtime.block_on(self.server.root(send)).unwrap();
        let id: CommandId = sent.command.command_id.parse().unwrap();
        let runs = if self.sent.len() % 3 == 2 { RUNS } else { 1 };
        self.nodes.iter().for_each(|node| node.world.wants(&id, runs));
        self.sent.push(Sent { id, runs, stopped: BTreeSet::new() });
    }

    /// One run is withdrawn, whatever it does just now.
    fn withdraws(&mut self) {
        let which = self.chance.below(self.sent.len());
        let node = self.nodes[self.chance.below(NODES)].id.clone();
        let command = &mut self.sent[which];
        let cancel =
            CancelCommand { command_id: command.id.to_string(), instance_ids: vec![node.to_string()] };
        if self.runtime.block_on(self.server.root(cancel)).is_ok() {
            command.stopped.insert(node);
        }
    }

    fn cancels(&mut self) {
        let which = self.chance.below(self.sent.len());
        let command = &mut self.sent[which];
        let cancel = CancelCommand { command_id: command.id.to_string(), instance_ids: Vec::new() };
        self.runtime.block_on(self.server.root(cancel)).unwrap();
        command.stopped.extend(self.nodes.iter().map(|node| node.id.clone()));
    }

    fn updates(&mut self, which: usize, paused: Option<bool>) {
        let command_id = self.sent[which].id.to_string();
        let update = UpdateCommand { command_id, paused, ..UpdateCommand::default() };
        // It may be over.
        let _ = self.runtime.block_on(self.server.root(update));
    }

    fn rows(&self) -> Vec<InvocationRecord> {
        self.runtime.block_on(async {
            let mut rows = Vec::new();
            let mut tx = self.ground.store.read().await.unwrap();
            for sent in &self.sent {
                let all = invocations::page(&mut tx, REGION, &sent.id, None, None, NODES).await.unwrap();
                rows.extend(all);
            }
            rows
        })
    }

    /// What was told to be over stays as it was told.
    fn ends_stay(&mut self) {
        for row in self.rows() {
            let job = JobId { command: row.command_id, instance: row.instance_id };
            if let Some(end) = self.ends.get(&job) {
                assert_eq!(*end, row.state, "{job} had ended");
            } else if row.state.is_terminal() {
                self.ends.insert(job, row.state);
            }
        }
    }

    /// Nothing fails any more: all must end.
    pub fn ends(&mut self) {
        (0..self.sent.len()).for_each(|which| self.updates(which, Some(false)));
        for _ in 0..PATIENCE {
            for n in 0..NODES {
                if !self.nodes[n].is_up {
                    self.links_up(n);
                }
                (0..3).for_each(|_| self.agent_takes(n));
                self.nodes[n].works(4);
                self.nodes[n].world.goes_on();
                if self.nodes[n].world.goes_down() {
                    self.machine_goes_down(n);
                } else if self.nodes[n].is_up {
                    (0..3).for_each(|_| self.nodes[n].says());
                }
            }
            self.settles(false);
            self.runtime.block_on(async {
                self.server.system(Dispatch {}).await;
                self.server.system(ExpireCommands {}).await;
            });
            let is_quiet = self.nodes.iter().all(|it| it.is_up && it.board().held().is_empty());
            if is_quiet && self.rows().iter().all(|row| row.state.is_terminal()) {
                return self.ends_stay();
            }
        }
        let open: Vec<_> = self.rows().into_iter().filter(|row| !row.state.is_terminal()).collect();
        let held: Vec<_> = self.nodes.iter().flat_map(|it| it.board().held()).collect();
        panic!("it does not end: {open:#?}\n{held:#?}");
    }

    /// Every run is as its node knows it. Gives how many there are, and how often scripts were started.
    pub fn is_as_it_should_be(&self) -> (usize, usize) {
        let (rows, mut all) = (self.rows(), 0);
        let nodes: BTreeMap<_, _> = self.nodes.iter().map(|node| (&node.id, node)).collect();
        for row in &rows {
            let sent = self.sent.iter().find(|sent| sent.id == row.command_id).unwrap();
            let node = nodes[&row.instance_id];
            all += self.one_is_as_it_should_be(row, sent, node);
        }
        for node in &self.nodes {
            assert_eq!(node.window.room(), WINDOW, "{}: nothing is on the way any more", node.id);
            let mut folders = std::fs::read_dir(node.dir.path().join("jobs")).unwrap();
            assert!(folders.next().is_none(), "{}: all folders are cleared away", node.id);
        }
        self.counts_are_those_of(&rows);
        (rows.len(), all)
    }

    fn one_is_as_it_should_be(&self, row: &InvocationRecord, sent: &Sent, node: &Node) -> usize {
        let starts = node.world.starts_of(&row.command_id);
        assert!(starts.is_sorted_by(|a, b| a < b), "it ran twice in one boot: {starts:?}\n{row:#?}");
        assert!(starts.len() <= sent.runs, "it ran too often: {starts:?}\n{row:#?}");
        let output = self.output_of(row);
        let whole = OUTPUT.repeat(sent.runs).into_bytes();
        assert!(whole.starts_with(&output), "{row:#?}");
        match row.state {
            InvocationState::Success => {
                assert_eq!((starts.len(), &output), (sent.runs, &whole), "{row:#?}");
            }
            InvocationState::Cancelled => {
                assert!(sent.stopped.contains(&node.id), "{row:#?}");
                let is_queued = row.message.starts_with("cancelled before it was sent")
                    || row.message.starts_with("cancelled before the node took it");
                assert!(!is_queued || starts.is_empty(), "it was withdrawn, and began: {starts:?}\n{row:#?}");
            }
            // It was running, or about to, when the machine failed: nobody knows how far it got.
            InvocationState::Failed => {
                assert!(node.world.failures() > 0, "{row:#?}");
                assert!(format!("{row:?}").contains("was rebooted while"), "{row:#?}");
            }
            InvocationState::DeliveryTimedOut | InvocationState::Terminated => {
                assert!(starts.is_empty(), "it was not sent, and began: {starts:?}\n{row:#?}");
            }
            other => panic!("{other}: {row:#?}"),
        }
        starts.len()
    }

    fn output_of(&self, row: &InvocationRecord) -> Vec<u8> {
        let job = JobId { command: row.command_id.clone(), instance: row.instance_id.clone() };
        let read = self.server.door.ports().outputs.read(&job, 0, 1 << 20);
        let chunks = self.runtime.block_on(read).unwrap();
        let data = chunks.into_iter().map(|chunk| match chunk.payload {
            pilothouse_protocol::Payload::Data(bytes) => bytes,
            other => panic!("{job}: {other:?}"),
        });
        data.flatten().collect()
    }

    fn counts_are_those_of(&self, rows: &[InvocationRecord]) {
        for sent in &self.sent {
            let command = self.runtime.block_on(async {
                let mut tx = self.ground.store.read().await.unwrap();
                commands::get(&mut tx, REGION, &sent.id).await.unwrap().unwrap()
            });
            assert!(command.state.is_terminal(), "{command:#?}");
            for (state, count) in &command.counts {
                let of = rows.iter().filter(|row| row.command_id == sent.id && row.state == *state).count();
                assert_eq!(u64::try_from(of).unwrap(), u64::from(*count), "{state} of {}", sent.id);
            }
        }
    }
}

fn admit(instance_id: InstanceId, n: usize) -> AdmitNode {
    let facts = pilothouse_protocol::Facts {
        computer_name: format!("node-{n}"),
        platform: Some(Platform::Linux),
        agent_version: "0.1.0".into(),
        ..pilothouse_protocol::Facts::default()
    };
    AdmitNode { instance_id, public_key: vec![7; 32], fingerprint: format!("machine-{n}"), facts }
}
