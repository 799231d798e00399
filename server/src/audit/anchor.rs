//! Anchors: a place in the chain and the hash there. Kept elsewhere, one finds what the chain alone cannot: that its newest part
//! was cut off.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use pilothouse_store::audit::Mark;

use crate::private_file;

/// A place and its hash, written `SEQ:HASH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The place.
    pub seq: i64,
    /// The hash of the record there.
    pub hash: Vec<u8>,
}

/// Not `SEQ:HASH`.
#[derive(Debug, thiserror::Error)]
#[error("an anchor is SEQ:HASH, a number and 64 hexadecimal digits, as `audit verify` prints it")]
pub struct NotAnAnchor;

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, hex::encode(&self.hash))
    }
}

impl FromStr for Anchor {
    type Err = NotAnAnchor;

    fn from_str(text: &str) -> Result<Self, NotAnAnchor> {
        let (seq, hash) = text.trim().split_once(':').ok_or(NotAnAnchor)?;
        let seq = seq.parse().ok().filter(|seq| *seq >= 0).ok_or(NotAnAnchor)?;
        let hash = hex::decode(hash).ok().filter(|hash| hash.len() == 32).ok_or(NotAnAnchor)?;
        Ok(Self { seq, hash })
    }
}

impl From<&Mark> for Anchor {
    fn from(mark: &Mark) -> Self {
        Self { seq: mark.seq, hash: mark.hash.clone() }
    }
}

/// `DATA_DIR/audit.anchor`: where the server writes the head each hour and when it stops.
#[derive(Clone, Debug)]
pub struct AnchorFile(PathBuf);

impl AnchorFile {
    /// The one of a data directory.
    #[must_use]
    pub fn of(data_dir: &Path) -> Self {
        Self(data_dir.join("audit.anchor"))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What stands in it; `None` when it is not there.
    ///
    /// # Errors
    /// When it cannot be read, or holds something else.
    pub fn read(&self) -> io::Result<Option<Anchor>> {
        match fs::read_to_string(&self.0) {
            Ok(text) => {
                text.parse().map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes it anew, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, anchor: &Anchor) -> io::Result<()> {
        private_file::write(&self.0, format!("{anchor}\n").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_read_as_it_was_written() {
        let anchor = Anchor { seq: 42, hash: vec![7; 32] };
        assert_eq!(anchor.to_string().parse::<Anchor>().unwrap(), anchor);
        for wrong in ["", "42", "42:zz", ":00", "-1:00", "42:0707"] {
            assert!(wrong.parse::<Anchor>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_file_holds_the_last_one() {
        let dir = tempfile::tempdir().unwrap();
        let file = AnchorFile::of(dir.path());
        assert_eq!(file.read().unwrap(), None);
        for seq in [1, 2] {
            file.write(&Anchor { seq, hash: vec![1; 32] }).unwrap();
        }
        assert_eq!(file.read().unwrap().unwrap().seq, 2);
    }
}
