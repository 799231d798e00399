//! The fields of forms, and what each may hold.

use crossterm::event::{KeyCode, KeyEvent};
use pilothouse_kit::input::{Line, LineEvent};

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// What it is called.
    Name,
    /// For people.
    Comment,
    /// Which groups.
    Groups,
    /// What it may do, to begin with.
    May,
    /// In which environment.
    Environment,
    /// Whether an access key is made at once.
    Key,
    /// How long a session may live.
    Session,
    /// A line of `authorized_keys`.
    PublicKey,
}

impl What {
    /// What stands before it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Comment => "Comment",
            Self::Groups => "Groups",
            Self::May => "May",
            Self::Environment => "Environment",
            Self::Key => "Access key",
            Self::Session => "Sessions",
            Self::PublicKey => "Key",
        }
    }

    /// What it means, in a line.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Name => "letters, digits and _ + = , . @ -, up to 64; it cannot be changed later",
            Self::Comment => "for people, up to 256 characters",
            Self::Groups => "arrows move, Space puts in or takes out",
            Self::May => "arrows choose; all of it can be changed later",
            Self::Environment => "the value of the nodes' tag env",
            Self::Key => "what it signs with; shown once, when it is made",
            Self::Session => "the longest that a session of it lives",
            Self::PublicKey => "paste a line of a .pub file: ssh-ed25519 AAAA… comment",
        }
    }

    /// What it is when nothing is typed.
    #[must_use]
    pub const fn placeholder(self) -> &'static str {
        match self {
            Self::Name => "such as anna",
            Self::Environment => "such as staging",
            Self::PublicKey => "such as ssh-ed25519 AAAA… anna@laptop",
            _ => "",
        }
    }

    /// What is wrong with a text. `taken` are names that are given already.
    #[must_use]
    pub fn wrong(self, text: &str, taken: &[String]) -> Option<String> {
        match self {
            Self::Name if text.is_empty() => Some("say what it is called".to_owned()),
            Self::Name if !is_name(text) => {
                Some("only letters, digits and _ + = , . @ -, up to 64 of them".to_owned())
            }
            Self::Name if taken.iter().any(|name| name.eq_ignore_ascii_case(text)) => {
                Some(format!("there is already one that is called {text}"))
            }
            Self::Comment if text.chars().count() > 256 => Some("at most 256 characters".to_owned()),
            Self::Environment if text.is_empty() => Some("say which environment".to_owned()),
            Self::Environment if !is_name(text) => {
                Some("only letters, digits and _ + = , . @ - go into a policy's name".to_owned())
            }
            Self::PublicKey if text.split_whitespace().count() < 2 => {
                Some("a line such as ssh-ed25519 AAAA… comment".to_owned())
            }
            _ => None,
        }
    }
}

/// Whether it is a name of a user, group, role or policy.
fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
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
    /// Any of several.
    Several {
        /// What can be chosen.
        options: Vec<String>,
        /// Which are.
        marked: Vec<bool>,
        /// Where the cursor is.
        at: usize,
    },
}

/// A field and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Which.
    pub name: What,
    /// What it holds.
    pub value: Value,
}

impl Field {
    pub(in super::super) fn line(name: What, text: &str) -> Self {
        Self { name, value: Value::Line(Line::new(text)) }
    }

    pub(in super::super) fn one(name: What, options: Vec<String>) -> Self {
        Self { name, value: Value::One { options, at: 0 } }
    }

    pub(in super::super) fn several(name: What, options: Vec<String>) -> Self {
        let marked = vec![false; options.len()];
        Self { name, value: Value::Several { options, marked, at: 0 } }
    }
}

impl Value {
    /// A key for a choice.
    pub(super) fn key(&mut self, key: KeyEvent) -> LineEvent {
        let right = match key.code {
            KeyCode::Enter => return LineEvent::Submit,
            KeyCode::Left | KeyCode::Char('h') => false,
            KeyCode::Right | KeyCode::Char('l') => true,
            KeyCode::Char(' ') => return self.space(),
            _ => return LineEvent::Ignored,
        };
        if let Self::One { options, at } | Self::Several { options, at, .. } = self {
            let last = options.len().saturating_sub(1);
            *at = if right { (*at + 1).min(last) } else { at.saturating_sub(1) };
        }
        LineEvent::Changed
    }

    fn space(&mut self) -> LineEvent {
        match self {
            Self::One { options, at } => *at = (*at + 1) % options.len().max(1),
            Self::Several { marked, at, .. } => {
                if let Some(mark) = marked.get_mut(*at) {
                    *mark = !*mark;
                }
            }
            Self::Line(_) => {}
        }
        LineEvent::Changed
    }
}
