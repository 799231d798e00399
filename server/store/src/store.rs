//! The database, and transactions on it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pilothouse_api::topics::Revision;
use sqlx::{Any, AnyConnection, AnyPool, Row, Transaction};

use crate::StoreError;
use crate::lazily::Connection;
use crate::shelf::{Changed, Epoch, Shelf};

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
    /// Parameters that were read; none where others may write, too.
    pub(crate) shelf: Option<Shelf>,
}

/// A transaction; dropped without [`Tx::commit`] it leaves no trace.
pub struct Tx {
    state: State,
    backend: Backend,
    revisions: BTreeMap<String, Revision>,
    shelf: Option<Shelf>,
    /// How the shelf stood before the first statement.
    epoch: Epoch,
    /// Of parameters.
    changed: BTreeSet<(String, String)>,
}

/// A transaction that only reads begins with its first statement: often there is none.
enum State {
    Waiting(AnyPool),
    Reading(Transaction<'static, Any>),
    Writing(Transaction<'static, Any>),
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
        Ok(self.tx(State::Writing(inner)))
    }

    /// A transaction that only reads, from one consistent state: that of its first statement, which begins it.
    ///
    /// # Errors
    /// None yet: when the database cannot be reached, the first statement says so.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        Ok(self.tx(State::Waiting(self.reader.clone())))
    }

    fn tx(&self, state: State) -> Tx {
        Tx {
            state,
            backend: self.backend,
            revisions: BTreeMap::new(),
            shelf: self.shelf.clone(),
            epoch: Epoch::default(),
            changed: BTreeSet::new(),
        }
    }

    /// Forgets what is kept in memory of parameters: somebody beside this process changed how they are sealed.
    pub fn forget_parameters(&self) {
        if let Some(shelf) = &self.shelf {
            shelf.clear();
        }
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
    pub(crate) fn connection(&mut self) -> Connection<'_> {
        Connection(self)
    }

    /// The connection of a transaction that has begun.
    pub(crate) async fn begun(&mut self) -> Result<&mut AnyConnection, sqlx::Error> {
        if let State::Waiting(pool) = &self.state {
            self.epoch = self.shelf.as_ref().map(Shelf::epoch).unwrap_or_default();
            let inner = match self.backend {
                Backend::Sqlite => pool.begin().await?,
                Backend::Postgres => {
                    pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?
                }
            };
            self.state = State::Reading(inner);
        }
        match &mut self.state {
            State::Reading(inner) | State::Writing(inner) => Ok(&mut *inner),
            State::Waiting(_) => Err(sqlx::Error::PoolClosed),
        }
    }

    /// What was read before, if this transaction only reads and may go by it.
    pub(crate) fn shelf(&self) -> Option<&Shelf> {
        self.shelf.as_ref().filter(|_| !matches!(self.state, State::Writing(_)))
    }

    /// How the shelf stood before the first statement.
    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Notes that a parameter is changed.
    pub(crate) fn changes_parameter(&mut self, region: &str, path: &str) {
        self.changed.insert((region.to_owned(), path.to_owned()));
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
        let State::Writing(inner) = self.state else { return Ok(()) };
        let _changed = self.shelf.map(|shelf| Changed { shelf, places: self.changed });
        Ok(inner.commit().await?)
    }
}
