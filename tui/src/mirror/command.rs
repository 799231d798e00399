//! One command with its runs.

use std::collections::BTreeMap;

use pilothouse_api::protocol::{InstanceId, Millis};
use pilothouse_api::topics::{CommandView, InvocationView, Revision};

use super::Freshness;

/// A command that a room looks at.
#[derive(Debug, Default)]
pub struct CommandDetail {
    /// How far it can be trusted.
    pub freshness: Freshness,
    /// The command, once told.
    pub command: Option<CommandView>,
    pub(super) followed: bool,
    pub(super) closed_at: Millis,
    runs: BTreeMap<InstanceId, InvocationView>,
    revision: Revision,
    generation: u64,
}

impl CommandDetail {
    /// Counts changes: a filtered index that was made at this generation is still right.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Its runs, in order of node id.
    pub fn runs(&self) -> impl ExactSizeIterator<Item = &InvocationView> {
        self.runs.values()
    }

    /// How many runs were told of so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.runs.len()
    }

    /// Whether no run was told of yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Its run on a node.
    #[must_use]
    pub fn run(&self, node: &InstanceId) -> Option<&InvocationView> {
        self.runs.get(node)
    }

    pub(super) fn revision(&self) -> Revision {
        self.revision
    }

    pub(super) fn take(
        &mut self,
        command: Option<Box<CommandView>>,
        runs: Vec<InvocationView>,
        revision: Revision,
    ) {
        self.revision = revision;
        if command.is_none() && runs.is_empty() {
            return;
        }
        self.generation += 1;
        if let Some(command) = command {
            self.command = Some(*command);
        }
        self.runs.extend(runs.into_iter().map(|run| (run.instance_id.clone(), run)));
    }
}
