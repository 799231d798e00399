//! Which words of two lines differ.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};
use unicode_segmentation::UnicodeSegmentation;

/// The bytes of two lines that differ, of the one and of the other.
pub type Differing = (Vec<Range<usize>>, Vec<Range<usize>>);

/// In longer lines, in bytes, only what is the same at both ends is found.
const LONGEST: usize = 2000;

/// The bytes of both lines that differ; nothing if they have little in common, as all would stand out then.
#[must_use]
pub fn differing(before: &str, after: &str) -> Option<Differing> {
    if before.len().max(after.len()) > LONGEST {
        return Some(between_ends(before, after));
    }
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split_word_bounds().collect(), after.split_word_bounds().collect());
    let ends = |words: &[&str]| {
        let mut at = 0;
        let mut ends = vec![0];
        ends.extend(words.iter().map(|word| {
            at += word.len();
            at
        }));
        ends
    };
    let (old_ends, new_ends) = (ends(&old), ends(&new));
    let (mut gone, mut came, mut same) = (Vec::new(), Vec::new(), 0);
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (one, other) = (op.old_range(), op.new_range());
        let (one, other) =
            (old_ends[one.start]..old_ends[one.end], new_ends[other.start]..new_ends[other.end]);
        if matches!(op, DiffOp::Equal { .. }) {
            same += before[one].trim().len();
            continue;
        }
        push(&mut gone, one);
        push(&mut came, other);
    }
    let most = before.trim().len().max(after.trim().len());
    (same * 3 >= most).then_some((gone, came))
}

fn push(ranges: &mut Vec<Range<usize>>, range: Range<usize>) {
    match ranges.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ if range.is_empty() => {}
        _ => ranges.push(range),
    }
}

fn between_ends(before: &str, after: &str) -> Differing {
    let head: usize =
        before.chars().zip(after.chars()).take_while(|(a, b)| a == b).map(|(char, _)| char.len_utf8()).sum();
    let (one, other) = (&before[head..], &after[head..]);
    let tail: usize = one
        .chars()
        .rev()
        .zip(other.chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(char, _)| char.len_utf8())
        .sum();
    let part = |line: &str| std::iter::once(head..line.len() - tail).collect();
    (part(before), part(after))
}
