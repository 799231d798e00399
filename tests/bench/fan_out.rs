//! Fan-out: one command to all nodes, as an operator who watches it sees it; beside a bare websocket hub and NATS.

use std::time::Duration;

use pilothouse_client::EventStream;

use crate::figure::{ms, percentile, print, spread, tell};
use crate::process::{cpu, forget_peak, peak, resident};
use crate::stand::{Ground, Stand};
use crate::watch::{script, watch};
use crate::{hub, nats};

/// A storm is past by then.
const CALM: Duration = Duration::from_secs(10);

/// Measures with this many nodes.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub async fn run(ground: Ground, nodes: usize, rounds: usize) -> anyhow::Result<()> {
    let bench = ground.name("fan-out");
    let figure = |name: &str, unit: &str, value: f64| print(&bench, nodes, name, unit, value);
    let spread = |name: &str, unit: &str, values: &[f64]| spread(&bench, nodes, name, unit, values);
    tell("the baseline: a bare websocket hub");
    let bare = hub::measure(nodes, rounds).await?;
    tell("the baseline: NATS");
    let nats = nats::measure(nodes, rounds).await?;
    let stand = Stand::on(ground, nodes).await?;
    let pid = stand.server.pid();
    figure("until all nodes are Online", "ms", ms(stand.up_after));
    tokio::time::sleep(CALM).await;
    let idle = resident(pid)?;
    let per_agent = idle.saturating_sub(stand.empty) as f64 / nodes as f64;
    figure("server memory per idle agent", "KiB", per_agent / 1024.0);
    figure("bare hub memory per idle node", "KiB", bare.bytes_per_node / 1024.0);
    let mut stream = EventStream::open(stand.client.clone());
    let command = script("uptime", "env", &["prod", "staging", "dev"]);
    let mut rows: [Vec<f64>; 5] = Default::default();
    forget_peak(pid)?;
    for _ in 0..rounds {
        let before = cpu(pid)?;
        let seen = watch(&stand.client, &mut stream, &command, nodes).await?;
        let used = (cpu(pid)? - before) as f64 / 1e3 / nodes as f64;
        let row = [ms(seen.answered), ms(seen.first), ms(seen.finished), ms(seen.all), used];
        rows.iter_mut().zip(row).for_each(|(rows, value)| rows.push(value));
    }
    let [answered, first, finished, all, used] = &rows;
    spread("SendCommand answered", "ms", answered);
    spread("first output byte at a subscriber", "ms", first);
    spread("every result stored and told", "ms", finished);
    spread("every result and all output told", "ms", all);
    spread("server CPU per node and command", "us", used);
    let peak = peak(pid)?;
    tokio::time::sleep(CALM).await;
    figure("server memory in the storm / idle", "x", peak as f64 / idle.max(1) as f64);
    figure("server memory after the storm / idle", "x", resident(pid)? as f64 / idle.max(1) as f64);
    let ours = percentile(finished, 0.5);
    spread("bare hub: first answer", "ms", &bare.first);
    spread("bare hub: every answer", "ms", &bare.all);
    figure("every result / bare hub", "x", ours / percentile(&bare.all, 0.5).max(f64::EPSILON));
    figure("memory per agent / bare hub", "x", per_agent / bare.bytes_per_node.max(1.0));
    if let Some(nats) = nats {
        spread("NATS: first answer", "ms", &nats.first);
        spread("NATS: every answer", "ms", &nats.all);
        figure("every result / NATS", "x", ours / percentile(&nats.all, 0.5).max(f64::EPSILON));
        figure("memory per agent / NATS", "x", per_agent / nats.bytes_per_node.max(1.0));
    }
    Ok(())
}
