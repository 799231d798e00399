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
use crate::secrets::{
    KeyFile, KeyFileError, KeyId, KeyringError, MasterKey, MasterKeyring, Secrets, is_alias, key_id_of,
};

/// How many items are re-wrapped in one transaction: it must not keep the server waiting.
const BATCH: usize = 50;
/// How often is looked again for what the server sealed meanwhile.
const LOOKS: usize = 8;

/// What can be done with master keys.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Shows every master key, and how much is sealed under it
    List,
    /// Makes a named key, which SecureStrings can be put under instead of the server's own, alias/aws/ssm
    Add {
        /// Its name, such as alias/payments
        alias: String,
    },
    /// Makes a new master key, and puts everything under it; goes on where an earlier rotation stopped
    Rotate {
        /// A new master key of this named key, and of nothing else
        #[arg(long, value_name = "ALIAS")]
        key: Option<String>,
    },
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
    /// A named key cannot be called so.
    #[error(
        "{0} cannot be the name of a key: alias/ and letters, digits, - _ and / in it, and not below alias/aws/"
    )]
    NoAlias(String),
    /// There is one already.
    #[error(
        "there is a key {0} already: pilothouse-server keys rotate --key {0} makes a new master key of it"
    )]
    Exists(String),
    /// There is no such named key.
    #[error("there is no key {0}: pilothouse-server keys add {0} makes one")]
    NoNamed(String),
    /// Keys from the environment are added there.
    #[error(
        "the master keys are given by PILOTHOUSE_MASTER_KEY: add one whose id begins with {0}/ there, and start the server again"
    )]
    GivenNamed(String),
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
        Verb::Add { alias } => add(&store, &alias, bench).await,
        Verb::Rotate { key } => rotate(&store, key.as_deref(), bench).await,
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
    for id in ring.ids() {
        let count = in_use.remove(id.as_str()).unwrap_or(0);
        let state = match (ring.is_active(id), id.alias(), count) {
            (true, None, _) => String::from("active"),
            (true, Some(alias), _) => format!("active, {alias}"),
            (false, _, 0) => String::from("unused: keys retire strikes it"),
            (false, None, _) => String::from("old: keys rotate puts what is under it under the active key"),
            (false, Some(alias), _) => {
                format!(
                    "old: keys rotate --key {alias} puts what is under it under the active key of {alias}"
                )
            }
        };
        bench.say(format!("{id}  {count} secrets  {state}"))?;
    }
    for (id, count) in &in_use {
        bench.say(format!("{id}  {count} secrets  MISSING: nothing of it can be opened"))?;
    }
    Ok(if in_use.is_empty() { Outcome::Well } else { Outcome::NotWell })
}

async fn add(store: &Store, alias: &str, bench: &mut Bench<'_>) -> Result<Outcome, KeysError> {
    let _lock = lock(bench)?;
    if !is_alias(alias) {
        return Err(KeysError::NoAlias(alias.to_owned()));
    }
    let ring = ring(bench)?;
    if ring.active_of(alias).is_some() {
        return Err(KeysError::Exists(alias.to_owned()));
    }
    if bench.settings.master_keys.is_some() {
        return Err(KeysError::GivenNamed(alias.to_owned()));
    }
    let fresh = MasterKey::draw(bench.dice, bench.clock.now()).named(alias);
    let (id, file) = (fresh.id().clone(), KeyFile::of(bench.data_dir()));
    file.write(&ring.with_active(fresh))?;
    Deed::AddMasterKey.record(store, &bench.secrets()?, bench, json!({"keyId": id.as_str()})).await?;
    bench.say(format!(
        "{id} is the master key of {alias}: it can be used at once, as KeyId of SecureStrings"
    ))?;
    bench.say(format!("keep a fresh copy of {}, apart from backups", file.path().display()))?;
    Ok(Outcome::Well)
}

/// Makes a new master key of the server's own, or of a named key.
async fn rotate(store: &Store, alias: Option<&str>, bench: &mut Bench<'_>) -> Result<Outcome, KeysError> {
    let _lock = lock(bench)?;
    let (before, is_given) = (ring(bench)?, bench.settings.master_keys.is_some());
    let active = match alias {
        None => before.active(),
        Some(alias) => before.active_of(alias).ok_or_else(|| KeysError::NoNamed(alias.to_owned()))?,
    };
    let active = active.id().clone();
    let waiting = otherwise(store, &before, Some(alias)).await?;
    if waiting > 0 {
        bench.say(format!("{active} is the active master key, {waiting} secrets are under others"))?;
        let pass = rewrap_all(store, active.clone(), bench).await?;
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
    let fresh = alias.map_or(fresh.clone(), |alias| fresh.named(alias));
    let active = fresh.id().clone();
    KeyFile::of(bench.data_dir()).write(&before.with_active(fresh))?;
    bench.say(format!("{active} is the new active master key"))?;
    let pass = rewrap_all(store, active, bench).await?;
    sum_up(store, pass, bench).await
}

/// How much is sealed under keys that are not active: of all, or of those of one name or of none.
async fn otherwise(store: &Store, ring: &MasterKeyring, of: Option<Option<&str>>) -> Result<i64, StoreError> {
    let is_meant = |id: &str| {
        let id = id.parse::<KeyId>().ok();
        let alias = id.as_ref().and_then(KeyId::alias);
        of.is_none_or(|of| of == alias) && !id.as_ref().is_some_and(|id| ring.is_active(id))
    };
    Ok(in_use(store).await?.into_iter().filter(|(id, _)| is_meant(id)).map(|(_, n)| n).sum())
}

/// What was done to put everything under the active key.
struct Pass {
    active: KeyId,
    done: usize,
    /// Why the rest could not be.
    failed: BTreeMap<String, String>,
}

/// Puts everything under the active key of those that it is under. What the server writes meanwhile is found by looking again.
async fn rewrap_all(store: &Store, active: KeyId, bench: &mut Bench<'_>) -> Result<Pass, KeysError> {
    let (secrets, ring) = (bench.secrets()?, ring(bench)?);
    let current: Vec<&str> = ring.ids().filter(|id| ring.is_active(id)).map(KeyId::as_str).collect();
    let mut pass = Pass { active, done: 0, failed: BTreeMap::new() };
    for _ in 0..LOOKS {
        let (before, mut place) = (pass.done, Place::default());
        loop {
            let (batch, next) = {
                let read = &mut store.read().await?;
                items::wrapped_otherwise(read, &current, place, BATCH).await?
            };
            if batch.is_empty() {
                break;
            }
            place = next;
            rewrap(store, &secrets, batch, &mut pass).await?;
            let left = otherwise(store, &ring, None).await?;
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
        let sealed = secrets.rewrap(&was.name, &was.sealed).await;
        let sealed = sealed
            .and_then(|sealed| sealed.map(|sealed| Ok((key_id_of(&was.name, &sealed)?, sealed))).transpose());
        match sealed {
            Ok(Some((key_id, sealed))) => fresh.push((was, sealed, key_id)),
            Ok(None) => {}
            Err(why) => {
                pass.failed.insert(was.name, why.to_string());
            }
        }
    }
    pass.done += write(store, &fresh).await?;
    Ok(())
}

async fn write(store: &Store, fresh: &[(Sealed, Vec<u8>, KeyId)]) -> Result<usize, StoreError> {
    let mut tx = store.write().await?;
    let mut done = 0;
    for (was, sealed, key_id) in fresh {
        done += usize::from(items::rewrap(&mut tx, was, sealed, key_id.as_str()).await?);
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
    let ring = ring(bench)?;
    for id in ring.ids().filter(|id| !ring.is_active(id)) {
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
    let sisters = ring.ids().filter(|other| other.alias() == id.alias()).count();
    if ring.is_active(id) && (id.alias().is_none() || sisters > 1) {
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
