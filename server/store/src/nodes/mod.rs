//! Managed nodes. Their tags are kept with all others and read along.
//!
//! In: what enrolment, links and operators changed of a node; ids, revisions, and how long silence may last. Out: records, pages
//! of them, and what changed after a revision. `presence` is apart, as it is written by the thousand and is no change.
//! Never here: who may see a node, what makes one lost.

mod presence;

use std::collections::BTreeMap;

use pilothouse_api::topics::Revision;
use pilothouse_protocol::{Facts, InstanceId, Millis, PingStatus};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::rows::{
    MAX_BINDS, blob, flag, int, json, limit, maybe_text, millis, parsed, placeholders, text, to_json,
};
use crate::{StoreError, Tx};

pub use presence::{disconnect_all, stale, touch_many};

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeRecord {
    /// Where it lives.
    pub region: String,
    /// Its id.
    pub instance_id: InstanceId,
    /// Name given by its activation.
    pub name: Option<String>,
    /// Its Ed25519 key, 32 bytes.
    pub public_key: Vec<u8>,
    /// Of machine and data directory, as the node tells it.
    pub fingerprint: String,
    /// What it says about itself; its `tags` member is not used.
    pub facts: Facts,
    /// What it registered with.
    pub activation_id: String,
    /// The activation's role.
    pub iam_role: String,
    /// When it registered.
    pub registered_at: Millis,
    /// When it was last heard.
    pub last_ping: Millis,
    /// Whether it answers.
    pub ping: PingStatus,
    /// Whether it has a live link.
    pub connected: bool,
    /// Set when another machine showed its identity.
    pub conflict: Option<String>,
    /// Deregistered; kept so that followers are told.
    pub gone: bool,
    /// Revision of its last change; set by the store.
    pub revision: Revision,
    /// Its tags; changed through [`crate::tags`], read along here.
    pub tags: BTreeMap<String, String>,
}

/// AWS's name of the resource type, under which nodes' tags are kept.
pub const KIND: &str = "ManagedInstance";

fn record(row: &AnyRow) -> Result<NodeRecord, StoreError> {
    Ok(NodeRecord {
        region: text(row, "region")?,
        instance_id: parsed(row, "instance_id")?,
        name: maybe_text(row, "name")?,
        public_key: blob(row, "public_key")?,
        fingerprint: text(row, "fingerprint")?,
        facts: json(row, "facts")?,
        activation_id: text(row, "activation_id")?,
        iam_role: text(row, "iam_role")?,
        registered_at: millis(row, "registered_at")?,
        last_ping: millis(row, "last_ping")?,
        ping: parsed(row, "ping")?,
        connected: flag(row, "connected")?,
        conflict: maybe_text(row, "conflict")?,
        gone: flag(row, "gone")?,
        revision: int(row, "revision")?,
        tags: BTreeMap::new(),
    })
}

/// Reads rows with their tags: one query for few nodes, one for the whole region for many.
async fn with_tags(tx: &mut Tx, rows: &[AnyRow]) -> Result<Vec<NodeRecord>, StoreError> {
    let mut nodes = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
    let mut place: BTreeMap<String, usize> = BTreeMap::new();
    for (i, node) in nodes.iter().enumerate() {
        place.insert(node.instance_id.to_string(), i);
    }
    let ids: Vec<String> = place.keys().cloned().collect();
    for group in ids.chunks(MAX_BINDS) {
        let sql = format!(
            "SELECT resource_id, name, value FROM tags WHERE resource_type = $1 AND region IN
             (SELECT region FROM nodes WHERE instance_id = $2) AND resource_id IN ({})",
            placeholders(3, group.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(KIND).bind(group[0].as_str());
        for id in group {
            query = query.bind(id.as_str());
        }
        for row in query.fetch_all(tx.connection()).await? {
            let id: String = row.try_get("resource_id")?;
            if let Some(i) = place.get(&id) {
                nodes[*i].tags.insert(row.try_get("name")?, row.try_get("value")?);
            }
        }
    }
    Ok(nodes)
}

/// Adds a node.
///
/// # Errors
/// When the store fails.
pub async fn insert(tx: &mut Tx, it: &NodeRecord) -> Result<(), StoreError> {
    let revision = tx.revision(&it.region).await?;
    sqlx::query(
        "INSERT INTO nodes (instance_id, region, name, public_key, fingerprint, facts, activation_id, iam_role,
             registered_at, last_ping, ping, connected, conflict, gone, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(it.instance_id.as_str())
    .bind(it.region.as_str())
    .bind(it.name.as_deref())
    .bind(it.public_key.as_slice())
    .bind(it.fingerprint.as_str())
    .bind(to_json(&it.facts)?)
    .bind(it.activation_id.as_str())
    .bind(it.iam_role.as_str())
    .bind(it.registered_at.0)
    .bind(it.last_ping.0)
    .bind(it.ping.as_str())
    .bind(i64::from(it.connected))
    .bind(it.conflict.as_deref())
    .bind(i64::from(it.gone))
    .bind(revision)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Saves everything of a node that can change, but its tags, under this transaction's revision.
///
/// # Errors
/// When the store fails.
pub async fn save(tx: &mut Tx, it: &NodeRecord) -> Result<(), StoreError> {
    let revision = tx.revision(&it.region).await?;
    sqlx::query(
        "UPDATE nodes SET name = $2, public_key = $3, fingerprint = $4, facts = $5, last_ping = $6, ping = $7,
             connected = $8, conflict = $9, gone = $10, revision = $11
         WHERE instance_id = $1",
    )
    .bind(it.instance_id.as_str())
    .bind(it.name.as_deref())
    .bind(it.public_key.as_slice())
    .bind(it.fingerprint.as_str())
    .bind(to_json(&it.facts)?)
    .bind(it.last_ping.0)
    .bind(it.ping.as_str())
    .bind(i64::from(it.connected))
    .bind(it.conflict.as_deref())
    .bind(i64::from(it.gone))
    .bind(revision)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The node with this id in any region, unless it is gone.
///
/// # Errors
/// When the store fails.
pub async fn find(tx: &mut Tx, id: &InstanceId) -> Result<Option<NodeRecord>, StoreError> {
    let rows = sqlx::query("SELECT * FROM nodes WHERE instance_id = $1 AND gone = 0")
        .bind(id.as_str())
        .fetch_all(tx.connection())
        .await?;
    Ok(with_tags(tx, &rows).await?.pop())
}

/// Those of these nodes that exist in any region and are not gone, in no order; their tags are left out.
///
/// # Errors
/// When the store fails.
pub async fn find_many(tx: &mut Tx, ids: &[InstanceId]) -> Result<Vec<NodeRecord>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for group in ids.chunks(MAX_BINDS) {
        let sql = format!(
            "SELECT * FROM nodes WHERE gone = 0 AND instance_id IN ({})",
            placeholders(1, group.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for id in group {
            query = query.bind(id.as_str());
        }
        let rows = query.fetch_all(tx.connection()).await?;
        found.extend(rows.iter().map(record).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(found)
}

/// The node with this id in a region, also when it is gone.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, region: &str, id: &InstanceId) -> Result<Option<NodeRecord>, StoreError> {
    let rows = sqlx::query("SELECT * FROM nodes WHERE instance_id = $1 AND region = $2")
        .bind(id.as_str())
        .bind(region)
        .fetch_all(tx.connection())
        .await?;
    Ok(with_tags(tx, &rows).await?.pop())
}

/// Those of these nodes that a region has and that are not gone, in no order.
///
/// # Errors
/// When the store fails.
pub async fn select(tx: &mut Tx, region: &str, ids: &[InstanceId]) -> Result<Vec<NodeRecord>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for group in ids.chunks(MAX_BINDS - 1) {
        let sql = format!(
            "SELECT * FROM nodes WHERE region = $1 AND gone = 0 AND instance_id IN ({})",
            placeholders(2, group.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(region);
        for id in group {
            query = query.bind(id.as_str());
        }
        let rows = query.fetch_all(tx.connection()).await?;
        found.extend(with_tags(tx, &rows).await?);
    }
    Ok(found)
}

/// Nodes of a region in order of id, after this one; gone ones are left out.
///
/// # Errors
/// When the store fails.
pub async fn list(
    tx: &mut Tx,
    region: &str,
    after: Option<&InstanceId>,
    count: usize,
) -> Result<Vec<NodeRecord>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM nodes WHERE region = $1 AND gone = 0 AND instance_id > $2 ORDER BY instance_id LIMIT $3",
    )
    .bind(region)
    .bind(after.map_or("", InstanceId::as_str))
    .bind(limit(count))
    .fetch_all(tx.connection())
    .await?;
    with_tags(tx, &rows).await
}

/// Every node of a region that is not gone, in order of id.
///
/// # Errors
/// When the store fails.
pub async fn all(tx: &mut Tx, region: &str) -> Result<Vec<NodeRecord>, StoreError> {
    list(tx, region, None, usize::MAX).await
}

/// Nodes that changed after a revision, gone ones included, in order of revision. At most about `count`: nodes that share the
/// last revision of the page all stand on it.
///
/// # Errors
/// When the store fails.
pub async fn changed(
    tx: &mut Tx,
    region: &str,
    after: Revision,
    count: usize,
) -> Result<Vec<NodeRecord>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM nodes WHERE region = $1 AND revision > $2 AND revision <= COALESCE(
             (SELECT revision FROM nodes WHERE region = $1 AND revision > $2 ORDER BY revision LIMIT 1 OFFSET $3),
             9223372036854775807)
         ORDER BY revision, instance_id",
    )
    .bind(region)
    .bind(after)
    .bind(limit(count.saturating_sub(1)))
    .fetch_all(tx.connection())
    .await?;
    with_tags(tx, &rows).await
}
