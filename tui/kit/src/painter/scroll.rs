//! Finding rows that only moved up or down, as a list does when it is scrolled: the terminal moves them for a few bytes.

use std::io::Write;
use std::ops::Range;

use super::slot::{Grid, Slot};

/// Moving must spare at least so many cells.
const GAIN: isize = 100;
/// So many rows are looked for in the old screen.
const PROBES: usize = 3;

/// Rows that move by some rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scroll {
    /// First and last row of the region, both moved in or moved out.
    top: usize,
    bottom: usize,
    /// So many rows up, or down when negative.
    up: isize,
}

impl Scroll {
    /// Rows that look different afterwards.
    pub(super) fn rows(&self) -> Range<usize> {
        self.top..self.bottom + 1
    }

    /// Scrolls a region with index and reverse index, which every terminal knows. The cursor is at home afterwards, and the
    /// pen must be the default one, as blanks are made with it.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let (first, last) = (self.top + 1, self.bottom + 1);
        let (edge, step) = if self.up > 0 { (last, "\n") } else { (first, "\x1bM") };
        let steps = step.repeat(self.up.unsigned_abs());
        // Writing to a Vec cannot fail.
        let _ = write!(out, "\x1b[{first};{last}r\x1b[{edge}H{steps}\x1b[r\x1b[H");
    }

    /// Does the same to what is known of the screen.
    pub(super) fn apply(&self, grid: &mut Grid) {
        let by = self.up.unsigned_abs();
        let (top, end) = (self.top, self.bottom + 1);
        if self.up > 0 {
            grid.shift(top + by..end, top, end - by..end);
        } else {
            grid.shift(top..end - by, top + by, top..top + by);
        }
    }
}

/// The scrolling that spares most, if one does.
pub(super) fn find(shown: &Grid, wanted: &Grid, dirty: &[bool]) -> Option<Scroll> {
    let rows: Vec<usize> = (0..dirty.len()).filter(|&y| dirty[y]).collect();
    let probes = (1..=PROBES).filter_map(|at| rows.get(rows.len() * at / (PROBES + 1)).copied());
    let mut ways: Vec<isize> = probes.filter_map(|y| way_of(shown, wanted, y)).collect();
    ways.sort_unstable();
    ways.dedup();
    let found = ways.into_iter().filter_map(|up| best_region(shown, wanted, up));
    found.max_by_key(|(gain, _)| *gain).filter(|(gain, _)| *gain >= GAIN).map(|(_, scroll)| scroll)
}

/// By how many rows one row moved up, if it stands elsewhere in the old screen, more or less.
fn way_of(shown: &Grid, wanted: &Grid, y: usize) -> Option<isize> {
    let row = wanted.row(y);
    let alike = |old: usize| same(shown.row(old), row);
    let best = (0..usize::from(shown.height())).max_by_key(|&old| alike(old))?;
    (best != y && alike(best) > alike(y)).then(|| best.cast_signed() - y.cast_signed())
}

fn same(a: &[Slot], b: &[Slot]) -> isize {
    a.iter().zip(b).filter(|(a, b)| a == b).count().cast_signed()
}

/// The rows for which moving by `up` spares most, and how many cells it spares.
fn best_region(shown: &Grid, wanted: &Grid, up: isize) -> Option<(isize, Scroll)> {
    let height = usize::from(wanted.height());
    let gain = |y: usize| {
        let old = y.checked_add_signed(up).filter(|&old| old < height)?;
        let row = wanted.row(y);
        Some(same(shown.row(old), row) - same(shown.row(y), row))
    };
    // The stretch of rows with the greatest sum.
    let mut best: Option<(isize, usize, usize)> = None;
    let (mut sum, mut from) = (0, 0);
    for y in 0..height {
        let Some(gained) = gain(y) else {
            (sum, from) = (0, y + 1);
            continue;
        };
        if sum <= 0 {
            (sum, from) = (0, y);
        }
        sum += gained;
        if best.is_none_or(|(most, ..)| sum > most) {
            best = Some((sum, from, y));
        }
    }
    let (sum, from, to) = best?;
    let scroll = if up > 0 {
        Scroll { top: from, bottom: to.checked_add_signed(up)?, up }
    } else {
        Scroll { top: from.checked_add_signed(up)?, bottom: to, up }
    };
    // The rows that become blank are to be painted from nothing.
    let left = if up > 0 { to + 1..scroll.bottom + 1 } else { scroll.top..from };
    let lost: isize = left.map(|y| same(shown.row(y), wanted.row(y))).sum();
    Some((sum - lost, scroll))
}
