//! Two texts compared, one below the other or side by side, with the words that differ.
//!
//! In: two texts, messages. Out: cells. Lines are compared once, words of the lines in sight alone. Texts may hold secrets:
//! they are in no Debug, and are wiped when they are given up.
//! Never here: where the texts come from, what a difference means.

mod compare;
mod keys;
mod lines;
mod view;
mod words;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;

use zeroize::Zeroize;

use self::compare::Stretch;
pub use self::keys::{DiffMsg, keys};
use self::lines::Line;
pub use self::words::{Differing, differing};

/// From this width on, texts stand side by side.
pub const WIDE: u16 = 120;

/// Two texts and what is different in them.
#[derive(Clone, PartialEq)]
pub struct Diff {
    before: Vec<String>,
    after: Vec<String>,
    stretches: Vec<Stretch>,
    /// Stretches of equal lines that were unfolded.
    unfolded: BTreeSet<usize>,
    /// Lines, one text below the other.
    unified: Vec<Line>,
    /// Lines, side by side.
    beside: Vec<Line>,
    /// How it is shown, if that was said; else by the width.
    wants_beside: Option<bool>,
    top: Cell<usize>,
    left: Cell<usize>,
    /// As it was drawn last.
    height: Cell<usize>,
    is_beside: Cell<bool>,
    /// The change that was gone to.
    on: Option<usize>,
}

impl fmt::Debug for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} and {} lines, {} changes", self.before.len(), self.after.len(), self.changes())
    }
}

impl Drop for Diff {
    fn drop(&mut self) {
        self.before.iter_mut().chain(&mut self.after).for_each(Zeroize::zeroize);
    }
}

impl Diff {
    /// Compares two texts.
    #[must_use]
    pub fn new(before: &str, after: &str) -> Self {
        let lines = |text: &str| text.split('\n').map(str::to_owned).collect::<Vec<_>>();
        let (before, after) = (lines(before), lines(after));
        let stretches = compare::stretches(&before, &after);
        let mut diff = Self {
            before,
            after,
            stretches,
            unfolded: BTreeSet::new(),
            unified: Vec::new(),
            beside: Vec::new(),
            wants_beside: None,
            top: Cell::new(0),
            left: Cell::new(0),
            height: Cell::new(1),
            is_beside: Cell::new(false),
            on: None,
        };
        diff.lay_out();
        diff
    }

    /// How many changes there are.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.stretches.iter().filter(|stretch| !stretch.same).count()
    }

    /// Whether the texts are the same.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.changes() == 0
    }

    /// Lines that went, and lines that came.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let changed = self.stretches.iter().filter(|stretch| !stretch.same);
        changed.fold((0, 0), |(gone, new), it| (gone + it.before.len(), new + it.after.len()))
    }

    /// The change that was gone to last, from 0.
    #[must_use]
    pub fn on(&self) -> Option<usize> {
        self.on
    }

    fn lay_out(&mut self) {
        self.unified = lines::unified(&self.stretches, &self.unfolded);
        self.beside = lines::beside(&self.stretches, &self.unfolded);
    }

    /// The lines as they are shown now.
    fn shown(&self) -> &[Line] {
        if self.is_beside.get() { &self.beside } else { &self.unified }
    }
}

#[cfg(test)]
mod tests;
