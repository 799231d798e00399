//! Parameter Store under load: reading, listing and writing, by 1, 16 and 128 clients, beside others that keep values under names.
//!
//! Ours verify a signature, ask a policy, open what is sealed and record the call. nginx answers the same bytes to everything;
//! etcd keeps plain values without asking who calls (its v2 API); OpenBao asks a policy, opens what is sealed and records the call
//! in a file, with its data in memory. All stand in the same run, and take turns for each kind of request and number of clients.
//! Ours are started anew when they are filled: what is asked for first is told apart from what was asked for before.

mod others;
mod ours;

use std::future::Future;
use std::pin::Pin;

use anyhow::Context;

use crate::figure::{percentile, print, tell};
use crate::load::{Flood, flood};
use crate::process::family_cpu;

/// Clients of who was just started.
const FIRST: usize = 16;
/// Different requests of one kind.
pub const SAMPLES: usize = 10_000;

/// Makes requests anew: those that are signed are good for minutes.
pub type Requests = Box<dyn Fn() -> anyhow::Result<Vec<Vec<u8>>>>;

/// Sets one up.
type Setting<'a> = Pin<Box<dyn Future<Output = anyhow::Result<Contender>> + 'a>>;

/// One that is measured.
pub struct Contender {
    /// What it is called.
    pub name: &'static str,
    /// Where it listens.
    pub address: String,
    /// Its process, which may have children.
    pub pid: u32,
    /// Kinds of requests.
    pub kinds: Vec<(&'static str, Requests)>,
    /// What ends with it, and starts it again.
    pub keep: Box<dyn Keep>,
}

/// A program that is measured; it ends with this value.
pub trait Keep {
    /// Starts it anew, and gives its process; nothing where nothing is to be learned from that.
    ///
    /// # Errors
    /// When it does not start.
    fn restart(&mut self) -> anyhow::Result<Option<u32>>;
}

/// A parameter's name by its number, without a slash before it: a hundred on each level.
pub fn name(i: usize) -> String {
    format!("bench/{:04}/{:02}", i / 100, i % 100)
}

/// Numbers of parameters, spread over all of them.
pub fn sample(parameters: usize) -> impl Iterator<Item = usize> {
    (0..SAMPLES).map(move |i| i * 7919 % parameters)
}

/// Runs it: whoever is not installed is left out, and that is said.
pub async fn run(
    parameters: usize,
    requests: usize,
    openbao: &str,
    only: &str,
    clients: &[usize],
) -> anyhow::Result<()> {
    let mut contenders = Vec::new();
    let sets: Vec<(&str, Setting<'_>)> = vec![
        ("nginx", Box::pin(others::nginx())),
        ("etcd", Box::pin(others::etcd(parameters))),
        ("OpenBao", Box::pin(others::openbao(openbao, parameters))),
        ("pilothouse, SQLite", Box::pin(ours::sqlite(parameters))),
        ("pilothouse, PostgreSQL", Box::pin(ours::postgres(parameters))),
    ];
    for (name, set) in sets.into_iter().filter(|(name, _)| name.contains(only)) {
        match set.await {
            Ok(contender) => contenders.push(contender),
            Err(why) => tell(&format!("{name} is left out: {why:#}")),
        }
    }
    for contender in &mut contenders {
        first(contender, requests).await?;
    }
    for clients in clients.iter().copied() {
        for kind in ["get", "get a plain one", "list", "put"] {
            for contender in &contenders {
                measure(contender, kind, kind, requests, clients).await?;
            }
        }
    }
    drop(contenders);
    Ok(())
}

/// Prints what one that was just started does with requests, each for another name.
async fn first(contender: &mut Contender, requests: usize) -> anyhow::Result<()> {
    let Some(pid) = contender.keep.restart()? else { return Ok(()) };
    contender.pid = pid;
    measure(contender, "get", "the first gets after a start", requests.min(SAMPLES), FIRST).await
}

/// Prints what one does with requests of one kind.
async fn measure(
    contender: &Contender,
    kind: &str,
    told: &str,
    requests: usize,
    clients: usize,
) -> anyhow::Result<()> {
    let Some((_, make)) = contender.kinds.iter().find(|(name, _)| *name == kind) else { return Ok(()) };
    let count = if clients == 1 { requests / 4 } else { requests };
    let before = family_cpu(contender.pid)?;
    let Flood { took, latencies } = flood(&contender.address, make()?, count, clients)
        .await
        .with_context(|| format!("{}: {kind}", contender.name))?;
    let used = family_cpu(contender.pid)? - before;
    #[expect(clippy::cast_precision_loss, reason = "figures")]
    let (rate, cost) =
        (latencies.len() as f64 / took.as_secs_f64(), used as f64 / latencies.len() as f64 / 1e3);
    let figure = format!("{}: {told}, {clients} clients", contender.name);
    tell(&format!("{figure}: {rate:.0} per second, {cost:.0} µs of CPU"));
    print("parameters", 0, &figure, "per second", rate);
    print("parameters", 0, &figure, "ms p50", percentile(&latencies, 0.5));
    print("parameters", 0, &figure, "ms p99", percentile(&latencies, 0.99));
    print("parameters", 0, &figure, "µs of CPU per request", cost);
    Ok(())
}
