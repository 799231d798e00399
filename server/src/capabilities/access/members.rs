//! AddUserToGroup, RemoveUserFromGroup. Both ask about the group and about the user.

use pilothouse_api::Fault;
use pilothouse_api::access::{AddUserToGroup, Done, RemoveUserFromGroup};
use pilothouse_store::principals::groups;
use pilothouse_store::versions::{self, Part};

use super::{group, must_exist, user};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// The most groups of a user, so that what decides about a user stays small.
const MAX_GROUPS_OF_USER: usize = 10;

impl Run for AddUserToGroup {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Done, Fault> {
        allowed(cx, &self.group_name, &self.user_name).await?;
        let added =
            groups::add_member(cx.tx, &self.group_name, &self.user_name).await.map_err(store_fault)?;
        let there = groups::count_of(cx.tx, &self.user_name).await.map_err(store_fault)?;
        if added && usize::try_from(there).is_ok_and(|there| there > MAX_GROUPS_OF_USER) {
            let message = format!("a user may be in {MAX_GROUPS_OF_USER} groups");
            return Err(Fault::caller("LimitExceeded", message));
        }
        cx.reload_access();
        Ok(Done {})
    }
}

impl Run for RemoveUserFromGroup {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Done, Fault> {
        allowed(cx, &self.group_name, &self.user_name).await?;
        if !groups::remove_member(cx.tx, &self.group_name, &self.user_name).await.map_err(store_fault)? {
            let message = format!("the user {} is not in the group {}", self.user_name, self.group_name);
            return Err(Fault::caller("NoSuchEntity", message));
        }
        cx.reload_access();
        Ok(Done {})
    }
}

async fn allowed(cx: &mut Cx<'_>, group_name: &str, user_name: &str) -> Result<(), Fault> {
    let (group, user) = (group(group_name), user(user_name));
    cx.require(vec![group.clone(), user.clone()]).await?;
    versions::hold(cx.tx, Part::Principals).await.map_err(store_fault)?;
    must_exist(cx, &group).await?;
    must_exist(cx, &user).await
}
