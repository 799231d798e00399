//! Rotation: a new master key, and everything that is to be under it re-wrapped.

use std::collections::BTreeMap;

use pilothouse_store::secrets::{self as items, Place, Sealed};
use pilothouse_store::{Store, StoreError};
use serde_json::json;

use super::{KeysError, in_use, lock, ring};
use crate::secrets::{KeyFile, KeyId, MasterKey, MasterKeyring, Secrets, key_id_of};
use crate::tools::deed::Deed;
use crate::tools::{Bench, Outcome};

/// How many items are re-wrapped in one transaction: it must not keep the server waiting.
const BATCH: usize = 50;
/// How often is looked again for what the server sealed meanwhile.
const LOOKS: usize = 8;

/// Makes a new master key of the server's own, or of a named key.
pub(super) async fn rotate(
    store: &Store,
    alias: Option<&str>,
    bench: &mut Bench<'_>,
) -> Result<Outcome, KeysError> {
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
