//! ResumeJobs: after a link came up, what the node holds and what the server knows are brought together.

use std::collections::BTreeMap;

use pilothouse_api::Fault;
use pilothouse_protocol::{Held, InvocationEvent, InvocationState, JobId, Verdict};
use pilothouse_store::commands;
use pilothouse_store::invocations::{self, InvocationRecord};

use super::settle::{job_of, refresh};
use crate::cx::{Caller, Cx, store_fault};
use crate::door::{Guard, Run};
use crate::doorbell::Subject;
use crate::internal::ResumeJobs;

impl Run for ResumeJobs {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Verdict>, Fault> {
        let Caller::Node(instance) = cx.call.caller.clone() else {
            return Err(Fault::denied("only a node resumes its jobs"));
        };
        commands::hold(cx.tx).await.map_err(store_fault)?;
        let held: BTreeMap<JobId, Held> = self
            .held
            .into_iter()
            .filter(|h| h.job.instance == instance)
            .map(|h| (h.job.clone(), h))
            .collect();
        let jobs: Vec<JobId> = held.keys().cloned().collect();
        let rows = invocations::find_many(cx.tx, &jobs).await.map_err(store_fault)?;
        let known: BTreeMap<JobId, InvocationRecord> =
            rows.into_iter().map(|row| (job_of(&row), row)).collect();
        let mut verdicts = Vec::with_capacity(held.len());
        for job in held.keys() {
            let run = known.get(job);
            let stored_to = cx.ports.outputs.end(job).await.unwrap_or(0);
            verdicts.push(Verdict {
                job: job.clone(),
                stored_to,
                forget: run.is_none_or(|run| run.state.is_terminal()),
                cancel: run.is_some_and(|run| run.cancel),
            });
        }
        let mut changed: Vec<_> = known.into_values().filter_map(accepted).collect();
        changed.extend(lost(cx, &instance, &held).await?);
        save(cx, changed).await?;
        Ok(verdicts)
    }
}

/// A run that the node holds was accepted, whether or not that word got through.
fn accepted(mut run: InvocationRecord) -> Option<InvocationRecord> {
    let next = run.state.on(InvocationEvent::Accepted).ok().filter(|next| *next != run.state)?;
    run.state = next;
    Some(run)
}

/// Runs that the server takes for accepted and the node does not know: its memory was wiped. They may have run, so they must
/// not run again.
async fn lost(
    cx: &mut Cx<'_>,
    instance: &pilothouse_protocol::InstanceId,
    held: &BTreeMap<JobId, Held>,
) -> Result<Vec<InvocationRecord>, Fault> {
    let states = [InvocationState::InProgress, InvocationState::Cancelling, InvocationState::Delayed];
    let rows = invocations::of_node(cx.tx, instance, &states).await.map_err(store_fault)?;
    let mut changed = Vec::new();
    for mut run in rows.into_iter().filter(|run| !held.contains_key(&job_of(run))) {
        if run.state == InvocationState::Delayed {
            run.state = InvocationState::Pending;
            run.sent_at = None;
        } else if run.state == InvocationState::Cancelling && run.started_at.is_none() {
            run.state = InvocationState::Cancelled;
            run.finished_at = Some(cx.now);
            run.message = String::from("cancelled before the node took it");
        } else if let Ok(next) = run.state.on(InvocationEvent::Finished(InvocationState::Failed)) {
            run.state = next;
            run.finished_at = Some(cx.now);
            run.message = String::from(
                "the node came back without its record of this run: it may have run in part, and was not run again",
            );
        }
        changed.push(run);
    }
    Ok(changed)
}

async fn save(cx: &mut Cx<'_>, changed: Vec<InvocationRecord>) -> Result<(), Fault> {
    if changed.is_empty() {
        return Ok(());
    }
    invocations::save_many(cx.tx, &changed).await.map_err(store_fault)?;
    let ids: std::collections::BTreeSet<_> =
        changed.iter().map(|run| (run.region.clone(), run.command_id.clone())).collect();
    for (region, command_id) in ids {
        if let Some(mut command) = commands::get(cx.tx, &region, &command_id).await.map_err(store_fault)? {
            refresh(cx, &mut command, &changed).await?;
        }
        cx.ring_in(&region, Subject::Command { command_id, work: true });
    }
    Ok(())
}
