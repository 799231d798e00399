//! DeleteDocument.

use serde::{Deserialize, Serialize};

use super::parts::{check_name, check_version, check_version_name};
use crate::validate::Violations;

/// Deletes a document, or one of its versions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteDocument {
    /// Its name.
    pub name: String,
    /// The version; all of them, if neither it nor its name is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    /// The version, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
    /// Whether it goes though other documents require it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
}

impl DeleteDocument {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, &self.name);
        check_version(v, "documentVersion", self.document_version.as_deref());
        check_version_name(v, "versionName", self.version_name.as_deref());
    }
}

/// Nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteDocumentResult {}
