//! What the room remembers.

use pilothouse_api::approvals::Approval;
use serde::{Deserialize, Serialize};

use super::table::{Requests, WHEN};
use crate::screen::Cx;
use crate::screens::rows::List;

/// The inbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inbox {
    /// Filter, sort, cursor.
    pub list: List<String>,
    #[serde(skip)]
    pub(super) next: u32,
}

impl Default for Inbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Inbox {
    /// All requests: those that wait first, then the newest.
    #[must_use]
    pub fn new() -> Self {
        Self { list: List::new((WHEN, true), ""), next: 0 }
    }

    pub(super) fn refresh(&mut self, cx: &Cx<'_>) {
        self.list.refresh(&Requests::of(cx));
    }

    /// The request under the cursor.
    pub(super) fn request<'a>(&self, cx: &Cx<'a>) -> Option<&'a Approval> {
        cx.mirror.approvals.get(&self.list.on()?)
    }
}
