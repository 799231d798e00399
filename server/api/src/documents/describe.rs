//! DescribeDocument.

use serde::{Deserialize, Serialize};

use super::DocumentRequires;
use super::parts::{check_reference, check_version, check_version_name};
use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// Describes a document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeDocument {
    /// Its name or ARN.
    pub name: String,
    /// `$DEFAULT` (if absent), `$LATEST` or a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    /// Must agree with the version if both are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
}

impl DescribeDocument {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_reference(v, "name", &self.name);
        check_version(v, "documentVersion", self.document_version.as_deref());
        check_version_name(v, "versionName", self.version_name.as_deref());
    }
}

/// A parameter of a document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DocumentParameter {
    /// Its name.
    pub name: String,
    /// String, StringList, …
    pub r#type: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Lists and maps as JSON text; absent when the parameter is required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
}

/// An attachment by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachmentInformation {
    /// Its name.
    pub name: String,
}

/// A review of a version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReviewInformation {
    /// When.
    pub reviewed_time: Timestamp,
    /// NOT_REVIEWED, PENDING, APPROVED or REJECTED.
    pub status: String,
    /// By whom.
    pub reviewer: String,
}

/// A version of a document, without its content.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DocumentDescription {
    /// SHA-256 of the content as it was submitted, hexadecimal.
    pub hash: String,
    /// Sha256.
    pub hash_type: String,
    /// Its name.
    pub name: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What people call this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
    /// `Amazon` for built-in ones, else the account.
    pub owner: String,
    /// When this version was made.
    pub created_date: Timestamp,
    /// Creating, Active, Updating, Deleting or Failed.
    pub status: String,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_information: Option<String>,
    /// The version described.
    pub document_version: String,
    /// What it does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What it takes.
    #[serde(default)]
    pub parameters: Vec<DocumentParameter>,
    /// Where it runs.
    #[serde(default)]
    pub platform_types: Vec<String>,
    /// Command, Automation, …
    pub document_type: String,
    /// 1.2, 2.2, …; absent where a content has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub schema_version: String,
    /// The newest version.
    pub latest_version: String,
    /// The default version.
    pub default_version: String,
    /// JSON, YAML or TEXT.
    pub document_format: String,
    /// What it is for, such as `/AWS::EC2::Instance`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_type: Option<String>,
    /// Its tags, by key.
    #[serde(default)]
    pub tags: Vec<crate::tags::Tag>,
    /// Its attachments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments_information: Vec<AttachmentInformation>,
    /// What it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<DocumentRequires>,
    /// Who made this version, as ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The newest review of this version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub review_information: Vec<ReviewInformation>,
    /// The newest version that is approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_version: Option<String>,
    /// The newest version that waits for a review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_review_version: Option<String>,
    /// NOT_REVIEWED, PENDING, APPROVED or REJECTED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_status: Option<String>,
}

/// The description.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeDocumentResult {
    /// The description.
    pub document: DocumentDescription,
}
