//! What the room remembers.

use pilothouse_api::protocol::CommandId;
use pilothouse_api::topics::CommandView;

use super::older::Older;
use super::table::{History, WHEN};
use crate::screen::Cx;
use crate::screens::rows::List;

/// The history.
#[derive(Clone, Debug, PartialEq)]
pub struct Commands {
    /// Filter, sort, cursor.
    pub list: List<CommandId>,
    /// What the server finds beyond what was told live.
    pub(super) older: Older,
    /// The last ticket.
    pub(super) next: u32,
    /// Counts changes of the rows.
    pub(super) generation: u64,
    seen: u64,
}

impl Default for Commands {
    fn default() -> Self {
        Self::new()
    }
}

impl Commands {
    /// The history, newest first.
    #[must_use]
    pub fn new() -> Self {
        let mut list = List::new((WHEN, true), "");
        list.hint = "who:anna  document:shell  state:failed  target:web-01  target:tag:env=prod  any text";
        Self { list, older: Older::default(), next: 0, generation: 0, seen: 0 }
    }

    pub(super) fn refresh(&mut self, cx: &Cx<'_>) {
        let seen = cx.mirror.commands.generation();
        if self.seen != seen {
            self.seen = seen;
            self.generation += 1;
            self.older.settle(cx);
        }
        let Self { list, older, generation, .. } = self;
        list.refresh(&History::of(older, *generation, cx));
    }

    /// The rows, as the list asks for them.
    pub(super) fn rows<'a>(&'a self, cx: &Cx<'a>) -> History<'a> {
        History::of(&self.older, self.generation, cx)
    }

    /// The command under the cursor.
    pub(super) fn command<'a>(&'a self, cx: &Cx<'a>) -> Option<&'a CommandView> {
        self.rows(cx).command(self.list.at()?)
    }
}
