//! Restart: the server is killed while all nodes have links, and started again; how long until all are back.

use std::time::{Duration, Instant};

use anyhow::Context;
use pilothouse_api::topics::{News, Topic};
use pilothouse_client::{Client, EventStream, StreamEvent};

use crate::figure::{ms, print, spread, tell};
use crate::process::cpu;
use crate::stand::{Ground, Nodes, Stand};
use crate::watch::{script, watch};

/// Measures with this many nodes.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub async fn run(ground: Ground, nodes: usize, rounds: usize) -> anyhow::Result<()> {
    let bench = ground.name("restart");
    let mut stand = Stand::on(ground, nodes).await?;
    print(&bench, nodes, "until all nodes are Online for the first time", "ms", ms(stand.up_after));
    let mut rows: [Vec<f64>; 4] = Default::default();
    for _ in 0..rounds {
        let cursor = cursor(&stand.client).await?;
        let started = stand.server.restart()?;
        tell("the server is up again");
        let began = Instant::now();
        let mut stream = EventStream::open(stand.client.clone());
        // What changes from here on are nodes that are let in.
        let nodes_since = stream.follow(cursor);
        Nodes::default().wait_for(&mut stream, nodes).await?;
        let back = began.elapsed();
        stream.unfollow(nodes_since);
        let used = cpu(stand.server.pid())? as f64 / 1e3 / nodes as f64;
        let command = script("uptime", "env", &["prod", "staging", "dev"]);
        let seen = watch(&stand.client, &mut stream, &command, nodes).await?;
        let row = [ms(started), ms(back), used, ms(seen.finished)];
        rows.iter_mut().zip(row).for_each(|(rows, value)| rows.push(value));
    }
    let [started, back, used, answered] = &rows;
    spread(&bench, nodes, "until the server listens again", "ms", started);
    spread(&bench, nodes, "from there until all nodes are back", "ms", back);
    spread(&bench, nodes, "server CPU per node that comes back", "us", used);
    spread(&bench, nodes, "a command to all of them after that", "ms", answered);
    Ok(())
}

/// Where the topic of nodes stands.
async fn cursor(client: &Client) -> anyhow::Result<Topic> {
    let mut stream = EventStream::open(client.clone());
    stream.follow(Topic::nodes());
    let end = async {
        loop {
            match stream.next().await.context("the event stream ended")? {
                StreamEvent::News { news: News::Nodes { .. }, next, more: false, .. } => return Ok(next),
                StreamEvent::Broken { why } => anyhow::bail!("the event stream broke: {why}"),
                _ => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), end).await.context("the nodes were not told")?
}
