//! What making a document and making a version of it have in common.

use pilothouse_api::documents::DocumentRequires;
use pilothouse_store::documents::{Reference, VersionRecord};

use super::content::{CALENDAR, JSON, Read, TEXT};
use super::{NOT_REVIEWED, hash};
use crate::capabilities::parameter_events::author;
use crate::cx::Cx;

/// The format that is meant where none is said.
pub(super) fn format(asked: Option<String>, kind: &str) -> String {
    asked.unwrap_or_else(|| if kind == CALENDAR { TEXT } else { JSON }.to_owned())
}

/// What a version is made of, beside its content.
pub(super) struct Particulars {
    pub(super) version: i64,
    pub(super) version_name: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) format: String,
    pub(super) target_type: Option<String>,
    pub(super) requires: Vec<DocumentRequires>,
}

/// The row of a version.
pub(super) fn record(cx: &Cx<'_>, name: &str, content: &str, read: &Read, it: Particulars) -> VersionRecord {
    VersionRecord {
        region: cx.region().to_owned(),
        name: name.to_owned(),
        version: it.version,
        version_name: it.version_name,
        display_name: it.display_name,
        format: it.format,
        hash: hash(content),
        status: String::from("Active"),
        status_information: None,
        schema_version: read.schema_version.clone(),
        description: read.description.clone(),
        platforms: read.platforms.clone(),
        target_type: it.target_type,
        requires: it.requires,
        review_status: NOT_REVIEWED.to_owned(),
        created_at: cx.now,
        created_by: author(cx),
    }
}

/// What a version refers to: by its content, and by what it says that it needs.
pub(super) fn refers_to(read: &Read, requires: &[DocumentRequires]) -> Vec<Reference> {
    let needs = requires.iter().map(|it| {
        let name = it.name.rsplit('/').next().unwrap_or(&it.name);
        Reference::Document(name.to_owned())
    });
    read.refers_to.iter().cloned().chain(needs).collect()
}
