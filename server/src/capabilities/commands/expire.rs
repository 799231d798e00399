//! ExpireCommands: what did not reach its node in time, or never came to an end, is over; so is what its node took along when
//! it was deregistered.

use std::collections::BTreeSet;

use pilothouse_api::Fault;
use pilothouse_protocol::{InvocationEvent, InvocationState, ToAgent};
use pilothouse_store::commands;
use pilothouse_store::invocations::{self, InvocationRecord};

use super::settle::{job_of, refresh};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::doorbell::Subject;
use crate::internal::{ExpireCommands, Expired};

impl Run for ExpireCommands {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Expired, Fault> {
        commands::hold(cx.tx).await.map_err(store_fault)?;
        let mut changed = expired(cx).await?;
        changed.extend(orphaned(cx).await?);
        if changed.is_empty() {
            return Ok(Expired::default());
        }
        invocations::save_many(cx.tx, &changed).await.map_err(store_fault)?;
        let ids: BTreeSet<_> =
            changed.iter().map(|run| (run.region.clone(), run.command_id.clone())).collect();
        for (region, command_id) in ids {
            if let Some(mut command) =
                commands::get(cx.tx, &region, &command_id).await.map_err(store_fault)?
            {
                refresh(cx, &mut command, &changed).await?;
            }
            cx.ring_in(&region, Subject::Command { command_id, work: true });
        }
        Ok(Expired { changed: changed.len() })
    }
}

/// Runs that are past their time, ended.
async fn expired(cx: &mut Cx<'_>) -> Result<Vec<InvocationRecord>, Fault> {
    let mut changed = Vec::new();
    for mut run in invocations::overdue(cx.tx, cx.now).await.map_err(store_fault)? {
        let never_sent = run.state == InvocationState::Pending;
        let Ok(next) = run.state.on(InvocationEvent::Expired) else { continue };
        run.state = next;
        run.finished_at = Some(cx.now);
        run.message = String::from(if never_sent {
            "the node was not reached within the delivery time-out"
        } else {
            "the node did not report an end before the command expired"
        });
        if !never_sent {
            // Should it still run there, nobody waits for it any more.
            cx.send(&run.instance_id, ToAgent::Cancel { job: job_of(&run) });
        }
        changed.push(run);
    }
    Ok(changed)
}

/// Runs whose node was deregistered, ended.
async fn orphaned(cx: &mut Cx<'_>) -> Result<Vec<InvocationRecord>, Fault> {
    let mut changed = Vec::new();
    for mut run in invocations::orphaned(cx.tx).await.map_err(store_fault)? {
        let may_have_run = run.state != InvocationState::Pending;
        let Ok(next) = run.state.on(InvocationEvent::NodeGone) else { continue };
        run.state = next;
        run.finished_at = Some(cx.now);
        run.message = String::from(if may_have_run {
            "the node was deregistered before it reported an end: how far it got is not known"
        } else {
            "the node was deregistered before it was reached"
        });
        changed.push(run);
    }
    Ok(changed)
}
