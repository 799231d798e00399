//! Members of a tree, taken as what the schema wants, or refused by their path.

use serde_json::{Map, Value};

use crate::path::Path;

/// Something that is not what the schema wants; its line and column are looked up when it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub(crate) at: Path,
    /// The member of `at` whose name, not whose value, is wrong.
    pub(crate) key: Option<String>,
    pub(crate) expected: String,
    pub(crate) found: String,
}

pub(crate) type Result<T> = std::result::Result<T, Misfit>;

pub(crate) fn misfit<T>(at: &Path, expected: impl Into<String>, found: impl Into<String>) -> Result<T> {
    Err(Misfit { at: at.clone(), key: None, expected: expected.into(), found: found.into() })
}

pub(crate) fn kind_of(value: &Value) -> String {
    match value {
        Value::Null => String::from("nothing"),
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => format!("the number {it}"),
        Value::String(it) => shown(it),
        Value::Array(_) => String::from("a list"),
        Value::Object(_) => String::from("a map"),
    }
}

/// A text for people, shortened.
pub(crate) fn shown(text: &str) -> String {
    format!("{:?}", text.chars().take(60).collect::<String>())
}

pub(crate) fn text<'a>(value: &'a Value, at: &Path) -> Result<&'a str> {
    value.as_str().map_or_else(|| misfit(at, "a text", kind_of(value)), Ok)
}

pub(crate) fn list<'a>(value: &'a Value, at: &Path) -> Result<&'a [Value]> {
    value.as_array().map_or_else(|| misfit(at, "a list", kind_of(value)), |list| Ok(list.as_slice()))
}

/// A truth value, also as a text, as documents on AWS write it.
pub(crate) fn flag(value: &Value, at: &Path) -> Result<bool> {
    match value {
        Value::Bool(it) => Ok(*it),
        Value::String(it) if it == "true" => Ok(true),
        Value::String(it) if it == "false" => Ok(false),
        other => misfit(at, "true or false", kind_of(other)),
    }
}

/// A scalar as the text that a placeholder is replaced by.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The members of a map, with the place where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Members<'a> {
    pub(crate) map: &'a Map<String, Value>,
    pub(crate) at: Path,
}

impl<'a> Members<'a> {
    pub(crate) fn of(value: &'a Value, at: &Path) -> Result<Self> {
        match value {
            Value::Object(map) => Ok(Self { map, at: at.clone() }),
            other => misfit(at, "a map", kind_of(other)),
        }
    }

    /// Refuses members that the schema does not know: a misspelt one must not be ignored in silence.
    pub(crate) fn only(&self, known: &[&str]) -> Result<()> {
        match self.map.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => Err(Misfit {
                at: self.at.clone(),
                key: Some(key.clone()),
                expected: format!("only {}", known.join(", ")),
                found: shown(key),
            }),
        }
    }

    pub(crate) fn optional(&self, name: &str) -> Option<(&'a Value, Path)> {
        self.map.get(name).map(|value| (value, self.at.member(name)))
    }

    pub(crate) fn required(&self, name: &str) -> Result<(&'a Value, Path)> {
        self.optional(name).map_or_else(|| misfit(&self.at.member(name), "a value", "nothing"), Ok)
    }

    pub(crate) fn required_text(&self, name: &str) -> Result<&'a str> {
        let (value, at) = self.required(name)?;
        text(value, &at)
    }

    pub(crate) fn optional_text(&self, name: &str) -> Result<Option<&'a str>> {
        self.optional(name).map(|(value, at)| text(value, &at)).transpose()
    }

    pub(crate) fn optional_flag(&self, name: &str) -> Result<Option<bool>> {
        self.optional(name).map(|(value, at)| flag(value, &at)).transpose()
    }

    /// One of a few words, as what it stands for.
    pub(crate) fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>> {
        let Some((value, at)) = self.optional(name) else { return Ok(None) };
        let found = words.iter().find(|(word, _)| value.as_str() == Some(word));
        match found {
            Some((_, meaning)) => Ok(Some(*meaning)),
            None => {
                let expected = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" or ");
                misfit(&at, expected, kind_of(value))
            }
        }
    }

    /// A list of texts, or nothing.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>> {
        let Some((value, at)) = self.optional(name) else { return Ok(Vec::new()) };
        let entries = list(value, &at)?.iter().enumerate();
        entries.map(|(i, value)| text(value, &at.entry(i)).map(str::to_owned)).collect()
    }
}
