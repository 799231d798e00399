//! Blobs: what is attached to documents, by the SHA-256 of its bytes. The bytes are files, who uses them stands in rows.
//!
//! In: pieces of a blob, in order, which may come again after a lost connection; who attaches it. Out: pieces of it, from any
//! offset. A blob is there whole and as its name says, or not at all: it grows beside, is hashed while it grows, and is moved
//! into place when it is on the disk. [`Blobs`] is shaped so that an object store can stand behind it.
//!
//! Never here: what a blob holds, who may have it.

mod files;
mod growing;
mod rows;

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use pilothouse_protocol::Millis;

pub use files::FileBlobs;
pub use rows::{
    Attachment, BlobRecord, all, attach, attached, detach, get, keep, known, mark_unused, take_unused,
    used_by,
};

/// A blob's name: the SHA-256 of its bytes, 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256(String);

/// A text that is no name of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a blob is named by the SHA-256 of its bytes: 64 hexadecimal digits")]
pub struct NoSha256;

impl FromStr for Sha256 {
    type Err = NoSha256;

    fn from_str(text: &str) -> Result<Self, NoSha256> {
        let is_one = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_one { Ok(Self(text.to_ascii_lowercase())) } else { Err(NoSha256) }
    }
}

impl Sha256 {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A blob that is on its way here. Two who bring the same one do not meet before it is whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Upload {
    /// What it will be.
    pub sha256: Sha256,
    /// How long it will be, in bytes; at least 1.
    pub total: u64,
    /// Who brings it.
    pub by: String,
}

/// How far an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Bytes that are here: the next piece begins there.
    pub to: u64,
    /// The blob is whole, and what its name says.
    pub complete: bool,
}

/// Where blobs are kept.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Takes a piece. One that begins beyond what is here is not taken, and what is here already is skipped: the answer says where
    /// to go on. A blob that is here is complete at once.
    ///
    /// # Errors
    /// [`BlobError::Mismatch`] when the last byte came and the bytes are not what the name says: then all of them are gone.
    async fn put(&self, upload: &Upload, offset: u64, bytes: Vec<u8>) -> Result<Received, BlobError>;

    /// The size of a blob that is here.
    ///
    /// # Errors
    /// When it cannot be looked at.
    async fn size(&self, blob: &Sha256) -> Result<Option<u64>, BlobError>;

    /// Up to `max_bytes` from an offset on; fewer only at the blob's end, `None` when it is not here.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn read(&self, blob: &Sha256, offset: u64, max_bytes: usize) -> Result<Option<Vec<u8>>, BlobError>;

    /// Removes a blob; unknown ones are no error.
    ///
    /// # Errors
    /// When it cannot be removed.
    async fn remove(&self, blob: &Sha256) -> Result<(), BlobError>;

    /// Blobs that were here before an instant already.
    ///
    /// # Errors
    /// When they cannot be looked at.
    async fn older_than(&self, instant: Millis) -> Result<Vec<Sha256>, BlobError>;

    /// Forgets uploads that did not go on since an instant; says how many.
    ///
    /// # Errors
    /// When they cannot be removed.
    async fn forget_unfinished(&self, since: Millis) -> Result<usize, BlobError>;
}

/// How blobs fail.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The bytes that came are others than those that were announced.
    #[error(
        "the bytes have the SHA-256 {found}, not {wanted}: they were changed on the way or read wrongly; send all of them again"
    )]
    Mismatch {
        /// What they were to be.
        wanted: Sha256,
        /// What they are.
        found: String,
    },
    /// The blob that is here has another size than announced, or a piece goes beyond the end.
    #[error("the blob has {size} bytes, and this is about {told}")]
    Size {
        /// Its size.
        size: u64,
        /// What was told.
        told: u64,
    },
    /// The disk is full.
    #[error("the disk under the blobs is full: free some space there, then go on with the same piece")]
    Full,
    /// Reading or writing failed.
    #[error("blobs cannot be read or written: {0}")]
    Io(std::io::Error),
}

impl From<std::io::Error> for BlobError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}
