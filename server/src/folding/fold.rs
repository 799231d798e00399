//! The fold of one command's outputs: takes in what is new of each run, in any order and in any pieces.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use pilothouse_api::folding::Normal;
use pilothouse_api::topics::Revision;
use pilothouse_protocol::{Chunk, InstanceId, InvocationState};
use pilothouse_store::invocations::Standing;

use super::grouping::{Grouping, group};
use super::lines::{Kind, Lines, STREAMS};
use super::normal::{OwnNames, is_nothing, normalise};
use super::preview::Previews;
use super::told::Told;
use super::tracks::{Chain, Place, Tracks};

/// Points of tracks that one fold keeps: 32 MiB.
const POINTS: usize = 1 << 21;
/// Ids of former groups that are remembered, so that they lead to what became of them.
const FORMER: usize = 2048;

/// How far a stream of a run was folded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// Lines.
    pub(super) lines: u64,
    /// A hash of them.
    pub(super) chain: Chain,
    /// Where that is.
    pub(super) place: Place,
}

/// What is known of a run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) instance_id: InstanceId,
    pub(super) position: i64,
    pub(super) name: String,
    pub(super) state: InvocationState,
    pub(super) exit_code: Option<i32>,
    /// Whether anything of it ever ran.
    pub(super) began: bool,
    /// End of what is stored.
    end: u64,
    /// End of what was folded.
    pub(super) offset: u64,
    own: Arc<OwnNames>,
    lines: Lines,
    pub(super) reach: [Reach; 3],
}

impl Run {
    fn new(row: &Standing) -> Self {
        // Each stream is a way of its own.
        let begin = |stream: usize| Reach { chain: stream as Chain, ..Reach::default() };
        Self {
            instance_id: row.instance_id.clone(),
            position: row.position,
            name: row.node_name.clone(),
            state: row.state,
            exit_code: None,
            began: false,
            end: 0,
            offset: 0,
            own: Arc::default(),
            lines: Lines::default(),
            reach: [0, 1, 2].map(begin),
        }
    }

    fn learn(&mut self, row: &Standing) {
        self.state = row.state;
        self.exit_code = row.exit_code;
        self.began |= row.began || row.output_end > 0;
        self.end = self.end.max(row.output_end);
    }

    /// Whether it is over and all that it said was folded.
    pub(super) fn is_over(&self) -> bool {
        self.state.is_terminal() && self.offset >= self.end
    }

    /// Whether it belongs to a group.
    pub(super) fn is_grouped(&self) -> bool {
        self.offset > 0 || self.is_over()
    }
}

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
        known.is_none_or(|run| {
            let same = (run.state, run.exit_code) == (row.state, row.exit_code);
            !same || row.output_end > run.end || (row.began && !run.began)
        })
    }

    /// Tells what a node calls itself; before anything of its output is fed.
    pub fn call(&mut self, instance: &InstanceId, names: &[&str]) {
        if let Some(run) = self.by_id.get(instance).and_then(|at| self.runs.get_mut(*at)) {
            run.own =
                Arc::new(OwnNames::new(names.iter().copied().chain([run.name.as_str(), instance.as_str()])));
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
        let Some(run) = by_id.get(instance).and_then(|at| runs.get_mut(*at)) else { return };
        let Run { lines, reach, own, .. } = run;
        for chunk in chunks {
            lines.push(chunk, |stream, kind, text| {
                if let Some(reach) = reach.get_mut(stream) {
                    *reach = next(*reach, kind, text, (*normal, own), scratch);
                    reach.place = tracks.advance(reach.place, reach.lines, reach.chain);
                }
            });
        }
        run.offset = chunks.last().map_or(run.end, Chunk::end);
        self.grouping = None;
    }

    /// How far a run's stream came; with what has no line end, if it is over.
    pub(super) fn reached(&self, run: &Run, stream: usize, scratch: &mut Vec<u8>) -> Reach {
        let reach = run.reach.get(stream).copied().unwrap_or_default();
        if run.is_over() && run.lines.has_tail(stream) {
            next(reach, Kind::Line, run.lines.tail(stream), (self.normal, &run.own), scratch)
        } else {
            reach
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
            run.lines = Lines::default();
            run.own = Arc::default();
        }
    }
}

/// The reach after one more line.
fn next(
    reach: Reach,
    kind: Kind,
    text: &[u8],
    (normal, own): (Normal, &OwnNames),
    scratch: &mut Vec<u8>,
) -> Reach {
    scratch.clear();
    scratch.extend_from_slice(&reach.chain.to_le_bytes());
    scratch.push(match kind {
        Kind::Line => 0,
        Kind::Piece => 1,
        Kind::Hole => 2,
    });
    if is_nothing(normal) {
        scratch.extend_from_slice(text);
    } else {
        normalise(text, normal, own, scratch);
    }
    Reach { lines: reach.lines + 1, chain: short(scratch), ..reach }
}

/// The first half of the SHA-256: nobody finds a second text with the same by trying.
pub(super) fn short(text: &[u8]) -> Chain {
    let whole = digest(&SHA256, text);
    whole.as_ref().first_chunk().map_or(0, |half| Chain::from_be_bytes(*half))
}

const _: () = assert!(STREAMS.len() == 3, "a run has a reach in each stream");
