//! Output of runs, whole: read from any place, searched, and what becomes of it when it is old.
//!
//! In: ReadOutput and SearchOutput from operators, SweepOutputs from the clock. Out: pieces of what `store::outputs` keeps. Who may
//! see a command's runs may see their output.
//!
//! Never here: AWS's cut texts (`commands::output_text`), how output is kept, how lines are found (`finder`).

mod read;
mod search;
mod sweep;

#[cfg(test)]
mod stories;

use pilothouse_api::Fault;
use pilothouse_protocol::CommandId;
use pilothouse_store::commands::{self, CommandRecord};
use pilothouse_store::outputs::OutputError;

use crate::capabilities::resources;
use crate::cx::{Cx, store_fault};

/// The command, if the caller may see its runs and their output.
async fn visible_command(cx: &mut Cx<'_>, id: &str) -> Result<CommandRecord, Fault> {
    let missing = || Fault::caller("InvalidCommandId", format!("no command {id} in this region"));
    let command_id: CommandId = id.parse().map_err(|_| missing())?;
    let region = cx.region().to_owned();
    let command = commands::get(cx.tx, &region, &command_id).await.map_err(store_fault)?;
    let command = command.ok_or_else(missing)?;
    cx.require(vec![resources::command(&command)]).await?;
    Ok(command)
}

fn output_fault(error: OutputError) -> Fault {
    tracing::error!(%error, "output cannot be read");
    Fault::internal("the server could not read stored output: see its log")
}
