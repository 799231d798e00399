//! GetDocument.

use serde::{Deserialize, Serialize};

use super::DocumentRequires;
use super::parts::{check_format, check_reference, check_version, check_version_name};
use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// Reads a document's content.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetDocument {
    /// Its name or ARN.
    pub name: String,
    /// `$DEFAULT` (if absent), `$LATEST` or a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    /// Must agree with the version if both are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
    /// JSON, YAML or TEXT; as submitted if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_format: Option<String>,
}

impl GetDocument {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_reference(v, "name", &self.name);
        check_version(v, "documentVersion", self.document_version.as_deref());
        check_version_name(v, "versionName", self.version_name.as_deref());
        check_format(v, self.document_format.as_deref());
    }
}

/// An attachment and where to get it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachmentContent {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// SHA-256, hexadecimal.
    pub hash: String,
    /// Sha256.
    pub hash_type: String,
    /// Where it is.
    pub url: String,
}

/// The content.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetDocumentResult {
    /// Its name.
    pub name: String,
    /// When this version was made.
    pub created_date: Timestamp,
    /// What people call the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What people call this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
    /// The version read.
    pub document_version: String,
    /// Creating, Active, Updating, Deleting or Failed.
    pub status: String,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_information: Option<String>,
    /// The text, in the format asked for.
    pub content: String,
    /// Command, Automation, …
    pub document_type: String,
    /// JSON, YAML or TEXT.
    pub document_format: String,
    /// What it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<DocumentRequires>,
    /// Its attachments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments_content: Vec<AttachmentContent>,
    /// NOT_REVIEWED, PENDING, APPROVED or REJECTED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_status: Option<String>,
}
