//! Who there is and what they may do: users, keys, groups, roles, policies, sessions, and the question "why (not)?".
//!
//! In: operations of `api::access` and `api::sts`. Out: the same nouns; a secret once, in the reply that made it. What changes is
//! read anew before the reply goes out ([`Cx::reload_access`]), so that the next call is judged by it.
//!
//! Never here: how it is decided, plain secrets at rest.
//!
//! Which permissions are worth as much as root's stands at the head of `policies.rs`. Root is no user: it has no row, no group, no
//! policy, and nothing here changes or deletes it.

mod attachments;
mod caller;
mod groups;
mod keys;
mod members;
mod named;
mod policies;
mod roles;
mod sessions;
mod simulate;
mod ssh_keys;
mod ssh_wire;
mod users;

#[cfg(test)]
mod stories;

use std::collections::BTreeMap;

use pilothouse_api::Fault;
use pilothouse_store::policies as attached;
use pilothouse_store::principals::{groups as group_rows, roles as role_rows, users as user_rows};

use crate::access::{Kind, Resource};
use crate::cx::{Cx, store_fault};

/// The name that nobody can have.
const ROOT: &str = "root";

fn user(name: &str) -> Resource {
    Resource::new(Kind::User, name)
}

fn group(name: &str) -> Resource {
    Resource::new(Kind::Group, name)
}

fn role(name: &str) -> Resource {
    Resource::new(Kind::Role, name)
}

fn policy(name: &str) -> Resource {
    Resource::new(Kind::Policy, name)
}

/// Whom a policy can be given to: `user/…`, `group/…` or `role/…`; nothing for anything else.
fn holder(principal: &str) -> Option<Resource> {
    let (word, name) = principal.split_once('/')?;
    let kind = [Kind::User, Kind::Group, Kind::Role].into_iter().find(|kind| kind.word() == word)?;
    Some(Resource::new(kind, name))
}

fn no_such(what: &str, name: &str) -> Fault {
    Fault::caller("NoSuchEntity", format!("the {what} {name} cannot be found"))
}

fn exists_already(what: &str, name: &str) -> Fault {
    Fault::caller(
        "EntityAlreadyExists",
        format!("there is a {what} {name} already, or one whose name differs only in case"),
    )
}

/// Refuses one more when there are `most`.
fn room_for_one(there: i64, most: usize, what: &str) -> Result<(), Fault> {
    if usize::try_from(there).is_ok_and(|there| there < most) {
        return Ok(());
    }
    Err(Fault::caller("LimitExceeded", format!("there are {there} {what}, and {most} is the limit")))
}

/// Whether the user, group or role is there.
///
/// # Errors
/// `NoSuchEntity` when it is not.
async fn must_exist(cx: &mut Cx<'_>, it: &Resource) -> Result<(), Fault> {
    let found = match it.kind {
        Kind::User => user_rows::get(cx.tx, &it.id).await.map_err(store_fault)?.is_some(),
        Kind::Group => group_rows::get(cx.tx, &it.id).await.map_err(store_fault)?.is_some(),
        Kind::Role => role_rows::get(cx.tx, &it.id).await.map_err(store_fault)?.is_some(),
        _ => false,
    };
    if found { Ok(()) } else { Err(no_such(it.kind.word(), &it.id)) }
}

/// Names of the policies of each principal that has any, in order.
async fn policies_by_holder(cx: &mut Cx<'_>) -> Result<BTreeMap<String, Vec<String>>, Fault> {
    let mut by_holder: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for it in attached::attachments(cx.tx).await.map_err(store_fault)? {
        by_holder.entry(it.principal).or_default().push(it.policy);
    }
    Ok(by_holder)
}

/// An id that nothing else ever has, whatever is made and deleted under one name.
fn unique_id(cx: &Cx<'_>, prefix: &str) -> String {
    crate::credentials::draw_id(cx.dice, prefix)
}
