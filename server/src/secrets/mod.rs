//! Secrets that must be known again, such as the keys that requests are signed with: sealed before they reach the store.
//!
//! Envelope encryption: every item has a data key of its own (AES-256-GCM), which is wrapped under a master key. The item's name
//! is bound into both layers, so that a sealed item that is moved elsewhere does not open. Only data keys meet the master key:
//! behind [`MasterKeys`] can stand a file, the environment, or a key management service.
//!
//! In: names and plain bytes. Out: sealed bytes, which say themselves under which master key they are; and plain bytes that are
//! wiped from memory when they are dropped.
//! Never here: what a secret is for, and where sealed items are kept (that is the store's `secrets`).

mod envelope;
mod file;
mod keyring;
mod local;
mod opening;
#[cfg(test)]
mod stories;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::clock::Dice;
use envelope::Envelope;

pub(crate) use envelope::{Cipher, Nonces, TAG};
pub use file::{FILE, KeyFile, KeyFileError};
pub use keyring::{KeyringError, MasterKey, MasterKeyring};
pub use local::LocalMasterKeys;
pub use opening::OpenError;

/// The key of one item, or of one backup.
pub type DataKey = Zeroizing<[u8; 32]>;

/// The most bytes that one item may have.
pub const MOST: usize = 4 * 1024 * 1024;

/// Which master key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The named key that it is a master key of, such as `alias/payments` of `alias/payments/mk-20300101-…`; nothing when it is one
    /// of the server's own.
    #[must_use]
    pub fn alias(&self) -> Option<&str> {
        let (alias, _) = self.0.rsplit_once('/')?;
        is_alias(alias).then_some(alias)
    }
}

/// Whether a named key can be called so, as AWS calls aliases of keys. Those below `alias/aws/` are AWS's own.
#[must_use]
pub fn is_alias(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte);
    text.strip_prefix("alias/").is_some_and(|name| {
        !name.starts_with("aws/")
            && text.len() <= 96
            && name.bytes().all(is_letter)
            && !name.split('/').any(str::is_empty)
    })
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyId {
    type Err = KeyringError;

    fn from_str(text: &str) -> Result<Self, KeyringError> {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
        if (1..=128).contains(&text.len()) && text.bytes().all(is_letter) {
            Ok(Self(text.to_owned()))
        } else {
            Err(KeyringError::Id)
        }
    }
}

/// A data key under a master key.
#[derive(Clone, PartialEq, Eq)]
pub struct Wrapped {
    /// The master key.
    pub key_id: KeyId,
    /// What only its holder can unwrap.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wrapped({}, {} bytes)", self.key_id, self.bytes.len())
    }
}

/// Holds master keys, and wraps data keys under them. Master keys themselves never come out.
#[async_trait]
pub trait MasterKeys: Send + Sync {
    /// Under which of the server's own keys is wrapped now.
    fn active(&self) -> KeyId;

    /// Under which key is wrapped now by whom names the key `alias`; nothing when there is no such key.
    fn active_of(&self, alias: &str) -> Option<KeyId>;

    /// Wraps the data key of the item `name` under the active key of `alias`, or of the server's own.
    ///
    /// # Errors
    /// [`SecretsError::NoNamedKey`], or when the keys cannot be reached.
    async fn wrap(
        &self,
        alias: Option<&str>,
        name: &str,
        data_key: &[u8; 32],
    ) -> Result<Wrapped, SecretsError>;

    /// Unwraps the data key of the item `name`.
    ///
    /// # Errors
    /// [`SecretsError::UnknownKey`] when the master key is not here, [`SecretsError::Refused`] when it does not fit.
    async fn unwrap(&self, name: &str, wrapped: &Wrapped) -> Result<DataKey, SecretsError>;
}

/// Why something cannot be sealed or opened. Names items and keys, never what they hold.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// Not something that was sealed here, or not all of it.
    #[error("{name} is no sealed item: {what}")]
    Malformed {
        /// The item.
        name: String,
        /// What is wrong.
        what: &'static str,
    },
    /// The master key is not here.
    #[error(
        "{name} is sealed under the master key {key_id}, which this server does not have: put it back into master.key (or \
         PILOTHOUSE_MASTER_KEY)"
    )]
    UnknownKey {
        /// The item.
        name: String,
        /// The key that is missing.
        key_id: KeyId,
    },
    /// There is no key of that name.
    #[error("this server has no key {alias}: pilothouse-server keys add {alias} makes one")]
    NoNamedKey {
        /// Its name.
        alias: String,
    },
    /// The seal does not hold.
    #[error(
        "{name} does not open under the master key {key_id}: it was changed, it is another item's, or the key of that name is \
         another one"
    )]
    Refused {
        /// The item.
        name: String,
        /// The key.
        key_id: KeyId,
    },
    /// Larger than an item may be.
    #[error("{name} is too large to be sealed: {bytes} bytes, at most {MOST}")]
    TooLarge {
        /// The item.
        name: String,
        /// Its size.
        bytes: usize,
    },
    /// The master keys cannot be reached.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
}

/// Seals and opens items. Clones share their keys.
#[derive(Clone)]
pub struct Secrets {
    keys: Arc<dyn MasterKeys>,
    dice: Dice,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets(under {})", self.keys.active())
    }
}

impl Secrets {
    /// Over master keys.
    #[must_use]
    pub fn new(keys: Arc<dyn MasterKeys>, dice: Dice) -> Self {
        Self { keys, dice }
    }

    /// Under which master key is sealed now.
    #[must_use]
    pub fn active(&self) -> KeyId {
        self.keys.active()
    }

    /// Seals the item `name`. What comes out opens under that name alone, and says itself under which master key it is.
    ///
    /// # Errors
    /// When it is too large, or the master keys cannot be reached.
    pub async fn seal(&self, name: &str, plain: &[u8]) -> Result<Vec<u8>, SecretsError> {
        self.seal_under(None, name, plain).await
    }

    /// As [`Secrets::seal`], under a key that whoever runs the server made and named.
    ///
    /// # Errors
    /// [`SecretsError::NoNamedKey`]; else as [`Secrets::seal`].
    pub async fn seal_under(
        &self,
        alias: Option<&str>,
        name: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, SecretsError> {
        if plain.len() > MOST {
            return Err(SecretsError::TooLarge { name: name.to_owned(), bytes: plain.len() });
        }
        let data_key = self.data_key();
        let wrapped = self.keys.wrap(alias, name, &data_key).await?;
        Ok(Envelope::seal(wrapped, &data_key, name, plain, &self.dice).encode())
    }

    /// Opens what was sealed as `name`.
    ///
    /// # Errors
    /// When it is another item's, was changed, or its master key is not here; the error says which key is missing.
    pub async fn open(&self, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SecretsError> {
        let envelope = Envelope::decode(name, sealed)?;
        let data_key = self.keys.unwrap(name, &envelope.wrapped).await?;
        envelope.open(&data_key, name)
    }

    /// The same item under the active master key of those it is under; `None` when it is under it already. Its content is not
    /// touched.
    ///
    /// # Errors
    /// As in [`Secrets::open`].
    pub async fn rewrap(&self, name: &str, sealed: &[u8]) -> Result<Option<Vec<u8>>, SecretsError> {
        let mut envelope = Envelope::decode(name, sealed)?;
        let alias = envelope.wrapped.key_id.alias().map(str::to_owned);
        let active = match &alias {
            None => Some(self.keys.active()),
            Some(alias) => self.keys.active_of(alias),
        };
        if Some(&envelope.wrapped.key_id) == active.as_ref() {
            return Ok(None);
        }
        let data_key = self.keys.unwrap(name, &envelope.wrapped).await?;
        // Whoever re-wraps what does not open would hide that it is damaged.
        envelope.open(&data_key, name)?;
        envelope.wrapped = self.keys.wrap(alias.as_deref(), name, &data_key).await?;
        Ok(Some(envelope.encode()))
    }

    /// A fresh data key, and the same wrapped: for what is too large to be one item.
    pub(crate) async fn fresh_key(&self, name: &str) -> Result<(DataKey, Wrapped), SecretsError> {
        let data_key = self.data_key();
        let wrapped = self.keys.wrap(None, name, &data_key).await?;
        Ok((data_key, wrapped))
    }

    /// The data key that [`Secrets::fresh_key`] gave.
    pub(crate) async fn unwrap(&self, name: &str, wrapped: &Wrapped) -> Result<DataKey, SecretsError> {
        self.keys.unwrap(name, wrapped).await
    }

    fn data_key(&self) -> DataKey {
        let mut key = Zeroizing::new([0; 32]);
        self.dice.0.fill(key.as_mut());
        key
    }

    /// Secrets under a key that every test knows, and one that is named alias/payments.
    #[cfg(test)]
    #[must_use]
    pub fn for_tests() -> Self {
        let ring = format!("test:{},alias/payments/test:{}", "5e".repeat(32), "7a".repeat(32));
        let ring = MasterKeyring::parse(&ring).unwrap();
        let dice = crate::rig::counting_dice();
        Self::new(Arc::new(LocalMasterKeys::given(ring, dice.clone())), dice)
    }
}

/// Under which master key something is sealed: for the column `key_id` beside it.
///
/// # Errors
/// When it is no sealed item.
pub fn key_id_of(name: &str, sealed: &[u8]) -> Result<KeyId, SecretsError> {
    Ok(Envelope::decode(name, sealed)?.wrapped.key_id)
}
