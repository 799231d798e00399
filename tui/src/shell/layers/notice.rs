//! Something that must be read in full.

use crossterm::event::{KeyCode, KeyEvent};
use pilothouse_kit::safe;

use super::Outcome;

/// Cells of a line, about: a text that is wider is broken between words.
const WIDTH: usize = 64;

/// A text in a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it is about.
    pub title: String,
    /// What it says, line by line.
    pub lines: Vec<String>,
}

impl Notice {
    /// A text in paragraphs.
    #[must_use]
    pub fn new(title: impl Into<String>, paragraphs: &[&str]) -> Self {
        let mut lines = Vec::new();
        for paragraph in paragraphs {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.extend(safe::wrap(paragraph, WIDTH));
        }
        Self { title: title.into(), lines }
    }

    pub(super) fn key(key: KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | ' ') => Outcome::Close,
            _ => Outcome::Stay,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_broken_between_words_and_nothing_is_lost() {
        let text = "the data directory /var/lib/pilothouse cannot be used because another server is using it at the moment";
        let notice = Notice::new("No server", &[text, "Esc closes this."]);
        assert!(notice.lines.iter().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(notice.lines[..2].join(" "), text);
        assert_eq!(notice.lines.last().map(String::as_str), Some("Esc closes this."));
    }
}
