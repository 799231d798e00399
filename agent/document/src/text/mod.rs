//! Text to tree and back, and where in the text a member stands.
//!
//! In: JSON or YAML of at most [`MAX_DOCUMENT`](crate::MAX_DOCUMENT) bytes. Out: a tree of at most [`MAX_DEPTH`] levels without
//! a member twice; or a text; or a line and a column. What an alias of YAML can blow up is bounded before it is built.
//!
//! Never here: what a document means.

mod json;
mod tree;
mod yaml;

use serde_json::Value;

use crate::error::{DocumentError, MAX_DOCUMENT};
use crate::member::Misfit;

pub use tree::MAX_DEPTH;

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// A line and a column, each from 1.
pub(crate) type Place = (usize, usize);

/// Reads text as a tree.
pub(crate) fn tree(text: &str, format: Format) -> Result<Value, DocumentError> {
    if text.len() > MAX_DOCUMENT {
        return Err(DocumentError::TooLong(text.len()));
    }
    let tree = match format {
        Format::Json => json::tree(text),
        Format::Yaml => yaml::tree(text),
    }?;
    tree::bounded(&tree).map_err(|misfit| located(misfit, text, format))?;
    Ok(tree)
}

/// Tells a misfit with its line and column.
pub(crate) fn located(misfit: Misfit, text: &str, format: Format) -> DocumentError {
    let (segments, key) = (misfit.at.segments(), misfit.key.as_deref());
    let (line, column) = match format {
        Format::Json => json::place(text, segments, key),
        Format::Yaml => yaml::place(text, segments, key),
    };
    let Misfit { at, expected, found, .. } = misfit;
    DocumentError::Shape { at: at.to_string(), line, column, expected, found }
}

/// Writes a tree as text.
pub(crate) fn written(tree: &Value, format: Format) -> Result<String, DocumentError> {
    let unwritable = |what: String| DocumentError::Unwritable { what };
    match format {
        Format::Json => serde_json::to_string_pretty(tree).map_err(|error| unwritable(error.to_string())),
        Format::Yaml => yaml::written(tree).map_err(unwritable),
    }
}

/// Writes a document's text in another format.
///
/// # Errors
/// When `text` is not of the format `from`.
pub fn convert(text: &str, from: Format, to: Format) -> Result<String, DocumentError> {
    if from == to { Ok(text.to_owned()) } else { written(&tree(text, from)?, to) }
}
