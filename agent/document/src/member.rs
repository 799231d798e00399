//! Members of a tree, taken as what the schema wants, or refused by their path.

use serde_json::{Map, Value};

use crate::error::DocumentError;

pub(crate) type Result<T> = std::result::Result<T, DocumentError>;

pub(crate) fn shape<T>(
    at: impl Into<String>,
    expected: impl Into<String>,
    found: impl Into<String>,
) -> Result<T> {
    Err(DocumentError::Shape { at: at.into(), expected: expected.into(), found: found.into() })
}

pub(crate) fn kind_of(value: &Value) -> String {
    match value {
        Value::Null => String::from("nothing"),
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => format!("the number {it}"),
        Value::String(it) => format!("{:?}", it.chars().take(60).collect::<String>()),
        Value::Array(_) => String::from("a list"),
        Value::Object(_) => String::from("a map"),
    }
}

pub(crate) fn map<'a>(value: &'a Value, at: &str) -> Result<&'a Map<String, Value>> {
    value.as_object().map_or_else(|| shape(at, "a map", kind_of(value)), Ok)
}

pub(crate) fn text<'a>(value: &'a Value, at: &str) -> Result<&'a str> {
    value.as_str().map_or_else(|| shape(at, "a text", kind_of(value)), Ok)
}

pub(crate) fn required<'a>(map: &'a Map<String, Value>, member: &str, at: &str) -> Result<&'a Value> {
    let path = if at.is_empty() { member.to_owned() } else { format!("{at}.{member}") };
    map.get(member).map_or_else(|| shape(path, "a value", "nothing"), Ok)
}

/// Refuses members that the schema does not know: a misspelt one must not be ignored in silence.
pub(crate) fn known(map: &Map<String, Value>, members: &[&str], at: &str) -> Result<()> {
    match map.keys().find(|key| !members.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => shape(
            if at.is_empty() { "the document" } else { at },
            format!("only {}", members.join(", ")),
            format!("{key:?}"),
        ),
    }
}

/// A scalar as the text that a placeholder is replaced by.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
