//! How the store fails.

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, or not in time.
    #[error("the database cannot be reached: {why}")]
    Unavailable {
        /// The cause.
        why: String,
    },
    /// Another transaction was in the way; trying again can help.
    #[error("the change collided with another one: {why}")]
    Conflict {
        /// The cause.
        why: String,
    },
    /// The database was written by a newer version of this program.
    #[error(
        "the database has schema version {found}, this program knows versions up to {known}: start the version of Pilothouse \
         that wrote it, or a newer one"
    )]
    NewerSchema {
        /// Version in the database.
        found: i64,
        /// Newest version that this program knows.
        known: i64,
    },
    /// The database was written by an older version of this program, and is not to be changed by looking at it.
    #[error(
        "the database has schema version {found}, this program works with version {known}: start its server once, or use the \
         program that belongs to it"
    )]
    OlderSchema {
        /// Version in the database.
        found: i64,
        /// Newest version that this program knows.
        known: i64,
    },
    /// What is to be loaded needs an empty database.
    #[error("the database is not empty: name an empty one")]
    NotEmpty,
    /// The disk under the database is full.
    #[error("the disk under the database is full: free some space; nothing of the failed change was kept")]
    Full,
    /// A row does not say what it should.
    #[error("the database is damaged: {what}")]
    Corrupt {
        /// What cannot be read.
        what: String,
    },
    /// Anything else.
    #[error("the database failed: {0}")]
    Other(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let why = error.to_string();
        match &error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_) => Self::Unavailable { why },
            sqlx::Error::Database(db) => match db.code().as_deref() {
                // SQLite FULL; PostgreSQL disk_full.
                Some("13" | "53100") => Self::Full,
                // SQLite BUSY and LOCKED; PostgreSQL serialization_failure and deadlock_detected.
                Some("5" | "6" | "517" | "40001" | "40P01") => Self::Conflict { why },
                // PostgreSQL's connection exceptions and admin_shutdown.
                Some(code) if code.starts_with("08") || code.starts_with("57P") => Self::Unavailable { why },
                _ => Self::Other(why),
            },
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Corrupt { what: why },
            _ => Self::Other(why),
        }
    }
}
