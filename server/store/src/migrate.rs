//! Migrations: run at start, in order, each in a transaction of its own; never backwards.

use sqlx::AssertSqlSafe;

use crate::store::{Backend, Store};
use crate::{StoreError, Tx, catalog};

/// The schema, one entry per version, from 1. Entries are never edited, only added. `BYTES` is the backend's type of bytes,
/// `BYTEWISE` says that a text is compared byte by byte, whatever the database's language, `ROWNUMBER` is a number that is a key by itself where the
/// backend has such.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_nodes_and_commands.sql"),
    include_str!("../migrations/0002_principals.sql"),
    include_str!("../migrations/0003_secrets.sql"),
    include_str!("../migrations/0004_audit.sql"),
    include_str!("../migrations/0005_arming_and_approvals.sql"),
    include_str!("../migrations/0006_access_of_old_rows.sql"),
    include_str!("../migrations/0007_parameters.sql"),
    include_str!("../migrations/0008_documents.sql"),
    include_str!("../migrations/0009_parameter_policies_and_events.sql"),
    include_str!("../migrations/0010_parameter_history.sql"),
    include_str!("../migrations/0011_packages.sql"),
    include_str!("../migrations/0012_resolved.sql"),
    include_str!("../migrations/0013_throttle_and_groups.sql"),
    include_str!("../migrations/0014_progress.sql"),
    include_str!("../migrations/0015_deliveries.sql"),
    include_str!("../migrations/0017_run_indexes.sql"),
    include_str!("../migrations/0018_audit_indexes.sql"),
];

/// Name of the lock under which a PostgreSQL database is migrated: "pilot" in ASCII.
const LOCK: i64 = 0x70_69_6c_6f_74;

/// The newest version that this program knows.
pub(crate) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Brings the schema up to date.
pub(crate) async fn run(store: &Store) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    lock(&mut tx).await?;
    let (found, known) = (catalog::version(&mut tx).await?, known());
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    steps(&mut tx, found, known).await?;
    tx.commit().await
}

/// Makes the schema of a version in an empty database.
pub(crate) async fn make(tx: &mut Tx, version: i64) -> Result<(), StoreError> {
    lock(tx).await?;
    let known = known();
    if version > known {
        return Err(StoreError::NewerSchema { found: version, known });
    }
    steps(tx, 0, version).await
}

/// Two servers that start at once must not both migrate; IF NOT EXISTS alone does not keep them apart.
async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    if tx.backend() == Backend::Postgres {
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(tx.connection()).await?;
    }
    Ok(())
}

async fn steps(tx: &mut Tx, from: i64, to: i64) -> Result<(), StoreError> {
    sqlx::query("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
        .execute(tx.connection())
        .await?;
    let (bytes, bytewise, number) = match tx.backend() {
        Backend::Postgres => ("BYTEA", "COLLATE \"C\"", "BIGINT"),
        Backend::Sqlite => ("BLOB", "COLLATE BINARY", "INTEGER"),
    };
    let to_do = (1i64..).zip(MIGRATIONS).filter(|(version, _)| (from + 1..=to).contains(version));
    for (version, text) in to_do {
        let text: String =
            text.lines().filter(|line| !line.starts_with("--")).map(|line| format!("{line}\n")).collect();
        let text = text.replace("BYTES", bytes).replace("BYTEWISE", bytewise).replace("ROWNUMBER", number);
        for statement in text.split(';').map(str::trim).filter(|s| !s.is_empty()) {
            sqlx::query(AssertSqlSafe(statement)).execute(tx.connection()).await?;
        }
        sqlx::query("INSERT INTO schema_version (version) VALUES ($1)")
            .bind(version)
            .execute(tx.connection())
            .await?;
        tracing::info!(version, "database schema migrated");
    }
    Ok(())
}
