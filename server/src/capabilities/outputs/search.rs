//! SearchOutput: what stands in the output of a command's runs, page by page.

use std::sync::Arc;
use std::time::Duration;

use pilothouse_api::Fault;
use pilothouse_api::commands::{SearchOutput, SearchOutputResult};
use pilothouse_store::invocations::{self, InvocationRecord};

use super::{output_fault, visible_command};
use crate::capabilities::page;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::finder::{Budget, Finder, Searched, turn};

/// Hits on a page, if the caller does not say.
const PAGE: usize = 100;
/// Runs that are looked up at a time.
const RUNS: usize = 500;
/// What one call may do; the next page goes on.
const BYTES: u64 = 64 * 1024 * 1024;
const TIME: Duration = Duration::from_secs(1);

impl Run for SearchOutput {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<SearchOutputResult, Fault> {
        let command = visible_command(cx, &self.command_id).await?;
        let finder = Arc::new(Finder::new(&self.query)?);
        let limit = page::limit(self.max_results, PAGE);
        let (position, from) = page::cursor::<(i64, u64)>(self.next_token.as_deref())?.unwrap_or((0, 0));
        let region = cx.region().to_owned();
        let (id, after) = (&command.command_id, position.saturating_sub(1));
        let rows =
            invocations::page(cx.tx, &region, id, Some(after), None, RUNS).await.map_err(store_fault)?;
        let is_last = rows.len() < RUNS;
        let wanted = |run: &InvocationRecord| {
            let is_named = self.query.nodes.is_empty() || self.query.nodes.contains(&run.instance_id);
            is_named && run.output_end > 0
        };
        let next_run = rows.last().map_or(0, |run| run.position + 1);
        let rows: Vec<InvocationRecord> = rows.into_iter().filter(wanted).collect();
        let searched: Vec<Searched> = rows
            .iter()
            .map(|run| Searched {
                instance: run.instance_id.clone(),
                from: if run.position == position { from } else { 0 },
                end: run.output_end,
                is_whole: true,
            })
            .collect();
        let budget = Budget { bytes: BYTES, hits: limit, time: TIME };
        let found = turn(&*cx.ports.outputs, id, &finder, &searched, budget).await.map_err(output_fault)?;
        let next = match rows.get(found.done) {
            Some(run) => {
                let begun = searched[found.done].from;
                Some((run.position, found.moved.get(&run.instance_id).copied().unwrap_or(begun)))
            }
            None => (!is_last).then_some((next_run, 0)),
        };
        Ok(SearchOutputResult { hits: found.hits, next_token: next.and_then(|next| page::token(&next)) })
    }
}
