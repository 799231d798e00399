//! What the room remembers.

use std::collections::BTreeMap;

use pilothouse_api::protocol::{CommandId, InstanceId};
use pilothouse_api::topics::{InvocationView, Topic};

use super::diff::DiffTab;
use super::menus::Gathering;
use super::nodes::{NODE, Order, Runs};
use super::output::OutputTab;
use super::summary::Summary;
use super::throttle::LimitsLine;
use super::timeline::Timeline;
use crate::look;
use crate::mirror::CommandDetail;
use crate::route::{CommandSpot, CommandTab};
use crate::screen::Cx;
use crate::screens::rows::List;

/// What a call that is under way is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// So many runs are to stop; all of them, if 0.
    Cancel(u32),
    /// What was not sent is given up.
    Abort,
    /// The rates are to be so, in words.
    Update(String),
}

/// One command.
#[derive(Clone, Debug)]
pub struct Command {
    /// Which.
    pub id: CommandId,
    /// What is shown; until the command is known or the user decides, nobody knows.
    pub tab: Option<CommandTab>,
    /// Whether the tab has the whole room.
    pub zoom: bool,
    /// What the nodes say, folded.
    pub summary: Summary,
    /// Filter, sort, cursor and marks over its runs.
    pub list: List<InstanceId>,
    /// How `!` arranged them.
    pub order: Order,
    /// What they say, whole.
    pub output: OutputTab,
    /// What two of them say, compared.
    pub diff: DiffTab,
    /// When they began and ended.
    pub timeline: Timeline,
    /// The limits, while they are typed.
    pub limits: Option<LimitsLine>,
    /// A group whose nodes are being read: the next run's targets.
    pub(super) gathering: Option<Gathering>,
    /// How many of its nodes stand in each environment.
    pub(super) environments: BTreeMap<String, u32>,
    /// Calls that are under way.
    pub(super) deeds: BTreeMap<u32, Deed>,
    pub(super) next: u32,
    seen: (usize, usize),
}

impl Command {
    /// The command of a place.
    #[must_use]
    pub fn new(spot: impl Into<CommandSpot>) -> Self {
        let CommandSpot { id, tab, node } = spot.into();
        let mut list = List::new((NODE, false), "");
        if let Some(node) = &node {
            (list.hand.on, list.held) = (Some(node.clone()), true);
        }
        Self {
            tab,
            zoom: false,
            summary: Summary::new(id.clone()),
            list,
            order: Order::default(),
            output: OutputTab::new(id.clone(), node.clone().filter(|_| tab == Some(CommandTab::Output))),
            diff: DiffTab::new(id.clone(), node.filter(|_| tab == Some(CommandTab::Diff))),
            timeline: Timeline::new(id.clone()),
            limits: None,
            gathering: None,
            environments: BTreeMap::new(),
            deeds: BTreeMap::new(),
            next: 0,
            seen: (0, 0),
            id,
        }
    }

    /// What is shown.
    #[must_use]
    pub fn tab(&self) -> CommandTab {
        self.tab.unwrap_or_default()
    }

    pub(super) fn spot(&self) -> CommandSpot {
        let node = match self.tab() {
            CommandTab::Nodes => self.list.on().filter(|_| self.list.held),
            CommandTab::Output => self.output.node().cloned(),
            CommandTab::Diff => self.diff.node(),
            CommandTab::Summary | CommandTab::Timeline => None,
        };
        CommandSpot { id: self.id.clone(), tab: self.tab, node: node.filter(|_| self.tab.is_some()) }
    }

    pub(super) fn detail<'a>(&self, cx: &Cx<'a>) -> Option<&'a CommandDetail> {
        cx.mirror.command(&self.id)
    }

    /// The node that is meant: the one under the cursor, or whose output is shown.
    pub(super) fn node(&self, cx: &Cx<'_>) -> Option<InstanceId> {
        match self.tab() {
            CommandTab::Summary => self.summary.on(cx).map(|group| group.sample.clone()),
            CommandTab::Nodes => self.list.on(),
            CommandTab::Output => self.output.node().cloned(),
            CommandTab::Diff => self.diff.node(),
            CommandTab::Timeline => self.timeline.list.on(),
        }
    }

    /// The run of the node that is meant.
    pub(super) fn run<'a>(&self, cx: &Cx<'a>) -> Option<&'a InvocationView> {
        self.detail(cx)?.run(&self.node(cx)?)
    }

    pub(super) fn ticket(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    pub(super) fn wanted(&self, cx: &Cx<'_>) -> Vec<Topic> {
        let command = Topic::Command { command_id: self.id.clone(), after: 0 };
        let mut wanted = vec![Topic::nodes(), command];
        match self.tab() {
            CommandTab::Summary => wanted.extend(self.summary.wants()),
            CommandTab::Output => wanted.extend(self.output.wants(cx)),
            CommandTab::Diff => wanted.extend(self.summary.wants()),
            CommandTab::Nodes | CommandTab::Timeline => {}
        }
        wanted
    }

    /// Brings what is shown up to date with the mirror.
    pub(super) fn refresh(&mut self, cx: &Cx<'_>) {
        let Some(detail) = self.detail(cx) else { return };
        if self.tab.is_none()
            && let Some(command) = &detail.command
        {
            // One node's output needs no folding.
            let alone = command.target_count == 1;
            self.tab = Some(if alone { CommandTab::Output } else { CommandTab::Summary });
        }
        // A node's tags change seldom; that it is there or not is what counts.
        let seen = (detail.len(), cx.mirror.nodes.list().len());
        if self.seen != seen {
            self.seen = seen;
            self.environments.clear();
            for run in detail.runs() {
                let node = cx.mirror.nodes.get(&run.instance_id);
                if let Some(environment) = node.and_then(look::env_of) {
                    match self.environments.get_mut(environment) {
                        Some(nodes) => *nodes += 1,
                        None => drop(self.environments.insert(environment.to_owned(), 1)),
                    }
                }
            }
        }
        match self.tab() {
            CommandTab::Summary => self.summary.told(cx),
            CommandTab::Nodes => {
                if let Some(rows) = Runs::of(&self.id, cx) {
                    self.list.refresh(&rows);
                }
            }
            CommandTab::Output => self.output.told(cx),
            CommandTab::Diff => self.diff.told(cx),
            CommandTab::Timeline => self.timeline.told(cx),
        }
    }

    /// `Esc`: leaves what is typed into, then what belongs to the tab, then the zoom.
    pub(super) fn back(&mut self) -> bool {
        if self.limits.take().is_some() || self.gathering.take().is_some() {
            return true;
        }
        let closed = match self.tab() {
            CommandTab::Summary => self.summary.list.step_back(),
            CommandTab::Nodes if self.list.typing || !self.list.filter.is_empty() => self.list.step_back(),
            CommandTab::Nodes => self.order.step_back(&mut self.list) || self.list.step_back(),
            CommandTab::Output => self.output.step_back(),
            CommandTab::Diff => self.diff.step_back(),
            CommandTab::Timeline => self.timeline.list.step_back(),
        };
        closed || std::mem::take(&mut self.zoom)
    }
}
