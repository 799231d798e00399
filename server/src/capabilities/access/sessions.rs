//! sts: GetCallerIdentity and AssumeRole. Who may take a role on is decided by policies on `sts:AssumeRole`.

use std::sync::Arc;

use pilothouse_api::access::KeyStatus;
use pilothouse_api::sts::{
    AssumeRole, AssumeRoleResult, AssumedRoleUser, GetCallerIdentity, GetCallerIdentityResult,
    SessionCredentials,
};
use pilothouse_api::{Fault, Timestamp};
use pilothouse_protocol::Millis;
use pilothouse_store::principals::keys::{self, Holder};
use pilothouse_store::principals::roles::{self, RoleRecord};
use pilothouse_store::principals::users;
use pilothouse_store::versions::{self, Part};

use super::roles::USUAL_SESSION_SECONDS;
use super::{role, room_for_one};
use crate::access::{Key, Operator, Who};
use crate::credentials::{draw_token, token_hash};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// How long a role that is taken on from within another role may be held.
const CHAINED_SECONDS: i64 = 3600;
/// Sessions that are remembered after their end, in milliseconds: so long who uses one is told that it has expired.
const REMEMBERED_MS: i64 = 24 * 3600 * 1000;
/// The most sessions of the account, and of one person.
const MAX_SESSIONS: usize = 5000;
const MAX_SESSIONS_OF_PERSON: usize = 500;

impl Run for GetCallerIdentity {
    const GUARD: Guard = Guard::Known;

    async fn run(self, cx: &mut Cx<'_>) -> Result<GetCallerIdentityResult, Fault> {
        let who = operator(cx)?.who.clone();
        let gone = || Fault::denied("whoever signed this is not there any more");
        let user_id = match &who {
            Who::Root => cx.account_id.to_owned(),
            Who::User(name) => {
                let user = users::get(cx.tx, name).await.map_err(store_fault)?;
                user.ok_or_else(gone)?.user_id
            }
            Who::Session { role, session, .. } => {
                let role = roles::get(cx.tx, role).await.map_err(store_fault)?.ok_or_else(gone)?;
                format!("{}:{session}", role.role_id)
            }
        };
        let account = cx.account_id.to_owned();
        Ok(GetCallerIdentityResult { user_id, arn: who.arn(&account), account })
    }
}

impl Run for AssumeRole {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<AssumeRoleResult, Fault> {
        let caller = operator(cx)?;
        let wanted = allowed(cx, &self.role_arn).await?;
        still_signs(cx, &caller).await?;
        let is_chained = matches!(caller.who, Who::Session { .. });
        let seconds = duration(&wanted, self.duration_seconds, is_chained)?;
        let person = caller.who.person();
        room_for_a_session(cx, &person).await?;
        let expires_at = Millis(cx.now.0 + seconds * 1000);
        let token = draw_token(cx.dice);
        let (role, session) = (wanted.name, self.role_session_name);
        let assumed_role_id = format!("{}:{session}", wanted.role_id);
        let holder = Holder::Session { role, session, person, token_hash: token_hash(token.as_bytes()) };
        let (record, secret) = super::keys::drawn(cx, "PILS", holder, Some(expires_at)).await?;
        keys::insert(cx.tx, &record).await.map_err(store_fault)?;
        cx.reload_access();
        let operator = Key::from(record).operator;
        let arn = operator.who.arn(cx.account_id);
        Ok(AssumeRoleResult {
            credentials: SessionCredentials {
                access_key_id: operator.access_key_id.clone(),
                secret_access_key: secret.to_string(),
                session_token: token.to_string(),
                expiration: Timestamp(expires_at),
            },
            assumed_role_user: AssumedRoleUser { assumed_role_id, arn },
        })
    }
}

/// Who signed. Nobody else calls what tells callers about themselves.
pub(super) fn operator(cx: &Cx<'_>) -> Result<Arc<Operator>, Fault> {
    cx.call
        .caller
        .operator()
        .cloned()
        .ok_or_else(|| Fault::denied("only who signs a request can ask for this"))
}

/// The role of an ARN, if the caller may take it on. Who may not is not told whether it is there.
async fn allowed(cx: &mut Cx<'_>, arn: &str) -> Result<RoleRecord, Fault> {
    let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
    if arn != super::roles::arn(cx.account_id, &name) {
        let form = super::roles::arn(cx.account_id, "NAME");
        let shown: String = arn.chars().take(128).collect();
        return Err(Fault::validation(format!("{shown} is no role of this account: write {form}")));
    }
    cx.require(vec![role(&name)]).await?;
    versions::hold(cx.tx, Part::Keys).await.map_err(store_fault)?;
    roles::get(cx.tx, &name).await.map_err(store_fault)?.ok_or_else(|| super::no_such("role", &name))
}

/// Whether the caller's key is still there: one that is taken away at this moment leaves no session behind.
async fn still_signs(cx: &mut Cx<'_>, caller: &Operator) -> Result<(), Fault> {
    if caller.who == Who::Root {
        return Ok(());
    }
    let key = keys::get(cx.tx, &caller.access_key_id).await.map_err(store_fault)?;
    match key {
        Some(key) if key.status == KeyStatus::Active => Ok(()),
        _ => Err(Fault::denied(format!("the access key {} is not in force any more", caller.access_key_id))),
    }
}

/// For how many seconds.
fn duration(role: &RoleRecord, wanted: Option<i64>, is_chained: bool) -> Result<i64, Fault> {
    let most = role.max_session_seconds;
    match wanted {
        None => Ok(most.min(USUAL_SESSION_SECONDS)),
        Some(seconds) if seconds > most => Err(Fault::validation(format!(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role: {seconds} is more than {most}."
        ))),
        Some(seconds) if is_chained && seconds > CHAINED_SECONDS => Err(Fault::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )),
        Some(seconds) => Ok(seconds),
    }
}

/// Forgets sessions that ended long ago, and refuses one more when too many live.
async fn room_for_a_session(cx: &mut Cx<'_>, person: &str) -> Result<(), Fault> {
    keys::sweep_sessions(cx.tx, Millis(cx.now.0 - REMEMBERED_MS)).await.map_err(store_fault)?;
    let all = keys::live_sessions(cx.tx, None, cx.now).await.map_err(store_fault)?;
    room_for_one(all, MAX_SESSIONS, "sessions")?;
    let own = keys::live_sessions(cx.tx, Some(person), cx.now).await.map_err(store_fault)?;
    room_for_one(own, MAX_SESSIONS_OF_PERSON, "sessions of one person")
}
