//! A few fields in a box over a room: lines to type, choices to turn; and one button.
//!
//! In: what is typed, what is wrong with a field (its word says). Out: whether all of it is right and shall be done, and values.
//! What was typed stays when the server refuses it, with the reason below.
//! Never here: what is done with it.

mod view;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use pilothouse_kit::input::{Line, LineEvent};

use crate::screen::Input;

/// What a field is called, what it means, and what may stand in it.
pub trait Word: Copy + PartialEq {
    /// What stands before it.
    fn label(self) -> &'static str;

    /// What it means, in a line.
    fn hint(self) -> &'static str;

    /// What stands in it while nothing is typed.
    fn placeholder(self) -> &'static str {
        ""
    }

    /// What is wrong with a text.
    fn wrong(self, _text: &str) -> Option<String> {
        None
    }
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// What is typed.
    Line(Line),
    /// One of several.
    One {
        /// What can be chosen.
        options: Vec<String>,
        /// Which is.
        at: usize,
    },
}

/// What came of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// Nothing that matters outside.
    Nothing,
    /// It is complete, and shall be done.
    Submit,
}

/// A box of fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet<W> {
    /// What stands over it.
    pub title: String,
    /// What the button says.
    pub button: &'static str,
    /// What stands above the fields.
    pub notes: Vec<String>,
    /// Why the server refused it.
    pub trouble: Option<String>,
    fields: Vec<(W, Value)>,
    /// Which has the keys; one behind the last is the button.
    at: usize,
    /// Whether it was tried to submit: from then on every mistake is said.
    tried: bool,
}

impl<W: Word> Sheet<W> {
    /// A box without fields.
    #[must_use]
    pub fn new(title: impl Into<String>, button: &'static str) -> Self {
        Self {
            title: title.into(),
            button,
            notes: Vec::new(),
            trouble: None,
            fields: Vec::new(),
            at: 0,
            tried: false,
        }
    }

    /// With a line to type.
    #[must_use]
    pub fn line(mut self, word: W, text: &str) -> Self {
        self.fields.push((word, Value::Line(Line::new(text))));
        self
    }

    /// With a choice, of which the one in that place is made.
    #[must_use]
    pub fn one(mut self, word: W, options: &[&str], at: usize) -> Self {
        let options = options.iter().map(|&option| option.to_owned()).collect();
        self.fields.push((word, Value::One { options, at }));
        self
    }

    /// With a line above the fields.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// What was typed into a line, without blanks round it.
    #[must_use]
    pub fn text(&self, word: W) -> &str {
        match self.value(word) {
            Some(Value::Line(line)) => line.text().trim(),
            _ => "",
        }
    }

    /// The same, unless it is empty.
    #[must_use]
    pub fn said(&self, word: W) -> Option<String> {
        Some(self.text(word).to_owned()).filter(|text| !text.is_empty())
    }

    /// Which option of a choice is made.
    #[must_use]
    pub fn chosen(&self, word: W) -> usize {
        match self.value(word) {
            Some(Value::One { at, .. }) => *at,
            _ => 0,
        }
    }

    fn value(&self, word: W) -> Option<&Value> {
        self.fields.iter().find(|(own, _)| *own == word).map(|(_, value)| value)
    }

    fn wrong(&self, at: usize) -> Option<String> {
        match self.fields.get(at)? {
            (word, Value::Line(line)) => word.wrong(line.text().trim()),
            (_, Value::One { .. }) => None,
        }
    }

    /// Whether what is typed goes into it; the keys that close it do not.
    #[must_use]
    pub fn takes(input: &Input) -> bool {
        match input {
            Input::Paste(_) => true,
            Input::Key(key) => {
                let control = key.modifiers.contains(KeyModifiers::CONTROL);
                key.code != KeyCode::Esc && !(control && matches!(key.code, KeyCode::Char('c' | 'p')))
            }
        }
    }

    /// Takes what is typed.
    pub fn take(&mut self, input: &Input) -> Came {
        match input {
            Input::Key(key) => self.key(*key),
            Input::Paste(text) => {
                if let Some((_, Value::Line(line))) = self.fields.get_mut(self.at) {
                    line.paste(text);
                    self.trouble = None;
                }
                Came::Nothing
            }
        }
    }

    fn key(&mut self, key: KeyEvent) -> Came {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('s') if control => return self.submit(),
            KeyCode::Tab | KeyCode::Down => self.at = (self.at + 1).min(self.fields.len()),
            KeyCode::BackTab | KeyCode::Up => self.at = self.at.saturating_sub(1),
            _ => return self.key_here(key),
        }
        Came::Nothing
    }

    fn key_here(&mut self, key: KeyEvent) -> Came {
        let event = match self.fields.get_mut(self.at) {
            None if key.code == KeyCode::Enter => return self.submit(),
            None => LineEvent::Ignored,
            Some((_, Value::Line(line))) => line.key(key),
            Some((_, Value::One { options, at })) => turn(options, at, key),
        };
        match event {
            // One field needs no way to the button.
            LineEvent::Submit if self.fields.len() == 1 => return self.submit(),
            LineEvent::Submit => self.at += 1,
            LineEvent::Changed => self.trouble = None,
            LineEvent::Moved | LineEvent::Cancel | LineEvent::Ignored => {}
        }
        Came::Nothing
    }

    /// Goes to the first mistake, if there is one.
    fn submit(&mut self) -> Came {
        self.tried = true;
        match (0..self.fields.len()).find(|&at| self.wrong(at).is_some()) {
            Some(at) => {
                self.at = at;
                Came::Nothing
            }
            None => Came::Submit,
        }
    }
}

fn turn(options: &[String], at: &mut usize, key: KeyEvent) -> LineEvent {
    let last = options.len().saturating_sub(1);
    match key.code {
        KeyCode::Enter => return LineEvent::Submit,
        KeyCode::Left | KeyCode::Char('h') => *at = at.saturating_sub(1),
        KeyCode::Right | KeyCode::Char('l') => *at = (*at + 1).min(last),
        KeyCode::Char(' ') => *at = if *at == last { 0 } else { *at + 1 },
        _ => return LineEvent::Ignored,
    }
    LineEvent::Changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum What {
        Name,
        Default,
    }

    impl Word for What {
        fn label(self) -> &'static str {
            "x"
        }
        fn hint(self) -> &'static str {
            "x"
        }
        fn wrong(self, text: &str) -> Option<String> {
            (self == Self::Name && text.is_empty()).then(|| "say a name".to_owned())
        }
    }

    fn press(sheet: &mut Sheet<What>, codes: &[KeyCode]) -> Came {
        codes.iter().fold(Came::Nothing, |_, code| sheet.take(&Input::Key(KeyEvent::from(*code))))
    }

    #[test]
    fn the_first_mistake_holds_it_up_and_the_rest_goes_through() {
        let mut sheet =
            Sheet::new("Save", "Save it").line(What::Name, "").one(What::Default, &["no", "yes"], 0);
        assert_eq!(
            press(&mut sheet, &[KeyCode::Enter, KeyCode::Right, KeyCode::Enter, KeyCode::Enter]),
            Came::Nothing
        );
        assert_eq!(press(&mut sheet, &[KeyCode::Char('a')]), Came::Nothing);
        assert_eq!(press(&mut sheet, &[KeyCode::Enter, KeyCode::Enter, KeyCode::Enter]), Came::Submit);
        assert_eq!((sheet.text(What::Name), sheet.chosen(What::Default)), ("a", 1));
    }

    #[test]
    fn one_field_is_done_with_one_key() {
        let mut sheet = Sheet::new("Share", "Share it").line(What::Name, "b");
        assert_eq!(press(&mut sheet, &[KeyCode::Enter]), Came::Submit);
    }
}
