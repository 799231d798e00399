//! The way through a comparison: lines, screens, changes.

use super::rows::Row;
use super::{DiffTab, STEP};
use crate::screens::rows::{ListMsg, Step};

impl DiffTab {
    pub(super) fn shown(&self) -> &[Row] {
        if self.is_beside.get() { &self.pairs } else { &self.rows }
    }

    pub(super) fn last_top(&self) -> usize {
        self.shown().len().saturating_sub(self.height.get())
    }

    pub(in super::super) fn moved(&mut self, msg: &ListMsg) {
        let page = self.height.get().max(2).cast_signed();
        let way = |down: bool, lines: isize| if down { lines } else { -lines };
        let by = match msg {
            ListMsg::Step(Step::By(lines)) => *lines,
            ListMsg::Step(Step::First) => isize::MIN,
            ListMsg::Step(Step::Last) => isize::MAX,
            ListMsg::Half(down) => way(*down, page / 2),
            ListMsg::Page(down) => way(*down, page - 1),
            ListMsg::Mark => page - 1,
            ListMsg::Sideways(true) => {
                self.left_cells += STEP;
                return;
            }
            ListMsg::Sideways(false) => {
                self.left_cells = self.left_cells.saturating_sub(STEP);
                return;
            }
            _ => return,
        };
        self.top.set(self.top.get().saturating_add_signed(by).min(self.last_top()));
    }

    pub(super) fn go_to_change(&mut self, forward: bool) -> bool {
        let shown = self.shown();
        let is_begin = |at: usize| shown[at].is_change() && (at == 0 || !shown[at - 1].is_change());
        let top = self.top.get();
        // A third of the screen above a change is what leads to it.
        let lead = self.height.get() / 3;
        let place = |at: usize| at.saturating_sub(lead).min(self.last_top());
        let begins = (0..shown.len()).filter(|&at| is_begin(at)).map(place);
        let next = if forward {
            begins.into_iter().find(|&at| at > top)
        } else {
            begins.filter(|&at| at < top).last()
        };
        next.map(|at| self.top.set(at)).is_some()
    }
}
