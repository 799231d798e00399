//! `backup` and `restore`: all that a server knows, in one encrypted file.
//!
//! In: the database as it is at one moment, the files beside it, a master key. Out: a file that only the holder of that master
//! key reads; and from it a data directory, and a database of either kind.
//!
//! The file: a head that says under which master key its data key is wrapped, then chunks, each sealed with its number, the last
//! one marked as the last. In the chunks: a zstd stream of records.
//!
//! Never here: the master key itself. Whoever loses it has no backup.

mod chunks;
mod format;
mod restore;
#[cfg(test)]
mod stories;
mod take;
mod unpack;

use std::io;
use std::path::{Path, PathBuf};

use pilothouse_store::StoreError;

pub use restore::restore;
pub use take::take;

use crate::secrets::{KeyFileError, SecretsError};
use crate::tools::NotRecorded;

/// Why there is no backup, or nothing is restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file cannot be read or written.
    #[error("{} cannot be read or written: {why}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        why: io::Error,
    },
    /// Lines cannot be said.
    #[error("{0}")]
    Say(#[from] io::Error),
    /// The file is there already.
    #[error("{} is there already: a backup never replaces a file", .0.display())]
    Exists(PathBuf),
    /// Something else than a backup.
    #[error("{} is no backup of a Pilothouse server", .0.display())]
    Foreign(PathBuf),
    /// The backup is not as it was written.
    #[error("the backup {} cannot be used, and nothing was restored: {what}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The backup was made by a newer version.
    #[error(
        "the backup {} has schema version {found}, this program knows versions up to {known}: restore it with the version of \
         Pilothouse that made it, or a newer one",
        .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// Newest version that this program knows.
        known: i64,
    },
    /// No master key was given.
    #[error(
        "the backup is under the master key {key_id}: give a copy of its master.key (--master-key FILE, or PILOTHOUSE_MASTER_KEY)"
    )]
    NoKey {
        /// The key.
        key_id: String,
    },
    /// Another master key was given.
    #[error("the backup is under the master key {key_id}, and the keys that are given are others: {given}")]
    WrongKey {
        /// The key.
        key_id: String,
        /// Those that were given.
        given: String,
    },
    /// Restoring would mix two servers.
    #[error("{} is not empty: name a directory that is empty or not there yet", .0.display())]
    NotEmpty(PathBuf),
    /// A server uses the directory.
    #[error("a server uses the data directory {}", .0.display())]
    Locked(PathBuf),
    /// The file of master keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The data key cannot be had.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was done without a trace.
    #[error(transparent)]
    NotRecorded(#[from] NotRecorded),
}

/// An error of a file.
fn failed(path: &Path) -> impl Fn(io::Error) -> BackupError {
    move |why| BackupError::Io { path: path.to_owned(), why }
}

/// A path as others find it, too.
fn full(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}
