//! What differs between two outputs, line by line, stream by stream.

use std::ops::Range;

use pilothouse_api::folding::{DiffKind, DiffLine, MAX_DIFF_LINES};
use pilothouse_protocol::Stream;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::lines::STREAMS;
use super::texts::{Text, TextLine};

/// The most lines of one side that are compared with each other, once what both begin and end with is set aside.
const COMPARED: usize = 5000;

/// Lines that are equal; those that differ with as many equal ones around them; whether there is more than could be compared or told.
#[must_use]
pub fn differences(left: &Text, right: &Text, context: usize) -> (u32, Vec<DiffLine>, bool) {
    let (mut equal, mut truncated) = (0, left.truncated || right.truncated);
    let mut told = Telling { lines: Vec::new(), context, is_full: false };
    for (stream, (left, right)) in STREAMS.into_iter().zip(left.streams.iter().zip(&right.streams)) {
        let (ops, is_cut) = compare(left, right);
        truncated |= is_cut;
        let same = ops.iter().map(|op| if let DiffOp::Equal { len, .. } = op { *len } else { 0 });
        equal += same.sum::<usize>();
        told.stream(stream, left, right, &ops);
    }
    (number(equal), told.lines, truncated || told.is_full)
}

/// What became of the lines; whether some were left out, as there are too many.
fn compare(left: &[TextLine], right: &[TextLine]) -> (Vec<DiffOp>, bool) {
    let pairs = || left.iter().zip(right);
    let head = pairs().take_while(|(left, right)| left.hash == right.hash).count();
    let most = left.len().min(right.len()) - head;
    let ends = left.iter().rev().zip(right.iter().rev()).take(most);
    let tail = ends.take_while(|(left, right)| left.hash == right.hash).count();
    let middle = |lines: &[TextLine]| head..(lines.len() - tail).min(head + COMPARED);
    let (old, new) = (middle(left), middle(right));
    let is_cut = old.end + tail < left.len() || new.end + tail < right.len();
    let hashes = |lines: &[TextLine], range: Range<usize>| -> Vec<u128> {
        lines.get(range).unwrap_or_default().iter().map(|line| line.hash).collect()
    };
    let mut ops = Vec::new();
    if head > 0 {
        ops.push(DiffOp::Equal { old_index: 0, new_index: 0, len: head });
    }
    for op in capture_diff_slices(Algorithm::Myers, &hashes(left, old), &hashes(right, new)) {
        ops.push(moved(op, head));
    }
    if tail > 0 {
        ops.push(DiffOp::Equal { old_index: left.len() - tail, new_index: right.len() - tail, len: tail });
    }
    (ops, is_cut)
}

/// The same, so many lines further down on both sides.
fn moved(op: DiffOp, by: usize) -> DiffOp {
    match op {
        DiffOp::Equal { old_index, new_index, len } => {
            DiffOp::Equal { old_index: old_index + by, new_index: new_index + by, len }
        }
        DiffOp::Delete { old_index, old_len, new_index } => {
            DiffOp::Delete { old_index: old_index + by, old_len, new_index: new_index + by }
        }
        DiffOp::Insert { old_index, new_index, new_len } => {
            DiffOp::Insert { old_index: old_index + by, new_index: new_index + by, new_len }
        }
        DiffOp::Replace { old_index, old_len, new_index, new_len } => {
            DiffOp::Replace { old_index: old_index + by, old_len, new_index: new_index + by, new_len }
        }
    }
}

struct Telling {
    lines: Vec<DiffLine>,
    context: usize,
    is_full: bool,
}

impl Telling {
    fn stream(&mut self, stream: Stream, left: &[TextLine], right: &[TextLine], ops: &[DiffOp]) {
        for (number, op) in ops.iter().enumerate() {
            match *op {
                DiffOp::Equal { old_index, new_index, len } => {
                    let before = if number > 0 { self.context.min(len) } else { 0 };
                    let after = if number + 1 < ops.len() { self.context.min(len - before) } else { 0 };
                    for line in (0..before).chain(len - after..len) {
                        let at = (Some(old_index + line), Some(new_index + line));
                        self.line(DiffKind::Same, stream, at, right.get(new_index + line));
                    }
                }
                DiffOp::Delete { old_index, old_len, .. } => {
                    self.removed(stream, left, old_index..old_index + old_len);
                }
                DiffOp::Insert { new_index, new_len, .. } => {
                    self.added(stream, right, new_index..new_index + new_len);
                }
                DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                    self.removed(stream, left, old_index..old_index + old_len);
                    self.added(stream, right, new_index..new_index + new_len);
                }
            }
        }
    }

    fn removed(&mut self, stream: Stream, left: &[TextLine], range: Range<usize>) {
        for at in range {
            self.line(DiffKind::Removed, stream, (Some(at), None), left.get(at));
        }
    }

    fn added(&mut self, stream: Stream, right: &[TextLine], range: Range<usize>) {
        for at in range {
            self.line(DiffKind::Added, stream, (None, Some(at)), right.get(at));
        }
    }

    fn line(
        &mut self,
        kind: DiffKind,
        stream: Stream,
        at: (Option<usize>, Option<usize>),
        line: Option<&TextLine>,
    ) {
        if self.lines.len() >= MAX_DIFF_LINES {
            self.is_full = true;
            return;
        }
        let count = |at: Option<usize>| at.map(|at| number(at + 1));
        let text = line.map(|line| line.text.clone()).unwrap_or_default();
        self.lines.push(DiffLine { kind, stream, left: count(at.0), right: count(at.1), text });
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(stdout: &[&str]) -> Text {
        let line = |text: &&str| TextLine {
            text: (*text).to_owned(),
            hash: text.bytes().fold(1, |hash: u128, byte| hash * 257 + u128::from(byte)),
        };
        Text { streams: [stdout.iter().map(line).collect(), Vec::new(), Vec::new()], truncated: false }
    }

    fn shown(lines: &[DiffLine]) -> Vec<String> {
        let sign = |kind| match kind {
            DiffKind::Same => ' ',
            DiffKind::Added => '+',
            DiffKind::Removed => '-',
        };
        lines.iter().map(|line| format!("{}{}", sign(line.kind), line.text)).collect()
    }

    #[test]
    fn what_differs_is_told_with_the_lines_around_it() {
        let left = text(&["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
        let right = text(&["a", "b", "c", "d", "X", "f", "g", "h", "i", "j"]);
        let (equal, lines, truncated) = differences(&left, &right, 2);
        assert_eq!((equal, truncated), (8, false));
        assert_eq!(shown(&lines), [" c", " d", "-e", "+X", " f", " g", " h", " i", "+j"]);
        assert_eq!((lines[0].left, lines[0].right), (Some(3), Some(3)));
        assert_eq!((lines[8].left, lines[8].right), (None, Some(10)));
    }

    #[test]
    fn equal_outputs_have_no_lines_to_show() {
        let same = text(&["a", "b"]);
        assert_eq!(differences(&same, &same, 3), (2, Vec::new(), false));
    }

    #[test]
    fn more_than_can_be_told_is_said_to_be_more() {
        let many: Vec<String> = (0..20_000).map(|n| n.to_string()).collect();
        let right = text(&many.iter().map(String::as_str).collect::<Vec<_>>());
        let (equal, lines, truncated) = differences(&text(&["x"]), &right, 3);
        assert_eq!((equal, lines.len(), truncated), (0, MAX_DIFF_LINES, true));
    }

    proptest! {
        #[test]
        fn the_right_side_is_the_left_one_after_what_is_told(
            left in proptest::collection::vec("[abc]", 0..30), right in proptest::collection::vec("[abc]", 0..30),
        ) {
            let of = |lines: &[String]| text(&lines.iter().map(String::as_str).collect::<Vec<_>>());
            let (equal, lines, _) = differences(&of(&left), &of(&right), 1000);
            if left == right {
                prop_assert!(lines.is_empty());
            } else {
                let kept = |not: DiffKind| lines.iter().filter(|it| it.kind != not).map(|it| it.text.clone()).collect::<Vec<_>>();
                prop_assert_eq!(kept(DiffKind::Added), left);
                prop_assert_eq!(kept(DiffKind::Removed), right);
                prop_assert_eq!(lines.iter().filter(|it| it.kind == DiffKind::Same).count(), equal as usize);
            }
        }
    }
}
