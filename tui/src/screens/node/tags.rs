//! Editing tags: what is typed, and whether the server would take it.

use std::collections::BTreeMap;

use crossterm::event::KeyCode;
use pilothouse_api::validate::is_tag_text;
use pilothouse_kit::input::Line;
use serde::{Deserialize, Serialize};

use super::keys::Msg;
use crate::screen::Input;

/// The most tags that one node has.
pub(super) const MAX_TAGS: usize = 50;
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

/// A tag being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Whose value is being changed; a new tag, typed as `key=value`, if there is none.
    pub key: Option<String>,
    /// What was typed.
    pub line: Line,
    /// Whether it was sent off once: from then on it says what is wrong.
    pub tried: bool,
}

/// Why a tag cannot be so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// No `=`, or nothing before it.
    #[error("a tag is written key=value")]
    Form,
    /// Too many characters.
    #[error("at most {1} characters in a {0}")]
    Long(&'static str, usize),
    /// A character that AWS does not take.
    #[error("{1:?} cannot stand in a {0}: letters, digits, blanks and _ . : / = + - @ can")]
    Character(&'static str, char),
    /// A key of AWS's own.
    #[error("keys that begin with aws: are reserved")]
    Reserved,
    /// One more than a node may have.
    #[error("a node has at most {MAX_TAGS} tags")]
    TooMany,
    /// It is there already, with this value.
    #[error("the node has exactly this tag")]
    Same,
}

impl Edit {
    /// A new tag.
    #[must_use]
    pub fn add() -> Self {
        Self::default()
    }

    /// Another value for a tag.
    #[must_use]
    pub fn change(key: &str, value: &str) -> Self {
        Self { key: Some(key.to_owned()), line: Line::new(value), tried: false }
    }

    pub(super) fn typed(&self, input: &Input) -> Option<Msg> {
        match input {
            Input::Key(key) if key.code == KeyCode::Esc => None,
            _ => Some(Msg::Typed(input.clone())),
        }
    }

    /// The tag, if the node could have it.
    ///
    /// # Errors
    /// When it is malformed, too long, has characters that AWS refuses, is reserved, is one too many, or changes nothing.
    pub fn tag(&self, tags: &BTreeMap<String, String>) -> Result<(String, String), TagError> {
        let text = self.line.text().trim();
        let (key, value) = match &self.key {
            Some(key) => (key.as_str(), text),
            None => text.split_once('=').map(|(k, v)| (k.trim(), v.trim())).ok_or(TagError::Form)?,
        };
        if key.is_empty() {
            return Err(TagError::Form);
        }
        check("key", key, MAX_KEY)?;
        check("value", value, MAX_VALUE)?;
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(TagError::Reserved);
        }
        match tags.get(key) {
            Some(now) if now == value => Err(TagError::Same),
            None if tags.len() >= MAX_TAGS => Err(TagError::TooMany),
            _ => Ok((key.to_owned(), value.to_owned())),
        }
    }
}

fn check(what: &'static str, text: &str, most: usize) -> Result<(), TagError> {
    if text.chars().count() > most {
        return Err(TagError::Long(what, most));
    }
    match text.chars().find(|char| !is_tag_text(char.encode_utf8(&mut [0; 4]))) {
        Some(char) => Err(TagError::Character(what, char)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(text: &str) -> Result<(String, String), TagError> {
        let tags = BTreeMap::from([("env".to_owned(), "prod".to_owned())]);
        Edit { line: Line::new(text), ..Edit::add() }.tag(&tags)
    }

    #[test]
    fn what_the_server_would_refuse_is_said_while_it_is_typed() {
        assert_eq!(add(" role = web server "), Ok(("role".to_owned(), "web server".to_owned())));
        assert_eq!(add("env=dev"), Ok(("env".to_owned(), "dev".to_owned())));
        assert_eq!(add("flag="), Ok(("flag".to_owned(), String::new())));
        assert_eq!(add("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        for (text, error) in [
            ("role", TagError::Form),
            ("=web", TagError::Form),
            ("", TagError::Form),
            ("role=a;b", TagError::Character("value", ';')),
            ("ro\u{202e}le=a", TagError::Character("key", '\u{202e}')),
            ("AWS:x=1", TagError::Reserved),
            ("env=prod", TagError::Same),
            (&format!("{}=v", "k".repeat(129)), TagError::Long("key", 128)),
            (&format!("k={}", "v".repeat(257)), TagError::Long("value", 256)),
        ] {
            assert_eq!(add(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn the_fifty_first_tag_is_one_too_many_but_any_may_change() {
        let tags: BTreeMap<_, _> = (0..50).map(|n| (n.to_string(), String::new())).collect();
        assert_eq!(Edit { line: Line::new("new=1"), ..Edit::add() }.tag(&tags), Err(TagError::TooMany));
        assert_eq!(Edit::change("7", "x").tag(&tags), Ok(("7".to_owned(), "x".to_owned())));
    }
}
