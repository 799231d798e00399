//! What changes parameters: a new version, the oldest one dropped, all of one removed.

use super::{Value, VersionRecord, item, parent};
use crate::shelf::Found;
use crate::{StoreError, Tx};

/// Adds a version, which becomes the newest; with the first of them the parameter is there. `was` is the tier of the version
/// before.
///
/// # Errors
/// When the store fails.
pub async fn put(tx: &mut Tx, it: &VersionRecord, was: Option<&str>) -> Result<(), StoreError> {
    tx.changes_parameter(&it.region, &it.path);
    let revision = tx.revision(&it.region).await?;
    let query = sqlx::query(
        "INSERT INTO parameters (region, path, parent, name, version, tier, revision, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (region, path) DO UPDATE SET
         version = excluded.version, tier = excluded.tier, revision = excluded.revision",
    )
    .bind(it.region.as_str())
    .bind(it.path.as_str())
    .bind(parent(&it.path))
    .bind(it.name.as_str())
    .bind(it.version)
    .bind(it.tier.as_str())
    .bind(revision)
    .bind(it.modified_at.0);
    tx.later(query)?;
    insert_version(tx, it)?;
    if was != Some(it.tier.as_str()) {
        if let Some(was) = was {
            recount(tx, &it.region, was, -1)?;
        }
        recount(tx, &it.region, &it.tier, 1)?;
    }
    Ok(())
}

fn insert_version(tx: &mut Tx, it: &VersionRecord) -> Result<(), StoreError> {
    let plain = match &it.value {
        Value::Plain(value) => Some(value.as_str()),
        Value::Sealed { sealed, key_id } => {
            let query =
                sqlx::query("INSERT INTO parameter_secrets (item, sealed, key_id) VALUES ($1, $2, $3)");
            let query = query.bind(item(&it.region, &it.path, it.version));
            tx.later(query.bind(sealed.as_slice()).bind(key_id.as_str()))?;
            None
        }
    };
    let query = sqlx::query(
        "INSERT INTO parameter_versions (region, path, version, kind, value, key_name, description, allowed_pattern, tier,
             data_type, modified_at, modified_by, source, user_agent, access_key_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(it.region.as_str())
    .bind(it.path.as_str())
    .bind(it.version)
    .bind(it.kind.as_str())
    .bind(plain)
    .bind(it.key_name.as_deref())
    .bind(it.description.as_deref())
    .bind(it.allowed_pattern.as_deref())
    .bind(it.tier.as_str())
    .bind(it.data_type.as_str())
    .bind(it.modified_at.0)
    .bind(it.modified_by.as_str())
    .bind(it.origin.source.as_str())
    .bind(it.origin.user_agent.as_str())
    .bind(it.origin.access_key_id.as_str());
    tx.later(query)
}

fn recount(tx: &mut Tx, region: &str, tier: &str, by: i64) -> Result<(), StoreError> {
    let query = sqlx::query(
        "INSERT INTO parameter_counts (region, tier, count) VALUES ($1, $2, $3)
         ON CONFLICT (region, tier) DO UPDATE SET count = parameter_counts.count + excluded.count",
    )
    .bind(region)
    .bind(tier)
    .bind(by);
    tx.later(query)
}

/// Drops one version, which is not the newest, with its labels.
///
/// # Errors
/// When the store fails.
pub async fn drop_version(tx: &mut Tx, region: &str, path: &str, version: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM parameter_secrets WHERE item = $1")
        .bind(item(region, path, version))
        .execute(tx.connection())
        .await?;
    for table in [
        "DELETE FROM parameter_labels WHERE region = $1 AND path = $2 AND version = $3",
        "DELETE FROM parameter_policies WHERE region = $1 AND path = $2 AND version = $3",
        "DELETE FROM parameter_versions WHERE region = $1 AND path = $2 AND version = $3",
    ] {
        sqlx::query(table).bind(region).bind(path).bind(version).execute(tx.connection()).await?;
    }
    Ok(())
}

/// Removes a parameter with its versions, labels and tags.
///
/// # Errors
/// When the store fails.
pub async fn remove(tx: &mut Tx, newest: &VersionRecord) -> Result<(), StoreError> {
    let VersionRecord { region, path, tier, .. } = newest;
    tx.changes_parameter(region, path);
    tx.revision(region).await?;
    for statement in [
        "DELETE FROM parameter_secrets WHERE item IN
             (SELECT region || path || '#' || CAST(version AS TEXT) FROM parameter_versions
              WHERE region = $1 AND path = $2 AND value IS NULL)",
        "DELETE FROM parameter_labels WHERE region = $1 AND path = $2",
        "DELETE FROM parameter_policies WHERE region = $1 AND path = $2",
        "DELETE FROM parameter_versions WHERE region = $1 AND path = $2",
        "DELETE FROM tags WHERE region = $1 AND resource_type = 'Parameter' AND resource_id = $2",
        "DELETE FROM parameters WHERE region = $1 AND path = $2",
    ] {
        sqlx::query(statement).bind(region.as_str()).bind(path.as_str()).execute(tx.connection()).await?;
    }
    tx.parameter_becomes((region.clone(), path.clone()), || Found::Nothing);
    recount(tx, region, tier, -1)
}
