//! The one editor of the house: scripts, documents, policies, values; and the same for reading them.
//!
//! In: keys, pasted text, what is wrong with which line. Out: the text; cells with line numbers, colours of the language and
//! messages. It costs by the lines in sight. A text may hold a secret: it is in no Debug and is wiped when it is given up.
//! Nothing invisible in it stays invisible. Never here: whether a text is right, what becomes of it.

mod edit;
mod fold;
mod history;
mod keys;
mod language;
mod looking;
mod mark;
mod text;
mod view;

use std::cell::{Cell, RefCell};

use serde::{Deserialize, Serialize};

use self::history::{Change, History, Kind};
pub use self::language::Language;
use self::language::State;
pub use self::mark::{Gravity, Mark};
use self::text::{Place, Text};
use crate::pager::Search;

/// At most so many bytes, unless another limit is set; what is typed or pasted beyond is not taken. A document may have 64 KiB.
pub const LIMIT: usize = 64 * 1024;

/// A text with a cursor in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Code {
    language: Language,
    text: Text,
    cursor: Place,
    /// Where the selection began that ends at the cursor.
    anchor: Option<Place>,
    /// The cell that the cursor keeps to while it goes up and down.
    goal: Option<usize>,
    history: History,
    read_only: bool,
    /// Whether long lines are folded, rather than scrolled sideways.
    folds: bool,
    limit: usize,
    search: Option<Search>,
    /// Another number for another text.
    revision: u64,
    /// What each line leaves open, as far as it was read: one more than lines were.
    open: RefCell<Vec<State>>,
    /// First line and first cell in sight; moved by drawing so that the cursor stays in sight.
    top: Cell<usize>,
    left: Cell<usize>,
    /// Lines in sight when it was last drawn.
    height: Cell<usize>,
}

/// What of it is kept: not the history.
#[derive(Serialize, Deserialize)]
struct Stored {
    language: Language,
    text: String,
}

impl From<Stored> for Code {
    fn from(stored: Stored) -> Self {
        Self::new(stored.language, &stored.text)
    }
}

impl From<Code> for Stored {
    fn from(code: Code) -> Self {
        Self { language: code.language, text: code.text() }
    }
}

impl Default for Code {
    fn default() -> Self {
        Self::new(Language::Plain, "")
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.language == other.language && self.text == other.text
    }
}

impl Eq for Code {}

impl Code {
    /// A text, the cursor behind it.
    #[must_use]
    pub fn new(language: Language, text: &str) -> Self {
        let text = Text::new(text);
        Self {
            language,
            cursor: text.end(),
            text,
            anchor: None,
            goal: None,
            history: History::default(),
            read_only: false,
            folds: false,
            limit: LIMIT,
            search: None,
            revision: 0,
            open: RefCell::default(),
            top: Cell::new(0),
            left: Cell::new(0),
            height: Cell::new(1),
        }
    }

    /// A text to be read: its keys move the cursor, and change nothing. The cursor is at its beginning.
    #[must_use]
    pub fn reading(language: Language, text: &str) -> Self {
        let mut code = Self { read_only: true, ..Self::new(language, text) };
        code.go(0, 0);
        code
    }

    /// The same with another limit, in bytes.
    #[must_use]
    pub fn with_limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Holds `text` from now on, the cursor behind it; what was before cannot be brought back.
    pub fn set(&mut self, text: &str) {
        self.text = Text::new(text);
        self.cursor = self.text.end();
        (self.anchor, self.goal) = (None, None);
        self.history = History::default();
        self.changed(0);
    }

    /// What was typed, its lines with a line feed between. It may be a secret.
    #[must_use]
    pub fn text(&self) -> String {
        self.text.joined()
    }

    /// The length of the text, in bytes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.text.bytes()
    }

    /// The most that it may have, in bytes.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Another number whenever the text is another: what says without a comparison that it has changed.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether nothing but blanks was typed.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.text.lines().iter().all(|line| line.trim().is_empty())
    }

    /// The lines, at least one.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        self.text.lines()
    }

    /// What it is written in.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// It is written in another language.
    pub fn set_language(&mut self, language: Language) {
        self.language = language;
        self.open.borrow_mut().clear();
    }

    /// Whether long lines are folded into rows.
    #[must_use]
    pub const fn folds(&self) -> bool {
        self.folds
    }

    /// Long lines are folded into rows from now on, or scrolled sideways.
    pub fn set_folds(&mut self, folds: bool) {
        self.folds = folds;
    }

    /// Whether it can only be read.
    #[must_use]
    pub const fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// It can only be read from now on, or be changed again.
    pub fn set_read_only(&mut self, read_only: bool) {
        self.read_only = read_only;
        self.history.seal();
    }

    /// The line and the character that the cursor is on, from 0.
    #[must_use]
    pub fn cursor(&self) -> (usize, usize) {
        let before = &self.text.line(self.cursor.line)[..self.cursor.byte];
        (self.cursor.line, before.chars().count())
    }

    /// Puts the cursor on a character of a line, both from 0; behind the end it stays at the end.
    pub fn go(&mut self, line: usize, column: usize) {
        let text = self.text.line(line);
        let byte = text.char_indices().nth(column).map_or(text.len(), |(at, _)| at);
        self.move_to(self.text.nearest(if line < self.lines().len() {
            Place::new(line, byte)
        } else {
            self.text.end()
        }));
    }

    /// What is selected, if anything. It may be a secret.
    #[must_use]
    pub fn selected(&self) -> Option<String> {
        self.selection().map(|(from, to)| self.text.between(from, to))
    }

    fn selection(&self) -> Option<(Place, Place)> {
        let anchor = self.anchor.filter(|anchor| *anchor != self.cursor)?;
        Some((anchor.min(self.cursor), anchor.max(self.cursor)))
    }

    fn move_to(&mut self, place: Place) {
        (self.cursor, self.anchor, self.goal) = (place, None, None);
        self.history.seal();
    }

    /// The text is another from this line on.
    fn changed(&mut self, line: usize) {
        self.revision += 1;
        self.open.borrow_mut().truncate(line + 1);
    }
}

#[cfg(test)]
mod tests;
