//! Documents: what is named, its versions, their contents, and what belongs to them.
//!
//! In: versions with their contents, shares, steps of reviews, what a version refers to. Out: the same; tags are read along with a
//! document, contents only where they are asked for, because a listing of many would be long. Names are compared byte by byte on
//! both backends. Numbers of versions are never given twice.
//!
//! Never here: what a content may be, which version a selector means, documents that came with the server.

mod changes;
mod references;
mod reviews;
mod shares;
mod versions;

use std::collections::BTreeMap;

use pilothouse_api::documents::DocumentRequires;
use pilothouse_protocol::Millis;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};

use crate::rows::{MAX_BINDS, int, json, limit, maybe_text, millis, placeholders, text};
use crate::{StoreError, Tx};

pub use changes::{add_version, insert, remove, remove_version, set_default};
pub use references::{Reference, Referrer, referrers};
pub use reviews::{ReviewRecord, add_review, newest_review, reviewed, reviews, set_comment};
pub use shares::{EVERYBODY, public, public_count, share, shares, unshare};
pub use versions::{content, get_version, version_count, version_named, version_of_hash, versions};

/// AWS's name of the resource type, under which documents' tags are kept.
pub const KIND: &str = "Document";

/// A document.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentRecord {
    /// Where it lives.
    pub region: String,
    /// Its name.
    pub name: String,
    /// Command, Automation, …
    pub kind: String,
    /// The version that is meant where none is named.
    pub default_version: i64,
    /// The newest version that there is.
    pub latest_version: i64,
    /// The number of the next version.
    pub next_version: i64,
    /// When it was made.
    pub created_at: Millis,
    /// Its tags; changed through [`crate::tags`], read along here.
    pub tags: BTreeMap<String, String>,
}

/// A version, without its content.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionRecord {
    /// Where it lives.
    pub region: String,
    /// The document's name.
    pub name: String,
    /// From 1.
    pub version: i64,
    /// What people call it; of one document each name stands on one version.
    pub version_name: Option<String>,
    /// What people call the document.
    pub display_name: Option<String>,
    /// JSON, YAML or TEXT.
    pub format: String,
    /// SHA-256 of the content, hexadecimal.
    pub hash: String,
    /// Creating, Active, Updating, Deleting or Failed.
    pub status: String,
    /// Why it failed.
    pub status_information: Option<String>,
    /// 2.2, …; empty where a content has none.
    pub schema_version: String,
    /// What it does, as its content says.
    pub description: String,
    /// Linux, Windows, MacOS.
    pub platforms: Vec<String>,
    /// What it is for.
    pub target_type: Option<String>,
    /// What it needs.
    pub requires: Vec<DocumentRequires>,
    /// NOT_REVIEWED, PENDING, APPROVED or REJECTED.
    pub review_status: String,
    /// When it was made.
    pub created_at: Millis,
    /// By whom.
    pub created_by: String,
}

const DOCUMENT: &str = "d.region, d.name, d.kind, d.default_version, d.latest_version, d.next_version, \
     d.created_at AS document_created_at";
const VERSION: &str = "v.region, v.name, v.version, v.version_name, v.display_name, v.format, v.hash, v.status, \
     v.status_information, v.schema_version, v.description, v.platforms, v.target_type, v.requires, v.review_status, \
     v.created_at, v.created_by";

fn document(row: &AnyRow) -> Result<DocumentRecord, StoreError> {
    Ok(DocumentRecord {
        region: text(row, "region")?,
        name: text(row, "name")?,
        kind: text(row, "kind")?,
        default_version: int(row, "default_version")?,
        latest_version: int(row, "latest_version")?,
        next_version: int(row, "next_version")?,
        created_at: millis(row, "document_created_at")?,
        tags: BTreeMap::new(),
    })
}

fn version(row: &AnyRow) -> Result<VersionRecord, StoreError> {
    Ok(VersionRecord {
        region: text(row, "region")?,
        name: text(row, "name")?,
        version: int(row, "version")?,
        version_name: maybe_text(row, "version_name")?,
        display_name: maybe_text(row, "display_name")?,
        format: text(row, "format")?,
        hash: text(row, "hash")?,
        status: text(row, "status")?,
        status_information: maybe_text(row, "status_information")?,
        schema_version: text(row, "schema_version")?,
        description: text(row, "description")?,
        platforms: json(row, "platforms")?,
        target_type: maybe_text(row, "target_type")?,
        requires: json(row, "requires")?,
        review_status: text(row, "review_status")?,
        created_at: millis(row, "created_at")?,
        created_by: text(row, "created_by")?,
    })
}

/// Reads the tags of documents, which are all of one region and in order of name.
async fn tagged<'a>(
    tx: &mut Tx,
    region: &str,
    documents: impl Iterator<Item = &'a mut DocumentRecord>,
) -> Result<(), StoreError> {
    let mut places: BTreeMap<String, &mut BTreeMap<String, String>> =
        documents.map(|it| (it.name.clone(), &mut it.tags)).collect();
    let names: Vec<String> = places.keys().cloned().collect();
    for group in names.chunks(MAX_BINDS - 2) {
        let sql = format!(
            "SELECT resource_id, name, value FROM tags WHERE region = $1 AND resource_type = $2 AND resource_id IN ({})",
            placeholders(3, group.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(KIND);
        for name in group {
            query = query.bind(name.as_str());
        }
        for row in query.fetch_all(tx.connection()).await? {
            let name: String = row.try_get("resource_id")?;
            if let Some(tags) = places.get_mut(&name) {
                tags.insert(row.try_get("name")?, row.try_get("value")?);
            }
        }
    }
    Ok(())
}

/// The document of this name.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, region: &str, name: &str) -> Result<Option<DocumentRecord>, StoreError> {
    let sql = format!("SELECT {DOCUMENT} FROM documents d WHERE d.region = $1 AND d.name = $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(name);
    let mut found = query.fetch_optional(tx.connection()).await?.as_ref().map(document).transpose()?;
    tagged(tx, region, found.iter_mut()).await?;
    Ok(found)
}

/// Documents of a region in order of name, after this one, each with its default version.
///
/// # Errors
/// When the store fails.
pub async fn list(
    tx: &mut Tx,
    region: &str,
    after: &str,
    count: usize,
) -> Result<Vec<(DocumentRecord, VersionRecord)>, StoreError> {
    let sql = format!(
        "SELECT {DOCUMENT}, {VERSION} FROM documents d JOIN document_versions v ON v.region = d.region AND v.name = d.name
         AND v.version = d.default_version WHERE d.region = $1 AND d.name > $2 ORDER BY d.name LIMIT $3"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(after).bind(limit(count));
    let rows = query.fetch_all(tx.connection()).await?;
    let both = |row| Ok((document(row)?, version(row)?));
    let mut found = rows.iter().map(both).collect::<Result<Vec<_>, StoreError>>()?;
    tagged(tx, region, found.iter_mut().map(|(document, _)| document)).await?;
    Ok(found)
}

/// How many documents a region has.
///
/// # Errors
/// When the store fails.
pub async fn count(tx: &mut Tx, region: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS count FROM documents WHERE region = $1";
    int(&sqlx::query(sql).bind(region).fetch_one(tx.connection()).await?, "count")
}
