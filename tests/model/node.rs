//! A node: a machine, its disk, and at times an agent on it with a link.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use pilothouse_agent::board::{Board, Told};
use pilothouse_agent::ledger::Ledger;
use pilothouse_agent::runner;
use pilothouse_protocol::link::Window;
use pilothouse_protocol::{InstanceId, JobId, Millis, ToAgent, ToServer, Verdict};
use tokio::runtime::Runtime;

use crate::machine::World;

/// Bytes of output that may be on the way.
pub const WINDOW: u64 = 8;
/// Jobs that run at a time.
const CONCURRENCY: usize = 2;

/// A node.
pub struct Node {
    pub id: InstanceId,
    pub world: World,
    pub dir: tempfile::TempDir,
    agent: Option<(Runtime, Board)>,
    pub window: Window,
    told: BTreeMap<JobId, Told>,
    turn: usize,
    /// Its link is up.
    pub is_up: bool,
    /// What is on its way to the server, and to the node.
    pub up: VecDeque<ToServer>,
    pub down: VecDeque<ToAgent>,
}

impl Node {
    pub fn new(id: InstanceId) -> Self {
        let mut node = Self {
            id,
            world: World::default(),
            // In memory where there is such a place: the ledger waits for the disk at each turn.
            dir: tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap(),
            agent: None,
            window: Window::new(WINDOW),
            told: BTreeMap::new(),
            turn: 0,
            is_up: false,
            up: VecDeque::new(),
            down: VecDeque::new(),
        };
        node.begins_anew();
        node
    }

    pub fn board(&self) -> &Board {
        &self.agent.as_ref().unwrap().1
    }

    /// `kill -9`, an update or a reboot: another agent process on the same disk.
    pub fn begins_anew(&mut self) {
        // The runtime first: nothing may run on.
        drop(self.agent.take());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let ledger = Ledger::open(self.dir.path()).unwrap();
        let board = Board::new(ledger, Arc::new(self.world.clone()), CONCURRENCY, 1 << 20)
            .with_reboot_patience(Duration::from_secs(3600));
        runtime.block_on(async { runner::recover(&board).unwrap() });
        self.agent = Some((runtime, board));
        self.link_is_down();
    }

    /// All that was on the way is lost.
    pub fn link_is_down(&mut self) {
        self.is_up = false;
        self.up.clear();
        self.down.clear();
    }

    /// The server has answered what is held.
    pub fn link_is_up(&mut self, now: Millis, verdicts: Vec<Verdict>) {
        self.window = Window::new(WINDOW);
        let (runtime, board) = self.agent.as_ref().unwrap();
        let _inside = runtime.enter();
        board.set_server_now(now);
        self.told = board.resume(verdicts, &mut self.window);
        self.is_up = true;
    }

    /// The agent takes a frame, as its link's session does.
    pub fn takes(&mut self, frame: ToAgent) {
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

    /// The agent says something, if it has anything to say.
    pub fn says(&mut self) {
        let (_, board) = self.agent.as_ref().unwrap();
        self.up.extend(board.say(&mut self.told, &mut self.turn, &mut self.window));
    }

    /// The agent works a little.
    pub fn works(&self, steps: usize) {
        let (runtime, _) = self.agent.as_ref().unwrap();
        runtime.block_on(async {
            for _ in 0..steps {
                tokio::task::yield_now().await;
            }
        });
    }
}
