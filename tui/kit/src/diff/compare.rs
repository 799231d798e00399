//! Which stretches of lines are the same.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Of more lines than these, between what is the same at both ends, nothing is looked for: all of them are different.
const MOST: usize = 4000;

/// Lines of both texts that are the same, or stand for each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub before: Range<usize>,
    pub after: Range<usize>,
    pub same: bool,
}

pub(super) fn stretches(before: &[String], after: &[String]) -> Vec<Stretch> {
    let head = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    let (rest_before, rest_after) = (&before[head..], &after[head..]);
    let tail = rest_before.iter().rev().zip(rest_after.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old, new) = (&rest_before[..rest_before.len() - tail], &rest_after[..rest_after.len() - tail]);
    let mut stretches = Vec::new();
    let mut push = |before: Range<usize>, after: Range<usize>, same: bool| {
        if !before.is_empty() || !after.is_empty() {
            stretches.push(Stretch { before, after, same });
        }
    };
    push(0..head, 0..head, true);
    if old.len().max(new.len()) > MOST {
        push(head..head + old.len(), head..head + new.len(), false);
    } else {
        for op in capture_diff_slices(Algorithm::Patience, old, new) {
            let (one, other) = (op.old_range(), op.new_range());
            let moved = |range: Range<usize>| range.start + head..range.end + head;
            push(moved(one), moved(other), matches!(op, DiffOp::Equal { .. }));
        }
    }
    push(before.len() - tail..before.len(), after.len() - tail..after.len(), true);
    joined(stretches)
}

/// Stretches of one kind that follow each other are one.
fn joined(stretches: Vec<Stretch>) -> Vec<Stretch> {
    let mut out: Vec<Stretch> = Vec::new();
    for stretch in stretches {
        match out.last_mut() {
            Some(last) if last.same == stretch.same => {
                last.before.end = stretch.before.end;
                last.after.end = stretch.after.end;
            }
            _ => out.push(stretch),
        }
    }
    out
}
