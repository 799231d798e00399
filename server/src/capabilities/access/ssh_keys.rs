//! ImportSshPublicKey, DeleteSshPublicKey.

use pilothouse_api::access::{
    DeleteSshPublicKey, Done, ImportSshPublicKey, ImportSshPublicKeyResult, SshPublicKey,
};
use pilothouse_api::{Fault, Timestamp};
use pilothouse_store::principals::ssh_keys::{self, SshKeyRecord};

use super::ssh_wire::PublicKey;
use super::{must_exist, no_such, user};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// The most SSH keys of a user.
const MAX_SSH_KEYS: usize = 5;

impl Run for ImportSshPublicKey {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ImportSshPublicKeyResult, Fault> {
        let owner = user(&self.user_name);
        cx.require(vec![owner.clone()]).await?;
        must_exist(cx, &owner).await?;
        let key = PublicKey::read(&self.public_key)
            .map_err(|error| Fault::caller("InvalidPublicKey", error.to_string()))?;
        let there = ssh_keys::of_user(cx.tx, &self.user_name).await.map_err(store_fault)?.len();
        if there >= MAX_SSH_KEYS {
            let message =
                format!("the user {} has {there} SSH keys, and {MAX_SSH_KEYS} is the limit", self.user_name);
            return Err(Fault::caller("LimitExceeded", message));
        }
        let record = SshKeyRecord {
            fingerprint: key.fingerprint,
            user: self.user_name,
            public_key: key.line,
            created_at: cx.now,
        };
        if !ssh_keys::insert(cx.tx, &record).await.map_err(store_fault)? {
            // Whose it is, is not said: the caller may not be allowed to know.
            let message = format!("the key {} is registered already", record.fingerprint);
            return Err(Fault::caller("DuplicateSSHPublicKey", message));
        }
        let SshKeyRecord { fingerprint, public_key, created_at, .. } = record;
        let created_date = Timestamp(created_at);
        Ok(ImportSshPublicKeyResult {
            ssh_public_key: SshPublicKey { fingerprint, public_key, created_date },
        })
    }
}

impl Run for DeleteSshPublicKey {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Done, Fault> {
        cx.require(vec![user(&self.user_name)]).await?;
        if !ssh_keys::delete(cx.tx, &self.user_name, &self.fingerprint).await.map_err(store_fault)? {
            return Err(no_such("SSH key", &self.fingerprint));
        }
        Ok(Done {})
    }
}
