//! Operations of our own, which AWS lacks: they ride the same door as `Pilothouse.<Operation>`.

use serde::{Deserialize, Serialize};

use crate::commands::{SendCommand, Target, check_targets};
use crate::topics::{News, NodeView, Topic};
use crate::validate::Violations;

/// The most nodes that [`SendCommandToNodes`] takes.
pub const MAX_NODES: usize = 50_000;

/// Shows which nodes a SendCommand with these targets would run on, before it is sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ResolveTargets {
    /// As in SendCommand; both empty is every node.
    pub targets: Vec<Target>,
    /// Explicit ids, any number up to [`MAX_NODES`].
    pub instance_ids: Vec<String>,
}

impl ResolveTargets {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_targets(v, &self.targets);
        v.count("instanceIds", &self.instance_ids, 0, MAX_NODES);
    }
}

/// The nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResolveTargetsResult {
    /// In order of name.
    pub nodes: Vec<NodeView>,
    /// Ids that were asked for and are no managed nodes.
    pub unknown: Vec<String>,
}

/// SendCommand to any number of explicit nodes: what marking more than 50 rows and pressing "run" needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SendCommandToNodes {
    /// The command; its `instance_ids` and `targets` must be empty.
    pub command: SendCommand,
    /// 1 to [`MAX_NODES`] ids.
    pub nodes: Vec<String>,
}

impl SendCommandToNodes {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.count("nodes", &self.nodes, 1, MAX_NODES);
        v.count("command.instanceIds", &self.command.instance_ids, 0, 0);
        v.count("command.targets", &self.command.targets, 0, 0);
        self.command.check_all_but_instance_ids(v);
    }
}

/// Reads what is new on a topic since its cursor. The event stream calls this whenever something changed; over plain HTTP it
/// pages through the same news.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Follow {
    /// What, and from where.
    pub topic: Topic,
}

impl Follow {
    #[expect(clippy::unused_self, reason = "a topic's ids are checked as it is read")]
    pub(crate) fn check(&self, _: &mut Violations) {}
}

/// The news.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FollowResult {
    /// What is new; may be nothing.
    pub news: News,
    /// The topic with its cursor moved past the news: [advance](Topic::advance) to it and ask again, at once if `more`.
    pub next: Topic,
    /// Whether there is more now.
    pub more: bool,
}
