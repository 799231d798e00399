//! The document of a command: what its request names, read through GetDocument, and what its hash was given of.

use pilothouse_api::Fault;
use pilothouse_api::commands::SendCommand;
use pilothouse_api::documents::{GetDocument, GetDocumentResult};
use pilothouse_document::{Document, Format, convert};

use crate::cx::Cx;
use crate::door::Run as _;

/// The document in JSON, with its hash checked if the caller gave one.
pub(super) async fn read(
    cx: &mut Cx<'_>,
    request: &SendCommand,
) -> Result<(GetDocumentResult, Document), Fault> {
    let get = GetDocument {
        name: request.document_name.clone(),
        document_version: request.document_version.clone(),
        version_name: None,
        document_format: None,
    };
    let mut content = get.run(cx).await?;
    if content.document_type != "Command" {
        let (name, kind) = (&request.document_name, &content.document_type);
        return Err(Fault::caller(
            "InvalidDocument",
            format!("{name} is a document of type {kind}, not Command"),
        ));
    }
    // The hash is that of the content as it was submitted.
    is_what_was_meant(request, &content.content)?;
    let broken = |error| Fault::caller("InvalidDocument", format!("{}: {error}", request.document_name));
    if content.document_format == "YAML" {
        content.content = convert(&content.content, Format::Yaml, Format::Json).map_err(broken)?;
    }
    let document = Document::parse(&content.content, Format::Json).map_err(broken)?;
    Ok((content, document))
}

/// Refuses a content that is another one than the caller gave the hash of.
fn is_what_was_meant(request: &SendCommand, content: &str) -> Result<(), Fault> {
    let Some(hash) = &request.document_hash else { return Ok(()) };
    if request.document_hash_type.as_deref() == Some("Sha1") {
        return Err(Fault::validation(
            "Sha1 hashes are deprecated and not compared here: give the document's Sha256",
        ));
    }
    let ours = hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, content.as_bytes()));
    if ours.eq_ignore_ascii_case(hash) {
        return Ok(());
    }
    Err(Fault::caller("InvalidDocument", format!("the content's Sha256 is {ours}, not {hash}")))
}
