//! `keys`: lists, rotates and retires master keys, while the server serves.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io;
use std::path::PathBuf;

use clap::Subcommand;
use pilothouse_store::secrets::{self as items, Place, Sealed};
use pilothouse_store::{Store, StoreError};
use serde_json::json;

use super::deed::{Deed, NotRecorded};
use super::{Bench, Outcome};
use crate::secrets::{KeyFile, KeyFileError, KeyId, KeyringError, MasterKey, MasterKeyring, Secrets};

/// How many items are re-wrapped in one transaction: it must not keep the server waiting.
const BATCH: usize = 50;
/// How often is looked again for what the server sealed meanwhile.
const LOOKS: usize = 8;

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
    /// It was done without a trace.
    #[error(transparent)]
    NotRecorded(#[from] NotRecorded),
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
    items::key_ids(&mut store.read().await?).await
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
    let (active, is_given) = (before.active().id().clone(), bench.settings.master_keys.is_some());
    let waiting = otherwise(store, &active).await?;
    if waiting > 0 {
        bench.say(format!("{active} is the active master key, {waiting} secrets are under others"))?;
        let pass = rewrap_all(store, bench).await?;
        // What can never be opened must not stand in the way of a new key.
        if pass.done > 0 || is_given {
            return sum_up(store, pass, bench).await;
        }
    } else if is_given {
        bench.say(format!(
            "everything is under {active} already: put a new key first in PILOTHOUSE_MASTER_KEY, start the server with it, and \
             rotate then"
        ))?;
        return Ok(Outcome::Well);
    }
    let fresh = MasterKey::draw(bench.dice, bench.clock.now());
    let said = format!("{} is the new active master key", fresh.id());
    KeyFile::of(bench.data_dir()).write(&before.with_active(fresh))?;
    bench.say(said)?;
    let pass = rewrap_all(store, bench).await?;
    sum_up(store, pass, bench).await
}

/// How much is sealed under another key.
async fn otherwise(store: &Store, active: &KeyId) -> Result<i64, StoreError> {
    Ok(in_use(store).await?.into_iter().filter(|(id, _)| id != active.as_str()).map(|(_, n)| n).sum())
}

/// What was done to put everything under the active key.
struct Pass {
    active: KeyId,
    done: usize,
    /// Why the rest could not be.
    failed: BTreeMap<String, String>,
}

/// Puts everything under the active key. What the server writes meanwhile is found by looking again.
async fn rewrap_all(store: &Store, bench: &mut Bench<'_>) -> Result<Pass, KeysError> {
    let secrets = bench.secrets()?;
    let mut pass = Pass { active: secrets.active(), done: 0, failed: BTreeMap::new() };
    for _ in 0..LOOKS {
        let (before, mut place) = (pass.done, Place::default());
        loop {
            let (batch, next) = {
                let read = &mut store.read().await?;
                items::wrapped_otherwise(read, pass.active.as_str(), place, BATCH).await?
            };
            if batch.is_empty() {
                break;
            }
            place = next;
            rewrap(store, &secrets, batch, &mut pass).await?;
            let left = otherwise(store, &pass.active).await?;
            bench.say(format!("{} re-wrapped, {left} under other keys", pass.done))?;
        }
        if pass.done == before {
            break;
        }
    }
    Ok(pass)
}

async fn rewrap(
    store: &Store,
    secrets: &Secrets,
    batch: Vec<Sealed>,
    pass: &mut Pass,
) -> Result<(), KeysError> {
    let mut fresh = Vec::with_capacity(batch.len());
    for was in batch {
        match secrets.rewrap(&was.name, &was.sealed).await {
            Ok(Some(sealed)) => fresh.push((was, sealed)),
            Ok(None) => {}
            Err(why) => {
                pass.failed.insert(was.name, why.to_string());
            }
        }
    }
    pass.done += write(store, &fresh, &pass.active).await?;
    Ok(())
}

async fn write(store: &Store, fresh: &[(Sealed, Vec<u8>)], active: &KeyId) -> Result<usize, StoreError> {
    let mut tx = store.write().await?;
    let mut done = 0;
    for (was, sealed) in fresh {
        done += usize::from(items::rewrap(&mut tx, was, sealed, active.as_str()).await?);
    }
    tx.commit().await?;
    Ok(done)
}

async fn sum_up(store: &Store, pass: Pass, bench: &mut Bench<'_>) -> Result<Outcome, KeysError> {
    let done = json!({"keyId": pass.active.as_str(), "rewrapped": pass.done, "failed": pass.failed.len()});
    Deed::RotateMasterKey.record(store, &bench.secrets()?, bench, done).await?;
    for why in pass.failed.values() {
        bench.say(format!("not re-wrapped: {why}"))?;
    }
    let (in_use, active) = (in_use(store).await?, pass.active);
    bench.say(format!("{} secrets are under {active}", in_use.get(active.as_str()).unwrap_or(&0)))?;
    for id in ring(bench)?.ids().filter(|id| **id != active) {
        match in_use.get(id.as_str()) {
            None => bench.say(format!("nothing is under {id}: pilothouse-server keys retire {id}"))?,
            Some(count) => bench.say(format!("{count} secrets remain under {id}"))?,
        }
    }
    if bench.settings.master_keys.is_none() {
        let file = KeyFile::of(bench.data_dir());
        bench.say(format!("keep a fresh copy of {}, apart from backups", file.path().display()))?;
    }
    Ok(if pass.failed.is_empty() { Outcome::Well } else { Outcome::NotWell })
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
    let done = json!({"keyId": id.as_str()});
    Deed::RetireMasterKey.record(store, &bench.secrets()?, bench, done).await?;
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
