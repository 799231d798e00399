//! What a comparison is told, and the keys for it.

use super::Diff;
use super::lines::Line;
use crate::keymap::Keymap;

/// So many cells sideways are a step.
const STEP: usize = 8;

/// What can be said to a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffMsg {
    /// So many lines down, or up when negative.
    Scroll(isize),
    /// Half a screen down, or up.
    Half(bool),
    /// A screen down, or up.
    Page(bool),
    /// A step to the right, or to the left.
    Sideways(bool),
    /// To the first line.
    First,
    /// To the last line.
    Last,
    /// To the next change, or the one before.
    Change(bool),
    /// Unfold all that is the same, or fold it again.
    Fold,
    /// Side by side, or one below the other.
    Beside,
}

/// The keys of a comparison.
#[must_use]
pub fn keys<M>(wrap: fn(DiffMsg) -> M) -> Keymap<M> {
    Keymap::new()
        .bind("j, Down", "down", "a line down", "move", DiffMsg::Scroll(1))
        .bind("k, Up", "up", "a line up", "move", DiffMsg::Scroll(-1))
        .bind("g g, Home", "first", "first line", "move", DiffMsg::First)
        .bind("G, End", "last", "last line", "move", DiffMsg::Last)
        .bind("Ctrl-d", "half-down", "half a screen down", "move", DiffMsg::Half(true))
        .bind("Ctrl-u", "half-up", "half a screen up", "move", DiffMsg::Half(false))
        .bind("PgDn, Ctrl-f", "page-down", "a screen down", "move", DiffMsg::Page(true))
        .bind("PgUp, Ctrl-b", "page-up", "a screen up", "move", DiffMsg::Page(false))
        .bind("l, Right", "right", "scroll right", "move", DiffMsg::Sideways(true))
        .bind("h, Left", "left", "scroll left", "move", DiffMsg::Sideways(false))
        .bind("n", "next-change", "next change", "diff", DiffMsg::Change(true))
        .bar()
        .bind("N", "previous-change", "change before", "diff", DiffMsg::Change(false))
        .bind("f", "fold", "fold or unfold what is the same", "diff", DiffMsg::Fold)
        .bar()
        .bind("w", "beside", "side by side, or one below the other", "diff", DiffMsg::Beside)
        .map(wrap)
}

impl Diff {
    /// Does what it is told; says whether there was such a place to go to.
    pub fn hear(&mut self, msg: DiffMsg) -> bool {
        let page = self.height.get().max(2).cast_signed();
        let way = |down: bool, lines: isize| if down { lines } else { -lines };
        match msg {
            DiffMsg::Scroll(lines) => self.scroll(lines),
            DiffMsg::Half(down) => self.scroll(way(down, page / 2)),
            DiffMsg::Page(down) => self.scroll(way(down, page - 1)),
            DiffMsg::First => self.top.set(0),
            DiffMsg::Last => self.top.set(self.last_top()),
            DiffMsg::Sideways(right) => {
                let left = self.left.get();
                self.left.set(if right { left + STEP } else { left.saturating_sub(STEP) });
            }
            DiffMsg::Change(forward) => return self.go_to_change(forward),
            DiffMsg::Fold => self.fold(),
            DiffMsg::Beside => {
                self.wants_beside = Some(!self.is_beside.get());
                self.keep_in_sight(|diff| diff.is_beside.set(!diff.is_beside.get()));
            }
        }
        true
    }

    fn last_top(&self) -> usize {
        self.shown().len().saturating_sub(self.height.get())
    }

    fn scroll(&self, lines: isize) {
        self.top.set(self.top.get().saturating_add_signed(lines).min(self.last_top()));
    }

    /// Where each change begins.
    fn begins(&self) -> Vec<usize> {
        let shown = self.shown();
        let is_begin = |at: usize| shown[at].is_change() && (at == 0 || !shown[at - 1].is_change());
        (0..shown.len()).filter(|&at| is_begin(at)).collect()
    }

    fn go_to_change(&mut self, forward: bool) -> bool {
        let begins = self.begins();
        let (top, height) = (self.top.get(), self.height.get());
        // After scrolling away, one goes on from what is in sight.
        let on = self.on.filter(|&on| begins.get(on).is_some_and(|at| (top..top + height).contains(at)));
        let next = match (on, forward) {
            (Some(on), true) => on + 1,
            (Some(on), false) => match on.checked_sub(1) {
                Some(before) => before,
                None => return false,
            },
            (None, true) => match begins.iter().position(|&at| at >= top) {
                Some(next) => next,
                None => return false,
            },
            (None, false) => match begins.iter().rposition(|&at| at < top) {
                Some(before) => before,
                None => return false,
            },
        };
        let Some(&at) = begins.get(next) else { return false };
        self.on = Some(next);
        if !(top..(top + height).saturating_sub(2)).contains(&at) {
            self.top.set(at.saturating_sub(height / 3).min(self.last_top()));
        }
        true
    }

    fn fold(&mut self) {
        let is_folded = self.shown().iter().any(|line| matches!(line, Line::Fold(..)));
        self.keep_in_sight(|diff| {
            diff.unfolded = if is_folded { (0..diff.stretches.len()).collect() } else { Default::default() };
            diff.lay_out();
        });
    }

    /// Changes how it is laid out, with what is at the top of the screen left there as far as it goes.
    fn keep_in_sight(&mut self, change: impl FnOnce(&mut Self)) {
        let number = |line: &Line| match *line {
            Line::Same(before, _) | Line::Gone(before, _) | Line::Pair(Some(before), _) => Some(before),
            _ => None,
        };
        let top = self.shown().iter().skip(self.top.get()).find_map(number);
        change(self);
        let at = top.and_then(|top| {
            self.shown().iter().position(|line| number(line).is_some_and(|before| before >= top))
        });
        self.top.set(at.unwrap_or(0).min(self.last_top()));
    }
}
