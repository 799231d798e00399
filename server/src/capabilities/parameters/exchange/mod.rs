//! Parameters as a text and back: JSON, YAML and dotenv.
//!
//! In: parameters, or a text of bounded size and depth. Out: a text, or entries with the places where they stand, or what is wrong
//! and where. JSON and YAML are written as a typed document, which loses nothing: what is sealed stands in it as it is stored. Both
//! are also read as maps of maps, with names of levels and, at last, values. dotenv holds names and values: levels are joined by two
//! underscores and written in capitals, and what would not come back so stands in a comment on the line above:
//! `# parameter: db/Host-1 (StringList)`.
//!
//! Never here: the store, permissions, what a name or a value may be.

mod dotenv;
mod json;
mod nested;
mod tree;
mod typed;
mod write;
mod yaml;

#[cfg(test)]
mod stories;

use std::collections::BTreeMap;
use std::fmt;

use pilothouse_api::Fault;
use zeroize::Zeroizing;

pub(super) use write::{Written, WrittenSealed, write};

/// The most parameters in one text.
pub(super) const MOST: usize = 5000;

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Yaml,
    Dotenv,
}

impl Format {
    /// By one of the names in [`pilothouse_api::parameters::FORMATS`].
    pub(super) fn of(name: &str) -> Self {
        match name {
            "yaml" => Self::Yaml,
            "dotenv" => Self::Dotenv,
            _ => Self::Json,
        }
    }
}

/// A line and a column in characters, each from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// What is wrong with a text, and where. It repeats no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}")]
pub(super) struct Misread {
    pub(super) at: Place,
    pub(super) what: String,
}

impl Misread {
    fn new(at: Place, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }
}

impl From<Misread> for Fault {
    fn from(misread: Misread) -> Self {
        Self::validation(format!("The text cannot be read; nothing was changed. {misread}"))
    }
}

/// A value in a text.
#[derive(PartialEq, Eq)]
pub(super) enum Given {
    /// As it is.
    Plain(Zeroizing<String>),
    /// As a version is stored.
    Sealed {
        /// The name that is bound into it.
        item: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain(***)",
            Self::Sealed { .. } => "Sealed(***)",
        })
    }
}

/// A parameter in a text; what the text does not say is absent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Below the path that it is put under, without a slash before it.
    pub(super) name: String,
    pub(super) at: Place,
    pub(super) value: Given,
    pub(super) kind: Option<String>,
    pub(super) description: Option<String>,
    pub(super) tier: Option<String>,
    pub(super) allowed_pattern: Option<String>,
    pub(super) data_type: Option<String>,
    pub(super) key_id: Option<String>,
    /// A JSON array, as text.
    pub(super) policies: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
}

impl Entry {
    fn plain(name: String, at: Place, value: String, kind: Option<String>) -> Self {
        Self {
            name,
            at,
            value: Given::Plain(Zeroizing::new(value)),
            kind,
            description: None,
            tier: None,
            allowed_pattern: None,
            data_type: None,
            key_id: None,
            policies: None,
            tags: BTreeMap::new(),
        }
    }
}

/// Reads a text.
///
/// # Errors
/// What is wrong, and where.
pub(super) fn read(text: &str, format: Format) -> Result<Vec<Entry>, Misread> {
    let entries = match format {
        Format::Json => of_tree(json::tree(text)?)?,
        Format::Yaml => of_tree(yaml::tree(text)?)?,
        Format::Dotenv => dotenv::read(text)?,
    };
    let mut seen: BTreeMap<&str, Place> = BTreeMap::new();
    for entry in &entries {
        if let Some(first) = seen.insert(&entry.name, entry.at) {
            let name = shown(&entry.name);
            return Err(Misread::new(
                entry.at,
                format!("{name} stands here a second time; first in {first}"),
            ));
        }
    }
    match entries.get(MOST) {
        Some(one_more) => Err(Misread::new(one_more.at, format!("there are more than {MOST} parameters"))),
        None => Ok(entries),
    }
}

fn of_tree(spot: tree::Spot) -> Result<Vec<Entry>, Misread> {
    if typed::is_typed(&spot) { typed::read(spot) } else { nested::read(spot) }
}

/// A name as a message shows it.
fn shown(name: &str) -> String {
    format!("{:?}", name.chars().take(200).collect::<String>())
}
