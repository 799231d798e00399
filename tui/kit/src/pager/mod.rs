//! Text of any length in sight in part: scrolled, wrapped, searched, followed while it grows.
//!
//! In: lines by number from whoever keeps them, messages. Out: cells. It costs by what is in sight; a search alone looks at
//! lines that are not, and never copies them. All of its state is a place, a few switches and a pattern.
//! Never here: where lines come from, who said them, a copy of them.

mod search;
mod view;
mod wrap;

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Range;

use ratatui::layout::Size;
use serde::{Deserialize, Serialize};

pub use self::search::Search;
use crate::theme::Role;

/// A line, as it is drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PagerLine<'a> {
    /// Who said it.
    pub prefix: Cow<'a, str>,
    /// When it was said.
    pub time: Cow<'a, str>,
    /// What it says; made safe here once more, which costs nothing when it is.
    pub text: Cow<'a, str>,
    /// How it looks; `None` as plain text.
    pub role: Option<Role>,
    /// How its prefix looks; `None` muted.
    pub prefix_role: Option<Role>,
}

/// Lines by number.
pub trait Lines {
    /// How many there are now.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The line of that number, everything that is drawn.
    fn line(&self, at: usize) -> PagerLine<'_>;

    /// Its text alone: what a search looks at.
    fn text(&self, at: usize) -> Cow<'_, str> {
        self.line(at).text
    }

    /// Cells for the prefix; 0 for none.
    fn prefix_cells(&self) -> u16 {
        0
    }

    /// Cells for the time.
    fn time_cells(&self) -> u16 {
        0
    }

    /// Whether it is one that is looked for when something went wrong.
    fn is_error(&self, _at: usize) -> bool {
        false
    }
}

/// What can be said to a pager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PagerMsg {
    /// So many rows down, or up when negative.
    Scroll(isize),
    /// So many half screens down, or up.
    HalfPage(isize),
    /// So many screens down, or up.
    Page(isize),
    /// So many steps to the right, or to the left.
    Sideways(isize),
    /// To the first line.
    First,
    /// To the last line, and stay there while lines come.
    Last,
    /// To the line of that number.
    Line(usize),
    /// Wrap long lines, or cut them.
    Wrap,
    /// Show when lines were said, or not.
    Times,
    /// Follow what comes, or stay.
    Follow,
    /// Look for this from here on; an empty text looks for nothing any more.
    Search(String),
    /// To the next hit.
    NextHit,
    /// To the hit before.
    PreviousHit,
    /// To the next line that is an error.
    NextError,
    /// To the error line before.
    PreviousError,
}

/// Where a message led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Went {
    /// Where it was told to.
    There,
    /// On from the other end, as there was nothing more on this side.
    Around,
    /// Nowhere: there is no such line.
    Nowhere,
}

/// So many cells sideways are a step.
const STEP: usize = 8;

/// What is in sight of a text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pager {
    /// First line in sight, unless it follows.
    top: usize,
    /// First row of that line, when lines are wrapped.
    row: usize,
    /// Cells scrolled out to the left, when lines are not wrapped.
    left: usize,
    wrap: bool,
    follow: bool,
    times: bool,
    search: Option<Search>,
    /// The line that a search or a jump led to.
    on: Option<usize>,
    /// Cells for text when it was last drawn.
    #[serde(skip)]
    seen: Cell<Size>,
}

impl Pager {
    /// At the beginning of a text.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// At the end of a text, following it.
    #[must_use]
    pub fn following() -> Self {
        Self { follow: true, ..Self::default() }
    }

    /// Whether it stays at the end while lines come.
    #[must_use]
    pub fn follows(&self) -> bool {
        self.follow
    }

    /// Whether long lines are wrapped.
    #[must_use]
    pub fn wraps(&self) -> bool {
        self.wrap
    }

    /// Whether it is shown when lines were said.
    #[must_use]
    pub fn shows_times(&self) -> bool {
        self.times
    }

    /// What is looked for.
    #[must_use]
    pub fn search(&self) -> Option<&Search> {
        self.search.as_ref()
    }

    /// The line that a search or a jump led to.
    #[must_use]
    pub fn on(&self) -> Option<usize> {
        self.on
    }

    /// Numbers of the lines in sight, as far as they are there.
    #[must_use]
    pub fn in_sight(&self, lines: &impl Lines) -> Range<usize> {
        let (top, row) = self.place(lines);
        let height = usize::from(self.seen.get().height);
        let mut rows = 0;
        let end = (top..lines.len()).find(|&at| {
            rows += self.rows_of(lines, at) - if at == top { row } else { 0 };
            rows >= height
        });
        top..end.map_or(lines.len(), |end| end + 1)
    }

    /// Shows another text, from its end, with the same switches and the same search.
    pub fn restart(&mut self) {
        (self.top, self.row, self.left, self.on, self.follow) = (0, 0, 0, None, true);
    }

    /// Looks for nothing any more.
    pub fn stop_search(&mut self) {
        (self.search, self.on) = (None, None);
    }

    /// The source forgot its first `gone` lines: what is in sight stays in sight.
    pub fn forget(&mut self, gone: usize) {
        if self.top < gone {
            self.row = 0;
        }
        self.top = self.top.saturating_sub(gone);
        self.on = self.on.and_then(|on| on.checked_sub(gone));
    }

    /// Does what it is told.
    pub fn update(&mut self, msg: PagerMsg, lines: &impl Lines) -> Went {
        let height = isize::try_from(self.seen.get().height.max(1)).unwrap_or(1);
        match msg {
            PagerMsg::Scroll(rows) => self.scroll(rows, lines),
            PagerMsg::HalfPage(times) => self.scroll(times * (height / 2).max(1), lines),
            PagerMsg::Page(times) => self.scroll(times * (height - 1).max(1), lines),
            PagerMsg::Sideways(steps) => self.sideways(steps, lines),
            PagerMsg::First => self.stand(0, 0),
            PagerMsg::Last => self.follow = true,
            PagerMsg::Line(at) => self.show(at.min(lines.len().saturating_sub(1)), lines),
            PagerMsg::Wrap => {
                self.row = 0;
                self.wrap = !self.wrap;
            }
            PagerMsg::Times => self.times = !self.times,
            PagerMsg::Follow if self.follow => {
                let (top, row) = self.place(lines);
                self.stand(top, row);
            }
            PagerMsg::Follow => self.follow = true,
            PagerMsg::Search(text) => return self.look_for(&text, lines),
            PagerMsg::NextHit => return self.hit(true, lines),
            PagerMsg::PreviousHit => return self.hit(false, lines),
            PagerMsg::NextError => return self.find(true, lines, |lines, at| lines.is_error(at)),
            PagerMsg::PreviousError => return self.find(false, lines, |lines, at| lines.is_error(at)),
        }
        Went::There
    }

    /// First line and row in sight now.
    fn place(&self, lines: &impl Lines) -> (usize, usize) {
        let end = self.end(lines);
        if self.follow { end } else { (self.top, self.row).min(end) }
    }

    /// The place from which the last row is the last in sight.
    fn end(&self, lines: &impl Lines) -> (usize, usize) {
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

    fn rows_of(&self, lines: &impl Lines, at: usize) -> usize {
        if !self.wrap {
            return 1;
        }
        wrap::rows(&lines.text(at), usize::from(self.seen.get().width))
    }

    fn stand(&mut self, top: usize, row: usize) {
        (self.top, self.row, self.follow) = (top, row, false);
    }

    fn scroll(&mut self, by: isize, lines: &impl Lines) {
        if by > 0 && self.follow {
            return;
        }
        let from = self.place(lines);
        let rows = by.unsigned_abs();
        let (top, row) = if by < 0 { self.above(from, rows, lines) } else { self.below(from, rows, lines) };
        self.stand(top, row);
    }

    /// The place so many rows above another.
    fn above(
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
    fn below(
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

    fn sideways(&mut self, steps: isize, lines: &impl Lines) {
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
    fn show(&mut self, at: usize, lines: &impl Lines) {
        self.on = Some(at);
        let seen = self.in_sight(lines);
        if seen.contains(&at) && (seen.start < at || !self.wrap) {
            let (top, row) = self.place(lines);
            self.stand(top, row);
            return;
        }
        let (top, row) = self.above((at, 0), usize::from(self.seen.get().height / 3), lines);
        self.stand(top, row);
    }

    fn look_for(&mut self, text: &str, lines: &impl Lines) -> Went {
        self.search = Search::new(text);
        let Some(search) = &self.search else {
            self.on = None;
            return Went::There;
        };
        // Where one is already counts: typing on does not lead away from a hit.
        let from = self.on.unwrap_or_else(|| self.place(lines).0).min(lines.len().saturating_sub(1));
        let ahead = (from..lines.len()).find(|&at| search.is_in(&lines.text(at)));
        let found = ahead.or_else(|| (0..from).rev().find(|&at| search.is_in(&lines.text(at))));
        match found {
            None => Went::Nowhere,
            Some(at) => {
                self.show(at, lines);
                if at < from { Went::Around } else { Went::There }
            }
        }
    }

    fn hit(&mut self, forward: bool, lines: &impl Lines) -> Went {
        let Some(search) = self.search.clone() else { return Went::Nowhere };
        self.find(forward, lines, |lines, at| search.is_in(&lines.text(at)))
    }

    /// Goes to the next line, or the one before, of which `wanted` holds; round the end if there is none on this side.
    fn find<L: Lines>(&mut self, forward: bool, lines: &L, wanted: impl Fn(&L, usize) -> bool) -> Went {
        let (len, seen) = (lines.len(), self.in_sight(lines));
        // After scrolling away, one goes on from what is in sight.
        let on = self.on.filter(|on| seen.contains(on));
        let wanted = |at: &usize| wanted(lines, *at);
        let (near, far) = if forward {
            let from = on.map_or(seen.start, |on| on + 1).min(len);
            ((from..len).find(wanted), (0..from).find(wanted))
        } else {
            let to = on.unwrap_or(seen.end).min(len);
            ((0..to).rev().find(wanted), (to..len).rev().find(wanted))
        };
        let Some(at) = near.or(far) else { return Went::Nowhere };
        self.show(at, lines);
        if near.is_some() { Went::There } else { Went::Around }
    }
}

#[cfg(test)]
mod tests;
