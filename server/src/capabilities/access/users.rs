//! CreateUser, DeleteUser, ListUsers.

use std::collections::BTreeMap;

use pilothouse_api::access::{
    AccessKey, AddUserToGroup, CreateUser, CreateUserResult, DeleteUser, Done, ListUsers, ListUsersResult,
    MAX_USERS, SshPublicKey, User,
};
use pilothouse_api::{Fault, Operation, Timestamp};
use pilothouse_store::principals::users::{self, UserRecord};
use pilothouse_store::principals::{groups, keys, ssh_keys};
use pilothouse_store::versions::{self, Part};

use super::{
    ROOT, exists_already, group, must_exist, no_such, policies_by_holder, room_for_one, unique_id, user,
};
use crate::access::Who;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

impl Run for CreateUser {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<CreateUserResult, Fault> {
        let name = self.user_name;
        cx.require(vec![user(&name)]).await?;
        versions::hold(cx.tx, Part::Principals).await.map_err(store_fault)?;
        for joined in &self.groups {
            // Joining a group gives its rights: it is asked like AddUserToGroup.
            cx.require_as(AddUserToGroup::PERMISSION, vec![group(joined), user(&name)]).await?;
            must_exist(cx, &group(joined)).await?;
        }
        let record = UserRecord {
            user_id: unique_id(cx, "PIDA"),
            comment: self.comment,
            created_at: cx.now,
            created_by: cx.call.caller.person(),
            name,
        };
        room_for_one(users::count(cx.tx).await.map_err(store_fault)?, MAX_USERS, "users")?;
        let is_root = record.name.eq_ignore_ascii_case(ROOT);
        if is_root || !users::insert(cx.tx, &record).await.map_err(store_fault)? {
            return Err(exists_already("user", &record.name));
        }
        let mut joined = self.groups;
        joined.sort();
        joined.dedup();
        for group in &joined {
            groups::add_member(cx.tx, group, &record.name).await.map_err(store_fault)?;
        }
        cx.created(user(&record.name));
        cx.reload_access();
        let mut view = view(record, cx.account_id);
        view.groups = joined;
        Ok(CreateUserResult { user: view })
    }
}

impl Run for DeleteUser {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Done, Fault> {
        cx.require(vec![user(&self.user_name)]).await?;
        if self.user_name.eq_ignore_ascii_case(ROOT) {
            return Err(Fault::caller("DeleteConflict", "root is no user, and cannot be deleted"));
        }
        if !users::delete(cx.tx, &self.user_name).await.map_err(store_fault)? {
            return Err(no_such("user", &self.user_name));
        }
        cx.reload_access();
        Ok(Done {})
    }
}

impl Run for ListUsers {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ListUsersResult, Fault> {
        let mut sifter = cx.sifter(Self::PERMISSION).await?;
        let all = users::list(cx.tx).await.map_err(store_fault)?;
        let mut users: BTreeMap<String, User> = all
            .into_iter()
            .filter(|record| sifter.shows(&user(&record.name)))
            .map(|record| (record.name.clone(), view(record, cx.account_id)))
            .collect();
        add_groups_and_policies(cx, &mut users).await?;
        add_keys(cx, &mut users).await?;
        Ok(ListUsersResult { users: users.into_values().collect() })
    }
}

async fn add_groups_and_policies(cx: &mut Cx<'_>, users: &mut BTreeMap<String, User>) -> Result<(), Fault> {
    for it in groups::memberships(cx.tx).await.map_err(store_fault)? {
        if let Some(user) = users.get_mut(&it.user) {
            user.groups.push(it.group);
        }
    }
    let mut policies = policies_by_holder(cx).await?;
    for (name, user) in users {
        user.policies = policies.remove(&format!("user/{name}")).unwrap_or_default();
    }
    Ok(())
}

async fn add_keys(cx: &mut Cx<'_>, users: &mut BTreeMap<String, User>) -> Result<(), Fault> {
    for it in keys::of_users(cx.tx).await.map_err(store_fault)? {
        let key: AccessKey = super::keys::view(it);
        if let Some(user) = users.get_mut(&key.user_name) {
            user.access_keys.push(key);
        }
    }
    for it in ssh_keys::list(cx.tx).await.map_err(store_fault)? {
        if let Some(user) = users.get_mut(&it.user) {
            let created_date = Timestamp(it.created_at);
            let key = SshPublicKey { fingerprint: it.fingerprint, public_key: it.public_key, created_date };
            user.ssh_public_keys.push(key);
        }
    }
    Ok(())
}

/// The user alone.
fn view(record: UserRecord, account: &str) -> User {
    User {
        arn: Who::User(record.name.clone()).arn(account),
        user_name: record.name,
        comment: record.comment,
        created_date: Timestamp(record.created_at),
        created_by: record.created_by,
        groups: Vec::new(),
        policies: Vec::new(),
        access_keys: Vec::new(),
        ssh_public_keys: Vec::new(),
    }
}
