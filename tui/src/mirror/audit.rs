//! The audit trail, as far as a filter lets it through and it was told live.

use std::collections::VecDeque;

use pilothouse_api::audit::{AuditSeq, AuditView};
use pilothouse_api::protocol::Millis;

use super::Freshness;

/// The most records that are kept of one trail; the oldest go first.
pub const MAX_RECORDS: usize = 5_000;

/// Recorded calls, newest first.
#[derive(Debug, Default)]
pub struct Trail {
    /// How far it can be trusted.
    pub freshness: Freshness,
    pub(super) followed: bool,
    pub(super) closed_at: Millis,
    /// Oldest first.
    records: VecDeque<AuditView>,
    after: AuditSeq,
    generation: u64,
}

impl Trail {
    /// Counts changes: a filtered index that was made at this generation is still right.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// How many are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// All of them, newest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &AuditView> {
        self.records.iter().rev()
    }

    /// The one at this place, 0 being the newest.
    #[must_use]
    pub fn nth(&self, at: usize) -> Option<&AuditView> {
        self.records.get(self.records.len().checked_sub(at + 1)?)
    }

    /// Its place, 0 being the newest.
    #[must_use]
    pub fn position(&self, seq: AuditSeq) -> Option<usize> {
        let at = self.records.binary_search_by_key(&seq, |record| record.seq).ok()?;
        Some(self.records.len() - 1 - at)
    }

    pub(super) fn after(&self) -> AuditSeq {
        self.after
    }

    /// Forgets all of it: the caller may not see it any more.
    pub(super) fn forget(&mut self) {
        let (followed, closed_at, generation) = (self.followed, self.closed_at, self.generation + 1);
        *self = Self { followed, closed_at, generation, ..Self::default() };
    }

    pub(super) fn take(&mut self, records: Vec<AuditView>, after: AuditSeq) {
        self.after = after;
        let newest = self.records.back().map_or(0, |record| record.seq);
        let before = self.records.len();
        self.records.extend(records.into_iter().filter(|record| record.seq > newest));
        self.generation += u64::from(self.records.len() != before);
        let surplus = self.records.len().saturating_sub(MAX_RECORDS);
        self.records.drain(..surplus);
    }
}
