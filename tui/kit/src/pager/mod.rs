//! Text of any length in sight in part: scrolled, wrapped, searched, followed while it grows.
//!
//! In: lines by number from whoever keeps them, messages. Out: cells. It costs by what is in sight; a search alone looks at
//! lines that are not, and never copies them. All of its state is a place, a few switches and a pattern.
//! Never here: where lines come from, who said them, a copy of them.

mod finding;
mod json;
mod lines;
mod motion;
mod search;
mod view;
mod wrap;

use std::cell::Cell;
use std::ops::Range;

use ratatui::layout::Size;
use serde::{Deserialize, Serialize};

pub use self::lines::{Lines, PagerLine};
pub use self::search::{EXPRESSION, Search};

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
    /// Show JSON with a row for each of its members, or as it was said.
    Json,
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
    #[serde(default)]
    json: bool,
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

    /// Whether JSON is taken apart.
    #[must_use]
    pub fn shows_json(&self) -> bool {
        self.json
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

    /// The source has `come` more lines before its first: what is in sight stays in sight.
    pub fn precede(&mut self, come: usize) {
        self.top += come;
        self.on = self.on.map(|on| on + come);
    }

    /// Other lines stand there now. How they are shown, and how far to the side, stays.
    pub fn replace(&mut self) {
        (self.top, self.row, self.on) = (0, 0, None);
    }

    /// Marks what is looked for, without going there.
    pub fn mark(&mut self, search: Option<Search>) {
        if search.is_none() {
            self.on = None;
        }
        self.search = search;
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
            PagerMsg::Json => {
                self.row = 0;
                self.json = !self.json;
            }
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
}

#[cfg(test)]
mod tests;
