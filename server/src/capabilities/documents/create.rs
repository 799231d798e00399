//! CreateDocument.

use std::collections::BTreeMap;

use pilothouse_api::Fault;
use pilothouse_api::documents::{CreateDocument, CreateDocumentResult};
use pilothouse_store::documents::{self, DocumentRecord};
use pilothouse_store::tags;

use super::change::{self, Particulars};
use super::{attachments, content, told};
use crate::capabilities::resources;
use crate::capabilities::tag_keys::check_keys;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// Documents of a region. Source: "Systems Manager quotas".
const DOCUMENTS: i64 = 500;
/// Tags on one document.
const TAGS: usize = 50;
/// How names begin that are AWS's, in any case.
const RESERVED: &[&str] = &["aws", "amazon", "amzn"];

impl Run for CreateDocument {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<CreateDocumentResult, Fault> {
        is_free(&self.name)?;
        let region = cx.region().to_owned();
        cx.tx.revision(&region).await.map_err(store_fault)?;
        let there = documents::get(cx.tx, &region, &self.name).await.map_err(store_fault)?;
        let tags: BTreeMap<String, String> =
            self.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
        let kind = self.document_type.clone().unwrap_or_else(|| String::from("Command"));
        let document = DocumentRecord {
            region: region.clone(),
            name: self.name.clone(),
            kind,
            default_version: 1,
            latest_version: 1,
            next_version: 2,
            created_at: cx.now,
            tags,
        };
        let seen = resources::own_document(there.as_ref().unwrap_or(&document), cx.account_id);
        cx.require(vec![seen.clone()]).await?;
        if there.is_some() {
            let message = format!("The specified document already exists: {}.", self.name);
            return Err(Fault::caller("DocumentAlreadyExists", message));
        }
        check_tags(&document)?;
        let result = make(cx, self, &document).await?;
        cx.created(seen);
        Ok(result)
    }
}

/// Refuses names that are AWS's.
fn is_free(name: &str) -> Result<(), Fault> {
    let lower = name.to_ascii_lowercase();
    if RESERVED.iter().any(|prefix| lower.starts_with(prefix)) {
        let message = format!(
            "the document name {name} begins with a reserved prefix: no document of yours can begin with {}, in any case",
            RESERVED.join(", ")
        );
        return Err(Fault::validation(message));
    }
    Ok(())
}

fn check_tags(document: &DocumentRecord) -> Result<(), Fault> {
    check_keys(document.tags.keys().map(String::as_str))?;
    if document.tags.len() > TAGS {
        let message =
            format!("{} tags are over the limit of {TAGS} tags on one resource", document.tags.len());
        return Err(Fault::caller("TooManyTagsError", message));
    }
    Ok(())
}

async fn make(
    cx: &mut Cx<'_>,
    request: CreateDocument,
    document: &DocumentRecord,
) -> Result<CreateDocumentResult, Fault> {
    content::fits(&request.content)?;
    content::is_kept(&document.kind)?;
    let format = change::format(request.document_format, &document.kind);
    let read = content::read(&document.kind, &format, &request.content)?;
    let json = content::converted(request.content.clone(), &format, content::JSON);
    let attached =
        attachments::taken(cx, &document.kind, &json.unwrap_or_default(), &request.attachments).await?;
    let are = documents::count(cx.tx, &document.region).await.map_err(store_fault)?;
    if are >= DOCUMENTS {
        let message = format!("there are {are} documents in this region, and {DOCUMENTS} is the limit");
        return Err(Fault::caller("DocumentLimitExceeded", message));
    }
    let first = Particulars {
        version: 1,
        version_name: request.version_name,
        display_name: request.display_name,
        format,
        target_type: request.target_type,
        requires: request.requires,
    };
    let refers_to = change::refers_to(&read, &first.requires);
    let version = change::record(cx, &document.name, &request.content, &read, first);
    documents::insert(cx.tx, document, &version, &request.content, &refers_to).await.map_err(store_fault)?;
    attachments::attach(cx, &version, &attached).await?;
    let tags: Vec<_> = document.tags.clone().into_iter().collect();
    tags::set(cx.tx, &document.region, documents::KIND, &document.name, &tags).await.map_err(store_fault)?;
    let owner = cx.account_id.to_owned();
    let mut told = told::description(document, version, owner, read.parameters);
    attachments::described(attached, &mut told);
    told.status = String::from("Creating");
    Ok(CreateDocumentResult { document_description: told })
}
