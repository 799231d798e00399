//! `keys`: lists, rotates and retires master keys, while the server serves.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Subcommand;
use pilothouse_store::secrets::{self, Place, Sealed};
use pilothouse_store::{Store, StoreError};

use super::{Bench, Outcome};
use crate::secrets::{
    KeyFile, KeyFileError, KeyId, KeyringError, LocalMasterKeys, MasterKey, MasterKeyring, Secrets,
};

/// How many items are re-wrapped in one transaction: it must not keep the server waiting.
const BATCH: usize = 50;
/// How often is looked again for what the server sealed meanwhile.
const PASSES: usize = 8;

/// What can be done with master keys.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Shows every master key, and how much is sealed under it
    List,
    /// Makes a new master key, and puts everything under it; goes on where an earlier rotation stopped
    Rotate,
    /// Strikes a master key that nothing is sealed under any more
    Retire {
        /// The key's id
        id: String,
    },
}

/// Why keys cannot be listed, rotated or retired.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file of master keys cannot be used.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// Not the id of a key.
    #[error(transparent)]
    Id(#[from] KeyringError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another process is at it.
    #[error("another process changes the master keys of {} at the moment", .0.display())]
    Busy(PathBuf),
    /// The data directory cannot be locked, or lines cannot be said.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// There is no such key.
    #[error("there is no master key {0}: pilothouse-server keys list shows which there are")]
    Unknown(KeyId),
    /// The active key stays.
    #[error("{0} is the active master key: rotate first")]
    Active(KeyId),
    /// Something is still sealed under it.
    #[error(
        "{count} secrets are still sealed under {id}: pilothouse-server keys rotate puts them under the active key"
    )]
    InUse {
        /// The key.
        id: KeyId,
        /// How many.
        count: i64,
    },
    /// Keys from the environment are changed there.
    #[error(
        "the master keys are given by PILOTHOUSE_MASTER_KEY: strike {0} there, and start the server again"
    )]
    Given(KeyId),
}

/// Does what is asked.
///
/// # Errors
/// When it cannot be done.
pub async fn run(verb: Verb, bench: &mut Bench<'_>) -> Result<Outcome, KeysError> {
    let store = Store::attach(&bench.settings.database_url()).await?;
    let done = match verb {
        Verb::List => list(&store, bench).await,
        Verb::Rotate => rotate(&store, bench).await,
        Verb::Retire { id } => retire(&store, &id.parse()?, bench).await,
    };
    store.close().await;
    done
}

fn ring(bench: &Bench<'_>) -> Result<MasterKeyring, KeysError> {
    match &bench.settings.master_keys {
        Some(given) => Ok(given.clone()),
        None => Ok(KeyFile::of(bench.data_dir()).read()?),
    }
}

/// Keeps others from changing the keys as long as the file is open. The directory itself is locked: a file for it would belong
/// to whoever made it first.
fn lock(bench: &Bench<'_>) -> Result<File, KeysError> {
    let dir = File::open(bench.data_dir())?;
    match dir.try_lock() {
        Ok(()) => Ok(dir),
        Err(TryLockError::WouldBlock) => Err(KeysError::Busy(bench.data_dir().to_owned())),
        Err(TryLockError::Error(why)) => Err(why.into()),
    }
}

async fn in_use(store: &Store) -> Result<BTreeMap<String, i64>, StoreError> {
    secrets::key_ids(&mut store.read().await?).await
}

async fn list(store: &Store, bench: &mut Bench<'_>) -> Result<Outcome, KeysError> {
    let (ring, mut in_use) = (ring(bench)?, in_use(store).await?);
    for (i, id) in ring.ids().enumerate() {
        let count = in_use.remove(id.as_str()).unwrap_or(0);
        let state = match (i, count) {
            (0, _) => "active",
            (_, 0) => "unused: keys retire strikes it",
            _ => "old: keys rotate puts what is under it under the active key",
        };
        bench.say(format!("{id}  {count} secrets  {state}"))?;
    }
    for (id, count) in &in_use {
        bench.say(format!("{id}  {count} secrets  MISSING: nothing of it can be opened"))?;
    }
    Ok(if in_use.is_empty() { Outcome::Well } else { Outcome::NotWell })
}

async fn rotate(store: &Store, bench: &mut Bench<'_>) -> Result<Outcome, KeysError> {
    let _lock = lock(bench)?;
    let before = ring(bench)?;
    let waiting = otherwise(store, before.active().id()).await?;
    let keys = match &bench.settings.master_keys {
        Some(given) => LocalMasterKeys::given(given.clone(), bench.dice.clone()),
        None => {
            let file = KeyFile::of(bench.data_dir());
            if waiting == 0 {
                file.write(&before.with_active(MasterKey::draw(bench.dice, bench.clock.now())))?;
            }
            LocalMasterKeys::in_file(file, bench.dice.clone())?
        }
    };
    let secrets = Secrets::new(Arc::new(keys), bench.dice.clone());
    let active = secrets.active();
    match (&bench.settings.master_keys, waiting) {
        (Some(_), 0) => bench.say(format!(
            "everything is under {active} already: put a new key first in PILOTHOUSE_MASTER_KEY, start the server with it, and \
             rotate then"
        ))?,
        (Some(_), _) => bench.say(format!("{active} is the active master key"))?,
        (None, 0) => bench.say(format!("{active} is the new active master key"))?,
        (None, _) => bench.say(format!("{active} is active since an earlier rotation, which goes on"))?,
    }
    let failed = rewrap_all(store, &secrets, bench).await?;
    for why in &failed {
        bench.say(format!("not re-wrapped: {why}"))?;
    }
    sum_up(store, &active, bench).await?;
    Ok(if failed.is_empty() { Outcome::Well } else { Outcome::NotWell })
}

/// How much is sealed under another key.
async fn otherwise(store: &Store, active: &KeyId) -> Result<i64, StoreError> {
    Ok(in_use(store).await?.into_iter().filter(|(id, _)| id != active.as_str()).map(|(_, n)| n).sum())
}

/// Puts everything under the active key; gives what cannot be. What the server writes meanwhile is found by another pass.
async fn rewrap_all(
    store: &Store,
    secrets: &Secrets,
    bench: &mut Bench<'_>,
) -> Result<Vec<String>, KeysError> {
    let active = secrets.active();
    let mut failed = BTreeMap::new();
    let mut done = 0;
    for _ in 0..PASSES {
        let (before, mut place) = (done, Place::default());
        loop {
            let read = &mut store.read().await?;
            let (batch, next) = secrets::wrapped_otherwise(read, active.as_str(), place, BATCH).await?;
            if batch.is_empty() {
                break;
            }
            place = next;
            let mut fresh = Vec::with_capacity(batch.len());
            for was in batch {
                match secrets.rewrap(&was.name, &was.sealed).await {
                    Ok(Some(sealed)) => fresh.push((was, sealed)),
                    Ok(None) => {}
                    Err(why) => {
                        failed.insert(was.name, why.to_string());
                    }
                }
            }
            done += write(store, &fresh, &active).await?;
            let left = otherwise(store, &active).await?;
            bench.say(format!("{done} re-wrapped, {left} under other keys"))?;
        }
        if done == before {
            break;
        }
    }
    Ok(failed.into_values().collect())
}

async fn write(store: &Store, fresh: &[(Sealed, Vec<u8>)], active: &KeyId) -> Result<usize, StoreError> {
    let mut tx = store.write().await?;
    let mut done = 0;
    for (was, sealed) in fresh {
        done += usize::from(secrets::rewrap(&mut tx, was, sealed, active.as_str()).await?);
    }
    tx.commit().await?;
    Ok(done)
}

async fn sum_up(store: &Store, active: &KeyId, bench: &mut Bench<'_>) -> Result<(), KeysError> {
    let in_use = in_use(store).await?;
    let count = in_use.get(active.as_str()).unwrap_or(&0);
    bench.say(format!("{count} secrets are under {active}"))?;
    for id in ring(bench)?.ids().filter(|id| *id != active) {
        match in_use.get(id.as_str()) {
            None => bench.say(format!("nothing is under {id}: pilothouse-server keys retire {id}"))?,
            Some(count) => bench.say(format!("{count} secrets remain under {id}"))?,
        }
    }
    if bench.settings.master_keys.is_none() {
        let file = KeyFile::of(bench.data_dir());
        bench.say(format!("keep a fresh copy of {}, apart from backups", file.path().display()))?;
    }
    Ok(())
}

async fn retire(store: &Store, id: &KeyId, bench: &mut Bench<'_>) -> Result<Outcome, KeysError> {
    let _lock = lock(bench)?;
    let ring = ring(bench)?;
    if ring.find(id).is_none() {
        return Err(KeysError::Unknown(id.clone()));
    }
    if ring.active().id() == id {
        return Err(KeysError::Active(id.clone()));
    }
    if bench.settings.master_keys.is_some() {
        return Err(KeysError::Given(id.clone()));
    }
    is_unused(store, id).await?;
    let file = KeyFile::of(bench.data_dir());
    file.write(&ring.clone().without(id))?;
    // A call that sealed before the last rotation may have been written only now.
    if let Err(error) = is_unused(store, id).await {
        file.write(&ring)?;
        return Err(error);
    }
    bench.say(format!(
        "{id} is struck: backups that were made under it need the copy of master.key that holds it"
    ))?;
    Ok(Outcome::Well)
}

async fn is_unused(store: &Store, id: &KeyId) -> Result<(), KeysError> {
    match in_use(store).await?.get(id.as_str()) {
        Some(count) => Err(KeysError::InUse { id: id.clone(), count: *count }),
        None => Ok(()),
    }
}
