//! The head of a backup, and its records.

use std::io::{self, Read, Write};

use pilothouse_store::catalog::Table;
use pilothouse_store::dump::Value;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::secrets::Wrapped;

/// What every backup begins with.
const MAGIC: &[u8; 18] = b"PILOTHOUSE BACKUP\n";
/// The form of what follows.
const FORMAT: u32 = 1;
/// The most bytes of a head.
const MOST_HEAD: usize = 64 * 1024;
/// The most bytes of a record.
const MOST_RECORD: usize = 256 * 1024 * 1024;

/// What can be read without a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) format: u32,
    /// Version of the program that made it.
    pub(super) program: String,
    /// Version of the database's schema.
    pub(super) schema: i64,
    /// When it was made, in milliseconds since 1970.
    pub(super) made_at: i64,
    /// What the data key is bound to.
    pub(super) name: String,
    /// Master key, and the data key under it.
    #[serde(with = "serde_bytes")]
    pub(super) wrapped: Vec<u8>,
}

/// Why a head cannot be read.
pub(super) enum HeadError {
    Foreign,
    Damaged(&'static str),
    Io(io::Error),
}

impl Head {
    pub(super) fn new(name: String, wrapped: &Wrapped, schema: i64, made_at: i64) -> Self {
        let mut bytes = Vec::new();
        wrapped.encode(&mut bytes);
        let program = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: FORMAT, program, schema, made_at, name, wrapped: bytes }
    }

    /// As it stands at the beginning of the file.
    pub(super) fn encode(&self) -> io::Result<Vec<u8>> {
        let head = rmp_serde::to_vec_named(self).map_err(io::Error::other)?;
        let length = u32::try_from(head.len()).map_err(io::Error::other)?;
        Ok([MAGIC.as_slice(), &length.to_be_bytes(), &head].concat())
    }

    /// Reads a head, and gives the bytes that it was.
    pub(super) fn read(from: &mut impl Read) -> Result<(Self, Vec<u8>), HeadError> {
        let mut bytes = vec![0; MAGIC.len() + 4];
        let short = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => HeadError::Foreign,
            _ => HeadError::Io(error),
        };
        from.read_exact(&mut bytes).map_err(short)?;
        let (magic, length) = bytes.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(HeadError::Foreign);
        }
        let length = length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        if length > MOST_HEAD {
            return Err(HeadError::Damaged("its head is damaged"));
        }
        let mut head = vec![0; length];
        from.read_exact(&mut head).map_err(|_| HeadError::Damaged("it is cut off"))?;
        bytes.extend_from_slice(&head);
        let head: Self =
            rmp_serde::from_slice(&head).map_err(|_| HeadError::Damaged("its head is damaged"))?;
        if head.format != FORMAT {
            return Err(HeadError::Damaged("it has a form that this program does not know: use a newer one"));
        }
        Ok((head, bytes))
    }

    /// The wrapped data key.
    pub(super) fn wrapped(&self) -> Option<Wrapped> {
        Wrapped::decode(&self.wrapped).filter(|(_, rest)| rest.is_empty()).map(|(wrapped, _)| wrapped)
    }
}

/// What a backup consists of.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Record {
    /// Rows of this table follow.
    Table(Table),
    /// Rows.
    Rows(Vec<Vec<Value>>),
    /// Bytes of this file follow: a path below the data directory, with `/`.
    File(String),
    /// Bytes.
    Bytes(#[serde(with = "serde_bytes")] Vec<u8>),
    /// All was written.
    End(Counts),
}

/// How much a backup holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) tables: u64,
    pub(super) rows: u64,
    pub(super) files: u64,
    pub(super) bytes: u64,
}

impl Record {
    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let bytes = Zeroizing::new(rmp_serde::to_vec(self).map_err(io::Error::other)?);
        if bytes.len() > MOST_RECORD {
            return Err(io::Error::other("a row is too large for a backup"));
        }
        to.write_all(&u32::try_from(bytes.len()).map_err(io::Error::other)?.to_be_bytes())?;
        to.write_all(&bytes)
    }

    /// Wipes what may have been a file of credentials.
    pub(super) fn wipe(mut self) {
        if let Self::Bytes(bytes) = &mut self {
            bytes.zeroize();
        }
    }

    pub(super) fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut length = [0; 4];
        from.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > MOST_RECORD {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a record is too large"));
        }
        let mut bytes = Zeroizing::new(Vec::new());
        from.take(length as u64).read_to_end(&mut bytes)?;
        rmp_serde::from_slice(&bytes)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))
    }
}
