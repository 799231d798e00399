//! What the room remembers.

use std::cell::Cell;
use std::collections::BTreeMap;

use pilothouse_api::protocol::InstanceId;
use pilothouse_api::topics::NodeView;
use serde::{Deserialize, Serialize};

use super::recent::RecentRuns;
use super::tags::Edit;
use crate::screen::Cx;

/// Which list has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pane {
    /// The commands that ran here.
    #[default]
    Recent,
    /// The tags.
    Tags,
}

/// What a call is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Recent,
    Tag(String),
    Untag(String),
    Removal,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Which.
    pub id: InstanceId,
    /// Which list has the keys.
    pub pane: Pane,
    /// Cursor among the tags.
    pub tag: usize,
    /// Cursor among the commands.
    pub run: usize,
    /// A tag being typed.
    pub edit: Option<Edit>,
    /// What ran here lately.
    pub recent: RecentRuns,
    /// Counts changes of the history when the list was asked for.
    #[serde(skip)]
    pub(super) asked_at: Option<u64>,
    #[serde(skip)]
    pub(super) asked: BTreeMap<u32, Asked>,
    #[serde(skip)]
    pub(super) next: u32,
    /// Rows of the lists on the screen, for moving by screens.
    #[serde(skip)]
    pub(super) heights: Heights,
    #[serde(skip)]
    pub(super) tops: Heights,
}

/// A number for each list that drawing sets; no part of what the room is.
#[derive(Clone, Debug, Default)]
pub(super) struct Heights {
    pub recent: Cell<usize>,
    pub tags: Cell<usize>,
}

impl PartialEq for Heights {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Heights {
    pub fn of(&self, pane: Pane) -> &Cell<usize> {
        match pane {
            Pane::Recent => &self.recent,
            Pane::Tags => &self.tags,
        }
    }
}

impl Node {
    /// The node with this id.
    #[must_use]
    pub fn new(id: InstanceId) -> Self {
        Self {
            id,
            pane: Pane::default(),
            tag: 0,
            run: 0,
            edit: None,
            recent: RecentRuns::default(),
            asked_at: None,
            asked: BTreeMap::new(),
            next: 0,
            heights: Heights::default(),
            tops: Heights::default(),
        }
    }

    pub(super) fn node<'a>(&self, cx: &Cx<'a>) -> Option<&'a NodeView> {
        cx.mirror.nodes.get(&self.id)
    }

    /// The tag under the cursor.
    pub(super) fn tag_here<'a>(&self, cx: &Cx<'a>) -> Option<(&'a str, &'a str)> {
        let tags = &self.node(cx)?.tags;
        let at = self.tag.min(tags.len().checked_sub(1)?);
        tags.iter().nth(at).map(|(key, value)| (key.as_str(), value.as_str()))
    }
}
