//! Text to tree and back.

use serde_json::Value;

use crate::error::DocumentError;

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// Reads text as a tree.
pub(crate) fn tree(text: &str, format: Format) -> Result<Value, DocumentError> {
    match format {
        Format::Json => serde_json::from_str(text).map_err(|error| DocumentError::Syntax {
            line: error.line(),
            column: error.column(),
            what: error.to_string(),
        }),
        Format::Yaml => {
            let options =
                serde_saphyr::options! { strict_booleans: true, leading_zero_numbers_as_strings: true };
            serde_saphyr::from_str_with_options(text, options).map_err(|error| {
                let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
                DocumentError::Syntax {
                    line: usize::try_from(line).unwrap_or(0),
                    column: usize::try_from(column).unwrap_or(0),
                    what: error.to_string(),
                }
            })
        }
    }
}

/// Writes a document's text in another format.
///
/// # Errors
/// When `text` is not of the format `from`.
pub fn convert(text: &str, from: Format, to: Format) -> Result<String, DocumentError> {
    if from == to {
        return Ok(text.to_owned());
    }
    let tree = tree(text, from)?;
    let unwritable = |what: String| DocumentError::Unwritable { what };
    match to {
        Format::Json => serde_json::to_string_pretty(&tree).map_err(|error| unwritable(error.to_string())),
        Format::Yaml => serde_saphyr::to_string(&tree).map_err(|error| unwritable(error.to_string())),
    }
}
