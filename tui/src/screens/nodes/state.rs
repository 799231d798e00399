//! What the room remembers.

use pilothouse_api::protocol::InstanceId;
use pilothouse_api::topics::NodeView;
use pilothouse_kit::input::Line;
use serde::{Deserialize, Serialize};

use super::batch::Batch;
use super::columns::Column;
use super::fleet::{Fleet, Summary};
use super::invite::Invite;
use crate::screen::Cx;
use crate::screens::rows::{List, natural};

/// The fleet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nodes {
    /// Filter, sort, cursor, marks.
    pub list: List<InstanceId>,
    /// Columns chosen, in order.
    pub columns: Vec<Column>,
    /// Counts over the whole fleet.
    pub summary: Summary,
    /// Registering nodes, while it is shown.
    #[serde(skip)]
    pub(super) invite: Option<Invite>,
    /// How many nodes the activation that was asked for is for.
    #[serde(skip)]
    pub(super) invited: i64,
    /// Changes to tags, while they are typed.
    #[serde(skip)]
    pub(super) tagging: Option<Line>,
    /// What is being done to several nodes.
    #[serde(skip)]
    pub(super) batch: Batch,
    /// The next ticket.
    #[serde(skip)]
    pub(super) next: u32,
}

impl Nodes {
    /// The fleet, filtered.
    #[must_use]
    pub fn new(filter: Option<String>) -> Self {
        Self {
            list: List::new((0, false), filter.as_deref().unwrap_or_default()),
            columns: Column::first_choice(),
            summary: Summary::default(),
            invite: None,
            invited: 1,
            tagging: None,
            batch: Batch::default(),
            next: 0,
        }
    }

    pub(super) fn refresh(&mut self, cx: &Cx<'_>) {
        self.summary.refresh(&cx.mirror.nodes);
        let fleet = Fleet { nodes: &cx.mirror.nodes, columns: &self.columns, newest: &self.summary.newest };
        self.list.refresh(&fleet);
    }

    /// `Esc`.
    pub(super) fn back(&mut self) -> bool {
        self.invite.take().is_some() || self.tagging.take().is_some() || self.list.step_back()
    }

    /// The node under the cursor.
    pub(super) fn node<'a>(&self, cx: &Cx<'a>) -> Option<&'a NodeView> {
        cx.mirror.nodes.get(&self.list.on()?)
    }

    /// What is meant, in order of name.
    pub(super) fn meant_nodes<'a>(&self, cx: &Cx<'a>) -> Vec<&'a NodeView> {
        let mut nodes: Vec<_> = self.list.meant().iter().filter_map(|id| cx.mirror.nodes.get(id)).collect();
        nodes.sort_by(|a, b| natural(&a.name, &b.name));
        nodes
    }

    /// What is meant, in words: the node's name, or how many.
    pub(super) fn meant_in_words(&self, cx: &Cx<'_>) -> String {
        match self.list.meant().as_slice() {
            [] => "no node".to_owned(),
            [one] => cx.mirror.nodes.name(one).to_owned(),
            many => format!("{} nodes", many.len()),
        }
    }
}
