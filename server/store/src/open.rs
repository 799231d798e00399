//! Opening a database: connections as each backend wants them, and its schema brought up to date.

use std::cmp::Ordering;
use std::path::Path;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, Connection};

use crate::shelf::Shelf;
use crate::store::{Backend, Store};
use crate::{StoreError, catalog, migrate};

const READERS: u32 = 4;
/// KiB of pages that the writer keeps.
const WRITER_CACHE: &str = "PRAGMA cache_size = -16000";
/// The same for each reader: the system keeps what was read, for all of them together.
const READER_CACHE: &str = "PRAGMA cache_size = -4000";
const POSTGRES_CONNECTIONS: u32 = 8;
const PATIENCE: Duration = Duration::from_secs(30);

impl Store {
    /// Opens a database and brings its schema up to date. `url` is `sqlite:PATH`, `sqlite::memory:` or `postgres://…`.
    ///
    /// # Errors
    /// When it cannot be reached, or was written by a newer version of this program.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let store = Self::connect(url, "rwc").await?;
        migrate::run(&store).await?;
        Ok(store)
    }

    /// Opens the database of a server, which may be running, as it is: nothing is made, and nothing of its schema changes.
    ///
    /// # Errors
    /// When it is not there, or has another schema than this program's.
    pub async fn attach(url: &str) -> Result<Self, StoreError> {
        let store = Self::connect(url, "rw").await?;
        let (found, known) = (catalog::version(&mut store.read().await?).await?, migrate::known());
        match found.cmp(&known) {
            Ordering::Less => Err(StoreError::OlderSchema { found, known }),
            Ordering::Equal => Ok(store),
            Ordering::Greater => Err(StoreError::NewerSchema { found, known }),
        }
    }

    /// Opens a database that is to be filled, without a schema.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn empty(url: &str) -> Result<Self, StoreError> {
        Self::connect(url, "rwc").await
    }

    /// `mode` says whether a SQLite file may be made.
    async fn connect(url: &str, mode: &str) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        Ok(if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let pool = postgres(url).await?;
            Self { reader: pool.clone(), writer: pool, backend: Backend::Postgres, shelf: None }
        } else if url == "sqlite::memory:" {
            // Each connection to memory is a database of its own: there must be one, and it must stay.
            let options = sqlite(1, WRITER_CACHE).min_connections(1).idle_timeout(None).max_lifetime(None);
            let writer = options.connect(url).await?;
            Self::of_sqlite(writer.clone(), writer)
        } else if let Some((scheme, _)) = url.split_once("://").filter(|(scheme, _)| *scheme != "sqlite") {
            return Err(StoreError::Unavailable {
                why: format!("{scheme}:// is no database that is known: say sqlite:PATH or postgres://…"),
            });
        } else {
            let path = url.strip_prefix("sqlite:").unwrap_or(url).trim_start_matches("//");
            if !Path::new(path).parent().is_none_or(|dir| dir.as_os_str().is_empty() || dir.is_dir()) {
                return Err(StoreError::Unavailable {
                    why: format!("there is no directory for the database file {path}"),
                });
            }
            if mode == "rw" && !Path::new(path).exists() {
                return Err(StoreError::Unavailable { why: format!("there is no database file {path}") });
            }
            let url = format!("sqlite://{path}?mode={mode}");
            readable(&url, path).await?;
            let writer = sqlite(1, WRITER_CACHE).connect(&url).await?;
            Self::of_sqlite(sqlite(READERS, READER_CACHE).connect(&url).await?, writer)
        })
    }

    fn of_sqlite(reader: AnyPool, writer: AnyPool) -> Self {
        Self { reader, writer, backend: Backend::Sqlite, shelf: Some(Shelf::default()) }
    }
}

/// Reads a SQLite file's head: the pool would go on trying with one that is damaged, and not say what is wrong.
async fn readable(url: &str, path: &str) -> Result<(), StoreError> {
    let attempt = async {
        let mut connection = AnyConnection::connect(url).await?;
        let read = sqlx::query("SELECT COUNT(*) FROM sqlite_master").execute(&mut connection).await;
        connection.close().await.and(read.map(drop))
    };
    attempt.await.map_err(|error| StoreError::Unavailable { why: format!("{path} cannot be used: {error}") })
}

/// Connects, and goes on trying for a while: at boot both start at once. The pool alone would not say what was wrong.
async fn postgres(url: &str) -> Result<AnyPool, StoreError> {
    let pool = AnyPoolOptions::new().max_connections(POSTGRES_CONNECTIONS).acquire_timeout(PATIENCE);
    let first = match AnyConnection::connect(url).await {
        Ok(connection) => {
            // It has served its purpose; the pool makes its own.
            let _ = connection.close().await;
            None
        }
        Err(error) => {
            let why = without_password(&error.to_string(), url);
            tracing::warn!(%why, "the database cannot be reached yet; trying for {} s", PATIENCE.as_secs());
            Some(why)
        }
    };
    pool.connect(url).await.map_err(|error| {
        let why = without_password(&error.to_string(), url);
        let said_more = first.filter(|_| matches!(error, sqlx::Error::PoolTimedOut));
        StoreError::Unavailable { why: said_more.unwrap_or(why) }
    })
}

fn sqlite(connections: u32, cache: &'static str) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                for pragma in [
                    "PRAGMA busy_timeout = 30000",
                    "PRAGMA journal_mode = WAL",
                    "PRAGMA synchronous = NORMAL",
                    "PRAGMA foreign_keys = ON",
                    cache,
                    // 32 MiB: what is written again and again, as the ends of indexes are, goes into the file once.
                    "PRAGMA wal_autocheckpoint = 8000",
                ] {
                    sqlx::query(pragma).execute(&mut *connection).await?;
                }
                Ok(())
            })
        })
        // A file does not go away, and each look is a way to SQLite's thread and back.
        .test_before_acquire(false)
        // A full disk makes SQLite end a transaction by itself; the driver's own ROLLBACK fails then, and it takes the transaction
        // for open for ever. Such a connection is closed, and another one takes its place.
        .before_acquire(|connection, _| {
            let is_sound = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_sound) })
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_unknown_database_is_no_file_of_that_name() {
        let error = Store::open("mysql://db/pilothouse").await.err().unwrap().to_string();
        assert!(error.contains("mysql://") && error.contains("postgres://"), "{error}");
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_is_named_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pilothouse.db");
        std::fs::write(&file, "no database at all".repeat(1000)).unwrap();
        let error = Store::open(&format!("sqlite:{}", file.display())).await.unwrap_err().to_string();
        assert!(error.contains("pilothouse.db") && error.contains("not a database"), "{error}");
    }

    #[tokio::test]
    async fn a_disk_that_was_full_is_written_to_again_when_there_is_space() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", dir.path().join("full.db").display())).await.unwrap();
        let mut tx = store.write().await.unwrap();
        sqlx::query("PRAGMA max_page_count = 1").execute(tx.connection()).await.unwrap();
        let too_much = "INSERT INTO meta (name, value) VALUES ('much', hex(zeroblob(1000000)))";
        let error = sqlx::query(too_much).execute(tx.connection()).await.unwrap_err();
        assert!(error.to_string().contains("full"), "{error}");
        drop(tx);
        let mut tx = store.write().await.unwrap();
        assert_eq!(tx.revision("here").await.unwrap(), 1);
        tx.commit().await.unwrap();
    }

    #[test]
    fn a_password_never_stands_in_an_error() {
        let said = without_password("cannot log in with hunter2", "postgres://pilot:hunter2@db/pilothouse");
        assert_eq!(said, "cannot log in with ***");
    }
}
