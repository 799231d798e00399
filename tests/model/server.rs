//! A server without sockets: the true door, and in the place of the gateway's connections queues that the play empties.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use pilothouse_api::Fault;
use pilothouse_protocol::{Chunk, Held, InstanceId, JobId, Millis, Refusal, ToAgent, ToServer, Verdict};
use pilothouse_server::access::Access;
use pilothouse_server::audit::{AuditTrail, ChainKey, Scribe};
use pilothouse_server::clock::{Chance, Clock, Dice};
use pilothouse_server::cx::{Agents, Call, Caller, Ports, Room};
use pilothouse_server::door::{Door, Run};
use pilothouse_server::doorbell::Doorbell;
use pilothouse_server::folding::Folds;
use pilothouse_server::internal::{AdmitNode, AdmitNodes, LeaveNode, Report, ReportKind, ResumeJobs, Settle};
use pilothouse_server::secrets::Secrets;
use pilothouse_store::Store;
use pilothouse_store::blobs::FileBlobs;
use pilothouse_store::outputs::FileOutputs;

/// Where everything is.
pub const REGION: &str = "eu-test-1";
/// Frames that a link takes at a time.
const ROOM: usize = 16;

/// A clock that the play moves.
pub struct HandClock(pub AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst))
    }
}

/// Numbers in a row, so that a world is the same when it is played again.
pub struct Counting(pub AtomicU64);

impl Chance for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let n = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = n.to_be_bytes()[i % 8] ^ u8::try_from(i % 256).unwrap();
        }
    }
}

/// The links of one server: what waits to go down each.
#[derive(Default)]
pub struct Links(Mutex<BTreeMap<InstanceId, VecDeque<ToAgent>>>);

impl Links {
    /// A link is up.
    pub fn open(&self, node: &InstanceId) {
        self.0.lock().unwrap().insert(node.clone(), VecDeque::new());
    }

    /// A link is gone, with what was to go down; whether it was there.
    pub fn close(&self, node: &InstanceId) -> bool {
        self.0.lock().unwrap().remove(node).is_some()
    }

    /// What waits to go down a link.
    pub fn with<T>(&self, node: &InstanceId, look: impl FnOnce(&mut VecDeque<ToAgent>) -> T) -> Option<T> {
        self.0.lock().unwrap().get_mut(node).map(look)
    }
}

impl Agents for Links {
    fn send(&self, node: &InstanceId, frame: ToAgent) -> bool {
        self.with(node, |queue| queue.push_back(frame)).is_some()
    }

    fn room(&self, node: &InstanceId) -> Room {
        let free = self.with(node, |queue| ROOM.saturating_sub(queue.len())).unwrap_or(0);
        Room { frames: free, jobs: free }
    }

    fn disconnect(&self, node: &InstanceId, _: Refusal, _: &str) {
        self.close(node);
    }
}

/// What all servers of a world share.
pub struct Ground {
    pub store: Store,
    pub clock: Arc<HandClock>,
    pub dice: Dice,
}

/// A server process.
pub struct Server {
    pub door: Door,
    pub links: Arc<Links>,
    /// Jobs that were handed over or resumed on a live link: nothing is believed about any other.
    handed: HashSet<JobId>,
}

impl Server {
    /// Starts one: all that another one had in memory is gone.
    pub async fn start(ground: &Ground, dir: &Path) -> Self {
        let (store, clock, dice) = (ground.store.clone(), ground.clock.clone(), ground.dice.clone());
        let secrets = Secrets::of_server(dir, None, &store, &dice, clock.now()).await.unwrap();
        let links = Arc::new(Links::default());
        let ports = Ports {
            agents: links.clone(),
            outputs: Arc::new(FileOutputs::open(dir.join("outputs")).await.unwrap()),
            blobs: Arc::new(FileBlobs::open(dir.join("blobs")).await.unwrap()),
            secrets,
            webhooks: Arc::default(),
            folds: Folds::default(),
            buckets: None,
            protection: pilothouse_api::about::Protection::Loopback,
        };
        let doorbell = Doorbell::default();
        let key = ChainKey::open(&store, &ports.secrets, &dice, clock.now()).await.unwrap();
        let access = Access::load(&store, doorbell.clone()).await.unwrap();
        let scribe = Scribe::new("000000000000", REGION, dice.clone()).with_access(access.clone());
        let audit = AuditTrail::start(store.clone(), clock.clone(), key, scribe, doorbell.clone());
        let door = Door::new(store, ports, clock, dice, audit, doorbell).with_access(access);
        Self { door, links, handed: HashSet::new() }
    }

    /// As the server itself.
    pub async fn system<O: Run>(&self, operation: O) -> O::Reply {
        self.door.perform(&Call::system(), operation).await.unwrap()
    }

    /// As the operator.
    pub async fn root<O: Run>(&self, operation: O) -> Result<O::Reply, Fault> {
        let call = Call::link(Caller::root("PILOTESTROOT"), REGION, "internal");
        self.door.perform(&call, operation).await
    }

    /// As a node.
    async fn node<O: Run>(&self, node: &InstanceId, operation: O) -> O::Reply {
        let call = Call::link(Caller::Node(node.clone()), REGION, "internal");
        self.door.perform(&call, operation).await.unwrap()
    }

    /// Lets a node in.
    pub async fn admit(&self, admit: AdmitNode) {
        let call = Call::link(Caller::Candidate, "", "links");
        let judged = self.door.perform(&call, AdmitNodes { nodes: vec![admit] }).await.unwrap();
        assert!(judged.into_iter().all(|it| it.is_ok()));
    }

    /// A link was broken off, and that was noticed.
    pub async fn leaves(&mut self, node: &InstanceId) {
        self.links.close(node);
        self.handed.retain(|job| job.instance != *node);
        self.node(node, LeaveNode {}).await;
    }

    /// A node tells what it holds.
    pub async fn resume(&mut self, node: &InstanceId, held: Vec<Held>) -> Vec<Verdict> {
        let verdicts = self.node(node, ResumeJobs { held }).await;
        self.handed.extend(verdicts.iter().filter(|it| !it.forget).map(|it| it.job.clone()));
        self.links.open(node);
        verdicts
    }

    /// A job goes down a link.
    pub fn hands(&mut self, frame: &ToAgent) {
        if let ToAgent::Run { job } = frame {
            self.handed.insert(job.id.clone());
        }
    }

    /// Takes what nodes say, as connections and settler do; gives the nodes whose links are ended for it.
    pub async fn settle(&mut self, frames: Vec<(InstanceId, ToServer)>, dies: bool) -> Vec<InstanceId> {
        let (mut chunks, mut reports, mut finished) =
            (BTreeMap::<JobId, Vec<Chunk>>::new(), Vec::new(), BTreeMap::new());
        let mut broken = Vec::new();
        for (node, frame) in frames {
            let (job, what) = match frame {
                ToServer::Accepted { job } => (job, ReportKind::Accepted),
                ToServer::Started { job, at, .. } => (job, ReportKind::Started { at }),
                ToServer::Progress { job, progress } => (job, ReportKind::Progress(progress)),
                ToServer::Step { job, result } => (job, ReportKind::Step(result)),
                ToServer::Finished { job, outcome } => (job, ReportKind::Finished(outcome)),
                ToServer::Output { job, chunk } if self.handed.contains(&job) => {
                    chunks.entry(job).or_default().push(chunk);
                    continue;
                }
                ToServer::Output { .. } => {
                    broken.push(node);
                    continue;
                }
                other => panic!("{other:?}"),
            };
            if broken.contains(&node) || !self.handed.contains(&job) {
                broken.push(node);
                continue;
            }
            if let ReportKind::Finished(outcome) = &what {
                self.handed.remove(&job);
                finished.insert(job.clone(), outcome.output_end);
            }
            reports.push(Report { job, what });
        }
        let stored = self.store(chunks, &mut broken).await;
        reports.extend(
            stored.iter().map(|(job, to)| Report { job: job.clone(), what: ReportKind::Stored { to: *to } }),
        );
        let ends = self.door.ports().outputs.ends(finished.keys().cloned().collect()).await.unwrap();
        for (job, end) in ends {
            if finished.get(&job).is_some_and(|wanted| *wanted > end) {
                finished.remove(&job);
                reports.retain(|it| it.job != job || !matches!(it.what, ReportKind::Finished(_)));
                broken.push(job.instance.clone());
            }
        }
        self.system(Settle { reports }).await;
        if dies {
            // Committed, and nobody was told.
            return broken;
        }
        for (job, to) in stored {
            self.links.send(&job.instance.clone(), ToAgent::Stored { job, to });
        }
        for job in finished.into_keys() {
            self.links.send(&job.instance.clone(), ToAgent::Acknowledged { job });
        }
        broken
    }

    async fn store(
        &self,
        chunks: BTreeMap<JobId, Vec<Chunk>>,
        broken: &mut Vec<InstanceId>,
    ) -> Vec<(JobId, u64)> {
        let mut stored = Vec::new();
        for (job, end) in self.door.ports().outputs.append_many(chunks.into_iter().collect()).await {
            match end {
                Ok(to) => stored.push((job, to)),
                // A piece before it was lost or comes later.
                Err(_) => broken.push(job.instance),
            }
        }
        stored
    }
}
