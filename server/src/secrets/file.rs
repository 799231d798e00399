//! `DATA_DIR/master.key`: for the owner's eyes only, and whole or not there.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use zeroize::Zeroizing;

use super::keyring::{KeyringError, MasterKeyring};
use crate::private_file;

/// Name of the file in the data directory.
pub const FILE: &str = "master.key";

/// More is no file of ours.
const MOST: u64 = 64 * 1024;

const HEAD: &str = "\
# Master keys of this Pilothouse server: every secret in its database is sealed under one of them. The first one is active,
# and the first one of each named key (alias/NAME/...).
# Without this file the database, and every backup of it, is worthless; with it, whoever has a backup reads its secrets.
# Keep a copy of it in a safe place, and never beside the backups. `pilothouse-server keys` lists, rotates and retires them.
";

/// Why the file of master keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It is not there.
    #[error("there is no file of master keys {}, and PILOTHOUSE_MASTER_KEY is not set", .0.display())]
    Missing(PathBuf),
    /// It cannot be read or written.
    #[error("the master keys {} cannot be read or written: {why}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        why: io::Error,
    },
    /// Others may read it.
    #[error(
        "the master keys {} are open to other users (mode {mode:04o}): chmod 600 {}, and rotate the keys if somebody may have \
         read them",
        .path.display(),
        .path.display()
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Something else stands in it.
    #[error("the master keys {} cannot be used: {why}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The cause.
        why: KeyringError,
    },
}

/// By what is seen that the file is another one than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

impl Seen {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Self { modified: metadata.modified().ok(), length: metadata.len(), inode }
    }
}

/// The file of master keys.
#[derive(Clone, Debug)]
pub struct KeyFile(PathBuf);

impl KeyFile {
    /// The one of a data directory.
    #[must_use]
    pub fn of(data_dir: &Path) -> Self {
        Self(data_dir.join(FILE))
    }

    /// One that lies elsewhere.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    fn failed(&self, why: io::Error) -> KeyFileError {
        if why.kind() == io::ErrorKind::NotFound {
            KeyFileError::Missing(self.0.clone())
        } else {
            KeyFileError::Io { path: self.0.clone(), why }
        }
    }

    /// How it looks now.
    pub(super) fn look(&self) -> Result<Seen, KeyFileError> {
        fs::metadata(&self.0).map(|found| Seen::of(&found)).map_err(|why| self.failed(why))
    }

    /// Reads it.
    ///
    /// # Errors
    /// When it is not there, is open to others, or holds something else.
    pub fn read(&self) -> Result<MasterKeyring, KeyFileError> {
        self.read_seen().map(|(ring, _)| ring)
    }

    pub(super) fn read_seen(&self) -> Result<(MasterKeyring, Seen), KeyFileError> {
        let file = File::open(&self.0).map_err(|why| self.failed(why))?;
        let metadata = file.metadata().map_err(|why| self.failed(why))?;
        self.check_mode(&metadata)?;
        let mut text = Zeroizing::new(String::with_capacity(usize::try_from(MOST).unwrap_or(0)));
        io::Read::read_to_string(&mut io::Read::take(file, MOST), &mut text)
            .map_err(|why| self.failed(why))?;
        let malformed = |why| KeyFileError::Malformed { path: self.0.clone(), why };
        Ok((MasterKeyring::parse(&text).map_err(malformed)?, Seen::of(&metadata)))
    }

    #[cfg(unix)]
    fn check_mode(&self, metadata: &Metadata) -> Result<(), KeyFileError> {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777;
        if mode & 0o077 == 0 { Ok(()) } else { Err(KeyFileError::Open { path: self.0.clone(), mode }) }
    }

    #[cfg(not(unix))]
    fn check_mode(&self, _: &Metadata) -> Result<(), KeyFileError> {
        Ok(())
    }

    /// Writes it anew: whoever reads sees the old keys or the new ones.
    ///
    /// # Errors
    /// When it cannot be written, or could not be read again; then it is as it was.
    pub fn write(&self, ring: &MasterKeyring) -> Result<(), KeyFileError> {
        let mut text = Zeroizing::new(String::with_capacity(usize::try_from(MOST).unwrap_or(0)));
        text.push_str(HEAD);
        ring.write(&mut text);
        MasterKeyring::parse(&text).map_err(|why| KeyFileError::Malformed { path: self.0.clone(), why })?;
        private_file::write(&self.0, text.as_bytes())
            .map_err(|why| KeyFileError::Io { path: self.0.clone(), why })
    }
}
