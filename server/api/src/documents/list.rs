//! ListDocuments.

use serde::{Deserialize, Serialize};

use super::DocumentRequires;
use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// The older filter: lower-case members.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DocumentFilter {
    /// Name, Owner, PlatformTypes or DocumentType.
    pub key: String,
    /// Exact, but Name, which is a prefix.
    pub value: String,
}

/// The newer filter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DocumentKeyValuesFilter {
    /// Name, Owner, PlatformTypes, DocumentType, TargetType, SearchKeyword, `tag-key` or `tag:<key>`.
    pub key: String,
    /// ORed.
    pub values: Vec<String>,
}

/// Lists documents.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListDocuments {
    /// Older form; not together with the newer one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub document_filter_list: Vec<DocumentFilter>,
    /// Newer form, at most 6.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<DocumentKeyValuesFilter>,
    /// 1 to 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl ListDocuments {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.range("maxResults", self.max_results, 1, 50);
        v.count("filters", &self.filters, 0, 6);
        for (i, filter) in self.document_filter_list.iter().enumerate() {
            let path = format!("documentFilterList.{}.member.", i + 1);
            let keys = &["Name", "Owner", "PlatformTypes", "DocumentType"];
            v.one_of(&format!("{path}key"), &filter.key, keys);
            v.length(&format!("{path}value"), &filter.value, 1, usize::MAX);
        }
        for (i, filter) in self.filters.iter().enumerate() {
            let path = format!("filters.{}.member.", i + 1);
            v.length(&format!("{path}key"), &filter.key, 1, 128);
            for (j, value) in filter.values.iter().enumerate() {
                v.length(&format!("{path}values.{}.member", j + 1), value, 1, 256);
            }
        }
    }
}

/// A document in a listing: its default version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DocumentIdentifier {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_date: Timestamp,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// `Amazon` for built-in ones, else the account.
    pub owner: String,
    /// What people call the default version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
    /// Linux, Windows, MacOS.
    pub platform_types: Vec<String>,
    /// The default version.
    pub document_version: String,
    /// Command, Automation, …
    pub document_type: String,
    /// 1.2, 2.2, …; absent where a content has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub schema_version: String,
    /// JSON, YAML or TEXT.
    pub document_format: String,
    /// What it is for, such as `/AWS::EC2::Instance`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_type: Option<String>,
    /// Its tags, by key.
    #[serde(default)]
    pub tags: Vec<crate::tags::Tag>,
    /// What it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<DocumentRequires>,
    /// NOT_REVIEWED, PENDING, APPROVED or REJECTED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_status: Option<String>,
    /// Who made the default version, as ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
}

/// A page of documents.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListDocumentsResult {
    /// In order of name.
    pub document_identifiers: Vec<DocumentIdentifier>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}
