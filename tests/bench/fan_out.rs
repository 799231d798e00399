//! Fan-out: one command to all nodes, as an operator who watches it sees it.

use std::time::{Duration, Instant};

use anyhow::Context;
use pilothouse_api::commands::{SendCommand, Target};
use pilothouse_api::protocol::CommandId;
use pilothouse_api::topics::{News, Topic};
use pilothouse_client::{EventStream, StreamEvent};

use crate::figure::{ms, percentile, print, spread, tell};
use crate::hub;
use crate::process::{cpu, resident};
use crate::stand::Stand;

const BENCH: &str = "fan-out";
const PATIENCE: Duration = Duration::from_secs(300);

struct Round {
    sent: Duration,
    first: Duration,
    all: Duration,
}

/// Measures with this many nodes.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub async fn run(nodes: usize, rounds: usize) -> anyhow::Result<()> {
    tell("the baseline: a bare websocket hub");
    let bare = hub::measure(nodes, rounds).await?;
    let stand = Stand::start(nodes).await?;
    let pid = stand.server.pid();
    print(BENCH, nodes, "until all nodes are Online", "ms", ms(stand.up_after));
    let per_agent = resident(pid)?.saturating_sub(stand.empty) as f64 / nodes as f64;
    print(BENCH, nodes, "server memory per idle agent", "KiB", per_agent / 1024.0);
    print(BENCH, nodes, "bare hub memory per idle node", "KiB", bare.bytes_per_node / 1024.0);
    let mut stream = EventStream::open(stand.client.clone());
    let (mut sent, mut first, mut all, mut used) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let before = cpu(pid)?;
        let round = tokio::time::timeout(PATIENCE, once(&stand, &mut stream, nodes))
            .await
            .context("a round did not end")??;
        used.push((cpu(pid)? - before) as f64 / 1e3 / nodes as f64);
        sent.push(ms(round.sent));
        first.push(ms(round.first));
        all.push(ms(round.all));
    }
    spread(BENCH, nodes, "SendCommand answered", "ms", &sent);
    spread(BENCH, nodes, "first output byte at a subscriber", "ms", &first);
    spread(BENCH, nodes, "every result stored and told", "ms", &all);
    spread(BENCH, nodes, "server CPU per node and command", "us", &used);
    spread(BENCH, nodes, "bare hub: first answer", "ms", &bare.first);
    spread(BENCH, nodes, "bare hub: every answer", "ms", &bare.all);
    let ratio = percentile(&all, 0.5) / percentile(&bare.all, 0.5).max(f64::EPSILON);
    print(BENCH, nodes, "every result / bare hub", "x", ratio);
    let ratio = per_agent / bare.bytes_per_node.max(1.0);
    print(BENCH, nodes, "memory per agent / bare hub", "x", ratio);
    Ok(())
}

/// Sends a command to every node and watches it and all of its output until the end.
async fn once(stand: &Stand, stream: &mut EventStream, nodes: usize) -> anyhow::Result<Round> {
    let command = SendCommand {
        targets: vec![Target {
            key: "tag:env".into(),
            values: ["prod", "staging", "dev"].map(String::from).into(),
        }],
        document_name: "AWS-RunShellScript".into(),
        parameters: [("commands".to_owned(), vec!["uptime".to_owned()])].into(),
        max_concurrency: Some("100%".into()),
        max_errors: Some("100%".into()),
        ..SendCommand::default()
    };
    let began = Instant::now();
    let reply = stand.client.call(&command).await?;
    let sent = began.elapsed();
    let command_id: CommandId = reply.command.command_id.parse()?;
    let output = stream.follow(Topic::Merged { command_id: command_id.clone(), from: [].into(), after: 0 });
    let progress = stream.follow(Topic::Command { command_id, after: 0 });
    let (mut first, mut done) = (None, None);
    while first.is_none() || done.is_none() {
        match stream.next().await.context("the event stream ended")? {
            StreamEvent::News { news: News::Merged { chunks, .. }, .. } if !chunks.is_empty() => {
                first.get_or_insert_with(|| began.elapsed());
            }
            StreamEvent::News { news: News::Command { command: Some(view), .. }, .. }
                if view.state.is_terminal() =>
            {
                anyhow::ensure!(
                    view.completed() as usize == nodes,
                    "{} of {nodes} runs ended",
                    view.completed()
                );
                done = Some(began.elapsed());
            }
            StreamEvent::Broken { why } => anyhow::bail!("the event stream broke: {why}"),
            StreamEvent::Lost { why, .. } => tell(&format!("the stream was lost: {why}")),
            _ => {}
        }
    }
    stream.unfollow(output);
    stream.unfollow(progress);
    Ok(Round { sent, first: first.unwrap_or_default(), all: done.unwrap_or_default() })
}
