//! A command as an operator sees it who sends it and watches it and all of its output until the end.

use std::time::{Duration, Instant};

use anyhow::Context;
use pilothouse_api::commands::{SendCommand, Target};
use pilothouse_api::protocol::{CommandId, Payload};
use pilothouse_api::topics::{News, Topic};
use pilothouse_client::{Client, EventStream, StreamEvent};

use crate::figure::tell;

/// What is not over by then never will be.
const PATIENCE: Duration = Duration::from_secs(300);

/// What was seen, and when, from the moment it was asked for.
#[derive(Debug, Default)]
pub struct Seen {
    /// SendCommand was answered.
    pub answered: Duration,
    /// The first byte of output was there.
    pub first: Duration,
    /// Every result was stored, and told.
    pub finished: Duration,
    /// All output was there, too.
    pub all: Duration,
    /// Bytes of output.
    pub bytes: u64,
    /// Lines of output.
    pub lines: u64,
    /// Bytes of output that were lost on the way.
    pub lost: u64,
}

/// A script for every node that has a tag of these.
pub fn script(text: &str, tag: &str, values: &[&str]) -> SendCommand {
    let target = Target {
        key: format!("tag:{tag}"),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    SendCommand { targets: vec![target], ..unbounded(text) }
}

/// A script for these nodes.
pub fn script_on(text: &str, nodes: Vec<String>) -> SendCommand {
    SendCommand { instance_ids: nodes, ..unbounded(text) }
}

fn unbounded(text: &str) -> SendCommand {
    SendCommand {
        document_name: "AWS-RunShellScript".into(),
        parameters: [("commands".to_owned(), vec![text.to_owned()])].into(),
        max_concurrency: Some("100%".into()),
        max_errors: Some("100%".into()),
        ..SendCommand::default()
    }
}

/// Sends it and watches it until all of it is over.
pub async fn watch(
    client: &Client,
    stream: &mut EventStream,
    command: &SendCommand,
    nodes: usize,
) -> anyhow::Result<Seen> {
    let watched = tokio::time::timeout(PATIENCE, until_the_end(client, stream, command, nodes));
    watched.await.context("a command did not end")?
}

async fn until_the_end(
    client: &Client,
    stream: &mut EventStream,
    command: &SendCommand,
    nodes: usize,
) -> anyhow::Result<Seen> {
    let began = Instant::now();
    let reply = client.call(command).await?;
    let mut seen = Seen { answered: began.elapsed(), ..Seen::default() };
    let command_id: CommandId = reply.command.command_id.parse()?;
    let output = stream.follow(Topic::Merged { command_id: command_id.clone(), from: [].into(), after: 0 });
    let progress = stream.follow(Topic::Command { command_id, after: 0 });
    while seen.finished.is_zero() || seen.all.is_zero() {
        match stream.next().await.context("the event stream ended")? {
            StreamEvent::News { ticket, news: News::Merged { chunks, complete }, .. } if ticket == output => {
                if !chunks.is_empty() && seen.first.is_zero() {
                    seen.first = began.elapsed();
                }
                chunks.into_iter().for_each(|(_, chunk)| seen.take(&chunk.payload));
                if complete {
                    seen.all = began.elapsed();
                }
            }
            StreamEvent::News { ticket, news: News::Command { command: Some(view), .. }, .. }
                if ticket == progress && view.state.is_terminal() && seen.finished.is_zero() =>
            {
                let ended = view.completed() as usize;
                anyhow::ensure!(ended == nodes, "{ended} of {nodes} runs ended");
                seen.finished = began.elapsed();
            }
            StreamEvent::Broken { why } => anyhow::bail!("the event stream broke: {why}"),
            StreamEvent::Lost { why, .. } => tell(&format!("the stream was lost: {why}")),
            _ => {}
        }
    }
    stream.unfollow(output);
    stream.unfollow(progress);
    Ok(seen)
}

impl Seen {
    fn take(&mut self, payload: &Payload) {
        match payload {
            Payload::Data(bytes) => {
                self.bytes += bytes.len() as u64;
                self.lines += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
            }
            Payload::Dropped { bytes, .. } => self.lost += bytes,
        }
    }
}
