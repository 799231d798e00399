//! The lines of a comparison as rows, one below the other or side by side.

use pilothouse_api::folding::{DiffKind, DiffLine};
use pilothouse_api::protocol::Stream;

/// A row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// From here on it is this stream.
    Stream(Stream),
    /// So many equal lines are left out.
    Gap(u32),
    /// A line of both, by its number in the answer.
    Same(usize),
    /// Lines that stand in each other's place; side by side in one row, else the one with the other for its words.
    Removed(usize, Option<usize>),
    /// The same, the other way.
    Added(usize, Option<usize>),
    /// Side by side: what went, and what came.
    Pair(usize, usize),
}

impl Row {
    /// Whether it differs.
    pub const fn is_change(self) -> bool {
        matches!(self, Self::Removed(..) | Self::Added(..) | Self::Pair(..))
    }
}

/// The rows of these lines.
pub fn rows(lines: &[DiffLine], beside: bool) -> Vec<Row> {
    let mut rows = Vec::with_capacity(lines.len());
    let mut before: Option<&DiffLine> = None;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let other = before.is_none_or(|before| before.stream != line.stream);
        // A first stream that is standard output needs no word.
        if other && (before.is_some() || line.stream != Stream::Stdout) {
            rows.push(Row::Stream(line.stream));
        }
        let gap = left_out(before.filter(|_| !other), line);
        if gap > 0 {
            rows.push(Row::Gap(gap));
        }
        if line.kind == DiffKind::Same {
            rows.push(Row::Same(at));
            before = Some(line);
            at += 1;
            continue;
        }
        let end = lines[at..]
            .iter()
            .position(|it| it.kind == DiffKind::Same || it.stream != line.stream)
            .map_or(lines.len(), |more| at + more);
        change(lines, at..end, beside, &mut rows);
        before = lines.get(end - 1);
        at = end;
    }
    rows
}

/// A stretch of lines that differ: the first that went stands for the first that came.
fn change(lines: &[DiffLine], range: std::ops::Range<usize>, beside: bool, rows: &mut Vec<Row>) {
    let of = |kind| range.clone().filter(move |&at| lines[at].kind == kind).collect::<Vec<_>>();
    let (gone, came) = (of(DiffKind::Removed), of(DiffKind::Added));
    if !beside {
        rows.extend(gone.iter().enumerate().map(|(n, &at)| Row::Removed(at, came.get(n).copied())));
        rows.extend(came.iter().enumerate().map(|(n, &at)| Row::Added(at, gone.get(n).copied())));
        return;
    }
    for n in 0..gone.len().max(came.len()) {
        rows.push(match (gone.get(n), came.get(n)) {
            (Some(&gone), Some(&came)) => Row::Pair(gone, came),
            (Some(&gone), None) => Row::Removed(gone, None),
            (None, Some(&came)) => Row::Added(came, None),
            (None, None) => return,
        });
    }
}

/// How many equal lines stand between two that are told; before the first, those up to it.
fn left_out(before: Option<&DiffLine>, line: &DiffLine) -> u32 {
    let end = |number: fn(&DiffLine) -> Option<u32>| before.map_or(Some(0), number);
    let jump = |number: fn(&DiffLine) -> Option<u32>| number(line)?.checked_sub(end(number)? + 1);
    jump(|it| it.left).or_else(|| jump(|it| it.right)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: DiffKind, stream: Stream, left: u32, right: u32) -> DiffLine {
        let number = |number| (number > 0).then_some(number);
        DiffLine { kind, stream, left: number(left), right: number(right), text: String::new() }
    }

    fn story() -> Vec<DiffLine> {
        use DiffKind::{Added, Removed, Same};
        use Stream::{Stderr, Stdout};
        vec![
            line(Same, Stdout, 11, 11),
            line(Removed, Stdout, 12, 0),
            line(Removed, Stdout, 13, 0),
            line(Added, Stdout, 0, 12),
            line(Same, Stdout, 14, 13),
            line(Same, Stdout, 20, 19),
            line(Added, Stderr, 0, 1),
        ]
    }

    #[test]
    fn what_stands_in_each_others_place_is_known_and_what_is_left_out_is_counted() {
        assert_eq!(
            rows(&story(), false),
            [
                Row::Gap(10),
                Row::Same(0),
                Row::Removed(1, Some(3)),
                Row::Removed(2, None),
                Row::Added(3, Some(1)),
                Row::Same(4),
                Row::Gap(5),
                Row::Same(5),
                Row::Stream(Stream::Stderr),
                Row::Added(6, None),
            ]
        );
    }

    #[test]
    fn side_by_side_a_row_holds_both() {
        let rows = rows(&story(), true);
        assert_eq!(rows[2..4], [Row::Pair(1, 3), Row::Removed(2, None)]);
    }

    #[test]
    fn no_lines_are_no_rows() {
        assert_eq!(rows(&[], true), []);
    }
}
