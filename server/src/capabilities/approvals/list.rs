//! ListApprovals, GetApproval, and what is new for followers.

use std::collections::BTreeSet;

use pilothouse_api::approvals::{
    Approval, ApprovalResult, ApprovalState, GetApproval, ListApprovals, ListApprovalsResult,
};
use pilothouse_api::{Fault, Operation};
use pilothouse_protocol::Millis;
use pilothouse_store::approvals::{self, ApprovalRecord};

use super::viewer::Viewer;
use crate::capabilities::{page, resources};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::internal::{ApprovalNews, ApprovalsSince};

/// Requests on a page, if the caller does not say.
const PAGE: usize = 50;
/// Requests read at a time, of which the caller may not see all.
const SCAN: usize = 200;
/// Requests that a fresh follower is told, beside those that are not over.
const RECENT: usize = 200;
/// The most of those that are not over.
const OPEN: usize = 1000;
/// Requests in one batch of news.
const ROWS: usize = 200;

impl Run for ListApprovals {
    const GUARD: Guard = Guard::Known;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ListApprovalsResult, Fault> {
        let limit = page::limit(self.max_results, PAGE);
        let mut after = page::cursor::<(Millis, String)>(self.next_token.as_deref())?;
        let mut viewer = Viewer::of(cx, Self::PERMISSION).await?;
        let wanted = states(&self.states);
        let mut found: Vec<Approval> = Vec::new();
        while found.len() <= limit {
            let rows = approvals::list(cx.tx, &wanted, after, SCAN).await.map_err(store_fault)?;
            let is_last = rows.len() < SCAN;
            after = rows.last().map(|row| (row.requested_at, row.approval_id.clone()));
            let seen = rows.into_iter().filter_map(|row| viewer.view(row));
            found.extend(seen.filter(|it| self.states.is_empty() || self.states.contains(&it.state)));
            if is_last {
                break;
            }
        }
        let place = |it: &Approval| (it.requested_at, it.approval_id.clone());
        let (approvals, next_token) = page::cut(found, limit, place);
        Ok(ListApprovalsResult { approvals, next_token })
    }
}

/// What is stored in these states: what has expired may still be written down as pending.
fn states(asked: &[ApprovalState]) -> Vec<ApprovalState> {
    let mut states: BTreeSet<ApprovalState> = asked.iter().copied().collect();
    if states.contains(&ApprovalState::Expired) {
        states.insert(ApprovalState::Pending);
    }
    states.into_iter().collect()
}

impl Run for GetApproval {
    const GUARD: Guard = Guard::Known;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ApprovalResult, Fault> {
        let record = find(cx, &self.approval_id).await?;
        let mut viewer = Viewer::of(cx, Self::PERMISSION).await?;
        let resource = resources::approval(&record);
        match viewer.view(record) {
            Some(approval) => Ok(ApprovalResult { approval }),
            None => {
                cx.require(vec![resource]).await?;
                Err(Fault::denied("this request for approval is not yours to see"))
            }
        }
    }
}

/// The request of this id.
pub(super) async fn find(cx: &mut Cx<'_>, id: &str) -> Result<ApprovalRecord, Fault> {
    let found = approvals::get(cx.tx, id).await.map_err(store_fault)?;
    found.ok_or_else(|| Fault::caller("ApprovalNotFoundException", format!("there is no request {id}")))
}

impl Run for ApprovalsSince {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ApprovalNews, Fault> {
        let mut viewer = Viewer::of(cx, ListApprovals::PERMISSION).await?;
        let rows = if self.after == 0 {
            fresh(cx).await?
        } else {
            approvals::changed(cx.tx, self.after, ROWS).await.map_err(store_fault)?
        };
        let upto = rows.iter().map(|row| row.revision).max().unwrap_or(self.after).max(self.after);
        let more = self.after > 0 && rows.len() >= ROWS;
        let approvals = rows.into_iter().filter_map(|row| viewer.view(row)).collect();
        Ok(ApprovalNews { approvals, upto, more })
    }
}

/// The newest, and all that are not over.
async fn fresh(cx: &mut Cx<'_>) -> Result<Vec<ApprovalRecord>, Fault> {
    let open = [ApprovalState::Pending, ApprovalState::Approved];
    let mut rows = approvals::list(cx.tx, &open, None, OPEN).await.map_err(store_fault)?;
    let told: BTreeSet<String> = rows.iter().map(|row| row.approval_id.clone()).collect();
    let recent = approvals::list(cx.tx, &[], None, RECENT).await.map_err(store_fault)?;
    rows.extend(recent.into_iter().filter(|row| !told.contains(&row.approval_id)));
    Ok(rows)
}
