//! CancelCommand: what was never handed over ends at once; what runs is asked to stop, until its node says that it has.

use std::collections::BTreeSet;

use pilothouse_api::Fault;
use pilothouse_api::commands::{CancelCommand, CancelCommandResult};
use pilothouse_protocol::{CommandId, InvocationEvent, InvocationState};
use pilothouse_store::commands::{self, CommandRecord};
use pilothouse_store::invocations::{self, InvocationRecord};

use super::settle::refresh;
use crate::capabilities::resources;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::doorbell::Subject;

impl Run for CancelCommand {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<CancelCommandResult, Fault> {
        commands::hold(cx.tx).await.map_err(store_fault)?;
        let mut command = find(cx, &self.command_id).await?;
        cx.require(vec![resources::command(&command)]).await?;
        let chosen: BTreeSet<&str> = self.instance_ids.iter().map(String::as_str).collect();
        if chosen.len() < self.instance_ids.len() {
            return Err(Fault::caller("DuplicateInstanceId", "an instance id is given more than once"));
        }
        let region = cx.region().to_owned();
        let runs = invocations::page(cx.tx, &region, &command.command_id, None, None, usize::MAX >> 1)
            .await
            .map_err(store_fault)?;
        let known: BTreeSet<&str> = runs.iter().map(|run| run.instance_id.as_str()).collect();
        if let Some(stranger) = chosen.iter().find(|id| !known.contains(*id)) {
            let message = format!("command {} was not sent to {stranger}", command.command_id);
            return Err(Fault::caller("InvalidInstanceId", message));
        }
        let changed: Vec<_> = runs
            .into_iter()
            .filter(|run| chosen.is_empty() || chosen.contains(run.instance_id.as_str()))
            .filter_map(|run| cancelled(run, cx))
            .collect();
        if changed.is_empty() {
            return Ok(CancelCommandResult {});
        }
        invocations::save_many(cx.tx, &changed).await.map_err(store_fault)?;
        command.cancel_requested |= chosen.is_empty();
        refresh(cx, &mut command, &changed).await?;
        cx.ring(Subject::Command { command_id: command.command_id, work: true });
        Ok(CancelCommandResult {})
    }
}

/// The run after the request; `None` when it is over, or was asked before.
fn cancelled(mut run: InvocationRecord, cx: &Cx<'_>) -> Option<InvocationRecord> {
    let next = run.state.on(InvocationEvent::CancelRequested).ok()?;
    if run.cancel && next == run.state {
        return None;
    }
    run.cancel = true;
    run.state = next;
    if next == InvocationState::Cancelled {
        run.finished_at = Some(cx.now);
        run.message = String::from("cancelled before it was sent to the node");
    }
    Some(run)
}

/// The command with this id.
pub(super) async fn find(cx: &mut Cx<'_>, id: &str) -> Result<CommandRecord, Fault> {
    let unknown = || Fault::caller("InvalidCommandId", format!("no command {id} in this region"));
    let command_id: CommandId = id.parse().map_err(|_| unknown())?;
    let region = cx.region().to_owned();
    commands::get(cx.tx, &region, &command_id).await.map_err(store_fault)?.ok_or_else(unknown)
}
