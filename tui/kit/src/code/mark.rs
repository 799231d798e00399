//! What is wrong with a line.

use super::{Code, Place};
use crate::theme::Role;

/// How much a mark weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gravity {
    /// By the way.
    Hint,
    /// Look at this.
    Warning,
    /// It cannot stay so.
    Error,
}

impl Gravity {
    pub(super) const fn role(self) -> Role {
        match self {
            Self::Hint => Role::Info,
            Self::Warning => Role::Warn,
            Self::Error => Role::Bad,
        }
    }
}

/// Something that is said of a place in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its line, from 0.
    pub line: usize,
    /// Its character in the line, from 0; `None` means the whole line.
    pub column: Option<usize>,
    /// How much it weighs.
    pub gravity: Gravity,
    /// What is said.
    pub message: String,
}

impl Code {
    /// To the next mark behind the cursor, or the one before it, round the ends; says whether there is one.
    pub fn go_to_mark(&mut self, marks: &[Mark], forward: bool) -> bool {
        let mut places: Vec<(usize, usize)> =
            marks.iter().map(|mark| (mark.line, mark.column.unwrap_or(0))).collect();
        places.sort_unstable();
        let here = self.cursor();
        let found = if forward {
            places.iter().find(|place| **place > here).or(places.first())
        } else {
            places.iter().rev().find(|place| **place < here).or(places.last())
        };
        let Some((line, column)) = found.copied() else { return false };
        self.go(line, column);
        true
    }

    /// The bytes of a line that a mark is about: from its character to the end of the word, or all but what indents it.
    pub(super) fn marked(&self, mark: &Mark) -> std::ops::Range<usize> {
        let line = self.text.line(mark.line);
        let indent = line.len() - line.trim_start().len();
        let Some(column) = mark.column else { return indent..line.len() };
        let from = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
        let from = self.text.nearest(Place::new(mark.line, from)).byte;
        if from >= line.trim_end().len() {
            return indent..line.len();
        }
        let is_word = |char: char| char.is_alphanumeric() || "_-:.".contains(char);
        let rest = &line[from..];
        let end = rest.find(|char| !is_word(char)).filter(|end| *end > 0);
        let first = rest.chars().next().map_or(0, char::len_utf8);
        from..from + end.unwrap_or(if rest.starts_with(is_word) { rest.len() } else { first })
    }
}
