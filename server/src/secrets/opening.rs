//! The secrets of a server at its start: keys that fit what the database holds, or none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pilothouse_protocol::Millis;
use pilothouse_store::{Store, StoreError, secrets};

use super::file::{KeyFile, KeyFileError};
use super::keyring::{MasterKey, MasterKeyring};
use super::local::LocalMasterKeys;
use super::{KeyId, Secrets};
use crate::clock::Dice;

/// Why the secrets of a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file of master keys cannot be used.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// There is no file, but there are items that were sealed under its keys.
    #[error(
        "the database holds {count} secrets that are sealed under master keys, {} is not there and PILOTHOUSE_MASTER_KEY is not \
         set: put the file back from where you keep its copy (a new key would open none of them)",
        .path.display()
    )]
    Lost {
        /// Where the file should be.
        path: PathBuf,
        /// How many items there are.
        count: i64,
    },
    /// Items are sealed under a key that is not among those that are here.
    #[error(
        "the database holds {count} secrets that are sealed under the master key {key_id}, which is not among the keys of this \
         server: put it back into master.key (or PILOTHOUSE_MASTER_KEY)"
    )]
    Unknown {
        /// The key.
        key_id: String,
        /// How many items it opens.
        count: i64,
    },
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Secrets {
    /// The secrets of a server as its tools see them: keys that are not there are not made.
    ///
    /// # Errors
    /// When the file of master keys cannot be used.
    pub fn attached(
        data_dir: &Path,
        given: Option<MasterKeyring>,
        dice: &Dice,
    ) -> Result<Self, KeyFileError> {
        let keys = match given {
            Some(ring) => LocalMasterKeys::given(ring, dice.clone()),
            None => LocalMasterKeys::in_file(KeyFile::of(data_dir), dice.clone())?,
        };
        Ok(Self::new(Arc::new(keys), dice.clone()))
    }

    /// The secrets of a server: under keys that are `given`, else under those in the data directory, which are made if nothing
    /// was ever sealed.
    ///
    /// # Errors
    /// When keys are missing that something is sealed under.
    pub async fn of_server(
        data_dir: &Path,
        given: Option<MasterKeyring>,
        store: &Store,
        dice: &Dice,
        now: Millis,
    ) -> Result<Self, OpenError> {
        let in_use = secrets::key_ids(&mut store.read().await?).await?;
        let keys = match given {
            Some(ring) => LocalMasterKeys::given(ring, dice.clone()),
            None => in_file(KeyFile::of(data_dir), &in_use, dice, now)?,
        };
        let ring = keys.ring();
        let is_known = |id: &str| id.parse::<KeyId>().is_ok_and(|id| ring.find(&id).is_some());
        if let Some((key_id, count)) = in_use.into_iter().find(|(id, _)| !is_known(id)) {
            return Err(OpenError::Unknown { key_id, count });
        }
        Ok(Self::new(Arc::new(keys), dice.clone()))
    }
}

fn in_file(
    file: KeyFile,
    in_use: &BTreeMap<String, i64>,
    dice: &Dice,
    now: Millis,
) -> Result<LocalMasterKeys, OpenError> {
    match LocalMasterKeys::in_file(file.clone(), dice.clone()) {
        Err(KeyFileError::Missing(path)) => {
            let count = in_use.values().sum();
            if count > 0 {
                return Err(OpenError::Lost { path, count });
            }
            file.write(&MasterKeyring::of(MasterKey::draw(dice, now)))?;
            tracing::info!(file = %path.display(), "master key made: keep a copy of the file, apart from backups");
            Ok(LocalMasterKeys::in_file(file, dice.clone())?)
        }
        other => Ok(other?),
    }
}
