//! Parameters: what is named, its versions, and the labels that stand on them.
//!
//! In: versions, labels, paths to look below. Out: the same, with tags read along. A path is the name with a slash before it, so
//! that `x` and `/x` are one parameter; paths are compared byte by byte on both backends, and what is below one stands together
//! in an index. What is sealed stands apart ([`crate::secrets`] finds it there) and comes along when a version is read.
//!
//! Never here: what a name may be, which version a selector means, plain SecureStrings.

mod changes;
pub mod events;
mod labels;
mod memory;
mod names;
mod packed;
pub mod past;
pub mod policies;
mod seek;
mod several;
mod walk;

use std::collections::BTreeMap;
use std::fmt;

use pilothouse_protocol::Millis;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};

use crate::rows::{MAX_BINDS, blob, int, limit, maybe_text, millis, placeholders, text};
use crate::{StoreError, Tx};

pub use changes::{drop_version, put, remove};
pub use labels::{labels, labels_of, remove_labels, set_labels, versions_of_label};
pub use memory::{became, warm};
pub use names::names;
pub use past::end;
pub use seek::{Name, Seek, TagValues, Within, seek};
pub use several::{created_at, get_many};
pub use walk::{Stop, level};

/// AWS's name of the resource type, under which parameters' tags are kept.
pub const KIND: &str = crate::tags::PARAMETER;

/// What a version holds. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// As it was given.
    Plain(String),
    /// Under a master key.
    Sealed {
        /// The bytes.
        sealed: Vec<u8>,
        /// The master key.
        key_id: String,
    },
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(value) => write!(f, "Plain({} bytes)", value.len()),
            Self::Sealed { sealed, key_id } => write!(f, "Sealed({} bytes under {key_id})", sealed.len()),
        }
    }
}

/// Where a version was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Address of the caller.
    pub source: String,
    /// What its client said it was; untrusted.
    pub user_agent: String,
    /// The key that signed.
    pub access_key_id: String,
}

/// A version, with the name of its parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionRecord {
    /// Where it lives.
    pub region: String,
    /// The name with a slash before it.
    pub path: String,
    /// As it was made.
    pub name: String,
    /// From 1.
    pub version: i64,
    /// String, StringList or SecureString.
    pub kind: String,
    /// What it holds.
    pub value: Value,
    /// The key of a SecureString, as its owner calls it.
    pub key_name: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// What values must match.
    pub allowed_pattern: Option<String>,
    /// Standard or Advanced.
    pub tier: String,
    /// text, or what the value looks like.
    pub data_type: String,
    /// When it was made.
    pub modified_at: Millis,
    /// By whom.
    pub modified_by: String,
    /// From where.
    pub origin: Origin,
}

/// A parameter: its newest version, and its tags.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterRecord {
    /// The newest version.
    pub newest: VersionRecord,
    /// Its tags; changed through [`crate::tags`], read along here.
    pub tags: BTreeMap<String, String>,
}

/// The level that a path is on: `/a` of `/a/b`, `/` of `/a`.
fn parent(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(end) => &path[..end],
    }
}

/// What a version's value is called where it is sealed, after its table's prefix.
fn item(region: &str, path: &str, version: i64) -> String {
    format!("{region}{path}#{version}")
}

/// The name that is bound into a sealed version.
#[must_use]
pub fn sealed_name(region: &str, path: &str, version: i64) -> String {
    format!("{}{}", crate::secrets::PARAMETERS, item(region, path, version))
}

const VERSION: &str = "v.region, v.path, p.name, v.version, v.kind, v.value, v.key_name, v.description, \
     v.allowed_pattern, v.tier, v.data_type, v.modified_at, v.modified_by, v.source, v.user_agent, v.access_key_id, s.sealed, s.key_id";
/// Versions with their parameters and what is sealed of them.
const FROM: &str = "parameters p JOIN parameter_versions v ON v.region = p.region AND v.path = p.path \
     LEFT JOIN parameter_secrets s ON v.value IS NULL AND s.item = v.region || v.path || '#' || CAST(v.version AS TEXT)";

fn version(row: &AnyRow) -> Result<VersionRecord, StoreError> {
    let value = match (maybe_text(row, "value")?, maybe_text(row, "key_id")?) {
        (Some(value), _) => Value::Plain(value),
        (None, Some(key_id)) => Value::Sealed { sealed: blob(row, "sealed")?, key_id },
        (None, None) => {
            let what = format!("version {} of {} has no value", int(row, "version")?, text(row, "path")?);
            return Err(StoreError::Corrupt { what });
        }
    };
    Ok(VersionRecord {
        region: text(row, "region")?,
        path: text(row, "path")?,
        name: text(row, "name")?,
        version: int(row, "version")?,
        kind: text(row, "kind")?,
        value,
        key_name: maybe_text(row, "key_name")?,
        description: maybe_text(row, "description")?,
        allowed_pattern: maybe_text(row, "allowed_pattern")?,
        tier: text(row, "tier")?,
        data_type: text(row, "data_type")?,
        modified_at: millis(row, "modified_at")?,
        modified_by: text(row, "modified_by")?,
        origin: Origin {
            source: text(row, "source")?,
            user_agent: text(row, "user_agent")?,
            access_key_id: text(row, "access_key_id")?,
        },
    })
}

/// Reads newest versions with the tags of their parameters, which are all of one region.
async fn with_tags(tx: &mut Tx, region: &str, rows: &[AnyRow]) -> Result<Vec<ParameterRecord>, StoreError> {
    let whole = |row| Ok(ParameterRecord { newest: version(row)?, tags: BTreeMap::new() });
    let mut found = rows.iter().map(whole).collect::<Result<Vec<_>, StoreError>>()?;
    let places: BTreeMap<String, usize> =
        found.iter().enumerate().map(|(i, it)| (it.newest.path.clone(), i)).collect();
    let paths: Vec<&String> = places.keys().collect();
    for group in paths.chunks(MAX_BINDS - 2) {
        let sql = format!(
            "SELECT resource_id, name, value FROM tags WHERE region = $1 AND resource_type = $2 AND resource_id IN ({})",
            placeholders(3, group.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(KIND);
        for path in group {
            query = query.bind(path.as_str());
        }
        for row in query.fetch_all(tx.connection()).await? {
            let path: String = row.try_get("resource_id")?;
            if let Some(i) = places.get(&path) {
                found[*i].tags.insert(row.try_get("name")?, row.try_get("value")?);
            }
        }
    }
    Ok(found)
}

/// The parameter of this path.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, region: &str, path: &str) -> Result<Option<ParameterRecord>, StoreError> {
    if let Some(known) = memory::get(tx, region, path) {
        return Ok(known);
    }
    let sql =
        format!("SELECT {VERSION} FROM {FROM} WHERE p.region = $1 AND p.path = $2 AND v.version = p.version");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(path).fetch_all(tx.connection()).await?;
    let found = with_tags(tx, region, &rows).await?.pop();
    if let Some(found) = &found {
        memory::keep(tx, found);
    }
    Ok(found)
}

/// A version of a parameter.
///
/// # Errors
/// When the store fails.
pub async fn get_version(
    tx: &mut Tx,
    region: &str,
    path: &str,
    number: i64,
) -> Result<Option<VersionRecord>, StoreError> {
    let sql = format!("SELECT {VERSION} FROM {FROM} WHERE p.region = $1 AND p.path = $2 AND v.version = $3");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(path).bind(number);
    query.fetch_optional(tx.connection()).await?.as_ref().map(version).transpose()
}

/// Versions of a parameter after this one, oldest first.
///
/// # Errors
/// When the store fails.
pub async fn versions(
    tx: &mut Tx,
    region: &str,
    path: &str,
    after: i64,
    count: usize,
) -> Result<Vec<VersionRecord>, StoreError> {
    let sql = format!(
        "SELECT {VERSION} FROM {FROM} WHERE p.region = $1 AND p.path = $2 AND v.version > $3 ORDER BY v.version LIMIT $4"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(path).bind(after).bind(limit(count));
    query.fetch_all(tx.connection()).await?.iter().map(version).collect()
}

/// How many versions are kept of a parameter, and the number of the oldest; nothing when there is no such parameter.
///
/// # Errors
/// When the store fails.
pub async fn kept(tx: &mut Tx, region: &str, path: &str) -> Result<Option<(i64, i64)>, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS count, MIN(version) AS oldest FROM parameter_versions WHERE region = $1 AND path = $2",
    )
    .bind(region)
    .bind(path)
    .fetch_one(tx.connection())
    .await?;
    let oldest: Option<i64> = row.try_get("oldest")?;
    oldest.map(|oldest| Ok((int(&row, "count")?, oldest))).transpose()
}

/// How many parameters of a tier a region has.
///
/// # Errors
/// When the store fails.
pub async fn count(tx: &mut Tx, region: &str, tier: &str) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT count FROM parameter_counts WHERE region = $1 AND tier = $2")
        .bind(region)
        .bind(tier)
        .fetch_optional(tx.connection())
        .await?;
    row.map_or(Ok(0), |row| int(&row, "count"))
}
