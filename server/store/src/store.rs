//! Opening the database, and transactions on it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use pilothouse_api::topics::Revision;
use sqlx::any::AnyPoolOptions;
use sqlx::{Any, AnyConnection, AnyPool, Row, Transaction};

use crate::{StoreError, migrate};

/// Which database stands behind the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file (or memory, for tests).
    Sqlite,
    /// A server.
    Postgres,
}

/// The store. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Store {
    reader: AnyPool,
    writer: AnyPool,
    backend: Backend,
}

/// A transaction; dropped without [`Tx::commit`] it leaves no trace.
pub struct Tx {
    inner: Transaction<'static, Any>,
    revisions: BTreeMap<String, Revision>,
}

const READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 8;
const PATIENCE: Duration = Duration::from_secs(30);

impl Store {
    /// Opens a database and brings its schema up to date. `url` is `sqlite:PATH`, `sqlite::memory:` or `postgres://…`.
    ///
    /// # Errors
    /// When it cannot be reached, or was written by a newer version of this program.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let store = if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let pool = AnyPoolOptions::new()
                .max_connections(POSTGRES_CONNECTIONS)
                .acquire_timeout(PATIENCE)
                .connect(url)
                .await
                .map_err(|error| StoreError::Unavailable {
                    why: without_password(&error.to_string(), url),
                })?;
            Self { reader: pool.clone(), writer: pool, backend: Backend::Postgres }
        } else if url == "sqlite::memory:" {
            // Each connection to memory is a database of its own: there must be one, and it must stay.
            let pool =
                sqlite(1).min_connections(1).idle_timeout(None).max_lifetime(None).connect(url).await?;
            Self { reader: pool.clone(), writer: pool, backend: Backend::Sqlite }
        } else {
            let path = url.strip_prefix("sqlite:").unwrap_or(url).trim_start_matches("//");
            if !Path::new(path).parent().is_none_or(|dir| dir.as_os_str().is_empty() || dir.is_dir()) {
                return Err(StoreError::Unavailable {
                    why: format!("there is no directory for the database file {path}"),
                });
            }
            let url = format!("sqlite://{path}?mode=rwc");
            let writer = sqlite(1).connect(&url).await?;
            Self { reader: sqlite(READERS).connect(&url).await?, writer, backend: Backend::Sqlite }
        };
        migrate::run(&store).await?;
        Ok(store)
    }

    /// Which database it is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Begins a transaction that may write. On SQLite there is one writer at a time, and others wait for it.
    ///
    /// # Errors
    /// When the database cannot be reached, or stays busy for too long.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        let inner = match self.backend {
            Backend::Sqlite => self.writer.begin_with("BEGIN IMMEDIATE").await?,
            Backend::Postgres => self.writer.begin().await?,
        };
        Ok(Tx { inner, revisions: BTreeMap::new() })
    }

    /// Begins a transaction that only reads, from one consistent state.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        let inner = match self.backend {
            Backend::Sqlite => self.reader.begin().await?,
            Backend::Postgres => {
                self.reader.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?
            }
        };
        Ok(Tx { inner, revisions: BTreeMap::new() })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").fetch_one(&self.reader).await?;
        Ok(())
    }

    /// Closes every connection; a SQLite file is left in one piece.
    pub async fn close(&self) {
        self.writer.close().await;
        self.reader.close().await;
    }
}

fn sqlite(connections: u32) -> AnyPoolOptions {
    AnyPoolOptions::new().max_connections(connections).acquire_timeout(PATIENCE).after_connect(
        |connection, _| {
            Box::pin(async move {
                for pragma in [
                    "PRAGMA busy_timeout = 30000",
                    "PRAGMA journal_mode = WAL",
                    "PRAGMA synchronous = NORMAL",
                    "PRAGMA foreign_keys = ON",
                    "PRAGMA cache_size = -16000",
                ] {
                    sqlx::query(pragma).execute(&mut *connection).await?;
                }
                Ok(())
            })
        },
    )
}

/// An error's text without the password of the URL.
fn without_password(message: &str, url: &str) -> String {
    let password = url
        .split("://")
        .nth(1)
        .and_then(|rest| rest.split('@').next())
        .and_then(|user| user.split(':').nth(1));
    match password.filter(|password| !password.is_empty()) {
        Some(password) => message.replace(password, "***"),
        None => message.to_owned(),
    }
}

impl Tx {
    /// The connection, for a statement.
    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }

    /// The revision of this transaction's changes in `region`: taken once, the same for all of them.
    ///
    /// # Errors
    /// When the counter cannot be read or written.
    pub async fn revision(&mut self, region: &str) -> Result<Revision, StoreError> {
        if let Some(revision) = self.revisions.get(region) {
            return Ok(*revision);
        }
        let row = sqlx::query(
            "INSERT INTO revisions (region, value) VALUES ($1, 1)
             ON CONFLICT (region) DO UPDATE SET value = revisions.value + 1 RETURNING value",
        )
        .bind(region)
        .fetch_one(self.connection())
        .await?;
        let revision: i64 = row.try_get("value")?;
        self.revisions.insert(region.to_owned(), revision);
        Ok(revision)
    }

    /// Makes everything in it so.
    ///
    /// # Errors
    /// When it cannot; then nothing of it is so.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.inner.commit().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_stands_in_an_error() {
        let said = without_password("cannot log in with hunter2", "postgres://pilot:hunter2@db/pilothouse");
        assert_eq!(said, "cannot log in with ***");
    }
}
