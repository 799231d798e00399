//! A tag being typed.

use std::collections::BTreeMap;

use crossterm::event::KeyCode;
use pilothouse_kit::input::Line;
use serde::{Deserialize, Serialize};

use super::keys::Msg;
use crate::screen::Input;
use crate::tags::{self, MAX_TAGS, TagError};

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

    /// The tag, if the node, which has these, could have it.
    ///
    /// # Errors
    /// When it cannot be so, is one too many, or changes nothing.
    pub fn tag(&self, tags: &BTreeMap<String, String>) -> Result<(String, String), TagError> {
        let text = self.line.text().trim();
        let (key, value) = match &self.key {
            Some(key) => (key.clone(), text.to_owned()),
            None => tags::read(text)?,
        };
        tags::check(&key, &value)?;
        match tags.get(&key) {
            Some(now) if *now == value => Err(TagError::Same),
            None if tags.len() >= MAX_TAGS => Err(TagError::TooMany),
            _ => Ok((key, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifty_first_tag_is_one_too_many_but_any_may_change() {
        let tags: BTreeMap<_, _> = (0..50).map(|n| (n.to_string(), String::new())).collect();
        assert_eq!(Edit { line: Line::new("new=1"), ..Edit::add() }.tag(&tags), Err(TagError::TooMany));
        assert_eq!(Edit::change("7", "x").tag(&tags), Ok(("7".to_owned(), "x".to_owned())));
        assert_eq!(Edit::change("7", "").tag(&tags), Err(TagError::Same));
    }
}
