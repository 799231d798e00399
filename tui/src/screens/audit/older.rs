//! What is older than what was told live: pages of it, asked for when one comes near the end.

use pilothouse_api::audit::{AuditSeq, AuditView, ListAuditRecords, ListAuditRecordsResult};

use super::state::Audit;
use crate::effect::{CallError, Effect, Effects, Request, Ticket};
use crate::mirror::Freshness;
use crate::screen::Cx;

use super::keys::Msg;

/// Records of a page.
const PAGE: i64 = 500;
/// The most records that are kept: who wants to look further back narrows the filter.
const MOST: usize = 50_000;
/// So many rows before the end the next page is asked for.
const AHEAD: usize = 100;

/// Pages of older records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Older {
    /// Newest first; all before `from`.
    pub records: Vec<AuditView>,
    /// Where the first page began.
    pub from: Option<AuditSeq>,
    /// Whether there is nothing older.
    pub done: bool,
    /// Why there is no more, if that was said.
    pub trouble: Option<String>,
    /// The page under way: its ticket.
    pub asked: Option<u32>,
}

impl Older {
    fn oldest(&self) -> Option<AuditSeq> {
        self.records.last().map(|record| record.seq).or(self.from)
    }

    /// Takes a page; says whether it was asked for.
    pub(super) fn take(&mut self, ticket: u32, page: Result<ListAuditRecordsResult, CallError>) -> bool {
        if self.asked.take_if(|asked| *asked == ticket).is_none() {
            return false;
        }
        match page {
            Ok(page) => {
                let before = self.oldest().unwrap_or(AuditSeq::MAX);
                self.records.extend(page.records.into_iter().filter(|record| record.seq < before));
                self.done = page.before.is_none() || self.records.len() >= MOST;
                self.trouble = (self.records.len() >= MOST)
                    .then(|| "these are enough: narrow the filter to look further back".to_owned());
            }
            Err(error) => self.trouble = Some(error.message),
        }
        true
    }
}

impl Audit {
    /// Asks for the next page when the cursor comes near the end.
    pub(super) fn ask_older(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(trail) = cx.mirror.trail(&self.applied) else { return Vec::new() };
        let told =
            trail.freshness == Freshness::Fresh && self.wanted == self.applied && cx.mirror.link.is_live();
        let older = &self.older;
        if !told || older.done || older.trouble.is_some() || older.asked.is_some() {
            return Vec::new();
        }
        let near = self.list.row().unwrap_or(0) + AHEAD >= self.list.shown().len();
        let oldest =
            older.oldest().or_else(|| trail.nth(trail.len().checked_sub(1)?).map(|record| record.seq));
        let Some(before) = oldest.filter(|_| near) else { return Vec::new() };
        self.next += 1;
        self.older.asked = Some(self.next);
        self.older.from.get_or_insert(before);
        let request =
            ListAuditRecords { filter: self.applied.clone(), before: Some(before), max_results: Some(PAGE) };
        vec![Effect::Call(Ticket(self.next), Request::ListAuditRecords(request))]
    }
}
