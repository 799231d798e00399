//! CreateDocument and UpdateDocument.

use serde::{Deserialize, Serialize};

use super::parts::{
    AttachmentsSource, DocumentRequires, check_attachments, check_display_name, check_format, check_name,
    check_requires, check_target_type, check_version, check_version_name,
};
use super::{DocumentDescription, TYPES};
use crate::tags::{Tag, check_tags};
use crate::validate::Violations;

/// Makes a document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateDocument {
    /// At most 64 KiB.
    pub content: String,
    /// What it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<DocumentRequires>,
    /// At most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentsSource>,
    /// Its name.
    pub name: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What people call the first version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
    /// One of [`TYPES`]; Command, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_type: Option<String>,
    /// JSON (if absent), YAML or TEXT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_format: Option<String>,
    /// What it is for, such as `/AWS::EC2::Instance`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_type: Option<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl CreateDocument {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_content(v, &self.content);
        check_requires(v, &self.requires);
        check_attachments(v, &self.attachments);
        check_name(v, &self.name);
        check_display_name(v, self.display_name.as_deref());
        check_version_name(v, "versionName", self.version_name.as_deref());
        if let Some(kind) = &self.document_type {
            v.one_of("documentType", kind, TYPES);
        }
        check_format(v, self.document_format.as_deref());
        check_target_type(v, self.target_type.as_deref());
        v.count("tags", &self.tags, 0, 1000);
        check_tags(v, "tags", &self.tags);
    }
}

fn check_content(v: &mut Violations, content: &str) {
    if content.is_empty() {
        v.length("content", content, 1, usize::MAX);
    }
}

/// What was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateDocumentResult {
    /// The first version.
    pub document_description: DocumentDescription,
}

/// Makes a new version of a document, which does not become the default one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateDocument {
    /// At most 64 KiB.
    pub content: String,
    /// At most 20; as they were, if absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentsSource>,
    /// Its name.
    pub name: String,
    /// What people call it; as it was, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What people call the new version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
    /// The version that it replaces: `$LATEST` (if absent), or the number of the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    /// JSON, YAML or TEXT; JSON, if absent, or TEXT for calendars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_format: Option<String>,
    /// What it is for; as it was, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_type: Option<String>,
}

impl UpdateDocument {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_content(v, &self.content);
        check_attachments(v, &self.attachments);
        check_name(v, &self.name);
        check_display_name(v, self.display_name.as_deref());
        check_version_name(v, "versionName", self.version_name.as_deref());
        check_version(v, "documentVersion", self.document_version.as_deref());
        check_format(v, self.document_format.as_deref());
        check_target_type(v, self.target_type.as_deref());
    }
}

/// What was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateDocumentResult {
    /// The new version.
    pub document_description: DocumentDescription,
}
