//! Folding told as stories, and held against its definition on outputs that chance made.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_api::folding::Normal;
use pilothouse_protocol::{Chunk, InstanceId, InvocationState, Lost, Millis, Payload, Stream};
use pilothouse_store::invocations::Standing;
use proptest::prelude::*;

use super::Fold;

const ALL: Normal = Normal { timestamps: true, host_names: true, numbers: true };

fn node(number: usize) -> InstanceId {
    InstanceId::from_random([u8::try_from(number).unwrap(); 9])
}

/// Where a run stands whose output ends there.
fn standing(number: usize, state: InvocationState, output_end: usize) -> Standing {
    Standing {
        instance_id: node(number),
        position: i64::try_from(number).unwrap(),
        node_name: format!("web-{number}"),
        state,
        began: output_end > 0 || state == Success,
        exit_code: (state == Success).then_some(0),
        output_end: output_end as u64,
        revision: 1,
    }
}

fn chunk(offset: u64, stream: Stream, bytes: &[u8]) -> Chunk {
    Chunk { offset, step: 0, stream, at: Millis(0), payload: Payload::Data(bytes.to_vec()) }
}

/// Host names of the first nodes.
const NAMES: [&str; 5] = ["alpha", "beta", "gamma", "delta", "epsilon"];

/// A fold of runs, each with its state and what it printed on standard output.
fn folded(normal: Normal, runs: &[(InvocationState, &str)]) -> Fold {
    let mut fold = Fold::new(normal);
    let row =
        |(number, (state, text)): (usize, &(InvocationState, &str))| standing(number, *state, text.len());
    fold.learn(runs.iter().enumerate().map(row).collect());
    for (number, (_, text)) in runs.iter().enumerate().filter(|(_, (_, text))| !text.is_empty()) {
        fold.call(&node(number), &[NAMES[number]]);
        fold.feed(&node(number), &[chunk(0, Stream::Stdout, text.as_bytes())]);
    }
    fold
}

/// Runs of each group, the largest group first.
fn groups(fold: &mut Fold) -> Vec<Vec<usize>> {
    fold.grouping().groups.iter().map(|group| group.members.clone()).collect()
}

use InvocationState::{DeliveryTimedOut, Failed, InProgress, Pending, Success};

#[test]
fn nodes_that_said_the_same_are_one_group_whatever_became_of_them() {
    let mut fold = folded(
        Normal::default(),
        &[(Success, "a\nb\n"), (Success, "a\nc\n"), (Failed, "a\nb\n"), (Success, "a\nb")],
    );
    assert_eq!(groups(&mut fold), [vec![0, 2, 3], vec![1]], "a missing last line end is no difference");
}

#[test]
fn who_ends_without_a_line_end_is_found_by_those_that_have_one() {
    let mut fold =
        folded(Normal::default(), &[(InProgress, "a\nb\n"), (Success, "a\nb"), (InProgress, "a\n")]);
    assert_eq!(groups(&mut fold), [[0, 1, 2]]);
}

#[test]
fn a_running_node_counts_to_the_largest_group_that_it_may_still_become() {
    let mut fold = folded(
        Normal::default(),
        &[
            (Success, "a\nb\n"),
            (Success, "a\nc\n"),
            (Success, "a\nc\n"),
            (InProgress, "a\n"),
            (InProgress, "a\nb\n"),
        ],
    );
    let grouping = fold.grouping();
    let facts: Vec<_> = grouping.groups.iter().map(|it| (it.members.clone(), it.so_far, it.sample)).collect();
    assert_eq!(facts, [(vec![1, 2, 3], 1, 1), (vec![0, 4], 1, 0)]);
}

#[test]
fn while_nobody_is_over_those_that_are_furthest_found_the_groups() {
    let mut fold = folded(
        Normal::default(),
        &[(InProgress, "a\nb\n"), (InProgress, "a\n"), (InProgress, "x\n"), (Pending, "")],
    );
    let grouping = fold.grouping();
    assert_eq!(groups(&mut fold), [vec![0, 1], vec![2]]);
    assert_eq!((grouping.nodes, grouping.running), (3, 3), "who has said nothing is in no group");
}

#[test]
fn who_failed_early_does_not_draw_those_that_go_on() {
    let mut fold = folded(
        Normal::default(),
        &[(Failed, "a\n"), (InProgress, "a\n"), (Success, "a\nb\n"), (Success, "a\nb\n")],
    );
    assert_eq!(groups(&mut fold), [vec![1, 2, 3], vec![0]]);
}

#[test]
fn runs_that_never_began_are_not_those_that_had_nothing_to_say() {
    let mut fold =
        folded(Normal::default(), &[(DeliveryTimedOut, ""), (DeliveryTimedOut, ""), (Success, "")]);
    let grouping = fold.grouping();
    let facts: Vec<_> = grouping.groups.iter().map(|it| (it.members.clone(), it.began)).collect();
    assert_eq!(facts, [(vec![2], true), (vec![0, 1], false)], "and stand behind all others");
    assert_eq!(grouping.largest().unwrap().members, [2]);
}

#[test]
fn what_differs_by_nature_is_no_difference_if_so_wished() {
    let runs = [
        (Success, "alpha at 2026-11-24 20:28:47: 12 ok\n"),
        (Success, "beta at 2026-11-24 20:28:48:  7 ok\n"),
    ];
    assert_eq!(groups(&mut folded(ALL, &runs)).len(), 1);
    for without in [
        Normal { timestamps: false, numbers: false, ..ALL },
        Normal { host_names: false, ..ALL },
        Normal { numbers: false, ..ALL },
    ] {
        assert_eq!(groups(&mut folded(without, &runs)).len(), 2, "{without:?}");
    }
}

#[test]
fn how_streams_were_interleaved_is_no_difference_and_on_which_something_was_said_is_one() {
    let mut fold = Fold::new(Normal::default());
    fold.learn((0..3).map(|number| standing(number, Success, 4)).collect());
    let (out, err) = (Stream::Stdout, Stream::Stderr);
    fold.feed(&node(0), &[chunk(0, out, b"a\n"), chunk(2, err, b"b\n")]);
    fold.feed(&node(1), &[chunk(0, err, b"b\n"), chunk(2, out, b"a\n")]);
    fold.feed(&node(2), &[chunk(0, err, b"a\n"), chunk(2, out, b"b\n")]);
    assert_eq!(groups(&mut fold), [vec![0, 1], vec![2]]);
}

#[test]
fn who_lost_output_is_not_taken_for_one_who_did_not_say_it() {
    let mut fold = Fold::new(Normal::default());
    fold.learn((0..2).map(|number| standing(number, Success, 4)).collect());
    let hole = Payload::Dropped { bytes: 2, lines: 1, why: Lost::default() };
    fold.feed(
        &node(0),
        &[chunk(0, Stream::Stdout, b"a\n"), Chunk { payload: hole, ..chunk(2, Stream::Stdout, b"") }],
    );
    fold.feed(&node(1), &[chunk(0, Stream::Stdout, b"a\nb\n")]);
    assert_eq!(groups(&mut fold).len(), 2);
}

#[test]
fn a_small_group_beside_a_large_one_is_an_outlier() {
    let mut fold = folded(
        Normal::default(),
        &[(Success, "a"), (Success, "a"), (Success, "a"), (Success, "b"), (InProgress, "c\n")],
    );
    let grouping = fold.grouping();
    let outliers: Vec<_> = grouping.groups.iter().map(|group| grouping.is_outlier(group)).collect();
    assert_eq!(outliers, [false, true, true]);
    let even = folded(Normal::default(), &[(Success, "a"), (Success, "b")]).grouping();
    assert!(!even.groups.iter().any(|group| even.is_outlier(group)), "there is no majority");
}

#[test]
fn the_id_of_a_group_that_went_on_leads_to_what_became_of_it() {
    let mut fold = folded(Normal::default(), &[(InProgress, "a\n"), (InProgress, "b\n")]);
    let told: Vec<(String, usize)> =
        fold.grouping().groups.iter().map(|it| (it.id.clone(), it.sample)).collect();
    fold.remember(told.iter().cloned());
    fold.learn((0..2).map(|number| standing(number, InProgress, 4)).collect());
    for number in 0..2 {
        fold.feed(&node(number), &[chunk(2, Stream::Stdout, b"z\n")]);
    }
    for (id, sample) in told {
        let found = fold.find(&id).unwrap();
        assert_eq!(fold.grouping().groups[found].members, [sample]);
        assert_ne!(fold.grouping().groups[found].id, id);
    }
    assert_eq!(fold.find("0"), None);
}

#[test]
fn what_cannot_be_read_is_passed_over() {
    let mut fold = folded(Normal::default(), &[(Success, "a\n")]);
    fold.learn(vec![standing(0, Success, 10)]);
    assert_eq!(fold.behind(9), [(node(0), 2)]);
    fold.feed(&node(0), &[]);
    assert_eq!(fold.behind(9), []);
    assert!(fold.is_complete());
}

/// A run as chance made it: its chunks in their order, and whether it is over.
#[derive(Clone, Debug)]
struct Made {
    chunks: Vec<(Stream, Vec<u8>)>,
    is_over: bool,
}

impl Made {
    fn end(&self) -> usize {
        self.chunks.iter().map(|(_, bytes)| bytes.len()).sum()
    }

    /// What it has said on each stream, line by line; the last one counts without its end only if it is over.
    fn said(&self) -> [Vec<Vec<u8>>; 2] {
        [Stream::Stdout, Stream::Stderr].map(|stream| {
            let of_it = self.chunks.iter().filter(|(of, _)| *of == stream);
            let whole: Vec<u8> = of_it.flat_map(|(_, bytes)| bytes.clone()).collect();
            let mut lines: Vec<Vec<u8>> = whole.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            let last = lines.pop().filter(|last| self.is_over && !last.is_empty());
            lines.extend(last);
            lines
        })
    }

    fn begins(&self, other: &Self) -> bool {
        self.said().iter().zip(other.said()).all(|(one, other)| other.starts_with(one))
    }

    fn is_grouped(&self) -> bool {
        self.is_over || self.end() > 0
    }
}

fn made() -> impl Strategy<Value = Made> {
    let bytes = proptest::collection::vec(prop_oneof![Just(b'a'), Just(b'b'), Just(b'\n'), Just(0xff)], 0..5);
    let stream = prop_oneof![3 => Just(Stream::Stdout), 1 => Just(Stream::Stderr)];
    let chunks = proptest::collection::vec((stream, bytes), 0..4);
    (chunks, any::<bool>()).prop_map(|(chunks, is_over)| Made { chunks, is_over })
}

fn learned(runs: &[Made]) -> Fold {
    let mut fold = Fold::new(Normal::default());
    let row = |(number, run): (usize, &Made)| Standing {
        began: true,
        ..standing(number, if run.is_over { Success } else { InProgress }, run.end())
    };
    fold.learn(runs.iter().enumerate().map(row).collect());
    fold
}

/// Each run's output in one piece, in order.
fn at_once(runs: &[Made]) -> Fold {
    let mut fold = learned(runs);
    for (number, run) in runs.iter().enumerate() {
        let mut offset = 0;
        for (stream, bytes) in &run.chunks {
            fold.feed(&node(number), &[chunk(offset, *stream, bytes)]);
            offset += bytes.len() as u64;
        }
    }
    fold
}

/// Byte by byte, in the order that `turns` says.
fn in_turns(runs: &[Made], turns: &[usize]) -> Fold {
    let mut fold = learned(runs);
    let mut left: Vec<Vec<(Stream, u8)>> = runs
        .iter()
        .map(|run| {
            run.chunks.iter().flat_map(|(stream, bytes)| bytes.iter().map(|byte| (*stream, *byte))).collect()
        })
        .collect();
    let mut offsets = vec![0; runs.len()];
    let mut turns = turns.iter().cycle();
    while left.iter().any(|left| !left.is_empty()) {
        let number = turns.next().unwrap() % runs.len();
        let number = (number..runs.len()).chain(0..number).find(|number| !left[*number].is_empty()).unwrap();
        let (stream, byte) = left[number].remove(0);
        fold.feed(&node(number), &[chunk(offsets[number], stream, &[byte])]);
        offsets[number] += 1;
    }
    fold
}

/// What makes a grouping; where on the tracks the groups are depends on who came first.
fn facts(mut fold: Fold) -> Vec<(String, Vec<usize>, usize, usize)> {
    let grouping = fold.grouping();
    grouping.groups.iter().map(|it| (it.id.clone(), it.members.clone(), it.so_far, it.sample)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn groups_do_not_depend_on_the_pieces_or_on_who_came_first(
        runs in proptest::collection::vec(made(), 1..9), turns in proptest::collection::vec(0usize..9, 1..30),
    ) {
        prop_assert_eq!(facts(in_turns(&runs, &turns)), facts(at_once(&runs)));
    }

    #[test]
    fn groups_are_what_they_are_defined_to_be(runs in proptest::collection::vec(made(), 1..9)) {
        let grouping = at_once(&runs).grouping();
        let mut group_of: BTreeMap<usize, usize> = BTreeMap::new();
        for (number, group) in grouping.groups.iter().enumerate() {
            prop_assert!(runs[group.sample].is_over || !group.members.iter().any(|run| runs[*run].is_over));
            for run in &group.members {
                prop_assert!(group_of.insert(*run, number).is_none(), "a run is in one group");
                prop_assert!(runs[*run].begins(&runs[group.sample]), "its output is how the group's begins");
            }
        }
        let grouped: BTreeSet<usize> = (0..runs.len()).filter(|run| runs[*run].is_grouped()).collect();
        prop_assert_eq!(&group_of.keys().copied().collect::<BTreeSet<_>>(), &grouped);
        let over = |group: usize| grouping.groups[group].members.iter().filter(|run| runs[**run].is_over).count();
        for one in &grouped {
            for other in grouped.iter().filter(|other| runs[*one].begins(&runs[**other])) {
                let (mine, its) = (group_of[one], group_of[other]);
                let are_over = runs[*one].is_over && runs[*other].is_over;
                if are_over && runs[*other].begins(&runs[*one]) {
                    prop_assert_eq!(mine, its, "who is over and said the same is in the same group");
                }
                if !runs[*one].is_over && runs[*other].is_over {
                    prop_assert!(over(mine) >= over(its), "who runs is in the largest that it may become");
                }
            }
        }
    }
}
