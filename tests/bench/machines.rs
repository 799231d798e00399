//! A small command on real agents, each a process of its own: wall time and CPU of client, server and agents, beside the same
//! processes spawned here and pdsh over ssh, cold and with its connections kept.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::figure::{ms, percentile, print, spread, tell};
use crate::process::{Program, beside, cpu, ended_cpu, naps, resident};
use crate::ssh::{Spent, Ssh, Warmth};
use crate::stand::{Ground, Server};

const SCRIPT: &str = "uname -r";
/// How long agents are watched that have nothing to do.
const IDLE: Duration = Duration::from_secs(20);

/// Measures with this many agents.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub async fn run(ground: Ground, agents: usize, rounds: usize) -> anyhow::Result<()> {
    let bench = ground.name("machines");
    let figure = |name: &str, unit: &str, value: f64| print(&bench, agents, name, unit, value);
    let server = Server::on(ground)?;
    tell(&format!("{agents} agents register at {}", server.url()));
    let machines = server.machines(agents).await?;
    let pids: Vec<u32> = machines.iter().map(Program::pid).collect();
    idle(&bench, &pids).await?;
    let ssh = Ssh::start(agents).await?;
    if let Some(ssh) = &ssh {
        tell("the connections that are kept are opened");
        ssh.run(SCRIPT, Warmth::Warm)?;
    }
    let (mut ours, mut local, mut cold, mut warm) =
        (Rows::default(), Rows::default(), Rows::default(), Rows::default());
    for round in 0..=rounds {
        let spent = [
            Some(by_pilothouse(&server, &pids)?),
            Some(by_hand(agents)?),
            ssh.as_ref().map(|ssh| ssh.run(SCRIPT, Warmth::Cold)).transpose()?,
            ssh.as_ref().map(|ssh| ssh.run(SCRIPT, Warmth::Warm)).transpose()?,
        ];
        let rows = [&mut ours, &mut local, &mut cold, &mut warm];
        for (rows, spent) in rows.into_iter().zip(spent) {
            let Some(spent) = spent else { continue };
            anyhow::ensure!(spent.lines == agents as u64, "{} of {agents} answered", spent.lines);
            // The first round fills caches.
            if round > 0 {
                rows.took.push(ms(spent.took));
                rows.cpu.push(spent.cpu as f64 / 1e6 / agents as f64);
            }
        }
    }
    for (name, rows) in [
        ("pilothouse run", &ours),
        ("spawned here", &local),
        ("pdsh, cold", &cold),
        ("pdsh, connections kept", &warm),
    ] {
        spread(&bench, agents, &format!("{name}: wall time"), "ms", &rows.took);
        figure(
            &format!("{name}: CPU per node and command"),
            "ms",
            rows.cpu.iter().sum::<f64>() / rounds.max(1) as f64,
        );
    }
    let middle = |rows: &Rows| percentile(&rows.took, 0.5);
    let took = middle(&ours).max(f64::EPSILON);
    figure("pdsh, cold / pilothouse", "x", middle(&cold) / took);
    figure("pdsh, connections kept / pilothouse", "x", middle(&warm) / took);
    figure("pilothouse / spawned here", "x", took / middle(&local).max(f64::EPSILON));
    Ok(())
}

#[derive(Default)]
struct Rows {
    took: Vec<f64>,
    cpu: Vec<f64>,
}

/// What agents cost that have nothing to do.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
async fn idle(bench: &str, pids: &[u32]) -> anyhow::Result<()> {
    tokio::time::sleep(Duration::from_secs(2)).await;
    let each =
        |of: fn(u32) -> anyhow::Result<u64>| pids.iter().map(|pid| of(*pid)).sum::<anyhow::Result<u64>>();
    let count = pids.len().max(1) as f64;
    let (memory, before, used) = (each(resident)?, each(naps)?, each(cpu)?);
    tokio::time::sleep(IDLE).await;
    let minutes = IDLE.as_secs_f64() / 60.0;
    let woken = (each(naps)? - before) as f64 / count / minutes;
    print(bench, pids.len(), "memory of an idle agent", "MiB", memory as f64 / count / 1_048_576.0);
    print(bench, pids.len(), "wake-ups of an idle agent", "per minute", woken);
    print(
        bench,
        pids.len(),
        "CPU of an idle agent",
        "ms per minute",
        (each(cpu)? - used) as f64 / 1e6 / count / minutes,
    );
    Ok(())
}

/// `pilothouse run` as somebody types it.
fn by_pilothouse(server: &Server, agents: &[u32]) -> anyhow::Result<Spent> {
    let me = std::process::id();
    let spent = || -> anyhow::Result<u64> {
        let mut total = ended_cpu(me)? + cpu(server.pid())?;
        for pid in agents {
            total += cpu(*pid)? + ended_cpu(*pid)?;
        }
        Ok(total)
    };
    let home = server.credentials().with_file_name("home");
    std::fs::create_dir_all(&home)?;
    let (before, began) = (spent()?, Instant::now());
    #[expect(clippy::disallowed_methods, reason = "the bench starts what it measures")]
    let done = Command::new(beside("pilothouse")?)
        .args(["--endpoint", server.url()])
        .args(server.trust())
        .args(["run", "--all", "--concurrency", "100%", "--", SCRIPT])
        .env("AWS_SHARED_CREDENTIALS_FILE", server.credentials())
        .env("HOME", home)
        .stdin(Stdio::null())
        .output()
        .context("pilothouse cannot be started")?;
    let took = began.elapsed();
    anyhow::ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let lines = done.stdout.iter().filter(|byte| **byte == b'\n').count() as u64;
    // What agents clear away behind a command is a part of it.
    std::thread::park_timeout(Duration::from_millis(300));
    Ok(Spent { took, cpu: spent()?.saturating_sub(before), lines })
}

/// The same shells, all at once, on this machine.
fn by_hand(count: usize) -> anyhow::Result<Spent> {
    let (before, began) = (ended_cpu(std::process::id())?, Instant::now());
    let shell = || {
        #[expect(clippy::disallowed_methods, reason = "the bench starts what it measures")]
        Command::new("sh").args(["-c", SCRIPT]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()
    };
    let shells: Vec<_> = (0..count).map(|_| shell()).collect::<Result<_, _>>()?;
    let mut lines = 0;
    for shell in shells {
        lines += u64::from(shell.wait_with_output()?.stdout.ends_with(b"\n"));
    }
    let took = began.elapsed();
    Ok(Spent { took, cpu: ended_cpu(std::process::id())?.saturating_sub(before), lines })
}
