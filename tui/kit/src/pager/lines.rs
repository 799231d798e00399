//! Where text comes from.

use std::borrow::Cow;

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

/// Lines by number; perhaps only a part of a longer text that is kept elsewhere.
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

    /// How many lines of the whole text are before the first of these, and how many it has in all, as far as that is known.
    fn whole(&self) -> (u64, u64) {
        (0, self.len() as u64)
    }

    /// Whether it is one that is looked for when something went wrong.
    fn is_error(&self, _at: usize) -> bool {
        false
    }
}
