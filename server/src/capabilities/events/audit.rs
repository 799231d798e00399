//! News of the audit trail: the newest records that match, then each as it is committed.

use pilothouse_api::Fault;
use pilothouse_api::audit::{AuditFilter, AuditSeq, ListAuditRecords};
use pilothouse_api::fleet::FollowResult;
use pilothouse_api::operation::Operation as _;
use pilothouse_api::topics::{News, Topic};
use pilothouse_store::audit::{self, AuditRow, WINDOW};

use crate::capabilities::resources;
use crate::capabilities::view::audit_view;
use crate::cx::{Cx, store_fault};

/// Records that a fresh follower is told.
const RECENT: usize = 200;
/// Records in one batch of news.
const ROWS: usize = 1000;

/// What is new after the place `after`.
pub(super) async fn news(
    cx: &mut Cx<'_>,
    filter: AuditFilter,
    after: AuditSeq,
) -> Result<FollowResult, Fault> {
    cx.require_as(ListAuditRecords::PERMISSION, vec![resources::trail()]).await?;
    let region = cx.region().to_owned();
    let head = audit::head(cx.tx).await.map_err(store_fault)?.map_or(0, |mark| mark.seq);
    if after <= 0 || after > head {
        let mut rows = audit::newest(cx.tx, &region, &filter, head + 1, RECENT).await.map_err(store_fault)?;
        rows.reverse();
        return Ok(told(rows, filter, head, false));
    }
    let rows = audit::since(cx.tx, &region, &filter, after, ROWS).await.map_err(store_fault)?;
    // Places that were looked through and hold nothing that matches are passed, too.
    let upto = match rows.last() {
        Some(last) if rows.len() >= ROWS => last.seq,
        _ => head.min(after.saturating_add(WINDOW)),
    };
    Ok(told(rows, filter, upto, upto < head))
}

fn told(rows: Vec<AuditRow>, filter: AuditFilter, after: AuditSeq, more: bool) -> FollowResult {
    let records = rows.into_iter().map(audit_view).collect();
    FollowResult { news: News::Audit { records }, next: Topic::Audit { filter, after }, more }
}
