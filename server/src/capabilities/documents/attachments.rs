//! What is attached to a version: blobs that are here, by where a request says that they come from, and fit for a package's manifest.

use std::collections::BTreeMap;

use pilothouse_api::Fault;
use pilothouse_api::documents::{AttachmentContent, AttachmentInformation, AttachmentsSource, GetDocument};
use pilothouse_api::packages::{BLOB_URL, Manifest};
use pilothouse_api::{Operation, documents::DocumentDescription};
use pilothouse_store::blobs::{self, Attachment, Sha256};
use pilothouse_store::documents::VersionRecord;

use super::content::PACKAGE;
use super::found;
use crate::cx::{Cx, store_fault};

/// What a request attaches to a version of a document of this type, whose content in JSON is `content`.
///
/// # Errors
/// `ValidationException` when a file does not come from where files may come from, `InvalidDocumentContent` when a package's files
/// are not those that its manifest describes.
pub(super) async fn taken(
    cx: &mut Cx<'_>,
    kind: &str,
    content: &str,
    sources: &[AttachmentsSource],
) -> Result<Vec<Attachment>, Fault> {
    if kind != PACKAGE {
        let message = format!("a document of type {kind} has no attachments");
        return if sources.is_empty() { Ok(Vec::new()) } else { Err(Fault::validation(message)) };
    }
    let mut attached = BTreeMap::new();
    for source in sources {
        let it = one(cx, source).await?;
        if let Some(twice) = attached.insert(it.name.clone(), it) {
            return Err(Fault::validation(format!("two files are attached as {}", twice.name)));
        }
    }
    let attached: Vec<Attachment> = attached.into_values().collect();
    fits(content, &attached)?;
    Ok(attached)
}

/// The file that a source means.
async fn one(cx: &mut Cx<'_>, source: &AttachmentsSource) -> Result<Attachment, Fault> {
    let from = source.values.first().map(String::as_str).unwrap_or_default();
    if source.key.as_deref() == Some("AttachmentReference") {
        return referred_to(cx, from, source.name.as_deref()).await;
    }
    let Some(digits) = from.strip_prefix(BLOB_URL) else {
        let shown: String = from.chars().take(256).collect();
        return Err(Fault::validation(format!(
            "{shown:?} cannot be attached: this server fetches nothing from elsewhere. Publish the folder with `pilothouse package \
             push DIR`, or bring the file with Pilothouse.PutBlobPiece and attach {BLOB_URL}<its SHA-256>"
        )));
    };
    let sha256: Sha256 = digits.parse().map_err(|error| Fault::validation(format!("{from:?}: {error}")))?;
    let name = source.name.clone().ok_or_else(|| {
        Fault::validation(format!("{from} is attached without a Name: say what the document calls it"))
    })?;
    let blob = blobs::get(cx.tx, &sha256).await.map_err(store_fault)?;
    let blob = blob.ok_or_else(|| {
        Fault::validation(format!(
            "{name} is not here: bring it with Pilothouse.PutBlobPiece first ({sha256})"
        ))
    })?;
    Ok(Attachment { name, sha256, size: blob.size })
}

/// A file of another version: `document/version/file`.
async fn referred_to(cx: &mut Cx<'_>, from: &str, called: Option<&str>) -> Result<Attachment, Fault> {
    let mut parts = from.rsplitn(3, '/');
    let (Some(file), Some(selector), Some(reference)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Fault::validation(format!("{from:?} is no reference: give document/version/file")));
    };
    let (other, seen) = found::look(cx, reference).await?;
    cx.require_as(GetDocument::PERMISSION, vec![seen]).await?;
    let other = other.ok_or_else(|| found::not_found(reference))?;
    let version = other.version(cx, Some(selector), None).await?;
    let there = of(cx, &version).await?;
    let it = there.into_iter().find(|it| it.name == file).ok_or_else(|| {
        Fault::validation(format!("version {} of {reference} has no file {file}", version.version))
    })?;
    Ok(Attachment { name: called.unwrap_or(file).to_owned(), ..it })
}

/// Refuses a manifest whose files are not those that are attached.
fn fits(content: &str, attached: &[Attachment]) -> Result<(), Fault> {
    let unfit = |message: String| Fault::caller("InvalidDocumentContent", message);
    let manifest = Manifest::parse(content).map_err(|error| unfit(error.to_string()))?;
    for (name, described) in manifest.files() {
        let Some(it) = attached.iter().find(|it| it.name == name) else {
            return Err(unfit(format!("the manifest describes {name}, which is not attached")));
        };
        if it.sha256.as_str() != described.sha256() {
            let (is, says) = (&it.sha256, described.sha256());
            return Err(unfit(format!("the SHA-256 of {name} is {is}, and the manifest says {says}")));
        }
        if let Some(says) = described.size.filter(|says| *says != it.size) {
            return Err(unfit(format!("{name} has {} bytes, and the manifest says {says}", it.size)));
        }
    }
    let stray = attached.iter().find(|it| manifest.files().all(|(name, _)| name != it.name));
    match stray {
        Some(it) => Err(unfit(format!("{} is attached, and the manifest does not describe it", it.name))),
        None => Ok(()),
    }
}

/// The sources that mean what a version has: for the next one, if its request names none.
pub(super) async fn sources_of(
    cx: &mut Cx<'_>,
    version: &VersionRecord,
) -> Result<Vec<AttachmentsSource>, Fault> {
    let source = |it: Attachment| AttachmentsSource {
        key: Some(String::from("SourceUrl")),
        values: vec![format!("{BLOB_URL}{}", it.sha256)],
        name: Some(it.name),
    };
    Ok(of(cx, version).await?.into_iter().map(source).collect())
}

/// Writes down what is attached to a new version.
pub(super) async fn attach(
    cx: &mut Cx<'_>,
    version: &VersionRecord,
    attached: &[Attachment],
) -> Result<(), Fault> {
    for it in attached {
        let VersionRecord { region, name, version, .. } = version;
        blobs::attach(cx.tx, region, name, *version, it).await.map_err(store_fault)?;
    }
    Ok(())
}

/// What is attached to a version.
pub(super) async fn of(cx: &mut Cx<'_>, version: &VersionRecord) -> Result<Vec<Attachment>, Fault> {
    let VersionRecord { region, name, version, .. } = version;
    blobs::attached(cx.tx, region, name, *version).await.map_err(store_fault)
}

/// As a description names it.
pub(super) fn described(attached: Vec<Attachment>, to: &mut DocumentDescription) {
    to.attachments_information =
        attached.into_iter().map(|it| AttachmentInformation { name: it.name }).collect();
}

/// As it is found again.
pub(super) fn contents(attached: Vec<Attachment>) -> Vec<AttachmentContent> {
    let content = |it: Attachment| AttachmentContent {
        name: it.name,
        size: i64::try_from(it.size).unwrap_or(i64::MAX),
        url: format!("{BLOB_URL}{}", it.sha256),
        hash: it.sha256.to_string(),
        hash_type: String::from("Sha256"),
    };
    attached.into_iter().map(content).collect()
}
