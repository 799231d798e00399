//! Folded outputs, asked for: groups as they grow, their nodes, what differs between two outputs, and parts of a command's runs.
//!
//! In: a command and how its outputs are to be normalised. Out: groups, ids, lines. Who may see a command's output may see how it
//! folds: nothing is told here that is not told there. What folds stands in `crate::folding`.
//!
//! Never here: what a group is, what is sent to the nodes of one.

mod bucket;
mod diff;
mod groups;
mod members;
mod sweep;

#[cfg(test)]
mod stories;

use pilothouse_api::Fault;
use pilothouse_api::commands::GetCommandInvocation;
use pilothouse_api::folding::Normal;
use pilothouse_api::operation::Operation as _;
use pilothouse_protocol::CommandId;
use pilothouse_store::commands::CommandRecord;
use pilothouse_store::{commands, invocations, nodes};
use tokio::sync::OwnedMutexGuard;

use crate::capabilities::resources;
use crate::cx::{Cx, store_fault};
use crate::folding::{Caught, Fold, Key, catch_up};

/// Bytes that are folded before what there is is told: a quarter of a second's work, or so.
const AT_ONCE: u64 = 16 << 20;
/// The same for who asks once, and waits for the whole.
const WHOLE: u64 = 1 << 30;

/// The command, if the caller may see its runs and their output.
async fn visible_command(cx: &mut Cx<'_>, id: &str) -> Result<CommandRecord, Fault> {
    let unknown = || Fault::caller("InvalidCommandId", format!("no command {id} in this region"));
    let command_id: CommandId = id.parse().map_err(|_| unknown())?;
    let region = cx.region().to_owned();
    let command =
        commands::get(cx.tx, &region, &command_id).await.map_err(store_fault)?.ok_or_else(unknown)?;
    cx.require_as(GetCommandInvocation::PERMISSION, vec![resources::command(&command)]).await?;
    Ok(command)
}

/// The fold of a command's outputs, up to date but for what exceeds `most` bytes.
async fn up_to_date(
    cx: &mut Cx<'_>,
    command: &CommandRecord,
    normal: Normal,
    most: u64,
) -> Result<Caught, Fault> {
    let key = Key { command_id: command.command_id.clone(), normal };
    let shared = cx
        .ports
        .folds
        .get(&key, cx.now)
        .map_err(|many| Fault::caller("ThrottlingException", many.to_string()))?;
    let mut fold = shared.lock_owned().await;
    learn(cx, command, &mut fold).await?;
    if fold.cursor() == 0 {
        // It is new, or it was settled and is not any more.
        learn(cx, command, &mut fold).await?;
    }
    catch_up(fold, &cx.ports.outputs, &command.command_id, most).await.map_err(|error| {
        tracing::error!(%error, "outputs cannot be folded");
        Fault::internal("the server could not fold outputs: see its log")
    })
}

/// Tells a fold where the command's runs stand.
async fn learn(
    cx: &mut Cx<'_>,
    command: &CommandRecord,
    fold: &mut OwnedMutexGuard<Fold>,
) -> Result<(), Fault> {
    let region = cx.region().to_owned();
    let rows = invocations::standing(cx.tx, &region, &command.command_id, fold.cursor())
        .await
        .map_err(store_fault)?;
    let strangers = fold.learn(rows);
    if fold.needs_names() && !strangers.is_empty() {
        for node in nodes::select(cx.tx, &region, &strangers).await.map_err(store_fault)? {
            let facts = &node.facts;
            fold.call(&node.instance_id, &[facts.computer_name.as_str(), facts.ip_address.as_str()]);
        }
    }
    Ok(())
}
