//! The fold of one command's outputs: takes in what is new of each run, in any order and in any pieces.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use pilothouse_api::folding::Normal;
use pilothouse_api::topics::Revision;
use pilothouse_protocol::{Chunk, InstanceId};
use pilothouse_store::invocations::Standing;

use super::grouping::{Grouping, group};
use super::preview::Previews;
use super::run::Run;
use super::told::Told;
use super::tracks::Tracks;

/// Points of tracks that one fold keeps: 32 MiB.
const POINTS: usize = 1 << 21;
/// Ids of former groups that are remembered, so that they lead to what became of them.
const FORMER: usize = 2048;

/// The fold of one command's outputs.
#[derive(Debug)]
pub struct Fold {
    pub(super) normal: Normal,
    pub(super) runs: Vec<Run>,
    by_id: HashMap<InstanceId, usize>,
    pub(super) tracks: Tracks,
    /// All that changed up to here is known.
    cursor: Revision,
    /// The run whose turn it is to be read.
    turn: usize,
    /// Room for a line that is being hashed.
    scratch: Vec<u8>,
    grouping: Option<Arc<Grouping>>,
    /// Groups that were told, and the run that stood for each.
    former: VecDeque<(String, usize)>,
    pub(super) previews: Previews,
    /// What was told when nothing could change any more.
    pub(super) settled: Option<Told>,
}

impl Fold {
    /// Of a command of which nothing is known yet.
    #[must_use]
    pub fn new(normal: Normal) -> Self {
        Self {
            normal,
            runs: Vec::new(),
            by_id: HashMap::new(),
            tracks: Tracks::new(POINTS),
            cursor: 0,
            turn: 0,
            scratch: Vec::new(),
            grouping: None,
            former: VecDeque::new(),
            previews: Previews::default(),
            settled: None,
        }
    }

    /// The revision up to which it knows the command's runs.
    #[must_use]
    pub fn cursor(&self) -> Revision {
        self.cursor
    }

    /// Runs that it knows.
    #[must_use]
    pub fn size(&self) -> usize {
        self.runs.len()
    }

    /// Whether it was settled: see [`Fold::settle`].
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.settled.is_some()
    }

    /// Takes in where runs stand; gives the runs that are new to it.
    pub fn learn(&mut self, rows: Vec<Standing>) -> Vec<InstanceId> {
        if rows.is_empty() {
            return Vec::new();
        }
        let is_news = rows.iter().any(|row| self.is_news(row));
        if self.is_settled() && is_news {
            // What was thought to be over is not: a node came back with more. It is read anew, from the first revision on.
            *self = Self::new(self.normal);
            return Vec::new();
        }
        if is_news {
            self.grouping = None;
        }
        let mut strangers = Vec::new();
        for row in rows {
            self.cursor = self.cursor.max(row.revision);
            let known = self.by_id.get(&row.instance_id).copied();
            let at = known.unwrap_or_else(|| {
                strangers.push(row.instance_id.clone());
                self.by_id.insert(row.instance_id.clone(), self.runs.len());
                self.runs.push(Run::new(&row));
                self.runs.len() - 1
            });
            if let Some(run) = self.runs.get_mut(at) {
                run.learn(&row);
            }
        }
        strangers
    }

    /// Whether a row tells anything that is not known.
    fn is_news(&self, row: &Standing) -> bool {
        let known = self.by_id.get(&row.instance_id).and_then(|at| self.runs.get(*at));
        known.is_none_or(|run| run.is_news(row))
    }

    /// Tells what a node calls itself; before anything of its output is fed.
    pub fn call(&mut self, instance: &InstanceId, names: &[&str]) {
        if let Some(run) = self.by_id.get(instance).and_then(|at| self.runs.get_mut(*at)) {
            run.call(names);
        }
    }

    /// Runs whose stored output goes on behind what was folded, at most so many, with where it goes on. Each has its turn before one
    /// has another.
    pub fn behind(&mut self, most: usize) -> Vec<(InstanceId, u64)> {
        let count = self.runs.len();
        let turns = (self.turn..count).chain(0..self.turn.min(count));
        let mut behind = Vec::new();
        for at in turns {
            if behind.len() >= most {
                self.turn = at;
                break;
            }
            if let Some(run) = self.runs.get(at).filter(|run| run.offset < run.end) {
                behind.push((run.instance_id.clone(), run.offset));
            }
        }
        behind
    }

    /// Whether more is stored than was folded.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.runs.iter().any(|run| run.offset < run.end)
    }

    /// Folds more of a run's output, which must go on where it ended. Nothing means that what should be there cannot be read: it is
    /// passed over.
    pub fn feed(&mut self, instance: &InstanceId, chunks: &[Chunk]) {
        let Self { by_id, runs, tracks, scratch, normal, .. } = self;
        if let Some(run) = by_id.get(instance).and_then(|at| runs.get_mut(*at)) {
            run.feed(chunks, *normal, tracks, scratch);
            self.grouping = None;
        }
    }

    /// Who is in which group.
    pub fn grouping(&mut self) -> Arc<Grouping> {
        if let Some(grouping) = &self.grouping {
            return grouping.clone();
        }
        let grouping = Arc::new(group(self));
        self.grouping = Some(grouping.clone());
        grouping
    }

    /// Remembers groups that are told.
    pub(super) fn remember(&mut self, told: impl Iterator<Item = (String, usize)>) {
        for (id, sample) in told {
            if !self.former.iter().rev().any(|(known, _)| *known == id) {
                self.former.push_back((id, sample));
            }
        }
        let surplus = self.former.len().saturating_sub(FORMER);
        self.former.drain(..surplus);
    }

    /// The group with this id, or what became of it.
    pub fn find(&mut self, id: &str) -> Option<usize> {
        let grouping = self.grouping();
        let former = || self.former.iter().rev().find(|(known, _)| known == id).map(|(_, sample)| *sample);
        let is_it = |group: &super::Folded| group.id == id;
        grouping.groups.iter().position(is_it).or_else(|| grouping.of_run(former()?))
    }

    /// The group that a node is in.
    pub fn group_of(&mut self, instance: &InstanceId) -> Option<usize> {
        let run = *self.by_id.get(instance)?;
        self.grouping().of_run(run)
    }

    /// The node of a run.
    #[must_use]
    pub fn node(&self, run: usize) -> Option<(&InstanceId, &str)> {
        self.runs.get(run).map(|run| (&run.instance_id, run.name.as_str()))
    }

    /// Whether a node was sent the command, and whether its run is over.
    #[must_use]
    pub fn is_over(&self, instance: &InstanceId) -> Option<bool> {
        self.by_id.get(instance).and_then(|run| self.runs.get(*run)).map(Run::is_over)
    }

    /// Whether every run is over and all was folded.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.runs.iter().all(Run::is_over)
    }

    /// Whether it has to be told what nodes call themselves.
    #[must_use]
    pub fn needs_names(&self) -> bool {
        self.normal.host_names
    }

    /// The name of a node.
    #[must_use]
    pub fn name(&self, instance: &InstanceId) -> Option<&str> {
        self.by_id.get(instance).and_then(|run| self.runs.get(*run)).map(|run| run.name.as_str())
    }

    /// The nodes of a group, each with its place in the command.
    pub fn members(&mut self, group: usize) -> Vec<(i64, InstanceId)> {
        let grouping = self.grouping();
        let members = grouping.groups.get(group).map_or(&[][..], |group| group.members.as_slice());
        let runs = members.iter().filter_map(|run| self.runs.get(*run));
        runs.map(|run| (run.position, run.instance_id.clone())).collect()
    }

    /// Bytes that were folded.
    #[must_use]
    pub fn progress(&self) -> u64 {
        self.runs.iter().map(|run| run.offset).sum()
    }

    /// Remembers of a command that is over its groups and what was told of it, without what was needed to find them.
    pub fn settle(&mut self, told: &Told) {
        self.grouping();
        self.settled = Some(told.clone());
        self.tracks = Tracks::new(POINTS);
        self.scratch = Vec::new();
        for run in &mut self.runs {
            run.settle();
        }
    }
}
