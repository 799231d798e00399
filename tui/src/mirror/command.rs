//! One command with its runs.

use std::collections::HashMap;

use pilothouse_api::protocol::{InstanceId, Millis};
use pilothouse_api::topics::{CommandView, InvocationView, Revision};
use pilothouse_kit::safe;

use super::Freshness;

/// A command that a room looks at. Positions of its runs are stable: runs come, and never go.
#[derive(Debug, Default)]
pub struct CommandDetail {
    /// How far it can be trusted.
    pub freshness: Freshness,
    /// The command, once told.
    pub command: Option<CommandView>,
    pub(super) followed: bool,
    pub(super) closed_at: Millis,
    runs: Vec<InvocationView>,
    at: HashMap<InstanceId, usize>,
    last_finish: Option<Millis>,
    longest_name: usize,
    revision: Revision,
    generation: u64,
}

impl CommandDetail {
    /// Counts changes: a filtered index that was made at this generation is still right.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Its runs, in the order in which they were first told of; by position for filtered indexes.
    #[must_use]
    pub fn runs(&self) -> &[InvocationView] {
        &self.runs
    }

    /// The position of its run on a node in [`CommandDetail::runs`].
    #[must_use]
    pub fn position(&self, node: &InstanceId) -> Option<usize> {
        self.at.get(node).copied()
    }

    /// When the run that ended last did so.
    #[must_use]
    pub fn last_finish(&self) -> Option<Millis> {
        self.last_finish
    }

    /// Width of the longest name of its nodes, in cells.
    #[must_use]
    pub fn longest_name(&self) -> usize {
        self.longest_name
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
        self.position(node).map(|at| &self.runs[at])
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
        for run in runs {
            self.last_finish = self.last_finish.max(run.finished_at);
            self.longest_name = self.longest_name.max(safe::width(&run.node_name));
            if let Some(&at) = self.at.get(&run.instance_id) {
                self.runs[at] = run;
            } else {
                self.at.insert(run.instance_id.clone(), self.runs.len());
                self.runs.push(run);
            }
        }
    }
}
