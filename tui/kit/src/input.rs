//! One line of text being typed.
//!
//! In: keys, pasted text. Out: the text, and what a key did to it. The keys are those of a shell's line.
//! Never here: what the text means, a history.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use crate::paint;
use crate::safe;
use crate::theme::{Role, Theme};

/// A line holds at most so many bytes; what is typed or pasted beyond is not taken.
const LIMIT: usize = 8 * 1024;

/// One line of text with a cursor in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Line {
    text: String,
    /// In bytes, between two characters.
    cursor: usize,
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<Line> for String {
    fn from(line: Line) -> Self {
        line.text
    }
}

/// What a key did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEvent {
    /// The text is another.
    Changed,
    /// The cursor is elsewhere.
    Moved,
    /// Enter.
    Submit,
    /// Esc.
    Cancel,
    /// Nothing; the key may mean something elsewhere.
    Ignored,
}

impl Line {
    /// A line that holds `text`, the cursor behind it.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let mut line = Self::default();
        line.set(text);
        line
    }

    /// What was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The text before the cursor: what a completion completes.
    #[must_use]
    pub fn before(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Holds `text` from now on, the cursor behind it.
    pub fn set(&mut self, text: impl Into<String>) {
        self.text = text.into();
        self.cursor = self.text.len();
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.set("");
    }

    /// Takes pasted text: line breaks become blanks, other control characters are left out.
    pub fn paste(&mut self, pasted: &str) -> LineEvent {
        let pasted = pasted.trim_end_matches(['\r', '\n']).replace("\r\n", " ");
        let clean = pasted.chars().map(|char| if matches!(char, '\n' | '\r' | '\t') { ' ' } else { char });
        self.insert(&clean.filter(|char| !char.is_control()).collect::<String>())
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent) -> LineEvent {
        if key.kind == KeyEventKind::Release {
            return LineEvent::Ignored;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char(char) if control && !alt => self.control(char.to_ascii_lowercase()),
            KeyCode::Char(char) if alt && !control => self.alt(char),
            KeyCode::Char(char) if !char.is_control() => self.insert(char.encode_utf8(&mut [0; 4])),
            KeyCode::Enter => LineEvent::Submit,
            KeyCode::Esc => LineEvent::Cancel,
            KeyCode::Backspace if alt || control => self.remove(self.word_left(), self.cursor),
            KeyCode::Backspace => self.remove(self.left(), self.cursor),
            KeyCode::Delete => self.remove(self.cursor, self.right()),
            KeyCode::Left if alt || control => self.go(self.word_left()),
            KeyCode::Right if alt || control => self.go(self.word_right()),
            KeyCode::Left => self.go(self.left()),
            KeyCode::Right => self.go(self.right()),
            KeyCode::Home => self.go(0),
            KeyCode::End => self.go(self.text.len()),
            _ => LineEvent::Ignored,
        }
    }

    fn control(&mut self, char: char) -> LineEvent {
        match char {
            'a' => self.go(0),
            'e' => self.go(self.text.len()),
            'b' => self.go(self.left()),
            'f' => self.go(self.right()),
            'u' => self.remove(0, self.cursor),
            'k' => self.remove(self.cursor, self.text.len()),
            'w' => self.remove(self.blank_left(), self.cursor),
            'h' => self.remove(self.left(), self.cursor),
            'd' if !self.text.is_empty() => self.remove(self.cursor, self.right()),
            'c' | 'g' => LineEvent::Cancel,
            'j' => LineEvent::Submit,
            _ => LineEvent::Ignored,
        }
    }

    fn alt(&mut self, char: char) -> LineEvent {
        match char {
            'b' => self.go(self.word_left()),
            'f' => self.go(self.word_right()),
            'd' => self.remove(self.cursor, self.word_right()),
            _ => LineEvent::Ignored,
        }
    }

    fn insert(&mut self, text: &str) -> LineEvent {
        let room = LIMIT.saturating_sub(self.text.len()).min(text.len());
        let taken = &text[..text.floor_char_boundary(room)];
        if taken.is_empty() {
            return LineEvent::Moved;
        }
        self.text.insert_str(self.cursor, taken);
        self.cursor += taken.len();
        LineEvent::Changed
    }

    fn remove(&mut self, from: usize, to: usize) -> LineEvent {
        if from == to {
            return LineEvent::Moved;
        }
        self.text.replace_range(from..to, "");
        self.cursor = from;
        LineEvent::Changed
    }

    fn go(&mut self, to: usize) -> LineEvent {
        self.cursor = to;
        LineEvent::Moved
    }

    fn left(&self) -> usize {
        self.before().grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        self.cursor + self.text[self.cursor..].graphemes(true).next().map_or(0, str::len)
    }

    /// Where the word before the cursor begins.
    fn word_left(&self) -> usize {
        let words = self.before().trim_end_matches(|char: char| !char.is_alphanumeric());
        words.trim_end_matches(char::is_alphanumeric).len()
    }

    /// Where the word behind the cursor ends.
    fn word_right(&self) -> usize {
        let rest = &self.text[self.cursor..];
        let word = rest.trim_start_matches(|char: char| !char.is_alphanumeric());
        self.text.len() - word.trim_start_matches(char::is_alphanumeric).len()
    }

    /// Where what stands before the cursor without a blank begins.
    fn blank_left(&self) -> usize {
        self.before().trim_end().trim_end_matches(|char: char| !char.is_whitespace()).len()
    }

    /// Draws it in one row: the label, then the text, or the placeholder where there is none. A text that is wider than its
    /// place is shown from where the cursor stays in sight.
    pub fn view(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        theme: &Theme,
        label: &str,
        placeholder: &str,
        focused: bool,
    ) {
        if area.is_empty() {
            return;
        }
        let buffer = frame.buffer_mut();
        let ellipsis = theme.symbols().ellipsis;
        let label_role = if focused { Role::Accent } else { Role::TextMuted };
        let used = paint::text(buffer, area.x, area.y, area.width, label, theme.style(label_role), ellipsis);
        let (x, cells) = (area.x + used, area.width - used);
        if cells == 0 {
            return;
        }
        // One cell is kept for the cursor behind the last character.
        let before = safe::visible(self.before());
        let behind = safe::visible(&self.text[self.cursor..]);
        let skipped = safe::width(&before).saturating_sub(usize::from(cells) - 1);
        let (pad, shown) = safe::skip(&before, skipped);
        let style = theme.style(Role::Input);
        let mut at = u16::try_from(pad).unwrap_or(0);
        at += paint::text(buffer, x + at, area.y, cells - at, shown, style, "");
        paint::text(buffer, x + at, area.y, cells - at, &behind, style, "");
        if skipped > 0 {
            let muted = style.patch(theme.style(Role::TextMuted));
            paint::text(buffer, x, area.y, cells - 1, theme.symbols().more_left, muted, "");
        }
        if self.text.is_empty() {
            let muted = theme.style(Role::TextMuted);
            paint::text(buffer, x, area.y, cells, placeholder, muted, ellipsis);
        }
        if focused && at < cells {
            buffer[(x + at, area.y)].set_style(style.add_modifier(Modifier::REVERSED));
        }
    }
}

#[cfg(test)]
mod tests;
