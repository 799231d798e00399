//! One command with its runs.

use std::collections::{BTreeMap, HashMap};

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
    first_start: Option<Millis>,
    /// Runs that ended in each second of the server's clock.
    finishes: BTreeMap<i64, u32>,
    /// Runs that left something alive that they should not have.
    alarms: u32,
    longest_name: usize,
    /// The first node of each name.
    bearers: HashMap<String, InstanceId>,
    /// Nodes that share their name with another one, by what tells them apart.
    labels: HashMap<InstanceId, String>,
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

    /// When the run that began first did so.
    #[must_use]
    pub fn first_start(&self) -> Option<Millis> {
        self.first_start
    }

    /// How many runs ended in the `seconds` before `now`; those of the second that goes on are counted, too.
    #[must_use]
    pub fn finished_within(&self, seconds: i64, now: Millis) -> u32 {
        let second = now.0.div_euclid(1_000);
        self.finishes.range(second.saturating_sub(seconds) + 1..=second).map(|(_, runs)| runs).sum()
    }

    /// How many of its runs left something alive that was killed.
    #[must_use]
    pub fn alarms(&self) -> u32 {
        self.alarms
    }

    /// The name of a run's node; where several of the command's nodes have it, with the end of the id: `web#3f9d2`.
    #[must_use]
    pub fn name<'a>(&'a self, run: &'a InvocationView) -> &'a str {
        self.labels.get(&run.instance_id).unwrap_or(&run.node_name)
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

    /// Forgets all of it: the caller may not see it any more.
    pub(super) fn forget(&mut self) {
        let (followed, closed_at, generation) = (self.followed, self.closed_at, self.generation + 1);
        *self = Self { followed, closed_at, generation, ..Self::default() };
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
            self.first_start = self.first_start.into_iter().chain(run.started_at).min();
            self.longest_name = self.longest_name.max(safe::width(&run.node_name));
            let known = self.at.get(&run.instance_id).copied();
            let ended = known.and_then(|at| self.runs[at].finished_at);
            if let Some(at) = run.finished_at.filter(|_| ended.is_none()) {
                *self.finishes.entry(at.0.div_euclid(1_000)).or_default() += 1;
            }
            let alarms = |run: &InvocationView| u32::from(run.killed.iter().any(|it| it.survived));
            let before = known.map_or(0, |at| alarms(&self.runs[at]));
            self.alarms = (self.alarms + alarms(&run)).saturating_sub(before);
            if let Some(at) = known {
                self.runs[at] = run;
            } else {
                self.at.insert(run.instance_id.clone(), self.runs.len());
                self.tell_apart(&run);
                self.runs.push(run);
            }
        }
    }

    fn tell_apart(&mut self, run: &InvocationView) {
        let (name, id) = (&run.node_name, &run.instance_id);
        let Some(first) = self.bearers.get(name) else {
            self.bearers.insert(name.clone(), id.clone());
            return;
        };
        for id in [first, id] {
            let label = label(name, id);
            self.longest_name = self.longest_name.max(safe::width(&label));
            self.labels.insert(id.clone(), label);
        }
    }
}

fn label(name: &str, id: &InstanceId) -> String {
    let id = id.as_str();
    format!("{name}#{}", id.get(id.len().saturating_sub(5)..).unwrap_or(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::fixtures::run;
    use pilothouse_api::protocol::InvocationState;

    #[test]
    fn nodes_of_one_name_are_told_apart_and_others_keep_theirs() {
        let mut detail = CommandDetail::default();
        let mut runs: Vec<_> = (0..4).map(|n| run(0, n, InvocationState::Success)).collect();
        for run in &mut runs[1..] {
            run.node_name = "web".to_owned();
        }
        detail.take(None, runs, 1);
        let names: Vec<&str> = detail.runs().iter().map(|run| detail.name(run)).collect();
        assert_eq!(names[0], detail.runs()[0].node_name);
        assert!(names[1..].iter().all(|name| name.starts_with("web#")), "{names:?}");
        assert!(names[1] != names[2] && names[2] != names[3], "{names:?}");
        assert_eq!(detail.longest_name(), "web#".len() + 5);
    }

    #[test]
    fn a_run_that_ended_is_counted_once_in_the_second_in_which_it_did() {
        let mut detail = CommandDetail::default();
        let runs: Vec<_> = (0..4).map(|n| run(0, n, InvocationState::Success)).collect();
        detail.take(None, runs.clone(), 1);
        detail.take(None, runs, 2);
        let last = detail.last_finish().unwrap();
        assert_eq!(detail.finished_within(60, last), 4);
        assert_eq!(detail.finished_within(1, last), 1, "of the others each ended half a second before");
        assert_eq!(detail.finished_within(60, Millis(last.0 + 120_000)), 0);
    }
}
