//! Migrations: run at start, in order, each in a transaction of its own; never backwards.

use sqlx::{AssertSqlSafe, Row};

use crate::StoreError;
use crate::store::{Backend, Store};

/// The schema, one entry per version, from 1. Entries are never edited, only added. `BYTES` is the backend's type of bytes.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_nodes_and_commands.sql"),
    include_str!("../migrations/0002_principals.sql"),
    include_str!("../migrations/0003_secrets.sql"),
    include_str!("../migrations/0004_audit.sql"),
    include_str!("../migrations/0005_arming_and_approvals.sql"),
    include_str!("../migrations/0006_access_of_old_rows.sql"),
];

/// Name of the lock under which a PostgreSQL database is migrated: "pilot" in ASCII.
const LOCK: i64 = 0x70_69_6c_6f_74;

/// Brings the schema up to date.
pub(crate) async fn run(store: &Store) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    if store.backend() == Backend::Postgres {
        // Two servers that start at once must not both migrate; IF NOT EXISTS alone does not keep them apart.
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(tx.connection()).await?;
    }
    sqlx::query("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
        .execute(tx.connection())
        .await?;
    let row =
        sqlx::query("SELECT MAX(version) AS version FROM schema_version").fetch_one(tx.connection()).await?;
    let found: i64 = row.try_get::<Option<i64>, _>("version")?.unwrap_or(0);
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    for (version, text) in (1i64..).zip(MIGRATIONS).skip(usize::try_from(found).unwrap_or(0)) {
        let bytes = if store.backend() == Backend::Postgres { "BYTEA" } else { "BLOB" };
        let text: String =
            text.lines().filter(|line| !line.starts_with("--")).map(|line| format!("{line}\n")).collect();
        for statement in text.replace("BYTES", bytes).split(';').map(str::trim).filter(|s| !s.is_empty()) {
            sqlx::query(AssertSqlSafe(statement)).execute(tx.connection()).await?;
        }
        sqlx::query("INSERT INTO schema_version (version) VALUES ($1)")
            .bind(version)
            .execute(tx.connection())
            .await?;
        tracing::info!(version, "database schema migrated");
    }
    tx.commit().await
}
