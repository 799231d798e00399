//! ExportParameters, ImportParameters, CopyParameters: what is below a path as a text and back, or elsewhere.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::check_name;
use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// How exported parameters are written.
pub const FORMATS: &[&str] = &["json", "yaml", "dotenv"];
/// The most characters of what is imported, and of what is exported.
pub const MOST_EXCHANGED: usize = 3 * 1024 * 1024;

/// Writes what is below a path, or one parameter, as a text. JSON and YAML lose nothing: what they write is what
/// [`ImportParameters`] reads. dotenv holds names and values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExportParameters {
    /// Begins with `/`; whole levels.
    pub path: String,
    /// One of [`FORMATS`].
    pub format: String,
    /// Whether SecureStrings are written in plain text, instead of sealed; that needs [`super::DECRYPT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reveal: Option<bool>,
    /// As it was then; as it is, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl ExportParameters {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "path", &self.path);
        v.one_of("format", &self.format, FORMATS);
    }
}

/// The text. `Debug` does not show it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExportParametersResult {
    /// In the format that was asked for.
    pub content: String,
    /// Parameters in it.
    pub count: i64,
    /// Names of SecureStrings that are sealed in it; in dotenv, which cannot hold them, they are left out.
    pub sealed: Vec<String>,
    /// Names of parameters that were there then, but whose version of that time is not kept any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
}

impl fmt::Debug for ExportParametersResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportParametersResult").field("count", &self.count).finish_non_exhaustive()
    }
}

/// Puts what a text says below a path: all of it, or nothing. `Debug` does not show the text.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImportParameters {
    /// Begins with `/`; whole levels.
    pub path: String,
    /// One of [`FORMATS`]. JSON and YAML may also be maps of maps, with names of levels and, at last, values.
    pub format: String,
    /// The text.
    pub content: String,
    /// Whether nothing is put, and only told what would be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// Whether parameters that are there get a new version when what the text says of them is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overwrite: Option<bool>,
    /// Names below the path that become SecureStrings where the text gives no type; `*` is all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secure_names: Vec<String>,
    /// The key that SecureStrings are sealed under where the text gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
}

impl fmt::Debug for ImportParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportParameters").field("path", &self.path).finish_non_exhaustive()
    }
}

impl ImportParameters {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "path", &self.path);
        v.one_of("format", &self.format, FORMATS);
        v.length("content", &self.content, 0, MOST_EXCHANGED);
        v.count("secureNames", &self.secure_names, 0, 1000);
        v.length("keyId", self.key_id.as_deref().unwrap_or_default(), 0, 256);
    }
}

/// What becomes of a parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeKind {
    /// It is made.
    Create,
    /// It gets a new version.
    Update,
    /// It is so already.
    #[default]
    Same,
    /// It cannot be, and so nothing is done.
    Refused,
}

/// A parameter, and what becomes of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ParameterChange {
    /// Its name.
    pub name: String,
    /// What becomes of it.
    pub change: ChangeKind,
    /// String, StringList or SecureString.
    pub r#type: String,
    /// The line that it stands on, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<i64>,
    /// Why it is refused, or what is to be known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What became, or would become, of each parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ParameterChanges {
    /// In the order of the text, or of the names.
    pub changes: Vec<ParameterChange>,
    /// Versions that were written.
    pub written: i64,
}

/// Puts what one parameter holds, or all that are below a path, elsewhere: all of it, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CopyParameters {
    /// A parameter, or with `Recursive` a path.
    pub from: String,
    /// What takes its place in the names of the copies. Nothing may be there of these names.
    pub to: String,
    /// Whether everything below `From` is meant, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recursive: Option<bool>,
    /// Whether what is copied is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#move: Option<bool>,
    /// Whether nothing is done, and only told what would be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
}

impl CopyParameters {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "from", &self.from);
        check_name(v, "to", &self.to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_exchanged_is_not_shown_in_debug() {
        let import = ImportParameters { content: "s3cret".into(), ..ImportParameters::default() };
        let export = ExportParametersResult { content: "s3cret".into(), ..ExportParametersResult::default() };
        assert!(!format!("{import:?} {export:?}").contains("s3cret"));
    }
}
