//! Something to choose from: typing narrows it, `Enter` takes the line. Picker, palette, help and themes are all this.

use std::cell::RefCell;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use pilothouse_kit::fuzzy::Fuzzy;
use pilothouse_kit::input::{Line, LineEvent};

use super::Outcome;
use crate::shell::keys::Say;
use crate::shell::tabs::RoomId;

/// A page of lines, for PgUp and PgDn.
const PAGE: isize = 10;

/// One line of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What it says; may come from a node.
    pub label: String,
    /// More about it, muted.
    pub detail: String,
    /// Its keys, or what kind of thing it is.
    pub hint: String,
    /// Why it cannot be chosen now.
    pub disabled: Option<String>,
    /// What choosing it says.
    pub say: Say,
}

/// The list, narrowed by what is typed.
pub struct List {
    /// What is chosen.
    pub title: String,
    /// What is typed.
    pub filter: Line,
    /// The line that `Enter` takes, among the shown.
    pub cursor: usize,
    entries: Vec<Entry>,
    /// What each entry is found by.
    texts: Vec<String>,
    shown: Vec<usize>,
    fuzzy: RefCell<Fuzzy>,
    owner: Option<RoomId>,
}

impl List {
    /// All of it.
    #[must_use]
    pub fn new(title: impl Into<String>, entries: Vec<Entry>, owner: Option<RoomId>) -> Self {
        let texts = entries.iter().map(|it| format!("{} {} {}", it.label, it.detail, it.hint)).collect();
        let shown = (0..entries.len()).collect();
        let fuzzy = RefCell::default();
        Self { title: title.into(), filter: Line::default(), cursor: 0, entries, texts, shown, fuzzy, owner }
    }

    /// How many lines are shown, and how many there are.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.shown.len(), self.entries.len())
    }

    /// The shown line in that place.
    #[must_use]
    pub fn line(&self, at: usize) -> Option<&Entry> {
        self.shown.get(at).map(|&entry| &self.entries[entry])
    }

    /// Which letters of a label were found.
    #[must_use]
    pub fn hits(&self, label: &str) -> Vec<usize> {
        let pattern = self.filter.text().trim();
        if pattern.is_empty() { Vec::new() } else { self.fuzzy.borrow_mut().hits(pattern, label) }
    }

    pub(super) fn paste(&mut self, text: &str) {
        self.filter.paste(text);
        self.narrow();
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Outcome {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Up | KeyCode::BackTab => self.step(-1),
            KeyCode::Down | KeyCode::Tab => self.step(1),
            KeyCode::Char('p') if control => self.step(-1),
            KeyCode::Char('n') if control => self.step(1),
            KeyCode::PageUp => self.step(-PAGE),
            KeyCode::PageDown => self.step(PAGE),
            _ => match self.filter.key(key) {
                LineEvent::Changed => self.narrow(),
                LineEvent::Submit => return self.choose(),
                LineEvent::Cancel => return Outcome::Close,
                LineEvent::Moved | LineEvent::Ignored => {}
            },
        }
        Outcome::Stay
    }

    fn step(&mut self, by: isize) {
        let last = self.shown.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }

    fn narrow(&mut self) {
        let pattern = self.filter.text().trim();
        self.shown = if pattern.is_empty() {
            (0..self.entries.len()).collect()
        } else {
            let ranked = self.fuzzy.get_mut().rank(pattern, self.texts.iter().map(String::as_str));
            ranked.into_iter().map(|it| it.at).collect()
        };
        self.cursor = 0;
    }

    fn choose(&self) -> Outcome {
        match self.line(self.cursor) {
            None => Outcome::Refused(String::from("nothing matches")),
            Some(Entry { disabled: Some(why), .. }) => Outcome::Refused(why.clone()),
            Some(entry) => Outcome::Chose(entry.say.clone(), self.owner),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::keys::Action;

    fn entry(label: &str, disabled: Option<&str>) -> Entry {
        Entry {
            label: label.into(),
            detail: String::new(),
            hint: String::new(),
            disabled: disabled.map(Into::into),
            say: Say::Shell(Action::Theme(label.into())),
        }
    }

    fn list() -> List {
        let entries =
            vec![entry("dark", None), entry("light", None), entry("high-contrast", Some("needs colours"))];
        List::new("Themes", entries, None)
    }

    #[test]
    fn typing_narrows_it_and_enter_takes_the_best() {
        let mut list = list();
        list.paste("lig");
        assert_eq!(list.counts(), (1, 3));
        let chosen = list.key(KeyEvent::from(KeyCode::Enter));
        assert_eq!(chosen, Outcome::Chose(Say::Shell(Action::Theme("light".into())), None));
    }

    #[test]
    fn what_cannot_be_chosen_says_why_and_the_list_stays() {
        let mut list = list();
        list.key(KeyEvent::from(KeyCode::PageDown));
        assert_eq!(list.key(KeyEvent::from(KeyCode::Enter)), Outcome::Refused("needs colours".into()));
    }

    #[test]
    fn a_list_without_a_match_survives_every_key() {
        let mut list = list();
        list.paste("zzz");
        for code in [KeyCode::Down, KeyCode::Up, KeyCode::PageUp, KeyCode::PageDown] {
            list.key(KeyEvent::from(code));
        }
        assert_eq!(list.key(KeyEvent::from(KeyCode::Enter)), Outcome::Refused("nothing matches".into()));
    }
}
