//! The database: whether it answers and is whole, and whether clock, keys and audit trail fit what it holds.

use std::path::Path;

use pilothouse_protocol::Millis;
use pilothouse_store::{Backend, Store, StoreError, catalog, checkup, secrets};

use super::{Finding, blobs};
use crate::audit::{self, AnchorFile, ChainError, Defect, Tail};
use crate::clock::Dice;
use crate::config::Settings;
use crate::secrets::{KeyFileError, Secrets};

/// How far clocks may be apart before signatures and leases suffer.
const APART: i64 = 5_000;
/// How many of the newest records of the audit trail are looked at.
const NEWEST: u16 = 200;

pub(super) async fn look(settings: &Settings, dice: &Dice, now: Millis) -> Vec<Finding> {
    let store = match Store::attach(&settings.database_url()).await {
        Ok(store) => store,
        Err(error) => return vec![unreachable(settings, &error)],
    };
    let looked = look_into(&store, settings, dice, now).await;
    store.close().await;
    looked.unwrap_or_else(|error| vec![unreachable(settings, &error)])
}

fn unreachable(settings: &Settings, error: &StoreError) -> Finding {
    let mend = match error {
        StoreError::NewerSchema { .. } | StoreError::OlderSchema { .. } => {
            "use the program that belongs to the database"
        }
        StoreError::Corrupt { .. } => "restore the newest backup, see README",
        _ if settings.database.is_some() => "see that it runs, and that `database` names it rightly",
        _ if has_server_started(&settings.data_dir) => "restore the newest backup, see README",
        _ => "start the server once: it makes it",
    };
    Finding::fail("database", error.to_string(), mend)
}

fn has_server_started(data_dir: &Path) -> bool {
    data_dir.join(crate::credentials::FILE).exists() || data_dir.join(crate::secrets::FILE).exists()
}

async fn look_into(
    store: &Store,
    settings: &Settings,
    dice: &Dice,
    now: Millis,
) -> Result<Vec<Finding>, StoreError> {
    let tx = &mut store.read().await?;
    let version = catalog::version(tx).await?;
    let damage = checkup::damage(tx).await?;
    let mut findings = vec![whole(store.backend(), version, &damage)];
    findings.extend(checkup::clock(tx).await?.map(|theirs| clocks(now, theirs)));
    findings.push(blobs::look(tx, &settings.data_dir).await?);
    let keys = Secrets::attached(&settings.data_dir, settings.master_keys.clone(), dice);
    findings.push(seals(&secrets::samples(tx).await?, &keys).await);
    if let Ok(keys) = &keys {
        let tail = audit::tail(tx, keys, NEWEST).await;
        findings.push(match (&tail, anchor(store, &settings.data_dir).await?) {
            (Ok(Ok(_)), Some(defect)) => broken(&defect),
            _ => trail(tail, now),
        });
    }
    Ok(findings)
}

fn whole(backend: Backend, version: i64, damage: &[String]) -> Finding {
    let kind = match backend {
        Backend::Sqlite => "SQLite, quick check passed",
        Backend::Postgres => "PostgreSQL",
    };
    match damage.first() {
        None => Finding::ok("database", format!("{kind}, schema version {version}")),
        Some(first) => {
            let seen = format!("the file is damaged: {first} ({} findings)", damage.len());
            Finding::fail("database", seen, "stop the server, keep the file, and restore the newest backup")
        }
    }
}

pub(super) fn clocks(ours: Millis, theirs: Millis) -> Finding {
    let apart = (ours.0 - theirs.0).abs();
    let seen = format!("{} s apart from the database's", apart / 1000);
    if apart > APART {
        Finding::warn("clock", seen, "let NTP keep both clocks")
    } else {
        Finding::ok("clock", seen)
    }
}

/// One of everything that is sealed is opened, for every table and every master key.
async fn seals(samples: &[secrets::Sealed], keys: &Result<Secrets, KeyFileError>) -> Finding {
    const LOST: &str = "put master.key (or PILOTHOUSE_MASTER_KEY) back from where you keep its copy: without it no secret opens";
    let keys = match keys {
        Ok(keys) => keys,
        Err(KeyFileError::Missing(_)) if samples.is_empty() => {
            return Finding::ok("secrets", "nothing is sealed yet");
        }
        Err(error @ KeyFileError::Missing(_)) => return Finding::fail("secrets", error.to_string(), LOST),
        Err(_) => {
            return Finding::fail("secrets", "there is no key to open them with", "mend master.key first");
        }
    };
    for sample in samples {
        if let Err(error) = keys.open(&sample.name, &sample.sealed).await {
            return Finding::fail("secrets", error.to_string(), LOST);
        }
    }
    Finding::ok("secrets", format!("what is sealed opens ({} tried)", samples.len()))
}

/// What the anchor beside the database says against it: where the chain was when the server last wrote it down.
async fn anchor(store: &Store, data_dir: &Path) -> Result<Option<Defect>, StoreError> {
    match AnchorFile::of(data_dir).read() {
        Ok(Some(anchor)) => Ok(audit::anchor_holds(store, &anchor).await?.err()),
        _ => Ok(None),
    }
}

fn broken(defect: &Defect) -> Finding {
    let mend = "find out who wrote to the database: pilothouse-server audit verify reads all of the trail";
    Finding::fail("audit", defect.to_string(), mend)
}

pub(super) fn trail(tail: Result<Result<Option<Tail>, Defect>, ChainError>, now: Millis) -> Finding {
    match tail {
        Err(error) => Finding::fail("audit", error.to_string(), "see what is said of the secrets"),
        Ok(Err(defect)) => broken(&defect),
        Ok(Ok(None)) => Finding::ok("audit", "nothing is recorded yet"),
        Ok(Ok(Some(Tail { at, .. }))) if at.0 > now.0 + APART => {
            let seen = format!("the newest record is {} s in the future", (at.0 - now.0) / 1000);
            Finding::warn("audit", seen, "the clock was set back: let NTP keep it")
        }
        Ok(Ok(Some(Tail { seq, .. }))) => {
            Finding::ok("audit", format!("the newest records, up to number {seq}, hold together"))
        }
    }
}
