//! The database, and transactions on it.

use std::collections::BTreeMap;
use std::time::Duration;

use pilothouse_api::topics::Revision;
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AnyPool, Row, Transaction};

use crate::StoreError;
use crate::later::Later;
use crate::lazily::Connection;
use crate::shelf::{Epoch, Found, Place, Shelf};

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
    later: Later,
    backend: Backend,
    revisions: BTreeMap<String, Revision>,
    shelf: Option<Shelf>,
    /// How the shelf stood before the first statement.
    epoch: Epoch,
    /// Parameters that are changed, and what they become, as far as that is known.
    changed: BTreeMap<Place, Found>,
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
            later: Later::default(),
            backend: self.backend,
            revisions: BTreeMap::new(),
            shelf: self.shelf.clone(),
            epoch: Epoch::default(),
            changed: BTreeMap::new(),
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
        let connection = match &mut self.state {
            State::Reading(inner) | State::Writing(inner) => &mut **inner,
            State::Waiting(_) => return Err(sqlx::Error::PoolClosed),
        };
        if !self.later.is_empty() {
            self.later.run(self.backend, connection).await?;
        }
        Ok(connection)
    }

    /// A statement that changes something, of which nobody waits for an answer: it is carried out before the next that is waited for,
    /// at the latest at the commit.
    pub(crate) fn later(&mut self, query: Query<'_, Any, AnyArguments>) -> Result<(), StoreError> {
        Ok(self.later.add(query)?)
    }

    /// Where what was read is kept, if this transaction only reads.
    pub(crate) fn reading_shelf(&self) -> Option<&Shelf> {
        self.shelf.as_ref().filter(|_| !matches!(self.state, State::Writing(_)))
    }

    /// What is known of a parameter, if this transaction may go by it: nobody writes beside one that writes, and what it changed
    /// itself it looks for.
    pub(crate) fn shelf(&self, region: &str, path: &str) -> Option<&Shelf> {
        let is_changed = self.changed.keys().any(|(of, it)| of == region && it == path);
        self.shelf.as_ref().filter(|_| !is_changed)
    }

    /// How the shelf stood before the first statement.
    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Notes that a parameter is changed.
    pub(crate) fn changes_parameter(&mut self, region: &str, path: &str) {
        if self.shelf.is_some() {
            self.changed.insert((region.to_owned(), path.to_owned()), Found::Unknown);
        }
    }

    /// Notes what a parameter becomes that is changed.
    pub(crate) fn parameter_becomes(&mut self, place: Place, becomes: impl FnOnce() -> Found) {
        if self.shelf.is_some() {
            self.changed.insert(place, becomes());
        }
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
        // What was to become of them may be undone.
        self.changed.values_mut().for_each(|becomes| *becomes = Found::Unknown);
        sqlx::query("ROLLBACK TO SAVEPOINT mark").execute(self.connection()).await?;
        self.keep().await
    }

    /// Makes everything in it so.
    ///
    /// # Errors
    /// When it cannot; then nothing of it is so.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        if !self.later.is_empty() {
            self.begun().await?;
        }
        let State::Writing(inner) = self.state else { return Ok(()) };
        let changed = Some(self.changed).filter(|changed| !changed.is_empty());
        let changing = self.shelf.zip(changed).map(|(shelf, changed)| shelf.change(changed));
        inner.commit().await?;
        if let Some(changing) = changing {
            changing.committed();
        }
        Ok(())
    }
}
