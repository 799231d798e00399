//! Lines: much output of many agents at once, end to end, beside pdsh over connections that are kept.

use pilothouse_client::EventStream;

use crate::figure::{ms, percentile, print, spread, tell};
use crate::process::{Program, cpu, forget_peak, peak, resident};
use crate::ssh::{Ssh, Warmth};
use crate::stand::{Ground, Server};
use crate::watch::{script_on, watch};

/// A line, as a log has them.
const LINE: &str = "2026-11-24T20:31:02Z web-01 app[812]: GET /orders/4711 200 in 12 ms";

/// Measures with this many agents, each of which says so many lines.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub async fn run(ground: Ground, agents: usize, lines: usize, rounds: usize) -> anyhow::Result<()> {
    let bench = ground.name("lines");
    let figure = |name: &str, unit: &str, value: f64| print(&bench, agents, name, unit, value);
    let script = format!("yes '{LINE}' | head -n {lines}");
    let server = Server::on(ground)?;
    tell(&format!("{agents} agents register at {}", server.url()));
    let machines = server.machines(agents).await?;
    let pids: Vec<u32> = machines.iter().map(Program::pid).collect();
    let nodes = server.nodes().await?;
    let idle = resident(server.pid())?;
    let mut stream = EventStream::open(server.client.clone());
    let (mut all, mut used, mut lost) = (Vec::new(), Vec::new(), 0);
    let total = agents * lines;
    let bytes = total as u64 * (LINE.len() as u64 + 1);
    forget_peak(server.pid())?;
    for _ in 0..rounds {
        let before = cpu(server.pid())?;
        let seen = watch(&server.client, &mut stream, &script_on(&script, nodes.clone()), agents).await?;
        all.push(ms(seen.all));
        used.push((cpu(server.pid())? - before) as f64 / total as f64);
        lost += bytes.saturating_sub(seen.bytes);
        anyhow::ensure!(seen.lost == 0 || lost > 0, "what was lost was made up for");
    }
    spread(&bench, agents, "all lines at the subscriber", "ms", &all);
    let rate = total as f64 / percentile(&all, 0.5).max(f64::EPSILON) * 1e3;
    figure("lines end to end", "per second", rate);
    figure("bytes lost", "B", lost as f64);
    spread(&bench, agents, "server CPU per line", "ns", &used);
    figure("server memory before", "MiB", idle as f64 / 1_048_576.0);
    figure("server memory at most", "MiB", peak(server.pid())? as f64 / 1_048_576.0);
    let most = pids.iter().map(|pid| peak(*pid)).collect::<Result<Vec<_>, _>>()?.into_iter().max();
    figure("memory of an agent at most", "MiB", most.unwrap_or(0) as f64 / 1_048_576.0);
    drop(machines);
    let Some(ssh) = Ssh::start(agents).await? else { return Ok(()) };
    ssh.run("true", Warmth::Warm)?;
    let mut took = Vec::new();
    for _ in 0..rounds {
        let spent = ssh.run(&script, Warmth::Warm)?;
        anyhow::ensure!(spent.lines == total as u64, "pdsh printed {} of {total} lines", spent.lines);
        took.push(ms(spent.took));
    }
    spread(&bench, agents, "pdsh, connections kept: all lines", "ms", &took);
    figure("lines end to end / pdsh", "x", percentile(&took, 0.5) / percentile(&all, 0.5).max(f64::EPSILON));
    Ok(())
}
