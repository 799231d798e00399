//! Requests for approval.

use std::collections::BTreeMap;

use pilothouse_api::approvals::{Approval, ApprovalState};
use pilothouse_api::topics::Revision;

use super::Freshness;

/// The most requests that are remembered; the oldest that are over go first.
const MAX_APPROVALS: usize = 2_000;

/// The requests that the server told of: those that wait first, then the newest.
#[derive(Debug, Default)]
pub struct Approvals {
    /// How far it can be trusted.
    pub freshness: Freshness,
    by_id: BTreeMap<String, Approval>,
    order: Vec<String>,
    revision: Revision,
    generation: u64,
}

impl Approvals {
    /// Counts changes: a filtered index that was made at this generation is still right.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// All of them: those that wait first, then the newest.
    pub fn iter(&self) -> impl Iterator<Item = &Approval> {
        self.order.iter().filter_map(|id| self.by_id.get(id))
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Their ids, by position for filtered indexes.
    #[must_use]
    pub fn ids(&self) -> &[String] {
        &self.order
    }

    /// The one at this place.
    #[must_use]
    pub fn nth(&self, at: usize) -> Option<&Approval> {
        self.by_id.get(self.order.get(at)?)
    }

    /// Its place.
    #[must_use]
    pub fn position(&self, id: &str) -> Option<usize> {
        self.order.iter().position(|other| other == id)
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Approval> {
        self.by_id.get(id)
    }

    /// Those that wait for the caller of all people.
    pub fn to_decide(&self) -> impl Iterator<Item = &Approval> {
        self.iter().filter(|it| it.state == ApprovalState::Pending && it.may_decide)
    }

    pub(super) fn revision(&self) -> Revision {
        self.revision
    }

    /// Forgets all of them: the caller may not see them any more.
    pub(super) fn forget(&mut self) {
        *self = Self { generation: self.generation + 1, ..Self::default() };
    }

    pub(super) fn take(&mut self, approvals: Vec<Approval>, revision: Revision) {
        self.revision = revision;
        if approvals.is_empty() {
            return;
        }
        self.generation += 1;
        for approval in approvals {
            self.by_id.insert(approval.approval_id.clone(), approval);
        }
        let mut order: Vec<&Approval> = self.by_id.values().collect();
        let key = |it: &Approval| (it.state == ApprovalState::Pending, it.requested_at);
        order.sort_by(|a, b| key(b).cmp(&key(a)).then_with(|| a.approval_id.cmp(&b.approval_id)));
        let mut order: Vec<String> = order.into_iter().map(|it| it.approval_id.clone()).collect();
        for id in order.drain(order.len().min(MAX_APPROVALS)..) {
            self.by_id.remove(&id);
        }
        self.order = order;
    }
}
