//! Where in the text we are, and how one gets elsewhere.

use super::{Lines, Pager, json, wrap};

/// So many cells sideways are a step.
const STEP: usize = 8;

impl Pager {
    /// First line and row in sight now.
    pub(super) fn place(&self, lines: &impl Lines) -> (usize, usize) {
        let end = self.end(lines);
        if self.follow { end } else { (self.top, self.row).min(end) }
    }

    /// The place from which the last row is the last in sight.
    pub(super) fn end(&self, lines: &impl Lines) -> (usize, usize) {
        let mut left = usize::from(self.seen.get().height.max(1));
        for at in (0..lines.len()).rev() {
            let rows = self.rows_of(lines, at);
            if rows >= left {
                return (at, rows - left);
            }
            left -= rows;
        }
        (0, 0)
    }

    pub(super) fn rows_of(&self, lines: &impl Lines, at: usize) -> usize {
        if !self.wrap && !self.json {
            return 1;
        }
        let text = lines.text(at);
        let apart = if self.json { json::rows(&text) } else { None };
        let cells = usize::from(self.seen.get().width);
        match (apart, self.wrap) {
            (None, false) => 1,
            (None, true) => wrap::rows(&text, cells),
            (Some(rows), false) => rows.len(),
            (Some(rows), true) => rows.iter().map(|row| wrap::rows(row, cells)).sum(),
        }
    }

    pub(super) fn stand(&mut self, top: usize, row: usize) {
        (self.top, self.row, self.follow) = (top, row, false);
    }

    pub(super) fn scroll(&mut self, by: isize, lines: &impl Lines) {
        if by > 0 && self.follow {
            return;
        }
        let from = self.place(lines);
        let rows = by.unsigned_abs();
        let (top, row) = if by < 0 { self.above(from, rows, lines) } else { self.below(from, rows, lines) };
        self.stand(top, row);
    }

    /// The place so many rows above another.
    pub(super) fn above(
        &self,
        (mut top, mut row): (usize, usize),
        mut rows: usize,
        lines: &impl Lines,
    ) -> (usize, usize) {
        while rows > row && top > 0 {
            rows -= row + 1;
            top -= 1;
            row = self.rows_of(lines, top) - 1;
        }
        (top, row.saturating_sub(rows))
    }

    /// The place so many rows below another, but not beyond the end.
    pub(super) fn below(
        &self,
        (mut top, mut row): (usize, usize),
        mut rows: usize,
        lines: &impl Lines,
    ) -> (usize, usize) {
        while top + 1 < lines.len() && row + rows >= self.rows_of(lines, top) {
            rows -= self.rows_of(lines, top) - row;
            (top, row) = (top + 1, 0);
        }
        (top, row + rows).min(self.end(lines))
    }

    pub(super) fn sideways(&mut self, steps: isize, lines: &impl Lines) {
        if self.wrap {
            return;
        }
        let widest = self.in_sight(lines).map(|at| crate::safe::width(&lines.text(at))).max().unwrap_or(0);
        let most = widest.saturating_sub(usize::from(self.seen.get().width) / 2);
        let wanted = self.left.saturating_add_signed(steps.saturating_mul(STEP.cast_signed()));
        // What is out further already, because wider lines were in sight, is not pulled back by a step to the right.
        self.left = if steps > 0 { wanted.min(most.max(self.left)) } else { wanted };
    }

    /// Brings a line into sight, a third from above unless it is there already.
    pub(super) fn show(&mut self, at: usize, lines: &impl Lines) {
        self.on = Some(at);
        let seen = self.in_sight(lines);
        if seen.contains(&at) && (seen.start < at || !(self.wrap || self.json)) {
            let (top, row) = self.place(lines);
            self.stand(top, row);
            return;
        }
        let (top, row) = self.above((at, 0), usize::from(self.seen.get().height / 3), lines);
        self.stand(top, row);
    }
}
