//! ListDocumentVersions and UpdateDocumentDefaultVersion.

use serde::{Deserialize, Serialize};

use super::parts::{check_name, check_number, check_reference};
use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// Lists the versions of a document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListDocumentVersions {
    /// Its name or ARN.
    pub name: String,
    /// 1 to 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl ListDocumentVersions {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_reference(v, "name", &self.name);
        v.range("maxResults", self.max_results, 1, 50);
    }
}

/// A version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DocumentVersionInfo {
    /// The document's name.
    pub name: String,
    /// What people call the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Its number.
    pub document_version: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
    /// When it was made.
    pub created_date: Timestamp,
    /// Whether it is the default one.
    pub is_default_version: bool,
    /// JSON, YAML or TEXT.
    pub document_format: String,
    /// Creating, Active, Updating, Deleting or Failed.
    pub status: String,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_information: Option<String>,
    /// NOT_REVIEWED, PENDING, APPROVED or REJECTED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_status: Option<String>,
}

/// A page of versions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListDocumentVersionsResult {
    /// Newest first.
    pub document_versions: Vec<DocumentVersionInfo>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// Says which version is meant where none is named.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateDocumentDefaultVersion {
    /// The document's name.
    pub name: String,
    /// A number.
    pub document_version: String,
}

impl UpdateDocumentDefaultVersion {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, &self.name);
        check_number(v, &self.document_version);
    }
}

/// The default version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DocumentDefaultVersionDescription {
    /// The document's name.
    pub name: String,
    /// Its number.
    pub default_version: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_version_name: Option<String>,
}

/// The default version, as it is now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateDocumentDefaultVersionResult {
    /// The default version.
    pub description: DocumentDefaultVersionDescription,
}
