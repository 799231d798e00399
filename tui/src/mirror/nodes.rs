//! The fleet.

use std::collections::{BTreeMap, HashMap};

use pilothouse_api::protocol::InstanceId;
use pilothouse_api::topics::{NodeView, Revision, Topic};

use super::Freshness;

/// Every node that the server told of. Positions are stable while [`Nodes::generation`] is.
#[derive(Debug, Default)]
pub struct Nodes {
    /// How far it can be trusted.
    pub freshness: Freshness,
    list: Vec<NodeView>,
    at: HashMap<InstanceId, usize>,
    revision: Revision,
    under: u64,
    generation: u64,
    tags: BTreeMap<String, usize>,
}

impl Nodes {
    /// Counts changes: a filtered index that was made at this generation is still right.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// All of them, in no order that means anything; by position for filtered indexes.
    #[must_use]
    pub fn list(&self) -> &[NodeView] {
        &self.list
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, id: &InstanceId) -> Option<&NodeView> {
        self.at.get(id).map(|&at| &self.list[at])
    }

    /// Its position in [`Nodes::list`].
    #[must_use]
    pub fn position(&self, id: &InstanceId) -> Option<usize> {
        self.at.get(id).copied()
    }

    /// The node's name as the fleet knows it, else its id.
    #[must_use]
    pub fn name<'a>(&'a self, id: &'a InstanceId) -> &'a str {
        self.get(id).map_or(id.as_str(), |node| node.name.as_str())
    }

    /// Tag keys in use, with how many nodes have them.
    #[must_use]
    pub fn tag_keys(&self) -> &BTreeMap<String, usize> {
        &self.tags
    }

    /// Where to go on.
    pub(super) fn cursor(&self) -> Topic {
        Topic::Nodes { after: self.revision, under: self.under }
    }

    /// Forgets all of them: what the caller may see has changed.
    pub(super) fn forget(&mut self) {
        let (freshness, generation) = (std::mem::take(&mut self.freshness), self.generation + 1);
        *self = Self { freshness, generation, ..Self::default() };
    }

    /// Takes in news; what was told before is void if they say so.
    pub(super) fn hear(
        &mut self,
        nodes: Vec<NodeView>,
        gone: &[InstanceId],
        reset: bool,
        cursor: (Revision, u64),
    ) {
        if reset {
            self.forget();
        }
        self.take(nodes, gone, cursor.0, cursor.1);
    }

    fn take(&mut self, nodes: Vec<NodeView>, gone: &[InstanceId], revision: Revision, under: u64) {
        (self.revision, self.under) = (revision, under);
        if nodes.is_empty() && gone.is_empty() {
            return;
        }
        self.generation += 1;
        for node in nodes {
            count(&mut self.tags, &node, true);
            if let Some(&at) = self.at.get(&node.instance_id) {
                let old = std::mem::replace(&mut self.list[at], node);
                count(&mut self.tags, &old, false);
            } else {
                self.at.insert(node.instance_id.clone(), self.list.len());
                self.list.push(node);
            }
        }
        for id in gone {
            self.remove(id);
        }
    }

    fn remove(&mut self, id: &InstanceId) {
        let Some(at) = self.at.remove(id) else { return };
        let old = self.list.swap_remove(at);
        count(&mut self.tags, &old, false);
        if let Some(moved) = self.list.get(at) {
            self.at.insert(moved.instance_id.clone(), at);
        }
    }
}

fn count(tags: &mut BTreeMap<String, usize>, node: &NodeView, more: bool) {
    for key in node.tags.keys() {
        if more {
            *tags.entry(key.clone()).or_default() += 1;
        } else if let Some(n) = tags.get_mut(key) {
            *n -= 1;
            if *n == 0 {
                tags.remove(key);
            }
        }
    }
}
