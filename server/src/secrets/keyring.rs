//! Master keys as they are written: `ID:64 hex digits`, the active one first.

use std::fmt;

use zeroize::{Zeroize as _, Zeroizing};

use super::KeyId;
use crate::clock::Dice;
use pilothouse_protocol::Millis;

/// A master key. Wiped from memory when it is dropped, and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey {
    id: KeyId,
    bytes: Zeroizing<[u8; 32]>,
}

impl MasterKey {
    /// Draws a new one. Its id says on which day.
    #[must_use]
    pub fn draw(dice: &Dice, now: Millis) -> Self {
        let day = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default().strftime("%Y%m%d");
        let mut bytes = Zeroizing::new([0; 32]);
        dice.0.fill(bytes.as_mut());
        Self { id: KeyId(format!("mk-{day}-{}", hex::encode(dice.bytes::<8>()))), bytes }
    }

    /// The same as a key of this name.
    #[must_use]
    pub fn named(mut self, alias: &str) -> Self {
        self.id = KeyId(format!("{alias}/{}", self.id));
        self
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    fn parse(text: &str) -> Result<Self, KeyringError> {
        let (id, digits) = text.split_once(':').ok_or(KeyringError::Line)?;
        let id: KeyId = id.trim().parse()?;
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(digits.trim(), bytes.as_mut())
            .map_err(|_| KeyringError::Digits { id: id.clone() })?;
        Ok(Self { id, bytes })
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({}, ***)", self.id)
    }
}

/// Text that is no master keys. Says nothing of what is written there: it may be a key, almost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// A key without an id.
    #[error("a master key is written ID:64 hex digits")]
    Line,
    /// Not an id.
    #[error("a master key's id is 1 to 128 letters, digits and any of - _ . /")]
    Id,
    /// Not 32 bytes in hex.
    #[error("the master key {id} is not 64 hex digits")]
    Digits {
        /// Whose.
        id: KeyId,
    },
    /// An id that is there twice.
    #[error("there are two master keys named {id}: strike the one that nothing is sealed under")]
    Twice {
        /// The id.
        id: KeyId,
    },
    /// No key at all.
    #[error("there is no master key in it")]
    Empty,
    /// Keys that have names, and none of the server's own.
    #[error("there are only keys with names in it, and no master key of the server's own")]
    OnlyNamed,
}

/// One or more master keys: the first one is active, the others open what was sealed before. Those of a named key stand among them,
/// and of each name the first one is active, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterKeyring(Vec<MasterKey>);

impl MasterKeyring {
    /// A keyring of one key.
    #[must_use]
    pub fn of(key: MasterKey) -> Self {
        Self(vec![key])
    }

    /// Reads `ID:64 hex digits`, one a line or separated by commas; lines that begin with `#` are comments.
    ///
    /// # Errors
    /// When there is no key, or something else.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        let written = lines.flat_map(|line| line.split(',')).map(str::trim).filter(|key| !key.is_empty());
        let keys = written.map(MasterKey::parse).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            return Err(KeyringError::Empty);
        }
        if keys.iter().all(|key| key.id.alias().is_some()) {
            return Err(KeyringError::OnlyNamed);
        }
        let is_twice = |(i, key): &(usize, &MasterKey)| keys[..*i].iter().any(|other| other.id == key.id);
        match keys.iter().enumerate().find(is_twice) {
            Some((_, key)) => Err(KeyringError::Twice { id: key.id.clone() }),
            None => Ok(Self(keys)),
        }
    }

    /// One key a line, as [`MasterKeyring::parse`] reads them.
    pub(super) fn write(&self, into: &mut Zeroizing<String>) {
        for key in &self.0 {
            let mut digits = hex::encode(key.bytes());
            for part in [key.id.as_str(), ":", &digits, "\n"] {
                into.push_str(part);
            }
            digits.zeroize();
        }
    }

    /// The key that is sealed under where no name is given.
    #[must_use]
    pub fn active(&self) -> &MasterKey {
        self.0.iter().find(|key| key.id.alias().is_none()).unwrap_or(&self.0[0])
    }

    /// The key that is sealed under where this name is given.
    #[must_use]
    pub fn active_of(&self, alias: &str) -> Option<&MasterKey> {
        self.0.iter().find(|key| key.id.alias() == Some(alias))
    }

    /// Whether a key is the active one of those that it stands among.
    #[must_use]
    pub fn is_active(&self, id: &KeyId) -> bool {
        self.0.iter().find(|key| key.id.alias() == id.alias()).is_some_and(|key| key.id == *id)
    }

    /// The key of an id.
    #[must_use]
    pub fn find(&self, id: &KeyId) -> Option<&MasterKey> {
        self.0.iter().find(|key| key.id == *id)
    }

    /// All ids, the active one first.
    pub fn ids(&self) -> impl Iterator<Item = &KeyId> {
        self.0.iter().map(|key| &key.id)
    }

    /// With a new active key.
    #[must_use]
    pub fn with_active(mut self, key: MasterKey) -> Self {
        self.0.insert(0, key);
        self
    }

    /// Without a key; the active one of the server's own stays.
    #[must_use]
    pub fn without(mut self, id: &KeyId) -> Self {
        let active = self.active().id.clone();
        self.0.retain(|key| key.id == active || key.id != *id);
        self
    }
}
