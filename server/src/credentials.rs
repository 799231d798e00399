//! Credentials: how keys and tokens are drawn; and the root's, made at the first start, kept in AWS's shared-credentials format,
//! or given by the environment.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use zeroize::Zeroizing;

use crate::clock::Dice;
use crate::private_file;

/// Name of the file in the data directory.
pub const FILE: &str = "credentials";

/// An access key with its secret, which is wiped from memory when the last copy goes and is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct RootCredentials {
    access_key_id: String,
    secret_access_key: Zeroizing<String>,
}

impl fmt::Debug for RootCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootCredentials({}, secret ***)", self.access_key_id)
    }
}

/// Why there are no root credentials.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file cannot be read or written.
    #[error("the root credentials {} cannot be read or written: {why}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        why: io::Error,
    },
    /// The file lacks a line.
    #[error(
        "{} has no line \"{missing} = ..\" in [default]: mend it, or remove the file and let the server make new root \
         credentials",
        .path.display()
    )]
    Incomplete {
        /// The file.
        path: PathBuf,
        /// The line's key.
        missing: &'static str,
    },
    /// Not an access key.
    #[error(
        "a root access key id is 16 to 128 letters, digits or underscores, its secret 16 to 128 printable characters"
    )]
    Malformed,
}

impl RootCredentials {
    /// Credentials that are given.
    ///
    /// # Errors
    /// When id or secret could not travel in a signature, or are so short that they can be guessed.
    pub fn new(access_key_id: &str, secret_access_key: &str) -> Result<Self, CredentialsError> {
        let id_is_good = access_key_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let secret_is_good = secret_access_key.bytes().all(|b| b.is_ascii_graphic());
        let lengths_are_good =
            [access_key_id, secret_access_key].iter().all(|text| (16..=128).contains(&text.len()));
        if !(id_is_good && secret_is_good && lengths_are_good) {
            return Err(CredentialsError::Malformed);
        }
        Ok(Self {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: Zeroizing::new(secret_access_key.to_owned()),
        })
    }

    /// Draws new ones.
    #[must_use]
    pub fn draw(dice: &Dice) -> Self {
        Self { access_key_id: draw_id(dice, "PILO"), secret_access_key: draw_secret(dice) }
    }

    /// Those in `path`; made and written there, for the owner's eyes only, when the file is not there.
    ///
    /// # Errors
    /// When the file cannot be read or written, or lacks a line.
    pub fn open(path: &Path, region: &str, dice: &Dice) -> Result<Self, CredentialsError> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(path, &Zeroizing::new(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let made = Self::draw(dice);
                made.write(path, region)
                    .map_err(|why| CredentialsError::Io { path: path.to_owned(), why })?;
                Ok(made)
            }
            Err(why) => Err(CredentialsError::Io { path: path.to_owned(), why }),
        }
    }

    fn parse(path: &Path, text: &str) -> Result<Self, CredentialsError> {
        let mut section = "";
        let mut found = HashMap::new();
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name.trim();
            } else if let Some((key, value)) = line.split_once('=').filter(|_| section == "default") {
                found.insert(key.trim(), value.trim());
            }
        }
        let value = |missing: &'static str| {
            found.get(missing).ok_or(CredentialsError::Incomplete { path: path.to_owned(), missing })
        };
        Self::new(value("aws_access_key_id")?, value("aws_secret_access_key")?)
    }

    fn write(&self, path: &Path, region: &str) -> io::Result<()> {
        let text = Zeroizing::new(format!(
            "# Root credentials of this Pilothouse server. Whoever holds them may do everything.\n[default]\n\
             aws_access_key_id = {}\naws_secret_access_key = {}\nregion = {region}\n",
            self.access_key_id,
            self.secret_access_key.as_str()
        ));
        private_file::write(path, text.as_bytes())
    }

    /// The id.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The secret.
    #[must_use]
    pub fn secret_access_key(&self) -> &str {
        &self.secret_access_key
    }
}

/// A new id: the prefix and sixteen letters. None begins like AWS's own, so that no scanner takes it for a leaked key of theirs.
pub(crate) fn draw_id(dice: &Dice, prefix: &str) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letters = dice.bytes::<16>().map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    prefix.chars().chain(letters).collect()
}

/// A new secret access key: 160 bits.
pub(crate) fn draw_secret(dice: &Dice) -> Zeroizing<String> {
    Zeroizing::new(hex::encode(*Zeroizing::new(dice.bytes::<20>())))
}

/// A new session token: 256 bits, so a plain hash needs no salt and no stretching.
pub(crate) fn draw_token(dice: &Dice) -> Zeroizing<String> {
    Zeroizing::new(format!("PILT{}", hex::encode(*Zeroizing::new(dice.bytes::<32>()))))
}

/// What is kept of a session token.
pub(crate) fn token_hash(token: &[u8]) -> String {
    hex::encode(digest(&SHA256, token))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::counting_dice;

    #[test]
    fn the_first_start_writes_a_file_for_the_owner_alone_and_the_next_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let made = RootCredentials::open(&path, "eu-north-1", &counting_dice()).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(fs::read_to_string(&path).unwrap().contains("region = eu-north-1"));
        assert_eq!(RootCredentials::open(&path, "x", &counting_dice()).unwrap(), made);
        assert_eq!(made.access_key_id().len(), 20);
        assert_eq!(made.secret_access_key().len(), 40);
    }

    #[test]
    fn a_file_without_a_secret_says_which_line_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        fs::write(&path, "[default]\naws_access_key_id = PILO2222222222222222\n").unwrap();
        let error = RootCredentials::open(&path, "x", &counting_dice()).unwrap_err().to_string();
        assert!(error.contains("aws_secret_access_key"), "{error}");
    }

    #[test]
    fn a_key_that_can_be_guessed_is_refused_and_a_secret_is_never_shown() {
        assert!(RootCredentials::new("admin", "admin").is_err());
        let given = RootCredentials::new("PILO2222222222222222", "sssssssssssssssssssssssss").unwrap();
        assert!(!format!("{given:?}").contains("ssss"));
    }
}
