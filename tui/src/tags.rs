//! Tags as they are typed: one as `key=value`, several changes as `env=prod role="front end" -old`.
//!
//! In: what was typed. Out: tags that the server would take, or what is wrong with them in words.
//! Never here: whose tags they are, drawing.

use pilothouse_api::validate::is_tag_text;

use crate::typed;

/// The most tags that one node has.
pub const MAX_TAGS: usize = 50;
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

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

/// Reads `key=value`; blanks round both are not meant.
///
/// # Errors
/// When it is malformed, too long, has characters that AWS refuses, or is reserved.
pub fn read(text: &str) -> Result<(String, String), TagError> {
    let (key, value) =
        text.split_once('=').map(|(key, value)| (key.trim(), value.trim())).ok_or(TagError::Form)?;
    check(key, value)?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Checks a key with its value.
///
/// # Errors
/// As [`read`].
pub fn check(key: &str, value: &str) -> Result<(), TagError> {
    if key.is_empty() {
        return Err(TagError::Form);
    }
    check_text("key", key, MAX_KEY)?;
    check_text("value", value, MAX_VALUE)?;
    if key.to_ascii_lowercase().starts_with("aws:") {
        return Err(TagError::Reserved);
    }
    Ok(())
}

fn check_text(what: &'static str, text: &str, most: usize) -> Result<(), TagError> {
    if text.chars().count() > most {
        return Err(TagError::Long(what, most));
    }
    match text.chars().find(|char| !is_tag_text(char.encode_utf8(&mut [0; 4]))) {
        Some(char) => Err(TagError::Character(what, char)),
        None => Ok(()),
    }
}

/// Changes to the tags of several nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Added, or given this value.
    pub set: Vec<(String, String)>,
    /// Taken away.
    pub removed: Vec<String>,
}

impl Changes {
    /// Reads changes: `key=value` sets, `-key` removes; what has blanks stands in double quotes.
    ///
    /// # Errors
    /// When nothing is said, or a tag cannot be so.
    pub fn read(text: &str) -> Result<Self, TagError> {
        let mut changes = Self::default();
        for word in typed::words(text) {
            match word.strip_prefix('-') {
                Some(key) => {
                    check(key, "")?;
                    changes.removed.push(key.to_owned());
                }
                None => changes.set.push(read(&word)?),
            }
        }
        if changes == Self::default() { Err(TagError::Form) } else { Ok(changes) }
    }

    /// The changes, line by line.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let set = self.set.iter().map(|(key, value)| format!("set     {key}={value}"));
        set.chain(self.removed.iter().map(|key| format!("remove  {key}"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_would_refuse_is_said_while_it_is_typed() {
        let pair = |key: &str, value: &str| Ok((key.to_owned(), value.to_owned()));
        assert_eq!(read(" role = web server "), pair("role", "web server"));
        assert_eq!(read("flag="), pair("flag", ""));
        assert_eq!(read("a=b=c"), pair("a", "b=c"));
        for (text, error) in [
            ("role", TagError::Form),
            ("=web", TagError::Form),
            ("", TagError::Form),
            ("role=a;b", TagError::Character("value", ';')),
            ("ro\u{202e}le=a", TagError::Character("key", '\u{202e}')),
            ("AWS:x=1", TagError::Reserved),
            (&format!("{}=v", "k".repeat(129)), TagError::Long("key", 128)),
            (&format!("k={}", "v".repeat(257)), TagError::Long("value", 256)),
        ] {
            assert_eq!(read(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn several_changes_stand_on_one_line() {
        let changes = Changes::read("env=prod  \"role=front end\" -old").unwrap();
        assert_eq!(changes.lines(), ["set     env=prod", "set     role=front end", "remove  old"]);
        assert_eq!(Changes::read("  "), Err(TagError::Form));
        assert_eq!(Changes::read("env=prod -"), Err(TagError::Form));
        assert_eq!(Changes::read("env=prod x"), Err(TagError::Form));
    }
}
