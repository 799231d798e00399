//! Which rows are in sight: a line each, scrolled sideways, or lines folded into rows.

use std::cell::Cell;

use ratatui::layout::Rect;

use super::Code;
use crate::strip;

/// A row in sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub line: usize,
    /// The first cell of the line that is in it, and how many of them have room.
    pub left: usize,
    pub cells: u16,
    /// Whether the line begins in it.
    pub begins: bool,
}

impl Code {
    /// The rows in sight, and the row and the cell of the cursor. What is in sight moves so that the cursor is in it.
    pub(super) fn rows(&self, area: Rect) -> (Vec<Row>, (usize, usize)) {
        let line = self.text.line(self.cursor.line);
        let at = strip::cell_of(line, self.cursor.byte);
        let (width, height) = (usize::from(area.width), usize::from(area.height));
        if self.folds {
            return self.folded(at, (area.width, height));
        }
        let top = follow(&self.top, self.cursor.line, height, self.lines().len());
        let left = follow(&self.left, at, width, usize::MAX);
        let lines = (top..self.lines().len()).take(height);
        let rows = lines.map(|line| Row { line, left, cells: area.width, begins: true }).collect();
        (rows, (self.cursor.line - top, at - left))
    }

    fn folded(&self, at: usize, (width, height): (u16, usize)) -> (Vec<Row>, (usize, usize)) {
        let here = self.cursor.line;
        let cells = usize::from(width);
        let begins = |line: usize| strip::rows(self.text.line(line), cells);
        let own = begins(here);
        let row = own.iter().rposition(|begin| *begin <= at).unwrap_or(0);
        // All of the cursor's line is in sight, if it can be, and always the row that the cursor is in.
        let needed = own.len().min(height).max(1);
        let mut top = self.top.get().min(here);
        let mut above: usize = (top..here).map(|line| begins(line).len()).sum();
        while top < here && above + needed > height {
            above -= begins(top).len();
            top += 1;
        }
        let heights = (here..self.lines().len()).map(|line| begins(line).len());
        let mut below = above + sum_up_to(heights, height);
        while top > 0 && below + begins(top - 1).len() <= height {
            top -= 1;
            above += begins(top).len();
            below += begins(top).len();
        }
        self.top.set(top);
        let skipped = (above + row + 1).saturating_sub(height.max(1));
        let rows = (top..self.lines().len()).flat_map(|line| {
            let all = begins(line);
            (0..all.len()).map(move |n| {
                let next = all.get(n + 1).map_or(cells, |next| next - all[n]);
                Row { line, left: all[n], cells: u16::try_from(next).unwrap_or(width), begins: n == 0 }
            })
        });
        (rows.skip(skipped).take(height).collect(), (above + row - skipped, at - own[row]))
    }
}

/// The sum of numbers, or one that is more than `most`.
fn sum_up_to(numbers: impl Iterator<Item = usize>, most: usize) -> usize {
    let mut sum = 0;
    for number in numbers {
        sum += number;
        if sum > most {
            break;
        }
    }
    sum
}

/// Moves the beginning of a window of `size` so that `at` is in it, and it does not end behind all there is.
fn follow(from: &Cell<usize>, at: usize, size: usize, all: usize) -> usize {
    let size = size.max(1);
    let begin = from.get().min(at).max((at + 1).saturating_sub(size)).min(all.saturating_sub(size));
    from.set(begin);
    begin
}
