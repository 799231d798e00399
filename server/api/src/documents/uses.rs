//! ListParameterUses: which documents refer to a parameter.

use serde::{Deserialize, Serialize};

use crate::validate::Violations;

/// Lists the documents that refer to a parameter by `{{ssm:…}}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListParameterUses {
    /// The parameter's name; with and without a slash it is the same.
    pub name: String,
}

impl ListParameterUses {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("name", &self.name, 1, 2048);
    }
}

/// A version of a document that refers to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ParameterUse {
    /// The document's name.
    pub document: String,
    /// The version's number.
    pub version: String,
    /// Whether it is the default version.
    pub is_default: bool,
}

/// The uses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListParameterUsesResult {
    /// In order of name, newest version first; documents that the caller may not list are left out.
    pub uses: Vec<ParameterUse>,
}
