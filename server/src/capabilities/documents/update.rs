//! UpdateDocument.

use pilothouse_api::Fault;
use pilothouse_api::documents::{UpdateDocument, UpdateDocumentResult};
use pilothouse_store::blobs::Attachment;
use pilothouse_store::documents::{self, DocumentRecord, VersionRecord};

use super::change::{self, Particulars};
use super::found::no_version;
use super::{attachments, content, found, hash, invalid_version, told};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// Versions of a document. Source: "Systems Manager quotas".
const VERSIONS: i64 = 1000;

impl Run for UpdateDocument {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<UpdateDocumentResult, Fault> {
        let mut document = found::own(cx, &self.name).await?;
        is_newest(&document, self.document_version.as_deref())?;
        content::fits(&self.content)?;
        let format = change::format(self.document_format.clone(), &document.kind);
        let read = content::read(&document.kind, &format, &self.content)?;
        is_new(cx, &document, &self).await?;
        let (region, name) = (&document.region, &document.name);
        let newest = documents::get_version(cx.tx, region, name, document.latest_version).await;
        let newest = newest.map_err(store_fault)?.ok_or_else(|| no_version(name, document.latest_version))?;
        let attached = attached(cx, &document, &newest, &self, &format).await?;
        let next = Particulars {
            version: document.next_version,
            version_name: self.version_name,
            display_name: self.display_name.or(newest.display_name),
            format,
            target_type: self.target_type.or(newest.target_type),
            requires: newest.requires,
        };
        let refers_to = change::refers_to(&read, &next.requires);
        let version = change::record(cx, name, &self.content, &read, next);
        documents::add_version(cx.tx, &version, &self.content, &refers_to).await.map_err(store_fault)?;
        attachments::attach(cx, &version, &attached).await?;
        document.latest_version = version.version;
        let owner = cx.account_id.to_owned();
        let mut told = told::description(&document, version, owner, read.parameters);
        attachments::described(attached, &mut told);
        told.status = String::from("Updating");
        Ok(UpdateDocumentResult { document_description: told })
    }
}

/// What is attached to the new version: what its request names, or what is attached to the one before.
async fn attached(
    cx: &mut Cx<'_>,
    document: &DocumentRecord,
    newest: &VersionRecord,
    request: &UpdateDocument,
    format: &str,
) -> Result<Vec<Attachment>, Fault> {
    let json = content::converted(request.content.clone(), format, content::JSON).unwrap_or_default();
    if request.attachments.is_empty() {
        let before = attachments::sources_of(cx, newest).await?;
        return attachments::taken(cx, &document.kind, &json, &before).await;
    }
    attachments::taken(cx, &document.kind, &json, &request.attachments).await
}

/// Only the newest version can be followed by another.
fn is_newest(document: &DocumentRecord, asked: Option<&str>) -> Result<(), Fault> {
    let newest = document.latest_version;
    match asked {
        None | Some("$LATEST") => Ok(()),
        Some(number) if number == newest.to_string() => Ok(()),
        Some("$DEFAULT") if document.default_version == newest => Ok(()),
        Some(other) => Err(invalid_version(format!(
            "only the newest version can be updated: give $LATEST or {newest} as DocumentVersion, not {other}"
        ))),
    }
}

/// Refuses what is there already: the content, or the version's name.
async fn is_new(cx: &mut Cx<'_>, document: &DocumentRecord, request: &UpdateDocument) -> Result<(), Fault> {
    let (region, name) = (&document.region, &document.name);
    let digest = hash(&request.content);
    let equal = documents::version_of_hash(cx.tx, region, name, &digest).await.map_err(store_fault)?;
    if let Some(version) = equal {
        let message = format!(
            "The content of the document matches another version of it, version {version}. Change the content of the \
             document and try again."
        );
        return Err(Fault::caller("DuplicateDocumentContent", message));
    }
    if let Some(version_name) = &request.version_name
        && let Some(version) =
            documents::version_named(cx.tx, region, name, version_name).await.map_err(store_fault)?
    {
        let message = format!(
            "The specified version name is a duplicate: {version_name} is version {version} of {name}."
        );
        return Err(Fault::caller("DuplicateDocumentVersionName", message));
    }
    let are = documents::version_count(cx.tx, region, name).await.map_err(store_fault)?;
    if are >= VERSIONS {
        let message =
            format!("{name} has {are} versions, and {VERSIONS} is the limit: delete some, then try again");
        return Err(Fault::caller("DocumentVersionLimitExceeded", message));
    }
    Ok(())
}
