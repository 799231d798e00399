//! The database, and transactions on it.

use std::collections::BTreeMap;
use std::time::Duration;

use pilothouse_api::topics::Revision;
use sqlx::{Any, AnyConnection, AnyPool, Row, Transaction};

use crate::StoreError;

/// How long the database may take to answer a probe.
const PING: Duration = Duration::from_secs(1);

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
    pub(crate) reader: AnyPool,
    pub(crate) writer: AnyPool,
    pub(crate) backend: Backend,
}

/// A transaction; dropped without [`Tx::commit`] it leaves no trace.
pub struct Tx {
    inner: Transaction<'static, Any>,
    backend: Backend,
    revisions: BTreeMap<String, Revision>,
}

impl Store {
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
        Ok(Tx { inner, backend: self.backend, revisions: BTreeMap::new() })
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
        Ok(Tx { inner, backend: self.backend, revisions: BTreeMap::new() })
    }

    /// Whether the database answers, and soon: who asks is often a probe that waits for a second or two.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let answer = sqlx::query("SELECT 1").fetch_one(&self.reader);
        match tokio::time::timeout(PING, answer).await {
            Ok(answer) => Ok(answer.map(drop)?),
            Err(_) => Err(StoreError::Unavailable { why: String::from("it does not answer in time") }),
        }
    }

    /// Closes every connection; a SQLite file is left in one piece.
    pub async fn close(&self) {
        self.writer.close().await;
        self.reader.close().await;
    }
}

impl Tx {
    /// The connection, for a statement.
    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }

    /// Which database it is on.
    pub(crate) fn backend(&self) -> Backend {
        self.backend
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

    /// The newest revision in `region`, that of this transaction among them; 0 before the first.
    ///
    /// # Errors
    /// When the counter cannot be read.
    pub async fn latest_revision(&mut self, region: &str) -> Result<Revision, StoreError> {
        let row = sqlx::query("SELECT value FROM revisions WHERE region = $1")
            .bind(region)
            .fetch_optional(self.connection())
            .await?;
        Ok(row.map(|row| row.try_get("value")).transpose()?.unwrap_or(0))
    }

    /// Marks a place to which [`Tx::undo`] goes back; marks lie within one another.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn mark(&mut self) -> Result<(), StoreError> {
        sqlx::query("SAVEPOINT mark").execute(self.connection()).await?;
        Ok(())
    }

    /// Forgets the newest mark; what was done since then stays.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn keep(&mut self) -> Result<(), StoreError> {
        sqlx::query("RELEASE SAVEPOINT mark").execute(self.connection()).await?;
        Ok(())
    }

    /// Undoes what was done since the newest mark, and forgets the mark. Revisions that were taken since then must have been taken
    /// before, too: they are not given back.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn undo(&mut self) -> Result<(), StoreError> {
        sqlx::query("ROLLBACK TO SAVEPOINT mark").execute(self.connection()).await?;
        self.keep().await
    }

    /// Makes everything in it so.
    ///
    /// # Errors
    /// When it cannot; then nothing of it is so.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.inner.commit().await?)
    }
}
