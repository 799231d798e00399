//! Follow: reads what is new on a topic.

use std::collections::BTreeMap;

use pilothouse_api::commands::{GetCommandInvocation, ListCommands};
use pilothouse_api::fleet::{Follow, FollowResult};
use pilothouse_api::nodes::DescribeInstanceInformation;
use pilothouse_api::topics::{News, Revision, Topic};
use pilothouse_api::{Fault, Operation};
use pilothouse_protocol::{Chunk, CommandId, InstanceId, JobId, Millis};
use pilothouse_store::commands::CommandRecord;
use pilothouse_store::outputs::OutputError;
use pilothouse_store::{commands, invocations, nodes};

use super::{approvals, armings, audit, parameters, search};
use crate::capabilities::resources;
use crate::capabilities::view::{command_view, invocation_view, node_view};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::internal::FollowGroups;

/// Rows in one batch of news.
const ROWS: usize = 1000;
/// Commands that a fresh follower is told.
const RECENT: usize = 1000;
/// Bytes of output in one batch of news.
const OUTPUT: usize = 256 * 1024;
/// Runs read for one batch of merged output.
const MERGED_RUNS: usize = 200;

impl Run for Follow {
    const GUARD: Guard = Guard::Resources;
    const DELEGATES: bool = true;

    async fn run(self, cx: &mut Cx<'_>) -> Result<FollowResult, Fault> {
        match self.topic {
            Topic::Nodes { after, under } => nodes_since(cx, after, under).await,
            Topic::Commands { after, under } => commands_since(cx, after, under).await,
            Topic::Command { command_id, after } => command_since(cx, command_id, after).await,
            Topic::Output { command_id, instance_id, from } => {
                output_from(cx, command_id, instance_id, from).await
            }
            Topic::Merged { command_id, from, after } => merged_from(cx, command_id, from, after).await,
            Topic::Search { command_id, query, from, after } => {
                let command = visible_command(cx, &command_id).await?;
                search::on(cx, command, search::Search { query, from, after }).await
            }
            Topic::Groups { command_id, normal, .. } => FollowGroups { command_id, normal }.run(cx).await,
            Topic::Armings { after } => armings::all(cx, after).await,
            Topic::Approvals { after } => approvals::since(cx, after).await,
            Topic::Audit { filter, after } => audit::news(cx, filter, after).await,
            Topic::Parameters { after, under } => parameters::since(cx, after, under).await,
        }
    }
}

/// What decides what the caller may see.
pub(super) fn fingerprint(cx: &Cx<'_>) -> u64 {
    cx.call.caller.operator().map_or(0, |operator| cx.access.fingerprint(&operator.who))
}

/// Where a cursor goes on, and whether from the beginning: one that was given out under another fingerprint is void.
fn resumed(after: Revision, under: u64, now: u64) -> (Revision, bool) {
    let reset = after > 0 && under != now;
    (if reset { 0 } else { after }, reset)
}

async fn nodes_since(cx: &mut Cx<'_>, after: Revision, under: u64) -> Result<FollowResult, Fault> {
    let mut sifter = cx.sifter(DescribeInstanceInformation::PERMISSION).await?;
    let now = fingerprint(cx);
    let (after, reset) = resumed(after, under, now);
    let region = cx.region().to_owned();
    let rows = nodes::changed(cx.tx, &region, after, ROWS).await.map_err(store_fault)?;
    let upto = rows.last().map_or(after, |row| row.revision);
    let more = rows.len() >= ROWS;
    // A node that left the caller's sight is gone for the caller; at the beginning there was nothing to leave.
    let (here, gone): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| !row.gone && sifter.shows(&resources::node(row)));
    let gone = gone.into_iter().filter(|_| after > 0).map(|row| row.instance_id);
    Ok(FollowResult {
        news: News::Nodes { gone: gone.collect(), nodes: here.into_iter().map(node_view).collect(), reset },
        next: Topic::Nodes { after: upto, under: now },
        more,
    })
}

async fn commands_since(cx: &mut Cx<'_>, after: Revision, under: u64) -> Result<FollowResult, Fault> {
    let mut sifter = cx.sifter(ListCommands::PERMISSION).await?;
    let now = fingerprint(cx);
    let (after, reset) = resumed(after, under, now);
    let region = cx.region().to_owned();
    let rows = if after == 0 {
        commands::recent(cx.tx, &region, RECENT).await
    } else {
        commands::changed(cx.tx, &region, after, ROWS).await
    }
    .map_err(store_fault)?;
    let upto = rows.iter().map(|row| row.revision).max().unwrap_or(after).max(after);
    let more = after > 0 && rows.len() >= ROWS;
    let seen = rows.into_iter().filter(|row| sifter.shows(&resources::command(row)));
    Ok(FollowResult {
        news: News::Commands { commands: seen.map(command_view).collect(), reset },
        next: Topic::Commands { after: upto, under: now },
        more,
    })
}

/// The command, if the caller may see its runs and their output.
async fn visible_command(cx: &mut Cx<'_>, command_id: &CommandId) -> Result<CommandRecord, Fault> {
    let region = cx.region().to_owned();
    let command = commands::get(cx.tx, &region, command_id).await.map_err(store_fault)?;
    let command = command.ok_or_else(|| unknown(command_id))?;
    cx.require_as(GetCommandInvocation::PERMISSION, vec![resources::command(&command)]).await?;
    Ok(command)
}

async fn command_since(
    cx: &mut Cx<'_>,
    command_id: CommandId,
    after: Revision,
) -> Result<FollowResult, Fault> {
    let command = visible_command(cx, &command_id).await?;
    let region = cx.region().to_owned();
    let runs = invocations::changed(cx.tx, &region, &command_id, after, ROWS).await.map_err(store_fault)?;
    let more = runs.len() >= ROWS;
    // The cursor may pass the command's own revision only when every run up to it was told.
    let told = runs.last().map_or(after, |run| run.revision);
    let upto = if more { told } else { told.max(command.revision) };
    let command = (command.revision > after).then(|| Box::new(command_view(command)));
    Ok(FollowResult {
        news: News::Command { command, invocations: runs.into_iter().map(invocation_view).collect() },
        next: Topic::Command { command_id, after: upto },
        more,
    })
}

async fn output_from(
    cx: &mut Cx<'_>,
    command_id: CommandId,
    instance_id: InstanceId,
    from: u64,
) -> Result<FollowResult, Fault> {
    visible_command(cx, &command_id).await?;
    let region = cx.region().to_owned();
    let run = invocations::get(cx.tx, &region, &command_id, &instance_id).await.map_err(store_fault)?;
    let run = run.ok_or_else(|| unknown(&command_id))?;
    let job = JobId { command: command_id.clone(), instance: instance_id.clone() };
    let chunks = cx.ports.outputs.read(&job, from, OUTPUT).await.map_err(output_fault)?;
    let to = chunks.last().map_or(from, Chunk::end);
    let end = cx.ports.outputs.end(&job).await.map_err(output_fault)?;
    Ok(FollowResult {
        news: News::Output { chunks, complete: run.state.is_terminal() && to >= end },
        next: Topic::Output { command_id, instance_id, from: to },
        more: to < end,
    })
}

async fn merged_from(
    cx: &mut Cx<'_>,
    command_id: CommandId,
    from: BTreeMap<InstanceId, u64>,
    after: Revision,
) -> Result<FollowResult, Fault> {
    let command = visible_command(cx, &command_id).await?;
    let region = cx.region().to_owned();
    let ends = invocations::output_ends(cx.tx, &region, &command_id, after).await.map_err(store_fault)?;
    let told = |instance: &InstanceId| from.get(instance).copied().unwrap_or(0);
    let newest = ends.last().map_or(after, |it| it.revision);
    let behind: Vec<_> = ends.into_iter().filter(|it| it.end > told(&it.instance_id)).collect();
    let wanted = behind.iter().take(MERGED_RUNS).map(|it| {
        let instance = it.instance_id.clone();
        (JobId { command: command_id.clone(), instance }, told(&it.instance_id))
    });
    let share = OUTPUT / behind.len().clamp(1, MERGED_RUNS);
    let read = cx.ports.outputs.read_many(wanted.collect(), share).await.map_err(output_fault)?;
    let mut moved = BTreeMap::new();
    for (job, chunks) in &read {
        if let Some(last) = chunks.last() {
            moved.insert(job.instance.clone(), last.end());
        }
    }
    // The first run that was not told whole holds the cursor back, and with it all that changed with it.
    let rest = behind.iter().find(|it| moved.get(&it.instance_id).is_none_or(|to| *to < it.end));
    let next = rest.map_or(newest, |it| (it.revision - 1).max(after));
    let more = rest.is_some() && !moved.is_empty();
    let news = News::Merged { chunks: merge(read), complete: command.state.is_terminal() && !more };
    Ok(FollowResult { news, next: Topic::Merged { command_id, from: moved, after: next }, more })
}

/// All chunks in order of time, each node's in its own order.
fn merge(read: Vec<(JobId, Vec<Chunk>)>) -> Vec<(InstanceId, Chunk)> {
    let mut keyed: Vec<(Millis, InstanceId, Chunk)> = Vec::new();
    for (job, chunks) in read {
        let mut latest = Millis(i64::MIN);
        for chunk in chunks {
            // A node whose clock steps back must not reorder its own output.
            latest = latest.max(chunk.at);
            keyed.push((latest, job.instance.clone(), chunk));
        }
    }
    keyed.sort_by_key(|(at, ..)| *at);
    keyed.into_iter().map(|(_, instance, chunk)| (instance, chunk)).collect()
}

fn unknown(command: &CommandId) -> Fault {
    Fault::caller("InvalidCommandId", format!("no command {command}, or no such run of it, in this region"))
}

pub(super) fn output_fault(error: OutputError) -> Fault {
    tracing::error!(%error, "output cannot be read");
    Fault::internal("the server could not read stored output: see its log")
}
