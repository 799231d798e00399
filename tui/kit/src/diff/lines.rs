//! The lines that are drawn, in both ways, with equal ones folded.

use std::collections::BTreeSet;

use super::compare::Stretch;

/// So many equal lines stand round a change.
const ROUND: usize = 3;

/// A line that is drawn; numbers count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// The same in both.
    Same(usize, usize),
    /// One that went, and the one that stands for it.
    Gone(usize, Option<usize>),
    /// One that came, and the one that it stands for.
    New(usize, Option<usize>),
    /// Side by side: one that went, one that came.
    Pair(Option<usize>, Option<usize>),
    /// So many equal lines of that stretch.
    Fold(usize, usize),
}

impl Line {
    pub const fn is_change(self) -> bool {
        !matches!(self, Self::Same(..) | Self::Fold(..))
    }
}

pub(super) fn unified(stretches: &[Stretch], unfolded: &BTreeSet<usize>) -> Vec<Line> {
    lay_out(stretches, unfolded, |stretch, out| {
        let pairs = stretch.before.len().min(stretch.after.len());
        let other = |n: usize, start: usize| (n < pairs).then_some(start + n);
        for (n, line) in stretch.before.clone().enumerate() {
            out.push(Line::Gone(line, other(n, stretch.after.start)));
        }
        for (n, line) in stretch.after.clone().enumerate() {
            out.push(Line::New(line, other(n, stretch.before.start)));
        }
    })
}

pub(super) fn beside(stretches: &[Stretch], unfolded: &BTreeSet<usize>) -> Vec<Line> {
    lay_out(stretches, unfolded, |stretch, out| {
        let (mut before, mut after) = (stretch.before.clone(), stretch.after.clone());
        for _ in 0..before.len().max(after.len()) {
            out.push(Line::Pair(before.next(), after.next()));
        }
    })
}

fn lay_out(
    stretches: &[Stretch],
    unfolded: &BTreeSet<usize>,
    change: impl Fn(&Stretch, &mut Vec<Line>),
) -> Vec<Line> {
    let mut out = Vec::new();
    for (at, stretch) in stretches.iter().enumerate() {
        if !stretch.same {
            change(stretch, &mut out);
            continue;
        }
        let all =
            stretch.before.clone().zip(stretch.after.clone()).map(|(one, other)| Line::Same(one, other));
        let (head, tail) =
            (if at == 0 { 0 } else { ROUND }, if at + 1 == stretches.len() { 0 } else { ROUND });
        let len = stretch.before.len();
        // A fold that hides a line or two saves nothing; and texts that are the same are there to be read.
        if unfolded.contains(&at) || len < head + tail + 3 || stretches.len() == 1 {
            out.extend(all);
            continue;
        }
        out.extend(all.clone().take(head));
        out.push(Line::Fold(at, len - head - tail));
        out.extend(all.skip(len - tail));
    }
    out
}
