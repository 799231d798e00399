//! `keys`: lists, adds, rotates and retires master keys, while the server serves.

mod rotation;

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io;
use std::path::PathBuf;

use clap::Subcommand;
use pilothouse_store::secrets as items;
use pilothouse_store::{Store, StoreError};
use serde_json::json;

use super::deed::{Deed, NotRecorded};
use super::{Bench, Outcome};
use crate::secrets::{KeyFile, KeyFileError, KeyId, KeyringError, MasterKey, MasterKeyring, is_alias};

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
        Verb::Rotate { key } => rotation::rotate(&store, key.as_deref(), bench).await,
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
