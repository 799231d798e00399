//! What the room remembers.

use std::collections::BTreeMap;

use pilothouse_api::protocol::{CommandId, InstanceId};
use pilothouse_api::topics::Topic;
use serde::{Deserialize, Serialize};

use super::output::Pane;
use super::table::{NODE, Runs};
use crate::mirror::CommandDetail;
use crate::screen::Cx;
use crate::screens::rows::List;

/// What has the keys that move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Focus {
    /// The list of nodes.
    #[default]
    Nodes,
    /// The output.
    Output,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Which.
    pub id: CommandId,
    /// Filter, sort, cursor and marks over its runs.
    pub list: List<InstanceId>,
    /// What has the keys that move.
    pub focus: Focus,
    /// Whether what has them has the whole room.
    pub zoom: bool,
    /// Whether the output of all nodes is shown; until the command is known or the user decides, nobody knows.
    pub merged: Option<bool>,
    /// The output.
    pub output: Pane,
    /// Requests to stop that are under way: on how many runs.
    #[serde(skip)]
    pub(super) stopping: BTreeMap<u32, u32>,
    #[serde(skip)]
    pub(super) next: u32,
}

impl Command {
    /// A command, as it is when it is opened.
    #[must_use]
    pub fn new(id: CommandId) -> Self {
        Self {
            id,
            list: List::new((NODE, false), ""),
            focus: Focus::Nodes,
            zoom: false,
            merged: None,
            output: Pane::default(),
            stopping: BTreeMap::new(),
            next: 0,
        }
    }

    pub(super) fn detail<'a>(&self, cx: &Cx<'a>) -> Option<&'a CommandDetail> {
        cx.mirror.command(&self.id)
    }

    /// Whose output is shown: one node's, or all nodes' merged.
    pub(super) fn source(&self) -> Option<InstanceId> {
        if self.merged == Some(true) { None } else { self.list.on() }
    }

    pub(super) fn wanted(&self) -> Vec<Topic> {
        let command_id = self.id.clone();
        let mut wanted = vec![Topic::nodes(), Topic::Command { command_id: command_id.clone(), after: 0 }];
        match (self.merged, self.source()) {
            (Some(true), _) => wanted.push(Topic::Merged { command_id, from: BTreeMap::new(), after: 0 }),
            (_, Some(instance_id)) => wanted.push(Topic::Output { command_id, instance_id, from: 0 }),
            (_, None) => {}
        }
        wanted
    }

    /// Brings everything up to date with the mirror.
    pub(super) fn refresh(&mut self, cx: &Cx<'_>) {
        if let Some(rows) = Runs::of(&self.id, cx) {
            self.list.refresh(&rows);
        }
        if self.merged.is_none()
            && let Some(command) = self.detail(cx).and_then(|detail| detail.command.as_ref())
        {
            // While many answer, one wants to see who does; of a past command one looks at one node after the other.
            self.merged = Some(command.target_count > 1 && !command.state.is_terminal());
        }
        self.output.shows(&self.id, self.source(), cx);
    }

    /// `Esc`: leaves what is typed into, then what belongs to the pane that has the keys, then all else.
    pub(super) fn back(&mut self) -> bool {
        if self.output.leave_field() {
            return true;
        }
        match self.focus {
            _ if self.list.typing => self.list.step_back(),
            Focus::Output => self.output.stop_search() || self.unzoom() || self.list.step_back(),
            Focus::Nodes => self.unzoom() || self.list.step_back() || self.output.stop_search(),
        }
    }

    fn unzoom(&mut self) -> bool {
        let zoomed = std::mem::take(&mut self.zoom);
        if zoomed {
            self.focus = Focus::Nodes;
        }
        zoomed
    }
}
