//! Placeholders in a tree, replaced once: what is put in is never looked through for more.

use serde_json::Value;

use crate::member::plain;

/// Bytes that the inputs of a step may have once their placeholders are replaced.
pub const MAX_FILLED: usize = 1024 * 1024;
/// Bytes between the braces of a placeholder: the longest name of the parameter store with a label.
const MAX_NAME: usize = 2200;

/// Why placeholders were not replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// The result would be longer than [`MAX_FILLED`].
    #[error("with its parameters put in it is longer than the limit of {MAX_FILLED} bytes")]
    TooLong,
}

/// What stands around a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spot {
    /// Nothing: the value keeps its own type.
    Whole,
    /// Text: the value becomes text.
    Within,
}

/// What a placeholder stands for; nothing leaves it as it is.
pub(crate) type Lookup<'a> = dyn Fn(&str, Spot) -> Option<Value> + 'a;

/// A tree with every placeholder replaced that `lookup` knows by what stands between its braces; others are left alone. A text
/// that is exactly one placeholder takes the value's own type; a list entry that is exactly one placeholder of a list is
/// replaced by the list's entries. Names of members are never touched.
///
/// # Errors
/// When the result is too long.
pub fn fill(tree: &Value, lookup: impl Fn(&str) -> Option<Value>) -> Result<Value, FillError> {
    Room::default().fill(tree, &|name, _| lookup(name))
}

/// The names in a text that may be placeholders.
pub(crate) fn names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        names.extend(inside(&rest[open + 2..]).map(|(name, _)| name));
        rest = &rest[open + 1..];
    }
    names
}

/// What stands between the braces of a text that is exactly one placeholder.
pub(crate) fn whole(text: &str) -> Option<&str> {
    Some(text.strip_prefix("{{")?.strip_suffix("}}")?.trim())
}

/// The name at the beginning of a text behind `{{`, and how far its `}}` reaches. No name has a brace.
fn inside(after: &str) -> Option<(&str, usize)> {
    let window = &after.as_bytes()[..after.len().min(MAX_NAME)];
    let close = window.iter().position(|byte| matches!(byte, b'{' | b'}'))?;
    window[close..].starts_with(b"}}").then(|| (after[..close].trim(), close + 2))
}

/// How many bytes may still be written.
#[derive(Debug)]
pub(crate) struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Self(MAX_FILLED)
    }
}

impl Room {
    fn take(&mut self, bytes: usize) -> Result<(), FillError> {
        self.0 = self.0.checked_sub(bytes).ok_or(FillError::TooLong)?;
        Ok(())
    }

    pub(crate) fn fill(&mut self, tree: &Value, lookup: &Lookup<'_>) -> Result<Value, FillError> {
        match tree {
            Value::String(text) => self.text(text, lookup),
            Value::Array(list) => {
                let mut done = Vec::with_capacity(list.len());
                for entry in list {
                    done.extend(self.entry(entry, lookup)?);
                }
                Ok(Value::Array(done))
            }
            Value::Object(map) => {
                let member = |(name, value): (&String, &Value)| {
                    self.take(name.len())?;
                    Ok((name.clone(), self.fill(value, lookup)?))
                };
                map.iter().map(member).collect::<Result<_, _>>().map(Value::Object)
            }
            other => Ok(other.clone()),
        }
    }

    /// What becomes of one entry of a list.
    pub(crate) fn entry(&mut self, entry: &Value, lookup: &Lookup<'_>) -> Result<Vec<Value>, FillError> {
        let is_text = entry.is_string();
        match self.fill(entry, lookup)? {
            Value::Array(list) if is_text => Ok(list),
            other => Ok(vec![other]),
        }
    }

    fn text(&mut self, text: &str, lookup: &Lookup<'_>) -> Result<Value, FillError> {
        if let Some(value) = whole(text).and_then(|name| lookup(name, Spot::Whole)) {
            self.take(weight(&value))?;
            return Ok(value);
        }
        self.replace(text, &mut |name, _| lookup(name, Spot::Within).map(|value| plain(&value)))
            .map(Value::String)
    }

    /// A text with its placeholders replaced; `with` is told the name and how many bytes stand before the braces.
    pub(crate) fn replace(
        &mut self,
        text: &str,
        with: &mut dyn FnMut(&str, usize) -> Option<String>,
    ) -> Result<String, FillError> {
        let mut done = String::new();
        let mut put = |part: &str| {
            self.take(part.len())?;
            done.push_str(part);
            Ok(())
        };
        let mut at = 0;
        while let Some(before) = text[at..].find("{{") {
            put(&text[at..at + before])?;
            at += before;
            let after = at + 2;
            match inside(&text[after..]).and_then(|(name, length)| Some((with(name, at)?, length))) {
                Some((value, length)) => {
                    put(&value)?;
                    at = after + length;
                }
                // The second brace may be the first of a placeholder.
                None => {
                    put("{")?;
                    at += 1;
                }
            }
        }
        put(&text[at..])?;
        Ok(done)
    }
}

/// Bytes that a value takes, about.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 1,
        Value::Array(list) => list.iter().map(weight).sum::<usize>() + 1,
        Value::Object(map) => map.iter().map(|(name, value)| name.len() + weight(value)).sum::<usize>() + 1,
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}
