//! LabelParameterVersion, UnlabelParameterVersion.

use serde::{Deserialize, Serialize};

use super::{check_labels, check_name};
use crate::validate::Violations;

/// Puts labels on a version; those that stand on another one move.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LabelParameterVersion {
    /// The parameter.
    pub name: String,
    /// The version; the newest, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter_version: Option<i64>,
    /// 1 to 10.
    pub labels: Vec<String>,
}

impl LabelParameterVersion {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "name", &self.name);
        check_labels(v, &self.labels);
    }
}

/// What became of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LabelParameterVersionResult {
    /// Labels that cannot be, and are not put on.
    pub invalid_labels: Vec<String>,
    /// The version that the others are on now.
    pub parameter_version: i64,
}

/// Takes labels from a version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UnlabelParameterVersion {
    /// The parameter.
    pub name: String,
    /// The version.
    pub parameter_version: i64,
    /// 1 to 10.
    pub labels: Vec<String>,
}

impl UnlabelParameterVersion {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "name", &self.name);
        check_labels(v, &self.labels);
    }
}

/// What became of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UnlabelParameterVersionResult {
    /// Labels that stand there no more.
    pub removed_labels: Vec<String>,
    /// Labels that did not stand there.
    pub invalid_labels: Vec<String>,
}
