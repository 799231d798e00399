//! What the room remembers.

use pilothouse_api::protocol::CommandId;
use pilothouse_api::topics::CommandView;
use serde::{Deserialize, Serialize};

use super::table::{History, WHEN};
use crate::screen::Cx;
use crate::screens::rows::List;

/// The history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Commands {
    /// Filter, sort, cursor.
    pub list: List<CommandId>,
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
        Self { list: List::new((WHEN, true), "") }
    }

    pub(super) fn refresh(&mut self, cx: &Cx<'_>) {
        self.list.refresh(&History::of(cx));
    }

    /// The command under the cursor.
    pub(super) fn command<'a>(&self, cx: &Cx<'a>) -> Option<&'a CommandView> {
        cx.mirror.commands.get(&self.list.on()?)
    }
}
