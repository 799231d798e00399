//! A form that is being filled in: what a new user, group, role, policy or SSH key is made of.
//!
//! In: what is typed. Out: whether it is complete, and the values of its fields. Never here: the calls that come of it.

mod field;
mod view;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use pilothouse_kit::input::LineEvent;

pub use field::{Field, Value, What};

use crate::screen::Input;

/// What is being made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A user.
    User,
    /// A group.
    Group,
    /// A role.
    Role,
    /// A policy, in the editor.
    Policy,
    /// A copy of this policy, in the editor.
    Copy(String),
    /// An SSH public key of this user.
    Ssh(String),
}

impl Kind {
    /// What stands over the form.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::User => "New user".to_owned(),
            Self::Group => "New group".to_owned(),
            Self::Role => "New role".to_owned(),
            Self::Policy => "New policy".to_owned(),
            Self::Copy(of) => format!("Copy of {of}"),
            Self::Ssh(user) => format!("SSH public key of {user}"),
        }
    }

    const fn button(&self) -> &'static str {
        match self {
            Self::User | Self::Group | Self::Role => "Make it",
            Self::Policy | Self::Copy(_) => "Write it",
            Self::Ssh(_) => "Register it",
        }
    }
}

/// What came of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// Nothing that matters outside.
    Nothing,
    /// It is complete, and shall be done.
    Submit,
}

/// A form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// What is being made.
    pub kind: Kind,
    /// From above.
    pub fields: Vec<Field>,
    /// Which has the keys; one behind the last is the button.
    pub at: usize,
    /// Whether it was tried to submit: from then on every mistake is said.
    pub tried: bool,
    /// Why the server refused it.
    pub trouble: Option<String>,
    /// Names that are given already.
    pub(super) taken: Vec<String>,
}

impl Form {
    pub(super) fn new(kind: Kind, fields: Vec<Field>, taken: Vec<String>) -> Self {
        Self { kind, fields, at: 0, tried: false, trouble: None, taken }
    }

    /// The value of a field that is a line.
    #[must_use]
    pub fn text(&self, name: What) -> &str {
        let field = self.fields.iter().find(|field| field.name == name);
        field.map_or("", |field| match &field.value {
            Value::Line(line) => line.text().trim(),
            Value::One { .. } | Value::Several { .. } => "",
        })
    }

    /// Which of a field's options is chosen.
    #[must_use]
    pub fn chosen(&self, name: What) -> usize {
        let field = self.fields.iter().find(|field| field.name == name);
        field.map_or(0, |field| match &field.value {
            Value::One { at, .. } => *at,
            Value::Line(_) | Value::Several { .. } => 0,
        })
    }

    /// Which options of a field are chosen.
    #[must_use]
    pub fn marked(&self, name: What) -> Vec<String> {
        let field = self.fields.iter().find(|field| field.name == name);
        field.map_or_else(Vec::new, |field| match &field.value {
            Value::Several { options, marked, .. } => {
                options.iter().zip(marked).filter(|(_, marked)| **marked).map(|(it, _)| it.clone()).collect()
            }
            Value::Line(_) | Value::One { .. } => Vec::new(),
        })
    }

    /// Whether a field matters with what is chosen now.
    #[must_use]
    pub fn matters(&self, field: &Field) -> bool {
        field.name != What::Environment
            || self.fields.iter().all(|other| match &other.value {
                Value::One { options, at } if other.name == What::May => {
                    options.get(*at).is_some_and(|option| option.contains("one environment"))
                }
                _ => true,
            })
    }

    /// What is wrong with a field, if anything.
    #[must_use]
    pub fn wrong(&self, field: &Field) -> Option<String> {
        if !self.matters(field) {
            return None;
        }
        let Value::Line(line) = &field.value else { return None };
        field.name.wrong(line.text().trim(), &self.taken)
    }

    /// Whether what is typed goes into it; the keys that close it do not.
    pub(super) fn takes(input: &Input) -> bool {
        match input {
            Input::Paste(_) => true,
            Input::Key(key) => {
                let control = key.modifiers.contains(KeyModifiers::CONTROL);
                key.code != KeyCode::Esc && !(control && matches!(key.code, KeyCode::Char('c' | 'p')))
            }
        }
    }

    pub(super) fn take(&mut self, input: &Input) -> Came {
        match input {
            Input::Key(key) => self.key(*key),
            Input::Paste(text) => {
                if let Some(Field { value: Value::Line(line), .. }) = self.fields.get_mut(self.at) {
                    line.paste(text);
                }
                Came::Nothing
            }
        }
    }

    fn key(&mut self, key: KeyEvent) -> Came {
        let moves = match key.code {
            KeyCode::Tab | KeyCode::Down => Some(true),
            KeyCode::BackTab | KeyCode::Up => Some(false),
            _ => None,
        };
        if let Some(forward) = moves {
            self.step(forward);
            return Came::Nothing;
        }
        if self.at >= self.fields.len() {
            return if key.code == KeyCode::Enter { self.submit() } else { Came::Nothing };
        }
        let event = match &mut self.fields[self.at].value {
            Value::Line(line) => line.key(key),
            choice => choice.key(key),
        };
        match event {
            LineEvent::Submit => self.step(true),
            LineEvent::Changed => self.trouble = None,
            LineEvent::Moved | LineEvent::Cancel | LineEvent::Ignored => {}
        }
        Came::Nothing
    }

    fn step(&mut self, forward: bool) {
        let end = self.fields.len();
        loop {
            let next = if forward { (self.at + 1).min(end) } else { self.at.saturating_sub(1) };
            let stuck = next == self.at;
            self.at = next;
            if stuck || self.fields.get(next).is_none_or(|field| self.matters(field)) {
                return;
            }
        }
    }

    /// Goes to the first mistake, if there is one.
    fn submit(&mut self) -> Came {
        self.tried = true;
        match self.fields.iter().position(|field| self.wrong(field).is_some()) {
            Some(at) => {
                self.at = at;
                Came::Nothing
            }
            None => Came::Submit,
        }
    }
}
