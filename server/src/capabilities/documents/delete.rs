//! DeleteDocument.

use std::collections::BTreeSet;

use pilothouse_api::Fault;
use pilothouse_api::documents::{DeleteDocument, DeleteDocumentResult};
use pilothouse_store::documents::{self, DocumentRecord, Reference};

use super::found::no_version;
use super::{found, invalid_operation};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

impl Run for DeleteDocument {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<DeleteDocumentResult, Fault> {
        let document = found::own(cx, &self.name).await?;
        let (region, name) = (&document.region, &document.name);
        if self.document_version.is_some() || self.version_name.is_some() {
            let (selector, version_name) = (self.document_version.as_deref(), self.version_name.as_deref());
            let number = found::number(cx, &document, selector, version_name).await?;
            let there = documents::get_version(cx.tx, region, name, number).await.map_err(store_fault)?;
            there.ok_or_else(|| no_version(name, number))?;
            let are = documents::version_count(cx.tx, region, name).await.map_err(store_fault)?;
            if are > 1 {
                return remove_version(cx, &document, number).await;
            }
        }
        may_go(cx, &document, self.force == Some(true)).await?;
        documents::remove(cx.tx, region, name).await.map_err(store_fault)?;
        Ok(DeleteDocumentResult {})
    }
}

async fn remove_version(
    cx: &mut Cx<'_>,
    document: &DocumentRecord,
    number: i64,
) -> Result<DeleteDocumentResult, Fault> {
    if number == document.default_version {
        return Err(invalid_operation("Default version of the document can't be deleted."));
    }
    let (region, name) = (&document.region, &document.name);
    documents::remove_version(cx.tx, region, name, number).await.map_err(store_fault)?;
    Ok(DeleteDocumentResult {})
}

/// Refuses to take away what others count on.
async fn may_go(cx: &mut Cx<'_>, document: &DocumentRecord, is_forced: bool) -> Result<(), Fault> {
    let (region, name) = (&document.region, &document.name);
    let shares = documents::shares(cx.tx, region, name).await.map_err(store_fault)?;
    if !shares.is_empty() {
        let with = shares.into_keys().take(20).collect::<Vec<_>>().join(", ");
        return Err(invalid_operation(format!(
            "Must unshare document first before deleting: {name} is shared with {with}."
        )));
    }
    let itself = Reference::Document(name.clone());
    let needing = documents::referrers(cx.tx, region, &itself).await.map_err(store_fault)?;
    let others: BTreeSet<String> = needing.into_iter().map(|it| it.name).filter(|it| it != name).collect();
    if others.is_empty() || is_forced {
        return Ok(());
    }
    // Who they are is not told: the caller may not be allowed to see them.
    Err(invalid_operation(format!(
        "{name} is required by {} other documents: delete it with Force if it goes nevertheless",
        others.len()
    )))
}
