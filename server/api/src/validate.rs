//! Constraints of the model, told in AWS's words, all of them at once.

use std::fmt::Display;
use std::fmt::Write as _;

use crate::fault::Fault;

/// Collects what is wrong with a request. Paths are AWS's: members in camelCase, list entries as `filters.1.member.key`.
#[derive(Debug, Default)]
pub struct Violations {
    found: Vec<String>,
    is_discreet: bool,
}

impl Violations {
    /// Of a request that has secrets among its members: no value is repeated, as AWS does it with members that are sensitive.
    #[must_use]
    pub fn discreet() -> Self {
        Self { found: Vec::new(), is_discreet: true }
    }

    /// A violation in AWS's form: `Value 'x' at 'path' failed to satisfy constraint: …`.
    pub fn add(&mut self, path: &str, value: impl Display, constraint: impl Display) {
        if self.is_discreet {
            self.found.push(format!("Value at '{path}' failed to satisfy constraint: {constraint}"));
            return;
        }
        let mut shown: String = value.to_string();
        if shown.len() > 256 {
            shown = shown.chars().take(256).collect::<String>() + "…";
        }
        self.found.push(format!("Value '{shown}' at '{path}' failed to satisfy constraint: {constraint}"));
    }

    /// The number of characters must lie in `min..=max`, and none of them may be NUL, which not every database can keep.
    pub fn length(&mut self, path: &str, value: &str, min: usize, max: usize) {
        let length = value.chars().count();
        if length < min {
            self.add(path, value, format_args!("Member must have length greater than or equal to {min}"));
        } else if length > max {
            self.add(path, value, format_args!("Member must have length less than or equal to {max}"));
        }
        self.pattern(path, &value.replace('\0', "\u{2400}"), r"[^\u0000]*", !value.contains('\0'));
    }

    /// The number of entries must lie in `min..=max`.
    pub fn count<T: std::fmt::Debug>(&mut self, path: &str, value: &[T], min: usize, max: usize) {
        if value.len() < min {
            self.add(path, "[]", format_args!("Member must have length greater than or equal to {min}"));
        } else if value.len() > max {
            self.add(
                path,
                format_args!("{value:?}"),
                format_args!("Member must have length less than or equal to {max}"),
            );
        }
    }

    /// The number must lie in `min..=max`.
    pub fn range(&mut self, path: &str, value: Option<i64>, min: i64, max: i64) {
        match value {
            Some(v) if v < min => {
                self.add(path, v, format_args!("Member must have value greater than or equal to {min}"));
            }
            Some(v) if v > max => {
                self.add(path, v, format_args!("Member must have value less than or equal to {max}"));
            }
            _ => {}
        }
    }

    /// The text must be one of `allowed`.
    pub fn one_of(&mut self, path: &str, value: &str, allowed: &[&str]) {
        if !allowed.contains(&value) {
            self.add(
                path,
                value,
                format_args!("Member must satisfy enum value set: [{}]", allowed.join(", ")),
            );
        }
    }

    /// `holds` must be true of the text; `pattern` is what the message shows.
    pub fn pattern(&mut self, path: &str, value: &str, pattern: &str, holds: bool) {
        if !holds {
            self.add(path, value, format_args!("Member must satisfy regular expression pattern: {pattern}"));
        }
    }

    /// Everything found, as one `ValidationException`.
    ///
    /// # Errors
    /// When there is at least one violation.
    pub fn into_result(self) -> Result<(), Fault> {
        if self.found.is_empty() {
            return Ok(());
        }
        let plural = if self.found.len() == 1 { "error" } else { "errors" };
        let mut message = format!("{} validation {plural} detected: ", self.found.len());
        for (i, violation) in self.found.iter().enumerate() {
            let _ = write!(message, "{}{violation}", if i == 0 { "" } else { "; " });
        }
        Err(Fault::validation(message))
    }
}

/// What people may call what they keep here, as [`is_name`] checks it.
pub const NAME: &str = r"^[a-zA-Z0-9_\-.]{1,128}$";

/// Whether it can be the name of something that people keep: 1 to 128 letters, digits and `_-.`, all of ASCII.
#[must_use]
pub fn is_name(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
}

/// Whether every character is one that AWS allows in names and tag values: letters, numbers, separators and `_.:/=+-@`.
#[must_use]
pub fn is_tag_text(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c == ' ' || c.is_whitespace() || "_.:/=+-@".contains(c))
}

/// The pattern that [`is_tag_text`] checks, as AWS prints it.
pub const TAG_TEXT: &str = r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_a_nul_is_refused_and_the_answer_has_none() {
        let mut v = Violations::default();
        v.length("comment", "a\0b", 0, 100);
        let message = v.into_result().unwrap_err().message;
        assert!(message.contains("'a\u{2400}b' at 'comment'") && !message.contains('\0'), "{message}");
    }

    #[test]
    fn a_request_with_secrets_is_told_where_it_is_wrong_and_not_what_stands_there() {
        let mut v = Violations::discreet();
        v.length("value", "s3cret", 10, 20);
        v.count("parameters", &["s3cret", "s3cret"], 0, 1);
        let message = v.into_result().unwrap_err().message;
        assert!(message.contains("Value at 'value' failed to satisfy constraint"), "{message}");
        assert!(!message.contains("s3cret"), "{message}");
    }

    #[test]
    fn all_violations_are_told_at_once_in_the_words_of_aws() {
        let mut v = Violations::default();
        v.one_of("type", "x", &["SecureString", "StringList", "String"]);
        v.range("maxResults", Some(51), 1, 50);
        assert_eq!(
            v.into_result().unwrap_err().message,
            "2 validation errors detected: Value 'x' at 'type' failed to satisfy constraint: Member must satisfy enum \
             value set: [SecureString, StringList, String]; Value '51' at 'maxResults' failed to satisfy constraint: \
             Member must have value less than or equal to 50"
        );
    }
}
