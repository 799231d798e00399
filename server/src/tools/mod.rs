//! What the program does beside serving: for whoever looks after a server, in a shell on its machine.
//!
//! In: settings, and a verb with its arguments. Out: lines for people, and whether all was well. Every verb works beside a
//! running server and without one: they meet in the database and in the files, never over the network.
//!
//! Never here: what the server does by itself, and operations that the API offers.

pub mod audit;
pub mod backup;
mod deed;
pub mod doctor;
pub mod keys;
#[cfg(test)]
mod stories;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;

pub use deed::NotRecorded;

use crate::clock::{Clock, Dice};
use crate::config::Settings;
use crate::secrets::{KeyFileError, Secrets};

/// A verb.
#[derive(Debug, Subcommand)]
pub enum Tool {
    /// Master keys, under which every secret of the server is sealed
    #[command(subcommand)]
    Keys(keys::Verb),
    /// The audit trail: verifies that it is whole, or writes it out
    #[command(subcommand)]
    Audit(audit::Verb),
    /// Looks whether all is well, and says how to mend what is not: data directory, clock, certificate, database, keys, disk
    Doctor,
    /// Writes all that the server knows into one encrypted file, while it serves
    Backup {
        /// The file, which must not be there yet
        file: PathBuf,
    },
    /// Makes a server's data directory out of a backup
    #[command(
        long_about = "Makes a server's data directory (--data-dir, empty or not there yet) out of a backup. The database \
        becomes the one of the settings: SQLite in the data directory, or an empty PostgreSQL database"
    )]
    Restore {
        /// The backup
        file: PathBuf,
        /// A copy of the master.key that the backup was made under, unless it lies in the new data directory already or
        /// PILOTHOUSE_MASTER_KEY is set
        #[arg(long, value_name = "FILE")]
        master_key: Option<PathBuf>,
        /// Database to fill, such as postgres://pilothouse@db.example/pilothouse; a password is better given as
        /// PILOTHOUSE_DATABASE
        #[arg(long, value_name = "URL")]
        database: Option<String>,
    },
}

/// How a verb ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All is well.
    Well,
    /// It did what it should, and something is not well: it was said.
    NotWell,
}

/// Why a verb did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// Lines cannot be said.
    #[error("{0}")]
    Say(#[from] io::Error),
    /// Keys.
    #[error(transparent)]
    Keys(#[from] keys::KeysError),
    /// Audit trail.
    #[error(transparent)]
    Audit(#[from] audit::AuditError),
    /// Backup, restore.
    #[error(transparent)]
    Backup(#[from] backup::BackupError),
}

/// What verbs work with.
pub struct Bench<'a> {
    /// The server's settings.
    pub settings: &'a Settings,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Chance.
    pub dice: &'a Dice,
    /// Where lines for people go.
    pub out: &'a mut dyn Write,
}

impl Bench<'_> {
    /// Says a line.
    ///
    /// # Errors
    /// When nobody hears it.
    pub fn say(&mut self, line: impl AsRef<str>) -> io::Result<()> {
        writeln!(self.out, "{}", line.as_ref())?;
        self.out.flush()
    }

    /// The data directory.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.settings.data_dir
    }

    /// The server's secrets, under the keys that it has.
    ///
    /// # Errors
    /// When the file of master keys cannot be used.
    pub fn secrets(&self) -> Result<Secrets, KeyFileError> {
        Secrets::attached(self.data_dir(), self.settings.master_keys.clone(), self.dice)
    }
}

impl Tool {
    /// What its arguments say about settings.
    #[must_use]
    pub fn settings(&self) -> Vec<(&'static str, Option<String>)> {
        match self {
            Self::Restore { database, .. } => vec![("database", database.clone())],
            _ => Vec::new(),
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// When it cannot; the error says why, and what to do.
    pub async fn run(self, bench: &mut Bench<'_>) -> Result<Outcome, ToolError> {
        match self {
            Self::Keys(verb) => Ok(keys::run(verb, bench).await?),
            Self::Audit(verb) => Ok(audit::run(verb, bench).await?),
            Self::Doctor => Ok(doctor::run(bench).await?),
            Self::Backup { file } => Ok(backup::take(&file, bench).await?),
            Self::Restore { file, master_key, .. } => {
                Ok(backup::restore(&file, master_key.as_deref(), bench).await?)
            }
        }
    }
}
