//! Simulated fleets: many agents in one process, with the true link and a fake machine each. For tests, benches and demos.
//!
//! In: profiles and activations. Out: registered nodes with links. Never here: a disk, a process, another protocol.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_lc_rs::signature::Ed25519KeyPair;
use pilothouse_document::Platform;
use pilothouse_protocol::{ActivationId, InstanceId};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::board::Board;
use crate::host::Host;
use crate::host::fake::{Fake, Profile, Temper};
use crate::identity::{Identity, new_key};
use crate::ledger::Ledger;
use crate::link::{self, Dial};

/// Agents that enrol at a time.
const ENROLLING: usize = 64;
/// Files that this process opens beside the nodes' sockets, in local mode those of the server's end too.
const OTHER_FILES: u64 = 512;
/// How long a simulated node is away when it is rebooted.
const REBOOT: Duration = Duration::from_secs(3);
/// Jobs that a simulated node runs at a time.
const CONCURRENCY: usize = 8;

/// An activation: the right to register up to 1000 nodes.
#[derive(Clone)]
pub struct Activation {
    /// Its id.
    pub id: ActivationId,
    /// Its code.
    pub code: String,
    /// How many nodes register with it.
    pub nodes: usize,
}

const SYSTEMS: [(Platform, &str, &str); 6] = [
    (Platform::Linux, "Debian GNU/Linux", "12"),
    (Platform::Linux, "Ubuntu", "24.04"),
    (Platform::Linux, "Amazon Linux", "2023"),
    (Platform::Linux, "Rocky Linux", "9.4"),
    (Platform::Windows, "Microsoft Windows Server 2022", "10.0.20348"),
    (Platform::MacOS, "macOS", "15.1"),
];
const ROLES: [&str; 4] = ["web", "db", "cache", "worker"];

fn profile(number: usize, env: &str, role: &str, of_role: usize, system: usize, temper: Temper) -> Profile {
    let (platform, name, version) = SYSTEMS[system % SYSTEMS.len()];
    let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let team = if role == "db" { "data" } else { "platform" };
    Profile {
        name: format!("{role}-{env}-{of_role:02}"),
        platform,
        system: (name, version),
        tags: BTreeMap::from([tag("env", env), tag("role", role), tag("team", team)]),
        temper,
        number,
    }
}

/// The fleet of the demo: 24 nodes, three environments, several platforms and tempers.
#[must_use]
pub fn demo_fleet() -> Vec<Profile> {
    let mut fleet = Vec::new();
    for (e, env) in ["prod", "staging", "dev"].into_iter().enumerate() {
        for (r, role) in ROLES.into_iter().enumerate() {
            for i in 1..=2 {
                let number = fleet.len();
                let system = match (role, e, i) {
                    ("worker", 1, 2) => 4,
                    ("worker", 2, 2) => 5,
                    _ => (e + r + i) % 4,
                };
                let temper = match (role, e, i) {
                    ("db", 0, 2) | ("cache", 2, 2) => Temper::Failing,
                    ("web", 1, 2) | ("worker", 2, 1) => Temper::Offline,
                    ("db", ..) | ("web", 0, 2) => Temper::Slow,
                    _ => Temper::Calm,
                };
                fleet.push(profile(number, env, role, i, system, temper));
            }
        }
    }
    fleet
}

/// A fleet of any size: calm Linux nodes, for tests and benches.
#[must_use]
pub fn plain_fleet(count: usize) -> Vec<Profile> {
    let envs = ["prod", "staging", "dev"];
    (0..count)
        .map(|n| {
            let (env, role) = (envs[n % 3], ROLES[n / 3 % 4]);
            profile(n, env, role, n / 12 + 1, n % 4, Temper::Calm)
        })
        .collect()
}

/// What all nodes of a fleet share.
struct Fleet<F> {
    dial: Dial,
    stop: watch::Receiver<bool>,
    enrolling: Semaphore,
    registered: AtomicUsize,
    ready: F,
}

/// Enrols a fleet and keeps its links up until `stop` is true. `ready` is called with the number of nodes that are registered,
/// after each.
///
/// # Errors
/// When no node at all can be registered; for people.
pub async fn run(
    dial: Dial,
    fleet: Vec<Profile>,
    activations: Vec<Activation>,
    stop: watch::Receiver<bool>,
    ready: impl Fn(usize) + Send + Sync + 'static,
) -> Result<(), String> {
    let rights: usize = activations.iter().map(|activation| activation.nodes).sum();
    let count = fleet.len();
    if rights < count {
        return Err(format!("the activations are good for {rights} nodes, and {count} are to be simulated"));
    }
    raise_open_files(count)?;
    let rights = activations.into_iter().flat_map(|it| std::iter::repeat_n((it.id, it.code), it.nodes));
    let (enrolling, registered) = (Semaphore::new(ENROLLING), AtomicUsize::new(0));
    let shared = Arc::new(Fleet { dial, stop, enrolling, registered, ready });
    let mut nodes = JoinSet::new();
    for (profile, (id, code)) in fleet.into_iter().zip(rights) {
        let shared = shared.clone();
        nodes.spawn(async move { shared.node(profile, id, code).await });
    }
    let mut last = None;
    while let Some(ended) = nodes.join_next().await {
        if let Err(why) = ended.unwrap_or_else(|error| Err(error.to_string())) {
            tracing::warn!(%why, "a simulated node is gone");
            last = Some(why);
        }
    }
    match last {
        Some(why) if shared.registered.load(Ordering::Relaxed) == 0 => Err(why),
        _ => Ok(()),
    }
}

impl<F: Fn(usize) + Send + Sync> Fleet<F> {
    /// Lives the life of one node.
    async fn node(&self, profile: Profile, id: ActivationId, code: String) -> Result<(), String> {
        let (temper, fingerprint) = (profile.temper, format!("simulated-{}", profile.number));
        let machine = Arc::new(Fake::new(profile));
        let host: Arc<dyn Host> = machine.clone();
        let (key, _) = new_key()?;
        let Some(instance_id) = self.enrolled(&key, &fingerprint, &*host, id, code).await? else {
            return Ok(());
        };
        if temper == Temper::Offline {
            return Ok(());
        }
        let identity = Identity::in_memory(instance_id, key, fingerprint);
        let board = Board::new(Ledger::memory(), host, CONCURRENCY, 0);
        loop {
            let keeps_up = link::keep_up(&self.dial, &identity, board.clone(), self.stop.clone());
            tokio::select! {
                end = keeps_up => return match end {
                    link::LinkEnd::Stopped => Ok(()),
                    link::LinkEnd::Refused(why) => Err(why),
                },
                () = machine.goes_down() => tokio::time::sleep(REBOOT).await,
            }
        }
    }

    /// Enrols a node, in its turn; `None` when the fleet is stopped before that.
    async fn enrolled(
        &self,
        key: &Ed25519KeyPair,
        fingerprint: &str,
        host: &dyn Host,
        id: ActivationId,
        code: String,
    ) -> Result<Option<InstanceId>, String> {
        let mut stop = self.stop.clone();
        let _turn = tokio::select! {
            turn = self.enrolling.acquire() => turn.map_err(|error| error.to_string())?,
            _ = stop.wait_for(|is| *is) => return Ok(None),
        };
        let enrolling = Box::pin(link::enrol(&self.dial, key, fingerprint, host.facts(), id, code));
        let instance_id = tokio::select! {
            enrolled = enrolling => enrolled?,
            _ = stop.wait_for(|is| *is) => return Ok(None),
        };
        (self.ready)(self.registered.fetch_add(1, Ordering::Relaxed) + 1);
        Ok(Some(instance_id))
    }
}

/// Each node has a socket: makes sure that this process may open so many.
fn raise_open_files(nodes: usize) -> Result<(), String> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let needed = nodes as u64 + OTHER_FILES;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    if limit.maximum.is_some_and(|maximum| maximum < needed) {
        return Err(format!(
            "{nodes} nodes need {needed} open files; raise the hard limit (ulimit -Hn) or simulate fewer"
        ));
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum: limit.maximum })
        .map_err(|error| format!("the limit of open files cannot be raised to {needed}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_has_24_nodes_of_three_environments_and_every_temper() {
        let fleet = demo_fleet();
        assert_eq!(fleet.len(), 24);
        let names: std::collections::BTreeSet<_> = fleet.iter().map(|node| &node.name).collect();
        assert_eq!(names.len(), 24, "every node has a name of its own");
        for temper in [Temper::Calm, Temper::Slow, Temper::Failing, Temper::Offline] {
            assert!(fleet.iter().any(|node| node.temper == temper), "{temper:?} is missing");
        }
        assert!(fleet.iter().any(|node| node.platform == Platform::Windows));
    }

    #[tokio::test]
    async fn a_fleet_that_nobody_takes_in_says_why() {
        let dial = Dial::new("http://127.0.0.1:1", None, false).unwrap();
        let id = "00000000-0000-0000-0000-000000000001".parse().unwrap();
        let activation = Activation { id, code: String::from("code"), nodes: 2 };
        let (_stop, stopped) = watch::channel(false);
        let said = run(dial, plain_fleet(2), vec![activation], stopped, |_| {}).await.unwrap_err();
        assert!(said.contains("127.0.0.1:1") && said.contains("cannot be reached"), "{said}");
    }
}
