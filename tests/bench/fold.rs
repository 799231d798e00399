//! Folding: what it costs the server, and how late groups are, beside nobody who looks at the output and somebody who reads all of it.

use std::time::{Duration, Instant};

use anyhow::Context;
use pilothouse_api::folding::Normal;
use pilothouse_api::protocol::{Chunk, CommandId, InstanceId, InvocationState, Millis, Payload, Stream};
use pilothouse_api::topics::{News, Topic};
use pilothouse_client::{Client, EventStream, StreamEvent};
use pilothouse_server::folding::Fold;
use pilothouse_store::invocations::Standing;

use crate::figure::{ms, percentile, print, spread, tell};
use crate::process::{cpu, forget_peak, peak, resident};
use crate::stand::{Ground, Stand};
use crate::watch::script;

/// 200 lines in four bursts; the last two lines are of sixty kinds.
const SCRIPT: &str = "seq 50; sleep 1; seq 50; sleep 1; seq 50; sleep 1; seq 48; df";
/// What is not over by then never will be.
const PATIENCE: Duration = Duration::from_secs(300);
/// What a command leaves to be done is done by then.
const CALM: Duration = Duration::from_secs(3);

const ALL: Normal = Normal { timestamps: true, host_names: true, numbers: true };

/// Who looks at the output.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Looks {
    Nobody,
    AtAll,
    AtGroups(Normal),
}

/// What one command cost.
struct Cost {
    /// Server CPU per node.
    cpu_us: f64,
    /// From SendCommand until it was over.
    finished: Duration,
    /// How long after that the last of its output, or of its groups, was told.
    late: Duration,
    /// Groups at the end.
    groups: usize,
    /// Times that groups were told.
    told: usize,
}

/// Measures with this many nodes.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub async fn run(ground: Ground, nodes: usize, rounds: usize) -> anyhow::Result<()> {
    let bench = ground.name("fold");
    alone(&bench, nodes);
    let stand = Stand::on(ground, nodes).await?;
    tokio::time::sleep(CALM).await;
    let pid = stand.server.pid();
    let idle = resident(pid)?;
    let kinds = [
        ("nobody looks", Looks::Nobody),
        ("all output is read", Looks::AtAll),
        ("groups", Looks::AtGroups(Normal::default())),
        ("groups, all normalised", Looks::AtGroups(ALL)),
    ];
    let mut costs: Vec<Vec<Cost>> = kinds.iter().map(|_| Vec::new()).collect();
    let mut peaks = vec![0; kinds.len()];
    for round in 0..rounds {
        tell(&format!("round {} of {rounds}", round + 1));
        for (((_, looks), costs), most) in kinds.iter().zip(&mut costs).zip(&mut peaks) {
            forget_peak(pid)?;
            costs.push(cost(&stand.client, pid, *looks, nodes).await?);
            *most = peak(pid)?.max(*most);
        }
    }
    let mut used = Vec::new();
    for (((name, looks), costs), most) in kinds.iter().zip(&costs).zip(peaks) {
        let of = |value: fn(&Cost) -> f64| costs.iter().map(value).collect::<Vec<f64>>();
        let cpu = of(|cost| cost.cpu_us);
        used.push(percentile(&cpu, 0.5));
        spread(&bench, nodes, &format!("{name}: server CPU per node"), "us", &cpu);
        spread(&bench, nodes, &format!("{name}: command over"), "ms", &of(|cost| ms(cost.finished)));
        if *looks != Looks::Nobody {
            spread(&bench, nodes, &format!("{name}: all told after that"), "ms", &of(|cost| ms(cost.late)));
        }
        if let Looks::AtGroups(_) = looks {
            spread(
                &bench,
                nodes,
                &format!("{name}: groups at the end"),
                "groups",
                &of(|cost| cost.groups as f64),
            );
            spread(&bench, nodes, &format!("{name}: times told"), "times", &of(|cost| cost.told as f64));
        }
        print(
            &bench,
            nodes,
            &format!("{name}: peak of server memory / idle"),
            "x",
            most as f64 / idle.max(1) as f64,
        );
    }
    let ratio = |one: usize, other: usize| used[one] / used[other].max(f64::EPSILON);
    print(&bench, nodes, "CPU with groups / nobody looks", "x", ratio(2, 0));
    print(&bench, nodes, "CPU with groups, normalised / nobody looks", "x", ratio(3, 0));
    print(&bench, nodes, "CPU with groups / all output is read", "x", ratio(2, 1));
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
async fn cost(client: &Client, pid: u32, looks: Looks, nodes: usize) -> anyhow::Result<Cost> {
    let before = cpu(pid)?;
    let watched = tokio::time::timeout(PATIENCE, watch(client, looks, nodes));
    let mut cost = watched.await.context("a command did not end")??;
    tokio::time::sleep(CALM).await;
    cost.cpu_us = (cpu(pid)? - before) as f64 / 1e3 / nodes as f64;
    Ok(cost)
}

async fn watch(client: &Client, looks: Looks, nodes: usize) -> anyhow::Result<Cost> {
    let mut stream = EventStream::open(client.clone());
    let began = Instant::now();
    let reply = client.call(&script(SCRIPT, "env", &["prod", "staging", "dev"])).await?;
    let command_id: CommandId = reply.command.command_id.parse()?;
    stream.follow(Topic::Command { command_id: command_id.clone(), after: 0 });
    match looks {
        Looks::Nobody => {}
        Looks::AtAll => {
            stream.follow(Topic::Merged { command_id, from: [].into(), after: 0 });
        }
        Looks::AtGroups(normal) => {
            stream.follow(Topic::Groups { command_id, normal, after: 0 });
        }
    }
    let (mut finished, mut all) = (None, (looks == Looks::Nobody).then_some(Duration::ZERO));
    let mut cost = Cost { cpu_us: 0.0, finished: Duration::ZERO, late: Duration::ZERO, groups: 0, told: 0 };
    while finished.is_none() || all.is_none() {
        match stream.next().await.context("the event stream ended")? {
            StreamEvent::News { news: News::Command { command: Some(view), .. }, .. }
                if view.state.is_terminal() && finished.is_none() =>
            {
                anyhow::ensure!(
                    view.completed() as usize == nodes,
                    "{} of {nodes} runs ended",
                    view.completed()
                );
                finished = Some(began.elapsed());
            }
            StreamEvent::News { news: News::Merged { complete: true, .. }, .. } => {
                all = Some(began.elapsed());
            }
            StreamEvent::News {
                news: News::Groups { groups, more_groups, nodes: told, complete, .. },
                ..
            } => {
                cost.told += 1;
                cost.groups = groups.len() + more_groups as usize;
                if complete {
                    anyhow::ensure!(told as usize == nodes, "{told} of {nodes} nodes are in groups");
                    all = Some(began.elapsed());
                }
            }
            StreamEvent::Refused { reason, .. } => anyhow::bail!("the topic was refused: {reason}"),
            StreamEvent::Broken { why } => anyhow::bail!("the event stream broke: {why}"),
            _ => {}
        }
    }
    cost.finished = finished.unwrap_or_default();
    cost.late = all.unwrap_or_default().saturating_sub(cost.finished);
    Ok(cost)
}

/// The fold without a server: nanoseconds per line, for lines as logs have them.
fn alone(bench: &str, nodes: usize) {
    let line = |n: usize| {
        format!("2026-11-24T20:28:47Z web-01 nginx[{}]: worker process {n} started, 3.5 MB\n", 4711 + n)
    };
    let text: String = (0..200).map(line).collect();
    for (name, normal) in [("fold alone", Normal::default()), ("fold alone, all normalised", ALL)] {
        let mut fold = Fold::new(normal);
        let node = |n: usize| {
            InstanceId::from_random(
                [0, 0, 0, 0, 0, 0, 0, n.to_le_bytes()[0], n.to_le_bytes()[1]].map(|it: u8| it.rotate_left(4)),
            )
        };
        let ids: Vec<InstanceId> = (0..nodes).map(node).collect();
        fold.learn(
            ids.iter().zip(0..).map(|(id, position)| standing(id, position, text.len() as u64)).collect(),
        );
        let chunk = Chunk {
            offset: 0,
            step: 0,
            stream: Stream::Stdout,
            at: Millis(0),
            payload: Payload::Data(text.clone().into()),
        };
        let began = Instant::now();
        for id in &ids {
            fold.call(id, &["web-01", "10.0.0.7"]);
            fold.feed(id, std::slice::from_ref(&chunk));
        }
        let fed = began.elapsed();
        let groups = fold.grouping().groups.len();
        let grouped = began.elapsed().saturating_sub(fed);
        tell(&format!("{name}: {groups} groups"));
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let lines = (ids.len() * 200) as f64;
        print(
            bench,
            nodes,
            &format!("{name}: per line of {} bytes", text.len() / 200),
            "ns",
            fed.as_secs_f64() * 1e9 / lines,
        );
        print(bench, nodes, &format!("{name}: who is in which group"), "ms", ms(grouped));
    }
}

fn standing(id: &InstanceId, position: i64, end: u64) -> Standing {
    Standing {
        instance_id: id.clone(),
        position,
        node_name: String::from("web-01"),
        state: InvocationState::InProgress,
        began: true,
        exit_code: None,
        output_end: end,
        revision: 1,
    }
}
