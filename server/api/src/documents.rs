//! Documents as AWS lists them. This release knows the built-in ones.

use serde::{Deserialize, Serialize};

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
    /// Name, Owner, PlatformTypes, DocumentType, TargetType, `tag:<key>` or SearchKeyword.
    pub key: String,
    /// ORed.
    pub values: Vec<String>,
}

/// Lists documents.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListDocuments {
    /// Older form.
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
            let path = format!("documentFilterList.{}.member.key", i + 1);
            v.one_of(&path, &filter.key, &["Name", "Owner", "PlatformTypes", "DocumentType"]);
        }
    }
}

/// A document in a listing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DocumentIdentifier {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_date: Timestamp,
    /// `Amazon` for built-in ones.
    pub owner: String,
    /// Linux, Windows, MacOS.
    pub platform_types: Vec<String>,
    /// The default version.
    pub document_version: String,
    /// Command, Automation, …
    pub document_type: String,
    /// 1.2, 2.2, …
    pub schema_version: String,
    /// JSON, YAML or TEXT.
    pub document_format: String,
    /// Always empty for now.
    pub tags: Vec<crate::tags::Tag>,
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

/// Describes a document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeDocument {
    /// Which.
    pub name: String,
    /// `$DEFAULT` (if absent), `$LATEST` or a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    /// Must agree with the version if both are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
}

impl DescribeDocument {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, &self.name);
        check_version(v, self.document_version.as_deref());
    }
}

/// Checks a document's name or ARN.
pub(crate) fn check_name(v: &mut Violations, name: &str) {
    let legal = (3..=128).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:/".contains(c));
    v.pattern("name", name, r"^[a-zA-Z0-9_\-.:/]{3,128}$", legal);
}

/// Checks a document version.
pub(crate) fn check_version(v: &mut Violations, version: Option<&str>) {
    let Some(version) = version else { return };
    let number =
        !version.starts_with('0') && !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit());
    let legal = number || version == "$LATEST" || version == "$DEFAULT";
    v.pattern("documentVersion", version, r"([$]LATEST|[$]DEFAULT|^[1-9][0-9]*$)", legal);
}

/// A parameter of a document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DocumentParameter {
    /// Its name.
    pub name: String,
    /// String or StringList.
    pub r#type: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Lists and maps as JSON text; absent when the parameter is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
}

/// A document's description.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DocumentDescription {
    /// SHA-256 of the content, hexadecimal.
    pub hash: String,
    /// Sha256.
    pub hash_type: String,
    /// Its name.
    pub name: String,
    /// `Amazon` for built-in ones.
    pub owner: String,
    /// When it was made.
    pub created_date: Timestamp,
    /// Active.
    pub status: String,
    /// The version described.
    pub document_version: String,
    /// What it does.
    pub description: String,
    /// What it takes.
    pub parameters: Vec<DocumentParameter>,
    /// Where it runs.
    pub platform_types: Vec<String>,
    /// Command, Automation, …
    pub document_type: String,
    /// 1.2, 2.2, …
    pub schema_version: String,
    /// The newest version.
    pub latest_version: String,
    /// The default version.
    pub default_version: String,
    /// JSON, YAML or TEXT.
    pub document_format: String,
    /// Always empty for now.
    pub tags: Vec<crate::tags::Tag>,
}

/// The description.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeDocumentResult {
    /// The description.
    pub document: DocumentDescription,
}

/// Reads a document's content.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetDocument {
    /// Which.
    pub name: String,
    /// `$DEFAULT` (if absent), `$LATEST` or a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    /// Must agree with the version if both are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
    /// JSON, YAML or TEXT; as stored if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_format: Option<String>,
}

impl GetDocument {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, &self.name);
        check_version(v, self.document_version.as_deref());
        if let Some(format) = &self.document_format {
            v.one_of("documentFormat", format, &["YAML", "JSON", "TEXT"]);
        }
    }
}

/// The content.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetDocumentResult {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_date: Timestamp,
    /// The version read.
    pub document_version: String,
    /// Active.
    pub status: String,
    /// The text, in the format asked for.
    pub content: String,
    /// Command, Automation, …
    pub document_type: String,
    /// JSON, YAML or TEXT.
    pub document_format: String,
}
