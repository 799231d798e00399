//! How a version is told, without its content.

use std::collections::BTreeMap;

use pilothouse_api::Fault;
use pilothouse_api::documents::{
    DocumentDescription, DocumentIdentifier, DocumentParameter, ReviewInformation,
};
use pilothouse_api::tags::Tag;
use pilothouse_store::documents::{self, DocumentRecord, VersionRecord};

use super::review::{APPROVED, PENDING};
use crate::cx::{Cx, store_fault};

fn tags(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}

/// Nothing for what came with the server, which has no author.
fn author(version: &VersionRecord) -> Option<String> {
    Some(version.created_by.clone()).filter(|author| !author.is_empty())
}

/// A document in a listing, by its default version.
pub(super) fn identifier(
    document: DocumentRecord,
    version: VersionRecord,
    owner: &str,
) -> DocumentIdentifier {
    DocumentIdentifier {
        tags: tags(&document.tags),
        author: author(&version),
        name: document.name,
        created_date: version.created_at.into(),
        display_name: version.display_name,
        owner: owner.to_owned(),
        version_name: version.version_name,
        platform_types: version.platforms,
        document_version: version.version.to_string(),
        document_type: document.kind,
        schema_version: version.schema_version,
        document_format: version.format,
        target_type: version.target_type,
        requires: version.requires,
        review_status: Some(version.review_status),
    }
}

/// A version with what its content says of its parameters.
pub(super) fn description(
    document: &DocumentRecord,
    version: VersionRecord,
    owner: String,
    parameters: Vec<DocumentParameter>,
) -> DocumentDescription {
    DocumentDescription {
        author: author(&version),
        hash: version.hash,
        hash_type: String::from("Sha256"),
        name: document.name.clone(),
        display_name: version.display_name,
        version_name: version.version_name,
        owner,
        created_date: version.created_at.into(),
        status: version.status,
        status_information: version.status_information,
        document_version: version.version.to_string(),
        description: version.description,
        parameters,
        platform_types: version.platforms,
        document_type: document.kind.clone(),
        schema_version: version.schema_version,
        latest_version: document.latest_version.to_string(),
        default_version: document.default_version.to_string(),
        document_format: version.format,
        target_type: version.target_type,
        tags: tags(&document.tags),
        attachments_information: Vec::new(),
        requires: version.requires,
        review_information: Vec::new(),
        approved_version: None,
        pending_review_version: None,
        review_status: Some(version.review_status),
    }
}

/// Adds what reviewers said.
pub(super) async fn reviewed(
    cx: &mut Cx<'_>,
    document: &DocumentRecord,
    version: i64,
    to: &mut DocumentDescription,
) -> Result<(), Fault> {
    let (region, name) = (&document.region, &document.name);
    let newest = documents::newest_review(cx.tx, (region, name, version)).await.map_err(store_fault)?;
    let told = newest.map(|review| ReviewInformation {
        reviewed_time: review.updated_at.into(),
        status: review.status,
        reviewer: review.reviewer,
    });
    to.review_information = told.into_iter().collect();
    let approved = documents::reviewed(cx.tx, region, name, APPROVED).await.map_err(store_fault)?;
    let pending = documents::reviewed(cx.tx, region, name, PENDING).await.map_err(store_fault)?;
    to.approved_version = approved.map(|it| it.to_string());
    to.pending_review_version = pending.map(|it| it.to_string());
    Ok(())
}
