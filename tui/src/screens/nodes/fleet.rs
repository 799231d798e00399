//! The mirror's nodes as rows of a list, and what can be said of all of them.

use std::cmp::Ordering;

use pilothouse_api::protocol::{InstanceId, PingStatus};
use pilothouse_api::topics::NodeView;
use serde::{Deserialize, Serialize};

use super::columns::Column;
use crate::mirror::Nodes;
use crate::screens::rows::{Fields, Rows, natural};
use crate::{facts, look};

/// Counts over the whole fleet, made anew when it changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    generation: u64,
    /// Nodes that answer.
    pub online: usize,
    /// Nodes that stopped answering.
    pub lost: usize,
    /// Nodes that were never there.
    pub inactive: usize,
    /// Nodes whose identity two machines claim.
    pub conflicts: usize,
    /// Nodes whose agent is older than the newest in the fleet.
    pub outdated: usize,
    /// The newest agent's version.
    pub newest: String,
}

impl Summary {
    /// Counts again if the fleet changed.
    pub fn refresh(&mut self, nodes: &Nodes) {
        if self.generation == nodes.generation() {
            return;
        }
        let mut found = Self { generation: nodes.generation(), ..Self::default() };
        let mut newest = "";
        for node in nodes.list() {
            match node.ping {
                PingStatus::Online => found.online += 1,
                PingStatus::ConnectionLost => found.lost += 1,
                PingStatus::Inactive => found.inactive += 1,
            }
            found.conflicts += usize::from(node.conflict.is_some());
            if node.agent_version != newest && natural(newest, &node.agent_version).is_lt() {
                newest = &node.agent_version;
            }
        }
        found.newest = newest.to_owned();
        found.outdated = nodes.list().iter().filter(|node| is_outdated(node, newest)).count();
        *self = found;
    }
}

/// Whether its agent is older than this version.
pub(super) fn is_outdated(node: &NodeView, newest: &str) -> bool {
    !node.agent_version.is_empty()
        && node.agent_version != newest
        && natural(&node.agent_version, newest).is_lt()
}

/// The fleet as rows; columns by their place among those chosen.
pub(super) struct Fleet<'a> {
    pub nodes: &'a Nodes,
    pub columns: &'a [Column],
    pub newest: &'a str,
}

impl Rows for Fleet<'_> {
    type Key = InstanceId;

    fn generation(&self) -> u64 {
        self.nodes.generation()
    }

    fn len(&self) -> usize {
        self.nodes.list().len()
    }

    fn key(&self, at: usize) -> InstanceId {
        self.nodes.list()[at].instance_id.clone()
    }

    fn position(&self, key: &InstanceId) -> Option<usize> {
        self.nodes.position(key)
    }

    fn fields(&self, at: usize) -> impl Fields {
        NodeFields(&self.nodes.list()[at])
    }

    fn is_fault(&self, at: usize) -> bool {
        let node = &self.nodes.list()[at];
        node.ping != PingStatus::Online || node.conflict.is_some() || is_outdated(node, self.newest)
    }

    fn compare(&self, column: usize, a: usize, b: usize) -> Ordering {
        let (a, b) = (&self.nodes.list()[a], &self.nodes.list()[b]);
        self.columns.get(column).unwrap_or(&Column::Name).compare(a, b)
    }

    fn sorts(&self) -> Vec<(usize, String)> {
        self.columns.iter().map(|column| column.title().to_owned()).enumerate().collect()
    }
}

pub(super) struct NodeFields<'a>(pub(super) &'a NodeView);

impl Fields for NodeFields<'_> {
    fn any(&self, look: &mut dyn FnMut(&str) -> bool) -> bool {
        let node = self.0;
        look(&node.name)
            || look(node.instance_id.as_str())
            || look(&node.computer_name)
            || look(&node.ip_address)
            || look(&node.platform_name)
            || node.tags.values().any(|value| look(value))
    }

    fn name(&self) -> &str {
        &self.0.name
    }

    fn column(&self, name: &str, look: &mut dyn FnMut(&str) -> bool) -> Option<bool> {
        let node = self.0;
        Some(match name {
            "name" => look(&node.name),
            "id" => look(node.instance_id.as_str()),
            "host" => look(&node.computer_name),
            "state" | "ping" => self.state(look),
            "os" | "system" => {
                look(&node.platform_name) || look(&node.platform_version) || look(&facts::system(node))
            }
            "platform" => node.platform.is_some_and(|platform| look(platform.as_str())),
            "version" => look(&node.platform_version),
            "agent" => look(&node.agent_version),
            "address" | "ip" => look(&node.ip_address),
            "env" => look::env_of(node).is_some_and(look),
            "arch" => look(&node.architecture),
            "kernel" => look(&node.kernel),
            "cpus" => look(&node.cpus.to_string()),
            "activation" => look(&node.activation_id),
            _ => return None,
        })
    }

    fn tag(&self, key: &str) -> Option<&str> {
        self.0.tags.get(key).map(String::as_str)
    }

    fn environment(&self) -> Option<&str> {
        look::env_of(self.0)
    }
}

impl NodeFields<'_> {
    /// AWS's word and ours.
    fn state(&self, look: &mut dyn FnMut(&str) -> bool) -> bool {
        let word = match self.0.ping {
            PingStatus::Online => "online",
            PingStatus::ConnectionLost => "lost",
            PingStatus::Inactive => "inactive",
        };
        look(word) || look(self.0.ping.as_str()) || (self.0.conflict.is_some() && look("conflict"))
    }
}
