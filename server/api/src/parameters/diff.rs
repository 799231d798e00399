//! DiffParameters: two versions, two paths, or one path at two times.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::check_name;
use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// One side of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DiffSide {
    /// A parameter, or a path: then everything below it. Begins with `/`.
    pub path: String,
    /// As it was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// This version of the parameter; not together with `At`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Compares.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DiffParameters {
    /// What was.
    pub left: DiffSide,
    /// What is.
    pub right: DiffSide,
    /// Whether SecureStrings are told in plain text; that needs [`super::DECRYPT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reveal: Option<bool>,
}

impl DiffParameters {
    pub(crate) fn check(&self, v: &mut Violations) {
        for (name, side) in [("left", &self.left), ("right", &self.right)] {
            check_name(v, &format!("{name}.path"), &side.path);
            v.range(&format!("{name}.version"), side.version, 1, i64::MAX);
        }
    }
}

/// How a parameter differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DifferenceKind {
    /// It is on the right side alone.
    Added,
    /// It is on the left side alone.
    Removed,
    /// It is another.
    #[default]
    Changed,
}

/// A parameter that differs. `Debug` does not show its values.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ParameterDifference {
    /// Its name; if two paths are compared, what stands behind them.
    pub name: String,
    /// How.
    pub change: DifferenceKind,
    /// What is another: `value`, `type`, `description`, `allowedPattern`, `dataType`, `tier`, `keyId`. Of a SecureString that the
    /// caller may not open `value` is also said where it could not be compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub what: Vec<String>,
    /// Whether one side is a SecureString.
    pub is_secure: bool,
    /// The version on the left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_version: Option<i64>,
    /// The version on the right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right_version: Option<i64>,
    /// The value on the left, unless it is sealed and not revealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
    /// The value on the right, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<String>,
}

impl fmt::Debug for ParameterDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ParameterDifference");
        shown.field("name", &self.name).field("change", &self.change).field("what", &self.what);
        shown.finish_non_exhaustive()
    }
}

/// What differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DiffParametersResult {
    /// In order of name.
    pub differences: Vec<ParameterDifference>,
    /// Names of parameters that were there then, but whose version of that time is not kept any more: they are not compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
}
