//! Policies of versions, and when those of the newest versions are due. Whoever is about to carry one out takes it for a while, so
//! that no other server does it, too, and another one does it when this one is gone.

use std::collections::BTreeMap;

use pilothouse_protocol::Millis;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::rows::{MAX_BINDS, int, limit, maybe_int, placeholders, text};
use crate::{StoreError, Tx};

/// Waits for its time.
pub const PENDING: &str = "Pending";
/// Somebody is at it.
pub const IN_PROGRESS: &str = "InProgress";
/// It was carried out.
pub const FINISHED: &str = "Finished";

/// A policy of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRecord {
    /// Expiration, ExpirationNotification or NoChangeNotification.
    pub kind: String,
    /// Its JSON.
    pub policy: String,
    /// How far it got: one of the constants here.
    pub status: String,
    /// When there is something to do for it.
    pub due_at: Option<Millis>,
}

/// Which policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPlace {
    /// Where its parameter lives.
    pub region: String,
    /// Of which parameter.
    pub path: String,
    /// Of which version.
    pub version: i64,
    /// Its number among that version's.
    pub place: i64,
}

const COLUMNS: &str = "kind, policy, status, due_at";

fn policy(row: &AnyRow) -> Result<PolicyRecord, StoreError> {
    Ok(PolicyRecord {
        kind: text(row, "kind")?,
        policy: text(row, "policy")?,
        status: text(row, "status")?,
        due_at: maybe_int(row, "due_at")?.map(Millis),
    })
}

fn place(row: &AnyRow) -> Result<PolicyPlace, StoreError> {
    Ok(PolicyPlace {
        region: text(row, "region")?,
        path: text(row, "path")?,
        version: int(row, "version")?,
        place: int(row, "place")?,
    })
}

/// Gives the newest version its policies. Those of the versions before it are not due any more.
///
/// # Errors
/// When the store fails.
pub async fn set(
    tx: &mut Tx,
    region: &str,
    path: &str,
    version: i64,
    policies: &[PolicyRecord],
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE parameter_policies SET due_at = NULL WHERE region = $1 AND path = $2 AND due_at IS NOT NULL",
    )
    .bind(region)
    .bind(path)
    .execute(tx.connection())
    .await?;
    for (place, it) in (1_i64..).zip(policies) {
        sqlx::query(
            "INSERT INTO parameter_policies (region, path, version, place, kind, policy, status, due_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(region)
        .bind(path)
        .bind(version)
        .bind(place)
        .bind(it.kind.as_str())
        .bind(it.policy.as_str())
        .bind(it.status.as_str())
        .bind(it.due_at.map(|at| at.0))
        .execute(tx.connection())
        .await?;
    }
    Ok(())
}

/// The policies of these versions of a parameter, in order.
///
/// # Errors
/// When the store fails.
pub async fn of_versions(
    tx: &mut Tx,
    region: &str,
    path: &str,
    versions: &[i64],
) -> Result<BTreeMap<i64, Vec<PolicyRecord>>, StoreError> {
    let mut found: BTreeMap<i64, Vec<PolicyRecord>> = BTreeMap::new();
    for group in versions.chunks(MAX_BINDS - 2) {
        let sql = format!(
            "SELECT version, {COLUMNS} FROM parameter_policies WHERE region = $1 AND path = $2 AND version IN ({})
             ORDER BY version, place",
            placeholders(3, group.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(path);
        for version in group {
            query = query.bind(*version);
        }
        for row in query.fetch_all(tx.connection()).await? {
            found.entry(int(&row, "version")?).or_default().push(policy(&row)?);
        }
    }
    Ok(found)
}

/// The policies of the newest versions of these parameters, in order.
///
/// # Errors
/// When the store fails.
pub async fn of_newest(
    tx: &mut Tx,
    region: &str,
    paths: &[&str],
) -> Result<BTreeMap<String, Vec<PolicyRecord>>, StoreError> {
    let mut found: BTreeMap<String, Vec<PolicyRecord>> = BTreeMap::new();
    for group in paths.chunks(MAX_BINDS - 1) {
        let sql = format!(
            "SELECT o.path, {COLUMNS} FROM parameter_policies o
             JOIN parameters p ON p.region = o.region AND p.path = o.path AND p.version = o.version
             WHERE o.region = $1 AND o.path IN ({}) ORDER BY o.path, o.place",
            placeholders(2, group.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(region);
        for path in group {
            query = query.bind(*path);
        }
        for row in query.fetch_all(tx.connection()).await? {
            found.entry(text(&row, "path")?).or_default().push(policy(&row)?);
        }
    }
    Ok(found)
}

/// One policy.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, it: &PolicyPlace) -> Result<Option<PolicyRecord>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM parameter_policies WHERE region = $1 AND path = $2 AND version = $3 AND place = $4"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(it.region.as_str()).bind(it.path.as_str());
    let row = query.bind(it.version).bind(it.place).fetch_optional(tx.connection()).await?;
    row.as_ref().map(policy).transpose()
}

/// Whether any policy is due.
///
/// # Errors
/// When the store fails.
pub async fn any_due(tx: &mut Tx, now: Millis) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT place FROM parameter_policies WHERE due_at <= $1 LIMIT 1")
        .bind(now.0)
        .fetch_optional(tx.connection())
        .await?;
    Ok(row.is_some())
}

/// Takes up to `count` policies that are due, the longest due first: they are due again at `until`, unless they are finished by then.
///
/// # Errors
/// When the store fails.
pub async fn take_due(
    tx: &mut Tx,
    now: Millis,
    until: Millis,
    count: usize,
) -> Result<Vec<PolicyPlace>, StoreError> {
    let rows = sqlx::query(
        "SELECT region, path, version, place FROM parameter_policies WHERE due_at <= $1 ORDER BY due_at LIMIT $2",
    )
    .bind(now.0)
    .bind(limit(count))
    .fetch_all(tx.connection())
    .await?;
    let mut taken = Vec::with_capacity(rows.len());
    for it in rows.iter().map(place) {
        let it = it?;
        // Another server may have been faster.
        if step(tx, &it, Some(now), IN_PROGRESS, Some(until)).await? {
            taken.push(it);
        }
    }
    Ok(taken)
}

/// Notes that a policy was carried out. `false` when it is not due any more: it, or its parameter, was replaced meanwhile.
///
/// # Errors
/// When the store fails.
pub async fn finish(tx: &mut Tx, it: &PolicyPlace) -> Result<bool, StoreError> {
    step(tx, it, None, FINISHED, None).await
}

async fn step(
    tx: &mut Tx,
    it: &PolicyPlace,
    due_until: Option<Millis>,
    status: &str,
    due_at: Option<Millis>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE parameter_policies SET status = $1, due_at = $2
         WHERE region = $3 AND path = $4 AND version = $5 AND place = $6 AND due_at <= $7",
    )
    .bind(status)
    .bind(due_at.map(|at| at.0))
    .bind(it.region.as_str())
    .bind(it.path.as_str())
    .bind(it.version)
    .bind(it.place)
    .bind(due_until.map_or(i64::MAX, |at| at.0))
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() > 0)
}
