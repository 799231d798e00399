//! CreateAccessKey, RotateAccessKey, UpdateAccessKey, DeleteAccessKey. All ask about the user whose key it is.

use pilothouse_api::Fault;
use pilothouse_api::access::{
    AccessKey, CreateAccessKey, CreateAccessKeyResult, DeleteAccessKey, Done, KeyStatus, MAX_ACTIVE_KEYS,
    RotateAccessKey, UpdateAccessKey,
};
use pilothouse_protocol::Millis;
use pilothouse_store::principals::keys::{self, Holder, KeyRecord};
use pilothouse_store::versions::{self, Part};
use zeroize::Zeroizing;

use super::{must_exist, no_such, user};
use crate::credentials::{draw_id, draw_secret};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::secrets::{SecretsError, key_id_of};

/// Keys of a user whatever their state: those that are off and those in their grace are kept for a while, not for ever.
const MAX_KEYS: usize = 10;
/// How long a rotated key works on when nothing else is said, in seconds.
const USUAL_GRACE_SECONDS: i64 = 24 * 3600;

impl Run for CreateAccessKey {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<CreateAccessKeyResult, Fault> {
        let owner = user(&self.user_name);
        cx.require(vec![owner.clone()]).await?;
        versions::hold(cx.tx, Part::Keys).await.map_err(store_fault)?;
        must_exist(cx, &owner).await?;
        room_for_a_key(cx, &self.user_name).await?;
        room_for_an_active_key(cx, &self.user_name).await?;
        made(cx, &self.user_name).await
    }
}

impl Run for RotateAccessKey {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<CreateAccessKeyResult, Fault> {
        let (owner, old) = key_of_a_user(cx, &self.access_key_id).await?;
        if old.expires_at.is_some() || old.status == KeyStatus::Inactive {
            let message = format!(
                "the access key {} is off, or replaced already: rotate one that is active",
                old.access_key_id
            );
            return Err(Fault::caller("InvalidInput", message));
        }
        room_for_a_key(cx, &owner).await?;
        let grace = self.grace_seconds.unwrap_or(USUAL_GRACE_SECONDS);
        let ends = Millis(cx.now.0 + grace * 1000);
        keys::set_status(cx.tx, &old.access_key_id, old.status, Some(ends)).await.map_err(store_fault)?;
        made(cx, &owner).await
    }
}

impl Run for UpdateAccessKey {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Done, Fault> {
        let (owner, key) = key_of_a_user(cx, &self.access_key_id).await?;
        if self.status == KeyStatus::Active && key.status == KeyStatus::Inactive && key.expires_at.is_none() {
            room_for_an_active_key(cx, &owner).await?;
        }
        keys::set_status(cx.tx, &key.access_key_id, self.status, key.expires_at)
            .await
            .map_err(store_fault)?;
        cx.reload_access();
        Ok(Done {})
    }
}

impl Run for DeleteAccessKey {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Done, Fault> {
        let (_, key) = key_of_a_user(cx, &self.access_key_id).await?;
        keys::delete(cx.tx, &key.access_key_id).await.map_err(store_fault)?;
        cx.reload_access();
        Ok(Done {})
    }
}

/// A key that the caller may deal with, and whose it is. Keys of sessions end by themselves, and root's is in no table.
async fn key_of_a_user(cx: &mut Cx<'_>, id: &str) -> Result<(String, KeyRecord), Fault> {
    versions::hold(cx.tx, Part::Keys).await.map_err(store_fault)?;
    let found = keys::get(cx.tx, id).await.map_err(store_fault)?;
    let key = found.ok_or_else(|| no_such("access key", id))?;
    let Holder::User(owner) = key.holder.clone() else { return Err(no_such("access key", id)) };
    cx.require(vec![user(&owner)]).await?;
    Ok((owner, key))
}

fn is_over(key: &KeyRecord, now: Millis) -> bool {
    key.expires_at.is_some_and(|at| at <= now)
}

/// Forgets keys whose grace is over, and refuses one more when too many are left.
async fn room_for_a_key(cx: &mut Cx<'_>, owner: &str) -> Result<(), Fault> {
    let mut left = 0;
    for key in keys::of_user(cx.tx, owner).await.map_err(store_fault)? {
        if is_over(&key, cx.now) {
            keys::delete(cx.tx, &key.access_key_id).await.map_err(store_fault)?;
        } else {
            left += 1;
        }
    }
    if left < MAX_KEYS {
        return Ok(());
    }
    let message = format!(
        "the user {owner} has {left} access keys, and {MAX_KEYS} is the limit: delete those that are off"
    );
    Err(Fault::caller("LimitExceeded", message))
}

/// Keys in their grace do not count: they end by themselves.
async fn room_for_an_active_key(cx: &mut Cx<'_>, owner: &str) -> Result<(), Fault> {
    let all = keys::of_user(cx.tx, owner).await.map_err(store_fault)?;
    let active = all.iter().filter(|key| key.status == KeyStatus::Active && key.expires_at.is_none()).count();
    if active < MAX_ACTIVE_KEYS {
        return Ok(());
    }
    let message =
        format!("the user {owner} has {active} active access keys, and {MAX_ACTIVE_KEYS} is the limit");
    Err(Fault::caller("LimitExceeded", message))
}

/// Makes a key. Its secret leaves the server in this reply, and never again.
async fn made(cx: &mut Cx<'_>, owner: &str) -> Result<CreateAccessKeyResult, Fault> {
    let (record, secret) = drawn(cx, "PILO", Holder::User(owner.to_owned()), None).await?;
    keys::insert(cx.tx, &record).await.map_err(store_fault)?;
    cx.reload_access();
    Ok(CreateAccessKeyResult { access_key: view(record), secret_access_key: secret.to_string() })
}

/// A new key with its secret, sealed in the record.
pub(super) async fn drawn(
    cx: &mut Cx<'_>,
    prefix: &str,
    holder: Holder,
    expires_at: Option<Millis>,
) -> Result<(KeyRecord, Zeroizing<String>), Fault> {
    let (access_key_id, secret) = (draw_id(cx.dice, prefix), draw_secret(cx.dice));
    let name = format!("access-key/{access_key_id}");
    let sealed = cx.ports.secrets.seal(&name, secret.as_bytes()).await.map_err(secrets_fault)?;
    let key_id = key_id_of(&name, &sealed).map_err(secrets_fault)?.to_string();
    let created_at = cx.now;
    let status = KeyStatus::Active;
    let record =
        KeyRecord { access_key_id, holder, sealed, key_id, status, created_at, expires_at, last_use: None };
    Ok((record, secret))
}

fn secrets_fault(error: SecretsError) -> Fault {
    tracing::error!(%error, "a secret could not be sealed");
    Fault::internal("the server could not seal the secret: see its log")
}

/// A user's key as it is shown.
pub(super) fn view(record: KeyRecord) -> AccessKey {
    let user_name = match record.holder {
        Holder::User(name) => name,
        Holder::Session { person, .. } => person,
    };
    let (at, from, what) = record
        .last_use
        .map_or((None, None, None), |last| (Some(last.at.into()), Some(last.from), Some(last.what)));
    AccessKey {
        access_key_id: record.access_key_id,
        user_name,
        status: record.status,
        created_date: record.created_at.into(),
        expires_at: record.expires_at.map(Into::into),
        last_used_date: at,
        last_used_from: from,
        last_used_for: what,
    }
}
