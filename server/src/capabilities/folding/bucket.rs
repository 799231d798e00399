//! ListBucket: a part of a command's runs, as the targets of the next command.

use std::collections::BTreeSet;

use pilothouse_api::Fault;
use pilothouse_api::folding::{Bucket, InstanceIdPage, ListBucket};
use pilothouse_protocol::{InstanceId, InvocationState};
use pilothouse_store::commands::CommandRecord;
use pilothouse_store::invocations::{self, Standing};
use pilothouse_store::nodes;

use super::members::{members, page_of};
use super::visible_command;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

impl Run for ListBucket {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<InstanceIdPage, Fault> {
        let command = visible_command(cx, &self.command_id).await?;
        let found = match &self.bucket {
            Bucket::Group { id, normal } => members(cx, &command, *normal, id).await?,
            Bucket::State(name) => {
                let states = states(name)?;
                runs(cx, &command, |run| states.contains(&run.state)).await?
            }
            Bucket::NotSucceeded => {
                runs(cx, &command, |run| run.state.is_terminal() && run.state != InvocationState::Success)
                    .await?
            }
            Bucket::NotStarted => runs(cx, &command, is_not_started).await?,
            Bucket::TimedOut => runs(cx, &command, |run| run.state.status() == "TimedOut").await?,
        };
        let page = page_of(found, self.max_results, self.next_token.as_deref())?;
        registered(cx, page).await
    }
}

/// The states of this name, coarse or fine.
fn states(name: &str) -> Result<BTreeSet<InvocationState>, Fault> {
    let named = |state: &&InvocationState| name == state.as_str() || name == state.status();
    let states: BTreeSet<_> = InvocationState::ALL.iter().filter(named).copied().collect();
    if states.is_empty() {
        let name: String = name.chars().take(80).collect();
        return Err(Fault::validation(format!("{name:?} is no status of an invocation")));
    }
    Ok(states)
}

/// Whether nothing of it ever ran, as far as is known.
fn is_not_started(run: &Standing) -> bool {
    let may_run = matches!(
        run.state,
        InvocationState::InProgress | InvocationState::Cancelling | InvocationState::Success
    );
    !(may_run || run.began || run.output_end > 0)
}

async fn runs(
    cx: &mut Cx<'_>,
    command: &CommandRecord,
    is_in: impl Fn(&Standing) -> bool,
) -> Result<Vec<(i64, InstanceId)>, Fault> {
    let region = cx.region().to_owned();
    let mut rows =
        invocations::standing(cx.tx, &region, &command.command_id, 0).await.map_err(store_fault)?;
    rows.retain(is_in);
    rows.sort_unstable_by_key(|run| run.position);
    Ok(rows.into_iter().map(|run| (run.position, run.instance_id)).collect())
}

/// Without those that are registered no more: a command to them would be refused.
async fn registered(cx: &mut Cx<'_>, mut page: InstanceIdPage) -> Result<InstanceIdPage, Fault> {
    let ids: Vec<InstanceId> = page.instance_ids.iter().filter_map(|id| id.parse().ok()).collect();
    let region = cx.region().to_owned();
    let known: BTreeSet<String> = nodes::select(cx.tx, &region, &ids)
        .await
        .map_err(store_fault)?
        .into_iter()
        .map(|node| node.instance_id.to_string())
        .collect();
    page.instance_ids.retain(|id| known.contains(id));
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_named_coarsely_or_finely() {
        assert_eq!(states("Failed").unwrap().len(), 4, "with those that were refused");
        assert_eq!(states("DeliveryTimedOut").unwrap(), BTreeSet::from([InvocationState::DeliveryTimedOut]));
        assert_eq!(states("Lost").unwrap_err().code, "ValidationException");
    }
}
