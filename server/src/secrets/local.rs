//! Master keys in this process: from a file, which another process may change, or given by the environment.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use aws_lc_rs::aead::NONCE_LEN;
use zeroize::Zeroizing;

use super::envelope::Cipher;
use super::file::{KeyFile, KeyFileError, Seen};
use super::keyring::{MasterKey, MasterKeyring};
use super::{DataKey, KeyId, MasterKeys, SecretsError, Wrapped};
use crate::clock::Dice;

/// Keys that are held in memory.
pub struct LocalMasterKeys {
    file: Option<KeyFile>,
    held: Mutex<(MasterKeyring, Option<Seen>)>,
    dice: Dice,
}

impl LocalMasterKeys {
    /// Keys that are given, and do not change.
    #[must_use]
    pub fn given(ring: MasterKeyring, dice: Dice) -> Self {
        Self { file: None, held: Mutex::new((ring, None)), dice }
    }

    /// Keys in a file, which is read again when it changes.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn in_file(file: KeyFile, dice: Dice) -> Result<Self, KeyFileError> {
        let (ring, seen) = file.read_seen()?;
        Ok(Self { file: Some(file), held: Mutex::new((ring, Some(seen))), dice })
    }

    /// The keys.
    #[must_use]
    pub fn ring(&self) -> MasterKeyring {
        self.held().0.clone()
    }

    /// Reads the file again if it is another one than before: another process rotates keys while this one serves.
    async fn look_again(&self) -> Result<(), KeyFileError> {
        let Some(file) = self.file.clone() else { return Ok(()) };
        let before = self.held().1;
        let path = file.path().to_owned();
        let read = move || match file.look()? {
            now if Some(now) == before => Ok(None),
            _ => file.read_seen().map(Some),
        };
        let read = tokio::task::spawn_blocking(read)
            .await
            .map_err(|why| KeyFileError::Io { path, why: std::io::Error::other(why) })?;
        if let Some((ring, seen)) = read? {
            tracing::info!(active = %ring.active().id(), "the master keys were read again");
            *self.held() = (ring, Some(seen));
        }
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, (MasterKeyring, Option<Seen>)> {
        // A panic while holding the lock leaves a whole keyring.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, id: &KeyId) -> Option<MasterKey> {
        self.held().0.find(id).cloned()
    }
}

/// What the master key's layer is bound to.
fn about(key_id: &KeyId, name: &str) -> Vec<u8> {
    [b"pilothouse data key\0", key_id.as_str().as_bytes(), b"\0", name.as_bytes()].concat()
}

#[async_trait]
impl MasterKeys for LocalMasterKeys {
    fn active(&self) -> KeyId {
        self.held().0.active().id().clone()
    }

    fn active_of(&self, alias: &str) -> Option<KeyId> {
        self.held().0.active_of(alias).map(|key| key.id().clone())
    }

    async fn wrap(
        &self,
        alias: Option<&str>,
        name: &str,
        data_key: &[u8; 32],
    ) -> Result<Wrapped, SecretsError> {
        // Nothing may be sealed under a key that was retired meanwhile, or whose file is gone.
        self.look_again().await?;
        let key = match alias {
            None => Some(self.held().0.active().clone()),
            Some(alias) => self.held().0.active_of(alias).cloned(),
        };
        let key =
            key.ok_or_else(|| SecretsError::NoNamedKey { alias: alias.unwrap_or_default().to_owned() })?;
        let nonce: [u8; NONCE_LEN] = self.dice.bytes();
        let sealed = Cipher::new(key.bytes()).seal(nonce, &about(key.id(), name), data_key);
        Ok(Wrapped { key_id: key.id().clone(), bytes: [&nonce, sealed.as_slice()].concat() })
    }

    async fn unwrap(&self, name: &str, wrapped: &Wrapped) -> Result<DataKey, SecretsError> {
        let key = match self.find(&wrapped.key_id) {
            Some(key) => Some(key),
            None => {
                self.look_again().await?;
                self.find(&wrapped.key_id)
            }
        };
        let (name_of, key_id) = (|| name.to_owned(), wrapped.key_id.clone());
        let Some(key) = key else { return Err(SecretsError::UnknownKey { name: name_of(), key_id }) };
        let opened = wrapped.bytes.split_first_chunk::<NONCE_LEN>().and_then(|(nonce, sealed)| {
            Cipher::new(key.bytes()).open(*nonce, &about(&wrapped.key_id, name), sealed)
        });
        let opened = opened.and_then(|bytes| {
            let mut data_key = Zeroizing::new([0; 32]);
            (bytes.len() == data_key.len()).then(|| data_key.copy_from_slice(&bytes))?;
            Some(data_key)
        });
        opened.ok_or_else(|| SecretsError::Refused { name: name_of(), key_id })
    }
}
