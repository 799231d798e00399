//! News of a search: what is found in the output of a command's runs, as far as it was searched, and on as more comes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pilothouse_api::Fault;
use pilothouse_api::commands::SearchQuery;
use pilothouse_api::fleet::FollowResult;
use pilothouse_api::topics::{News, Revision, Topic};
use pilothouse_protocol::{CommandId, InstanceId};
use pilothouse_store::commands::CommandRecord;
use pilothouse_store::invocations::{self, OutputEnd};

use super::follow::output_fault;
use crate::cx::{Cx, store_fault};
use crate::finder::{Budget, Finder, Searched, turn};

/// What one turn may do; the next follows at once. Small, so that hits are told while the search goes on.
const BUDGET: Budget = Budget { bytes: 16 * 1024 * 1024, hits: 500, time: Duration::from_millis(100) };

/// A search as it was asked for.
pub(super) struct Search {
    pub(super) query: SearchQuery,
    pub(super) from: BTreeMap<InstanceId, u64>,
    pub(super) after: Revision,
}

/// What is found behind the cursor.
pub(super) async fn on(
    cx: &mut Cx<'_>,
    command: CommandRecord,
    search: Search,
) -> Result<FollowResult, Fault> {
    let Search { query, from, after } = search;
    let finder = Arc::new(Finder::new(&query)?);
    let (region, id) = (cx.region().to_owned(), &command.command_id);
    let ends = invocations::output_ends(cx.tx, &region, id, after).await.map_err(store_fault)?;
    let is_named = |instance: &InstanceId| query.nodes.is_empty() || query.nodes.contains(instance);
    let told = |instance: &InstanceId| from.get(instance).copied().unwrap_or(0);
    let newest = ends.last().map_or(after, |it| it.revision);
    let behind: Vec<&OutputEnd> =
        ends.iter().filter(|it| is_named(&it.instance_id) && it.end > told(&it.instance_id)).collect();
    let searched: Vec<Searched> = behind
        .iter()
        .map(|it| Searched {
            instance: it.instance_id.clone(),
            from: told(&it.instance_id),
            end: it.end,
            is_whole: it.is_over,
        })
        .collect();
    let found = turn(&*cx.ports.outputs, id, &finder, &searched, BUDGET).await.map_err(output_fault)?;
    // The first run that was not searched as far as it is stored holds the cursor back, and with it all that changed with it.
    let rest = behind.get(found.done);
    let next = rest.map_or(newest, |it| (it.revision - 1).max(after));
    let total_bytes = total(cx, &region, id, &query).await?;
    let moved = found.moved.iter().map(|(instance, to)| to.saturating_sub(told(instance)));
    let scanned_bytes = (from.values().sum::<u64>() + moved.sum::<u64>()).min(total_bytes);
    let (more, complete) = (rest.is_some(), rest.is_none() && command.state.is_terminal());
    Ok(FollowResult {
        news: News::Hits { hits: found.hits, scanned_bytes, total_bytes, complete },
        next: Topic::Search { command_id: command.command_id, query, from: found.moved, after: next },
        more,
    })
}

/// Bytes of all output that is searched.
async fn total(cx: &mut Cx<'_>, region: &str, id: &CommandId, query: &SearchQuery) -> Result<u64, Fault> {
    if query.nodes.is_empty() {
        return invocations::output_total(cx.tx, region, id).await.map_err(store_fault);
    }
    let ends = invocations::output_ends(cx.tx, region, id, 0).await.map_err(store_fault)?;
    Ok(ends.iter().filter(|it| query.nodes.contains(&it.instance_id)).map(|it| it.end).sum())
}
