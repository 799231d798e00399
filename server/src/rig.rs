//! The test rig: the true door around a SQLite store in memory, with a clock that tests set, chance that counts, and a fleet
//! that only writes down what it was sent.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use pilothouse_api::Fault;
use pilothouse_api::access::{CreateAccessKey, CreateUser, PutPolicy};
use pilothouse_api::activations::CreateActivation;
use pilothouse_protocol::{Facts, InstanceId, Millis, Platform, Refusal, ToAgent};
use pilothouse_store::Store;
use pilothouse_store::blobs::FileBlobs;
use pilothouse_store::outputs::FileOutputs;

use crate::access::{Access, Operator, Who};
use crate::audit::{AuditTrail, ChainKey, Scribe};
use crate::clock::{Chance, Clock, Dice};
use crate::cx::{Agents, Call, Caller, Ports, Room};
use crate::door::{Door, Run};
use crate::doorbell::Doorbell;
use crate::folding::Folds;
use crate::internal::EnrolNode;
use crate::secrets::Secrets;

/// A clock that moves only when told.
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    /// A clock that stands.
    pub(crate) fn at(now: Millis) -> Self {
        Self(AtomicI64::new(now.0))
    }
}

impl Clock for HandClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst))
    }
}

struct Counting(AtomicU64);

impl Chance for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let n = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = n.to_be_bytes()[i % 8] ^ u8::try_from(i).unwrap_or(0);
        }
    }
}

/// Chance that counts.
pub(crate) fn counting_dice() -> Dice {
    Dice(Arc::new(Counting(AtomicU64::new(0))))
}

/// Frames that a node of the rig takes at a time.
pub(crate) const ROOM: usize = 8;

/// Nodes that write down what they are sent.
#[derive(Default)]
pub(crate) struct Notebook {
    connected: Mutex<BTreeSet<InstanceId>>,
    sent: Mutex<Vec<(InstanceId, ToAgent)>>,
}

impl Agents for Notebook {
    fn send(&self, instance: &InstanceId, frame: ToAgent) -> bool {
        let connected = self.room(instance).frames > 0;
        if connected {
            self.sent.lock().unwrap().push((instance.clone(), frame));
        }
        connected
    }

    fn room(&self, instance: &InstanceId) -> Room {
        let is_connected = self.connected.lock().unwrap().contains(instance);
        if is_connected { Room { frames: ROOM, jobs: ROOM } } else { Room::default() }
    }

    fn disconnect(&self, instance: &InstanceId, _: Refusal, _: &str) {
        self.connected.lock().unwrap().remove(instance);
    }
}

/// A server without doors to the outside.
pub(crate) struct Rig {
    pub(crate) door: Door,
    pub(crate) store: Store,
    clock: Arc<HandClock>,
    nodes: Arc<Notebook>,
    _outputs: tempfile::TempDir,
}

/// Where the rig's nodes live.
pub(crate) const REGION: &str = "eu-test-1";

impl Rig {
    pub(crate) async fn new() -> Self {
        Self::over(Store::open("sqlite::memory:").await.unwrap(), tempfile::tempdir().unwrap()).await
    }

    /// Over a database that can be read while somebody writes.
    pub(crate) async fn on_disk() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", dir.path().join("rig.db").display())).await.unwrap();
        Self::over(store, dir).await
    }

    async fn over(store: Store, outputs: tempfile::TempDir) -> Self {
        let nodes = Arc::new(Notebook::default());
        let clock = Arc::new(HandClock(AtomicI64::new(1_700_000_000_000)));
        let ports = Ports {
            buckets: None,
            agents: nodes.clone(),
            outputs: Arc::new(FileOutputs::open(outputs.path()).await.unwrap()),
            blobs: Arc::new(FileBlobs::open(outputs.path().join("blobs")).await.unwrap()),
            secrets: Secrets::for_tests(),
            folds: Folds::default(),
            webhooks: Arc::new([String::from("ops")].into()),
            protection: pilothouse_api::about::Protection::Loopback,
        };
        let dice = counting_dice();
        let doorbell = Doorbell::default();
        let key = ChainKey::open(&store, &ports.secrets, &dice, clock.now()).await.unwrap();
        let access = Access::load(&store, doorbell.clone()).await.unwrap();
        let scribe = Scribe::new("000000000000", REGION, dice.clone()).with_access(access.clone());
        let audit = AuditTrail::start(store.clone(), clock.clone(), key, scribe, doorbell.clone());
        let door = Door::new(store.clone(), ports, clock.clone(), dice, audit, doorbell).with_access(access);
        Self { door, store, clock, nodes, _outputs: outputs }
    }

    /// Moves the clock.
    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    /// As the operator.
    pub(crate) async fn root<O: Run>(&self, operation: O) -> Result<O::Reply, Fault> {
        self.perform(Caller::root("PILOTESTROOT"), operation).await
    }

    /// As the server itself.
    pub(crate) async fn system<O: Run>(&self, operation: O) -> Result<O::Reply, Fault> {
        self.perform(Caller::System, operation).await
    }

    /// As anyone.
    pub(crate) async fn perform<O: Run>(&self, caller: Caller, operation: O) -> Result<O::Reply, Fault> {
        let call = Call {
            caller,
            region: REGION.to_owned(),
            request_id: "test".into(),
            source: "internal".into(),
            ..Call::system()
        };
        self.door.perform(&call, operation).await
    }

    /// A user with an access key; `may` is a policy of the same name, with statements that name principals as `Pilothouse::User`.
    pub(crate) async fn user(&self, name: &str, may: &str) -> Caller {
        self.root(CreateUser { user_name: name.into(), ..CreateUser::default() }).await.unwrap();
        self.policy(name, may).await;
        self.key_of(name).await
    }

    /// The user with another access key.
    pub(crate) async fn key_of(&self, name: &str) -> Caller {
        let key = self.root(CreateAccessKey { user_name: name.into() }).await.unwrap().access_key;
        let (who, access_key_id) = (Who::User(name.into()), key.access_key_id);
        Caller::Operator(Arc::new(Operator { who, access_key_id, expires_at: None }))
    }

    /// Writes a policy.
    pub(crate) async fn policy(&self, name: &str, text: &str) {
        let put = PutPolicy { policy_name: name.into(), text: text.into(), comment: String::new() };
        self.root(put).await.unwrap();
    }

    /// A Linux node that registered with these tags; connected.
    pub(crate) async fn node(&self, host: &str, tags: &[(&str, &str)]) -> InstanceId {
        self.node_on(host, Platform::Linux, tags).await
    }

    /// A node that registered; connected.
    pub(crate) async fn node_on(&self, host: &str, platform: Platform, tags: &[(&str, &str)]) -> InstanceId {
        let activation = CreateActivation { iam_role: "any".into(), ..CreateActivation::default() };
        let activation = self.root(activation).await.unwrap();
        let facts = Facts {
            computer_name: host.to_owned(),
            platform: Some(platform),
            agent_version: "0.1.0".into(),
            tags: tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            ..Facts::default()
        };
        let enrol = EnrolNode {
            activation_id: activation.activation_id.parse().unwrap(),
            activation_code: activation.activation_code,
            public_key: vec![7; 32],
            fingerprint: format!("machine-{host}"),
            facts,
        };
        let id = self.perform(Caller::Candidate, enrol).await.unwrap().instance_id;
        self.connect(&id);
        id
    }

    /// The node's link is up (as far as the way to nodes goes).
    pub(crate) fn connect(&self, id: &InstanceId) {
        self.nodes.connected.lock().unwrap().insert(id.clone());
    }

    /// A node that left is back: its link is up, and its row says so.
    pub(crate) async fn return_of(&self, id: &InstanceId) {
        let mut tx = self.store.write().await.unwrap();
        let node = pilothouse_store::nodes::find(&mut tx, id).await.unwrap().unwrap();
        let node = pilothouse_store::nodes::NodeRecord { connected: true, ..node };
        pilothouse_store::nodes::save(&mut tx, &node).await.unwrap();
        tx.commit().await.unwrap();
        self.connect(id);
    }

    /// The frames sent since the last call.
    pub(crate) fn sent(&self) -> Vec<(InstanceId, ToAgent)> {
        std::mem::take(&mut *self.nodes.sent.lock().unwrap())
    }
}
