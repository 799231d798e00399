//! ListAuditRecords: pages backwards, by parts of texts.

use pilothouse_api::Fault;
use pilothouse_api::audit::{ListAuditRecords, ListAuditRecordsResult};
use pilothouse_store::audit::{self, WINDOW};

use crate::capabilities::view::audit_view;
use crate::capabilities::{page, resources};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// Records on a page, if the caller does not say.
const PAGE: usize = 200;

impl Run for ListAuditRecords {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ListAuditRecordsResult, Fault> {
        cx.require(vec![resources::trail()]).await?;
        let region = cx.region().to_owned();
        let count = page::limit(self.max_results, PAGE);
        let head = audit::head(cx.tx).await.map_err(store_fault)?.map_or(0, |mark| mark.seq);
        let floor = audit::floor(cx.tx).await.map_err(store_fault)?.map_or(0, |mark| mark.seq);
        let before = self.before.unwrap_or(i64::MAX).min(head + 1);
        let rows = audit::newest(cx.tx, &region, &self.filter, before, count).await.map_err(store_fault)?;
        // A page that is not full was cut by the window that was looked through, not by what there is.
        let reached = if rows.len() < count {
            before.saturating_sub(WINDOW)
        } else {
            rows.last().map_or(before, |row| row.seq)
        };
        let records = rows.into_iter().map(audit_view).collect();
        Ok(ListAuditRecordsResult { records, before: (reached > floor + 1).then_some(reached) })
    }
}
