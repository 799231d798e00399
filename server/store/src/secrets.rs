//! Sealed items, and every other row that holds something sealed: what is sealed is told from outside.

use std::collections::BTreeMap;

use pilothouse_protocol::Millis;
use sqlx::AssertSqlSafe;

use crate::rows::{blob, int, limit, millis, placeholders, text};
use crate::versions::{Part, changed};
use crate::{StoreError, Tx};

/// A sealed item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedItem {
    /// Its name, which is bound into it.
    pub name: String,
    /// Its bytes.
    pub sealed: Vec<u8>,
    /// The master key that it is under.
    pub key_id: String,
    /// When it was written.
    pub updated_at: Millis,
}

/// A table with the columns `sealed` and `key_id`.
struct Table {
    name: &'static str,
    /// Its primary key.
    id: &'static str,
    /// What stands before the primary key in the name of what is sealed.
    prefix: &'static str,
}

impl Table {
    /// The name that is bound into what is sealed under this primary key; what stands after [`ASIDE`] is not of it.
    fn name_of(&self, id: &str) -> String {
        let id = if self.prefix == PARAMETERS { id.split(ASIDE).next().unwrap_or_default() } else { id };
        format!("{}{id}", self.prefix)
    }
}

/// What separates the name of a version from what tells it from others of that name; no parameter's name has it.
const ASIDE: char = '@';

/// What stands before the name of a parameter's version that is sealed.
pub(crate) const PARAMETERS: &str = "parameter/";
const ACCESS_KEYS: &str = "access_keys";
const PARAMETER_SECRETS: &str = "parameter_secrets";

/// Every table that holds something sealed. A table that is not here is not rotated.
const TABLES: &[Table] = &[
    Table { name: "sealed_items", id: "name", prefix: "" },
    Table { name: ACCESS_KEYS, id: "access_key_id", prefix: "access-key/" },
    Table { name: "approval_calls", id: "approval_id", prefix: "approval/" },
    Table { name: PARAMETER_SECRETS, id: "item", prefix: PARAMETERS },
    Table { name: "parameter_past_secrets", id: "item", prefix: PARAMETERS },
];

/// Something sealed, wherever it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    table: usize,
    id: String,
    /// The name that is bound into it.
    pub name: String,
    /// Its bytes.
    pub sealed: Vec<u8>,
}

/// Where [`wrapped_otherwise`] goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    table: usize,
    id: String,
}

/// The sealed item of a name.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, name: &str) -> Result<Option<SealedItem>, StoreError> {
    let row = sqlx::query("SELECT name, sealed, key_id, updated_at FROM sealed_items WHERE name = $1")
        .bind(name)
        .fetch_optional(tx.connection())
        .await?;
    let item = |row| {
        Ok(SealedItem {
            name: text(&row, "name")?,
            sealed: blob(&row, "sealed")?,
            key_id: text(&row, "key_id")?,
            updated_at: millis(&row, "updated_at")?,
        })
    };
    row.map(item).transpose()
}

/// Writes a sealed item in the place of the one of its name.
///
/// # Errors
/// When the store fails.
pub async fn put(tx: &mut Tx, item: &SealedItem) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sealed_items (name, sealed, key_id, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE SET
         sealed = excluded.sealed, key_id = excluded.key_id, updated_at = excluded.updated_at",
    )
    .bind(item.name.as_str())
    .bind(item.sealed.as_slice())
    .bind(item.key_id.as_str())
    .bind(item.updated_at.0)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// How much is sealed under each master key, in all tables.
///
/// # Errors
/// When the store fails.
pub async fn key_ids(tx: &mut Tx) -> Result<BTreeMap<String, i64>, StoreError> {
    let mut counts = BTreeMap::new();
    for table in TABLES {
        let sql = format!("SELECT key_id, COUNT(*) AS count FROM {} GROUP BY key_id", table.name);
        for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(tx.connection()).await? {
            *counts.entry(text(&row, "key_id")?).or_default() += int(&row, "count")?;
        }
    }
    Ok(counts)
}

/// The next of what is sealed under another master key than one of `active`, and where to go on; nothing more when it is empty.
///
/// # Errors
/// When the store fails.
pub async fn wrapped_otherwise(
    tx: &mut Tx,
    active: &[&str],
    after: Place,
    count: usize,
) -> Result<(Vec<Sealed>, Place), StoreError> {
    let mut found = Vec::new();
    let Place { table: first, id: mut last } = after;
    for (number, table) in TABLES.iter().enumerate().skip(first) {
        let Table { name, id, .. } = table;
        let sql = format!(
            "SELECT {id} AS id, sealed FROM {name} WHERE {id} > $1 AND key_id NOT IN ({}) ORDER BY {id} LIMIT $2",
            placeholders(3, active.len())
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(last.as_str()).bind(limit(count - found.len()));
        let query = active.iter().fold(query, |query, active| query.bind(*active));
        for row in query.fetch_all(tx.connection()).await? {
            last = text(&row, "id")?;
            let (id, name) = (last.clone(), table.name_of(&last));
            found.push(Sealed { table: number, id, name, sealed: blob(&row, "sealed")? });
        }
        if found.len() == count {
            return Ok((found, Place { table: number, id: last }));
        }
        last.clear();
    }
    Ok((found, Place { table: TABLES.len(), id: last }))
}

/// One of what is sealed, for every table and every master key.
///
/// # Errors
/// When the store fails.
pub async fn samples(tx: &mut Tx) -> Result<Vec<Sealed>, StoreError> {
    let mut samples = Vec::new();
    for (table, it) in TABLES.iter().enumerate() {
        let Table { name, id, .. } = it;
        let sql = format!(
            "SELECT {id} AS id, sealed FROM {name} WHERE {id} IN (SELECT MIN({id}) FROM {name} GROUP BY key_id)"
        );
        for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(tx.connection()).await? {
            let id = text(&row, "id")?;
            samples.push(Sealed { table, name: it.name_of(&id), id, sealed: blob(&row, "sealed")? });
        }
    }
    Ok(samples)
}

/// Region and path in the name of a parameter's version.
fn parameter_of(item: &str) -> (&str, &str) {
    let (place, _) = item.rsplit_once('#').unwrap_or((item, ""));
    place.split_at(place.find('/').unwrap_or(place.len()))
}

/// Writes what was re-wrapped, if it is still as it was when it was read; else `false`.
///
/// # Errors
/// When the store fails.
pub async fn rewrap(tx: &mut Tx, was: &Sealed, sealed: &[u8], key_id: &str) -> Result<bool, StoreError> {
    let Some(Table { name, id, .. }) = TABLES.get(was.table) else { return Ok(false) };
    let sql = format!("UPDATE {name} SET sealed = $1, key_id = $2 WHERE {id} = $3 AND sealed = $4");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(sealed).bind(key_id);
    let done = query.bind(was.id.as_str()).bind(was.sealed.as_slice()).execute(tx.connection()).await?;
    let is_done = done.rows_affected() > 0;
    if is_done && *name == PARAMETER_SECRETS {
        let (region, path) = parameter_of(&was.id);
        tx.changes_parameter(region, path);
    }
    // Servers hold them in memory, sealed under the key that may go.
    let part = [(ACCESS_KEYS, Part::Keys), (PARAMETER_SECRETS, Part::Parameters)];
    if let Some((_, part)) = part.into_iter().find(|(table, _)| is_done && table == name) {
        changed(tx, part).await?;
    }
    Ok(is_done)
}
