//! When nodes were last heard, and which have fallen silent.

use std::collections::BTreeMap;

use pilothouse_protocol::{InstanceId, Millis};
use sqlx::AssertSqlSafe;

use super::{NodeRecord, with_tags};
use crate::rows::limit;
use crate::{StoreError, Tx};

/// Nodes that one statement touches.
const HEARD: usize = 100;

/// Notes when nodes were last heard. That is no change: followers are not told.
///
/// # Errors
/// When the store fails.
pub async fn touch_many(tx: &mut Tx, heard: &[(InstanceId, Millis)]) -> Result<(), StoreError> {
    let mut latest: BTreeMap<&InstanceId, Millis> = BTreeMap::new();
    for (id, at) in heard {
        let known = latest.entry(id).or_insert(*at);
        *known = (*known).max(*at);
    }
    let latest: Vec<_> = latest.into_iter().collect();
    for group in latest.chunks(HEARD) {
        let rows: Vec<_> =
            (0..group.len()).map(|i| format!("(${}, CAST(${} AS BIGINT))", 2 * i + 1, 2 * i + 2)).collect();
        let sql = format!(
            "WITH heard (id, at) AS (VALUES {}) UPDATE nodes SET last_ping = heard.at FROM heard
             WHERE nodes.instance_id = heard.id AND nodes.last_ping < heard.at",
            rows.join(", ")
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (id, at) in group {
            query = query.bind(id.as_str()).bind(at.0);
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

/// Nodes that count as online, have no link, and were last heard before `before`; of all regions.
///
/// # Errors
/// When the store fails.
pub async fn stale(tx: &mut Tx, before: Millis, count: usize) -> Result<Vec<NodeRecord>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM nodes WHERE ping = 'Online' AND connected = 0 AND last_ping < $1 AND gone = 0
         ORDER BY last_ping LIMIT $2",
    )
    .bind(before.0)
    .bind(limit(count))
    .fetch_all(tx.connection())
    .await?;
    with_tags(tx, &rows).await
}

/// No node has a link: the server has just started.
///
/// # Errors
/// When the store fails.
pub async fn disconnect_all(tx: &mut Tx) -> Result<(), StoreError> {
    sqlx::query("UPDATE nodes SET connected = 0 WHERE connected = 1").execute(tx.connection()).await?;
    Ok(())
}
