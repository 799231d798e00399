//! DeleteParameter, DeleteParameters.

use serde::{Deserialize, Serialize};

use super::{check_name, check_names};
use crate::validate::Violations;

/// Deletes a parameter with all its versions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteParameter {
    /// Its name.
    pub name: String,
}

impl DeleteParameter {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "name", &self.name);
    }
}

/// Nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteParameterResult {}

/// Deletes several.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteParameters {
    /// 1 to 10.
    pub names: Vec<String>,
}

impl DeleteParameters {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_names(v, &self.names);
    }
}

/// What was deleted, and what was not there; as it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteParametersResult {
    /// Not there any more.
    pub deleted_parameters: Vec<String>,
    /// Never was.
    pub invalid_parameters: Vec<String>,
}
