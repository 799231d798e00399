//! What several operations on documents say, and the constraints on it.

use serde::{Deserialize, Serialize};

use super::FORMATS;
use crate::validate::Violations;

/// Another document that a document needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DocumentRequires {
    /// Its name or ARN.
    pub name: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What it is needed as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require_type: Option<String>,
    /// Its version, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
}

/// Where an attachment comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AttachmentsSource {
    /// SourceUrl, S3FileUrl or AttachmentReference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// One address.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// What the document calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

fn is_word(text: &str, more: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c) || more.contains(c))
}

/// Checks a document's name or ARN.
pub(crate) fn check_reference(v: &mut Violations, path: &str, name: &str) {
    let legal = name.len() >= 3 && is_word(name, ":/", 128);
    v.pattern(path, &shown(name), r"^[a-zA-Z0-9_\-.:/]{3,128}$", legal);
}

/// Checks a document's own name.
pub(super) fn check_name(v: &mut Violations, name: &str) {
    let legal = name.len() >= 3 && is_word(name, "", 128);
    v.pattern("name", &shown(name), r"^[a-zA-Z0-9_\-.]{3,128}$", legal);
}

/// A text that can stand in an answer.
fn shown(text: &str) -> String {
    text.replace('\0', "\u{2400}")
}

fn is_number(version: &str) -> bool {
    !version.starts_with('0') && !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit())
}

/// Checks a document version.
pub(crate) fn check_version(v: &mut Violations, path: &str, version: Option<&str>) {
    let Some(version) = version else { return };
    let legal = is_number(version) || version == "$LATEST" || version == "$DEFAULT";
    v.pattern(path, &shown(version), r"([$]LATEST|[$]DEFAULT|^[1-9][0-9]*$)", legal);
}

/// Checks a document version that must be a number.
pub(super) fn check_number(v: &mut Violations, version: &str) {
    v.pattern("documentVersion", &shown(version), "(^[1-9][0-9]*$)", is_number(version));
}

/// Checks a version's name.
pub(super) fn check_version_name(v: &mut Violations, path: &str, name: Option<&str>) {
    let Some(name) = name else { return };
    v.pattern(path, &shown(name), r"^[a-zA-Z0-9_\-.]{1,128}$", is_word(name, "", 128));
}

/// Checks a format.
pub(super) fn check_format(v: &mut Violations, format: Option<&str>) {
    if let Some(format) = format {
        v.one_of("documentFormat", format, FORMATS);
    }
}

/// Checks what a document is called in listings.
pub(super) fn check_display_name(v: &mut Violations, name: Option<&str>) {
    let Some(name) = name else { return };
    v.length("displayName", name, 0, 1024);
    let legal = name.chars().all(|c| c.is_alphanumeric() || "_.-:/ ".contains(c));
    v.pattern("displayName", &shown(name), r"^[\w\.\-\:\/ ]*$", legal);
}

/// Checks the kind of thing that a document is for.
pub(super) fn check_target_type(v: &mut Violations, kind: Option<&str>) {
    let Some(kind) = kind else { return };
    v.length("targetType", kind, 0, 200);
    let legal =
        kind.starts_with('/') && kind.chars().all(|c| c.is_ascii_alphanumeric() || "_.-:/".contains(c));
    v.pattern("targetType", &shown(kind), r"^\/[\w\.\-\:\/]*$", legal);
}

/// Checks what a document needs.
pub(super) fn check_requires(v: &mut Violations, requires: &[DocumentRequires]) {
    for (i, it) in requires.iter().enumerate() {
        let path = |member: &str| format!("requires.{}.member.{member}", i + 1);
        check_reference(v, &path("name"), &it.name);
        check_version(v, &path("version"), it.version.as_deref());
        check_version_name(v, &path("versionName"), it.version_name.as_deref());
        check_version_name(v, &path("requireType"), it.require_type.as_deref());
    }
}

/// Checks attachments.
pub(super) fn check_attachments(v: &mut Violations, attachments: &[AttachmentsSource]) {
    v.count("attachments", attachments, 0, 20);
    for (i, it) in attachments.iter().enumerate() {
        let path = |member: &str| format!("attachments.{}.member.{member}", i + 1);
        if let Some(key) = &it.key {
            v.one_of(&path("key"), key, &["SourceUrl", "S3FileUrl", "AttachmentReference"]);
        }
        v.count(&path("values"), &it.values, 1, 1);
        for value in &it.values {
            v.length(&path("values.1.member"), value, 1, 1024);
        }
        if let Some(name) = &it.name {
            let legal = name.len() >= 3 && is_word(name, "", 128);
            v.pattern(&path("name"), &shown(name), r"^[a-zA-Z0-9_\-.]{3,128}$", legal);
        }
    }
}
