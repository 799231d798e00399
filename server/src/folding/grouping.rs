//! Who is in which group, told anew from where each run is.
//!
//! Runs that are over are grouped by what they said. A run that goes on counts to the largest group of which it has said the
//! beginning, or all; those that nobody is ahead of are groups by themselves. So the groups do not depend on who came first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::fold::Fold;
use super::run::{Reach, Run, short};
use super::tracks::Tracks;

/// What a number of runs said, so far.
type Said = [(u64, u128); 3];

/// Runs that have said the same.
struct Class {
    reach: [Reach; 3],
    over: Vec<usize>,
    running: Vec<usize>,
    began: bool,
}

impl Class {
    fn lines(&self) -> u64 {
        self.reach.iter().map(|reach| reach.lines).sum()
    }

    /// Whether this is how the other begins, or all of it.
    fn begins(&self, other: &Self, tracks: &Tracks) -> bool {
        self.began
            && other.began
            && self.reach.iter().zip(&other.reach).all(|(one, other)| match one.lines.cmp(&other.lines) {
                std::cmp::Ordering::Less => tracks.leads(one.place, other.place),
                std::cmp::Ordering::Equal => one.chain == other.chain,
                std::cmp::Ordering::Greater => false,
            })
    }
}

/// A group.
#[derive(Debug, PartialEq, Eq)]
pub struct Folded {
    /// A hash of what its nodes said.
    pub id: String,
    /// Its runs, in order of position; the fold knows them.
    pub members: Vec<usize>,
    /// Of these, how many run still.
    pub so_far: usize,
    /// The first of those that have said all of it.
    pub sample: usize,
    /// How far it reaches in each stream.
    pub(super) reach: [Reach; 3],
    /// Whether anything ran there.
    pub began: bool,
}

/// All groups, the largest first; those that never began last.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Grouping {
    /// The groups.
    pub groups: Vec<Folded>,
    /// The group of each run.
    of: Vec<Option<usize>>,
    /// Runs that are in groups.
    pub nodes: usize,
    /// Of these, those that run still.
    pub running: usize,
}

impl Grouping {
    /// The group of a run.
    pub(super) fn of_run(&self, run: usize) -> Option<usize> {
        self.of.get(run).copied().flatten()
    }

    /// The largest group of those that ran.
    #[must_use]
    pub fn largest(&self) -> Option<&Folded> {
        self.groups.first().filter(|group| group.began)
    }

    /// Whether a group is much smaller than the largest, which most nodes are in.
    #[must_use]
    pub fn is_outlier(&self, group: &Folded) -> bool {
        let largest = self.largest().map_or(0, |largest| largest.members.len());
        largest * 2 > self.nodes && group.members.len() * 3 <= largest
    }
}

/// Groups a fold's runs.
pub(super) fn group(fold: &Fold) -> Grouping {
    let classes = classes(fold);
    let founders = founders(&classes, &fold.tracks);
    let joined = joined(&classes, founders, &fold.tracks);
    let mut members: Vec<Vec<usize>> = classes.iter().map(|class| class.over.clone()).collect();
    let mut so_far = vec![0; classes.len()];
    for (class, to) in classes.iter().zip(joined) {
        if let (Some(members), Some(so_far)) = (members.get_mut(to), so_far.get_mut(to)) {
            members.extend(&class.running);
            *so_far += class.running.len();
        }
    }
    let mut groups: Vec<Folded> = Vec::new();
    for ((class, mut members), so_far) in
        classes.iter().zip(members).zip(so_far).filter(|((_, it), _)| !it.is_empty())
    {
        members.sort_unstable_by_key(|run| position(fold, *run));
        let full = if class.over.is_empty() { &class.running } else { &class.over };
        let sample = full.iter().copied().min_by_key(|run| position(fold, *run)).unwrap_or_default();
        groups.push(Folded {
            id: id(class),
            members,
            so_far,
            sample,
            reach: class.reach,
            began: class.began,
        });
    }
    groups.sort_by(|a, b| {
        let key = |it: &Folded| (!it.began, Reverse(it.members.len()));
        key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
    });
    whole(fold, groups)
}

fn position(fold: &Fold, run: usize) -> i64 {
    fold.runs.get(run).map_or(i64::MAX, |run| run.position)
}

fn whole(fold: &Fold, groups: Vec<Folded>) -> Grouping {
    let mut of = vec![None; fold.runs.len()];
    for (number, group) in groups.iter().enumerate() {
        for run in &group.members {
            if let Some(of) = of.get_mut(*run) {
                *of = Some(number);
            }
        }
    }
    let nodes = groups.iter().map(|group| group.members.len()).sum();
    let running = groups.iter().map(|group| group.so_far).sum();
    Grouping { groups, of, nodes, running }
}

/// Runs by what they have said, in the order of how much that is, the most first.
fn classes(fold: &Fold) -> Vec<Class> {
    let mut found: HashMap<(bool, Said), Class> = HashMap::new();
    let mut scratch = Vec::new();
    for (number, run) in fold.runs.iter().enumerate().filter(|(_, run)| run.is_grouped()) {
        let reach = [0, 1, 2].map(|stream| run.reached(stream, fold.normal, &fold.tracks, &mut scratch));
        let began = !is_void(run);
        let key = (began, reach.map(|it| (it.lines, it.chain)));
        let class =
            found.entry(key).or_insert_with(|| Class { reach, over: Vec::new(), running: Vec::new(), began });
        if run.is_over() { class.over.push(number) } else { class.running.push(number) }
    }
    let mut classes: Vec<(bool, Said, Class)> =
        found.into_iter().map(|((began, said), class)| (began, said, class)).collect();
    classes.sort_by_cached_key(|(began, said, class)| (Reverse(class.lines()), *said, *began));
    classes.into_iter().map(|(_, _, class)| class).collect()
}

/// Whether it is over and nothing of it ever ran.
fn is_void(run: &Run) -> bool {
    run.is_over() && !run.began && run.offset == 0
}

/// The classes that found groups: whoever is over, and of those that run, whom nobody is ahead of.
fn founders(classes: &[Class], tracks: &Tracks) -> Vec<usize> {
    let (mut founders, mut ahead) = (Vec::new(), Ahead::default());
    for (number, class) in classes.iter().enumerate() {
        // Who is ahead has said more, and comes first.
        let is_founder = !class.over.is_empty() || ahead.first(number, classes, tracks).is_none();
        if is_founder {
            founders.push(number);
            ahead.add(number, class, tracks);
        }
    }
    founders
}

/// The class that the running ones of each class count to.
fn joined(classes: &[Class], mut founders: Vec<usize>, tracks: &Tracks) -> Vec<usize> {
    founders.sort_by_cached_key(|number| {
        classes.get(*number).map(|it| (Reverse(it.over.len()), Reverse(it.running.len()), *number))
    });
    let mut ahead = Ahead::default();
    for number in founders {
        if let Some(class) = classes.get(number) {
            ahead.add(number, class, tracks);
        }
    }
    (0..classes.len()).map(|number| ahead.first(number, classes, tracks).unwrap_or(number)).collect()
}

/// Classes by the tracks that they came along, so that few are compared with each other.
#[derive(Default)]
struct Ahead {
    along: [BTreeMap<u32, Vec<(u64, usize)>>; 3],
}

impl Ahead {
    fn add(&mut self, number: usize, class: &Class, tracks: &Tracks) {
        for (along, reach) in self.along.iter_mut().zip(&class.reach) {
            tracks.way(reach.place, |track, point| along.entry(track).or_default().push((point, number)));
        }
    }

    /// The first that was added of those that a class is the beginning of.
    fn first(&self, number: usize, classes: &[Class], tracks: &Tracks) -> Option<usize> {
        let class = classes.get(number)?;
        let mut fewest: Option<(u64, &[(u64, usize)])> = None;
        for (along, reach) in self.along.iter().zip(&class.reach) {
            let (track, point) = tracks.settled(reach.place);
            let there = along.get(&track).map_or(&[][..], Vec::as_slice);
            if fewest.is_none_or(|(_, fewest)| there.len() < fewest.len()) {
                fewest = Some((point, there));
            }
        }
        let (point, there) = fewest?;
        let passed = there.iter().filter(|(to, _)| *to >= point);
        passed
            .map(|(_, other)| *other)
            .find(|other| classes.get(*other).is_some_and(|it| class.begins(it, tracks)))
    }
}

fn id(class: &Class) -> String {
    let mut text = vec![u8::from(class.began)];
    for reach in &class.reach {
        text.extend_from_slice(&reach.lines.to_le_bytes());
        text.extend_from_slice(&reach.chain.to_le_bytes());
    }
    format!("{:032x}", short(&text))
}
