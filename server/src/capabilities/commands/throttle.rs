//! UpdateCommand and AbortCommand: a command's pace, changed while it runs.
//!
//! Both only change rows, under the lock that dispatch takes as well: whatever it was doing it is either done with, or sees the
//! change; and a server that dies finds it in the rows again.

use pilothouse_api::Fault;
use pilothouse_api::runs::{AbortCommand, AbortCommandResult, UpdateCommand, UpdateCommandResult};
use pilothouse_store::commands::{self, CommandRecord};
use pilothouse_store::invocations;

use super::cancel::find;
use super::dispatch::terminated;
use super::settle::refresh;
use crate::capabilities::resources;
use crate::capabilities::view::command_view;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::doorbell::Subject;

/// The command, which nobody else changes until the transaction ends, if the caller may do this to it.
async fn held(cx: &mut Cx<'_>, id: &str) -> Result<CommandRecord, Fault> {
    commands::hold(cx.tx).await.map_err(store_fault)?;
    let command = find(cx, id).await?;
    cx.require(vec![resources::command(&command)]).await?;
    Ok(command)
}

impl Run for UpdateCommand {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<UpdateCommandResult, Fault> {
        let mut command = held(cx, &self.command_id).await?;
        if command.state.is_terminal() {
            let message = format!("command {} is over: {}", command.command_id, command.state);
            return Err(Fault::caller("InvalidCommandId", message));
        }
        let before = (command.max_concurrency.clone(), command.max_errors.clone(), command.paused);
        if let Some(concurrency) = self.max_concurrency {
            cx.changed("maxConcurrency", &command.max_concurrency, &concurrency);
            command.max_concurrency = concurrency;
        }
        if let Some(errors) = self.max_errors {
            cx.changed("maxErrors", &command.max_errors, &errors);
            command.max_errors = errors;
        }
        if let Some(paused) = self.paused {
            cx.changed("paused", command.paused, paused);
            command.paused = paused;
        }
        if before != (command.max_concurrency.clone(), command.max_errors.clone(), command.paused) {
            commands::throttle(cx.tx, &command).await.map_err(store_fault)?;
            cx.ring(Subject::Command { command_id: command.command_id.clone(), work: true });
        }
        Ok(UpdateCommandResult { command: command_view(command) })
    }
}

impl Run for AbortCommand {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<AbortCommandResult, Fault> {
        let mut command = held(cx, &self.command_id).await?;
        if command.state.is_terminal() || command.aborted {
            return Ok(AbortCommandResult {});
        }
        cx.changed("aborted", false, true);
        command.aborted = true;
        let unsent = terminated(cx, &command).await?;
        cx.changed("unsent", unsent.len(), 0);
        invocations::save_many(cx.tx, &unsent).await.map_err(store_fault)?;
        refresh(cx, &mut command, &unsent).await?;
        cx.ring(Subject::Command { command_id: command.command_id, work: true });
        Ok(AbortCommandResult {})
    }
}
