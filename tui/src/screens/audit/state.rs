//! What the room remembers.

use pilothouse_api::audit::{AuditFilter, AuditSeq, AuditView};

use super::older::Older;
use super::query;
use super::record::Record;
use super::table::{Calls, WHEN};
use crate::mirror::Freshness;
use crate::screen::Cx;
use crate::screens::rows::List;

/// The trail.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// Filter, sort, cursor. It follows what comes until the cursor was moved.
    pub list: List<AuditSeq>,
    /// Whether only calls are shown that could change something.
    pub writes_only: bool,
    /// What the server shall filter by: what was typed, once it is no longer being typed.
    pub wanted: AuditFilter,
    /// What it filtered by what is shown; what is wanted, as soon as that was told.
    pub applied: AuditFilter,
    /// What is older than what was told live.
    pub older: Older,
    /// The record that is open.
    pub record: Option<Record>,
    /// The last ticket.
    pub(super) next: u32,
    /// What the rows were made of when they were last counted.
    seen: (AuditFilter, u64, usize),
    pub(super) generation: u64,
}

impl Audit {
    /// The trail, newest first, filtered by this.
    #[must_use]
    pub fn new(filter: AuditFilter) -> Self {
        let mut list = List::new((WHEN, true), &query::text(&filter));
        list.hint = "who:anna  what:send  where:prod  result:refused  !who:root  any text";
        Self {
            list,
            writes_only: filter.writes_only,
            applied: filter.clone(),
            wanted: filter,
            older: Older::default(),
            record: None,
            next: 0,
            seen: (AuditFilter::default(), 0, 0),
            generation: 0,
        }
    }

    /// Brings everything up to date with what was told and typed.
    pub(super) fn refresh(&mut self, cx: &Cx<'_>) {
        if !self.list.typing {
            self.wanted = query::read(self.list.filter.text(), self.list.faults, self.writes_only);
        }
        // Until it was told, what was there is shown, filtered here: nothing flickers.
        let told = cx.mirror.trail(&self.wanted).is_some_and(|trail| trail.freshness != Freshness::Loading);
        if self.wanted != self.applied && told {
            self.applied = self.wanted.clone();
            self.older = Older::default();
        }
        let trail = cx.mirror.trail(&self.applied);
        if trail.is_some_and(|trail| matches!(trail.freshness, Freshness::Failed { .. })) {
            self.older = Older::default();
        }
        // What the mirror forgot while it was told more is asked for again.
        let oldest = trail.and_then(|trail| trail.nth(trail.len().checked_sub(1)?)).map(|record| record.seq);
        if let (Some(from), Some(oldest)) = (self.older.from, oldest)
            && oldest > from
        {
            self.older = Older::default();
        }
        let seen = (
            self.applied.clone(),
            trail.map_or(0, crate::mirror::Trail::generation),
            self.older.records.len(),
        );
        if self.seen != seen {
            self.seen = seen;
            self.generation += 1;
        }
        self.refresh_list(cx);
    }

    /// While it does not follow, what is looked at stays where it is on the screen.
    fn refresh_list(&mut self, cx: &Cx<'_>) {
        let (on, row) = (self.list.on(), self.list.row());
        let rows = Calls::of(&self.applied, &self.older, self.generation, cx);
        self.list.refresh(&rows);
        if self.list.held
            && on.is_some()
            && on == self.list.on()
            && let (Some(before), Some(now)) = (row, self.list.row())
        {
            let top = self.list.hand.top.get();
            self.list.hand.top.set(top.saturating_add_signed(now.cast_signed() - before.cast_signed()));
        }
    }

    /// The rows, as the list asks for them.
    pub(super) fn rows<'a>(&'a self, cx: &Cx<'a>) -> Calls<'a> {
        Calls::of(&self.applied, &self.older, self.generation, cx)
    }

    /// The call under the cursor.
    pub(super) fn call<'a>(&'a self, cx: &Cx<'a>) -> Option<&'a AuditView> {
        self.rows(cx).at(self.list.at()?)
    }

    /// The call that is open, else the one under the cursor.
    pub(super) fn meant<'a>(&'a self, cx: &Cx<'a>) -> Option<&'a AuditView> {
        match &self.record {
            Some(record) => record.view(),
            None => self.call(cx),
        }
    }

    /// Whether it follows what comes.
    #[must_use]
    pub fn follows(&self) -> bool {
        !self.list.held && self.list.sort == (WHEN, true)
    }
}
