//! Every access key that may sign: the root's, which the server was started with, and those of users and sessions.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use pilothouse_api::access::KeyStatus;
use pilothouse_protocol::Millis;
use zeroize::Zeroizing;

use super::{Access, Operator, Who};
use crate::credentials::{RootCredentials, token_hash};
use crate::secrets::Secrets;

/// Every access key that may sign. Clones share the snapshot that they look into.
#[derive(Clone, Debug)]
pub struct Keyring {
    root: RootCredentials,
    access: Access,
    secrets: Secrets,
}

/// Why a key does not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// There is no such key, it is off, or its session's token is another one: who asks is not told which.
    Unknown,
    /// The session has ended.
    Expired,
    /// Its secret cannot be unsealed.
    Sealed,
}

impl Keyring {
    /// The root's key, and those of `access`, whose secrets are opened with `secrets`.
    #[must_use]
    pub fn new(root: RootCredentials, access: Access, secrets: Secrets) -> Self {
        Self { root, access, secrets }
    }

    /// Whom a key speaks for. A session's comes with its `token`, all others without one.
    ///
    /// # Errors
    /// When it does not sign now.
    pub fn find(
        &self,
        access_key_id: &str,
        token: Option<&[u8]>,
        now: Millis,
    ) -> Result<Arc<Operator>, KeyError> {
        if access_key_id == self.root.access_key_id() {
            let operator =
                || Operator { who: Who::Root, access_key_id: access_key_id.to_owned(), expires_at: None };
            return if token.is_none() { Ok(Arc::new(operator())) } else { Err(KeyError::Unknown) };
        }
        let access = self.access.now();
        let key = access.key(access_key_id).filter(|key| key.status == KeyStatus::Active);
        let key = key.ok_or(KeyError::Unknown)?;
        let fits = match (&key.token_hash, token) {
            (None, None) => true,
            (Some(kept), Some(token)) => {
                verify_slices_are_equal(token_hash(token).as_bytes(), kept.as_bytes()).is_ok()
            }
            _ => false,
        };
        let has_ended = key.operator.expires_at.is_some_and(|at| at <= now);
        match (fits, has_ended, &key.token_hash) {
            (true, false, _) => Ok(key.operator.clone()),
            (true, true, Some(_)) => Err(KeyError::Expired),
            // A replaced key whose grace is over is as good as deleted.
            _ => Err(KeyError::Unknown),
        }
    }

    /// The secret of a key.
    ///
    /// # Errors
    /// When there is no such key, or the master key that it is sealed under is not here.
    pub async fn secret(&self, access_key_id: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        if access_key_id == self.root.access_key_id() {
            return Ok(Zeroizing::new(self.root.secret_access_key().as_bytes().to_vec()));
        }
        let access = self.access.now();
        let key = access.key(access_key_id).ok_or(KeyError::Unknown)?;
        let opened = self.secrets.open(&format!("access-key/{access_key_id}"), &key.sealed).await;
        opened.map_err(|error| {
            tracing::error!(%error, "a request cannot be verified");
            KeyError::Sealed
        })
    }

    /// Notes that a key signed.
    pub fn used(&self, operator: &Operator, now: Millis, source: &str, permission: &'static str) {
        if operator.who != Who::Root {
            self.access.uses().note(&operator.access_key_id, now, source, permission);
        }
    }
}
