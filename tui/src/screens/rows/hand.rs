//! Cursor and marks: they stay with the *thing* they were put on while rows come, go and change places under them.

use std::cell::Cell;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Cursor and marks of a list whose things are known by `K`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "K: Serialize + for<'a> Deserialize<'a> + Ord")]
pub struct Hand<K: Ord> {
    /// What the cursor is on.
    pub on: Option<K>,
    /// Its row when it was last seen: where the cursor falls when the thing is gone.
    pub row: usize,
    /// First row on the screen; moved by drawing so that the cursor stays in sight.
    #[serde(skip)]
    pub top: Cell<usize>,
    /// What is marked.
    pub marks: BTreeSet<K>,
    /// Where a range of marks began.
    pub range: Option<K>,
}

impl<K: Ord> Default for Hand<K> {
    fn default() -> Self {
        Self { on: None, row: 0, top: Cell::new(0), marks: BTreeSet::new(), range: None }
    }
}

impl<K: Ord + PartialEq> PartialEq for Hand<K> {
    fn eq(&self, other: &Self) -> bool {
        (&self.on, self.row, &self.marks, &self.range) == (&other.on, other.row, &other.marks, &other.range)
    }
}

/// A step of the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// That many rows down, or up when negative.
    By(isize),
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

impl<K: Ord + Clone> Hand<K> {
    /// The row the cursor is on now: its thing's, else the nearest to where that was.
    pub fn row(&self, len: usize, key: impl Fn(usize) -> K) -> Option<usize> {
        let last = len.checked_sub(1)?;
        let near = self.row.min(last);
        let Some(on) = &self.on else { return Some(near) };
        // Things rarely move far, so look around first.
        let around = near.saturating_sub(64)..=(near + 64).min(last);
        let found = around.into_iter().find(|&row| key(row) == *on);
        Some(found.or_else(|| (0..len).find(|&row| key(row) == *on)).unwrap_or(near))
    }

    /// Moves the cursor; with a range begun, everything between is marked.
    pub fn step(&mut self, step: Step, len: usize, key: impl Fn(usize) -> K) {
        let Some(row) = self.row(len, &key) else { return };
        let row = match step {
            Step::By(by) => row.saturating_add_signed(by).min(len - 1),
            Step::First => 0,
            Step::Last => len - 1,
        };
        self.put(row, &key);
        if let Some(from) = self.range.clone()
            && let Some(begin) = (0..len).find(|&row| key(row) == from)
        {
            self.marks.extend((begin.min(row)..=begin.max(row)).map(&key));
        }
    }

    /// Puts the cursor on a row.
    pub fn put(&mut self, row: usize, key: impl Fn(usize) -> K) {
        self.row = row;
        self.on = Some(key(row));
    }

    /// Holds on to what the cursor is on, so that it stays on it.
    pub fn settle(&mut self, len: usize, key: impl Fn(usize) -> K) {
        match self.row(len, &key) {
            Some(row) => self.put(row, key),
            None => self.row = 0,
        }
    }

    /// Marks or unmarks what the cursor is on, and goes to the next row.
    pub fn mark(&mut self, len: usize, key: impl Fn(usize) -> K) {
        let Some(row) = self.row(len, &key) else { return };
        let at = key(row);
        if !self.marks.remove(&at) {
            self.marks.insert(at);
        }
        self.put((row + 1).min(len - 1), key);
    }

    /// Begins a range at the cursor, or ends it.
    pub fn toggle_range(&mut self, len: usize, key: impl Fn(usize) -> K) {
        if self.range.take().is_none()
            && let Some(row) = self.row(len, &key)
        {
            let at = key(row);
            self.marks.insert(at.clone());
            self.range = Some(at);
        }
    }

    /// Takes all marks away.
    pub fn unmark(&mut self) {
        self.marks.clear();
        self.range = None;
    }

    /// Moves the first row on the screen so that `row` is in sight, and returns it.
    pub fn scroll(&self, row: Option<usize>, height: usize, len: usize) -> usize {
        let most = len.saturating_sub(height);
        let mut top = self.top.get().min(most);
        if let Some(row) = row {
            top = top.min(row).max((row + 1).saturating_sub(height.max(1)));
        }
        self.top.set(top);
        top
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_on_its_thing_when_rows_move_under_it() {
        let mut hand = Hand::default();
        hand.put(1, |row| ["a", "b", "c"][row]);
        assert_eq!(hand.row(4, |row| ["new", "a", "b", "c"][row]), Some(2));
        assert_eq!(hand.row(2, |row| ["a", "c"][row]), Some(1), "its thing is gone: the row where it was");
        assert_eq!(hand.row(0, |_| unreachable!()), None);
    }

    #[test]
    fn a_range_marks_everything_that_the_cursor_passes() {
        let mut hand = Hand::default();
        hand.put(1, |row| row);
        hand.toggle_range(10, |row| row);
        hand.step(Step::By(3), 10, |row| row);
        hand.toggle_range(10, |row| row);
        hand.step(Step::Last, 10, |row| row);
        assert_eq!(hand.marks, BTreeSet::from([1, 2, 3, 4]));
    }

    #[test]
    fn the_window_follows_the_cursor_and_never_shows_past_the_end() {
        let hand: Hand<u8> = Hand::default();
        assert_eq!(hand.scroll(Some(25), 10, 100), 16);
        assert_eq!(hand.scroll(Some(20), 10, 100), 16, "it only moves when it must");
        assert_eq!(hand.scroll(Some(3), 10, 5), 0);
        assert_eq!(hand.scroll(Some(3), 0, 5), 3);
    }
}
