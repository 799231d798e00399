//! What a change is about: a thing of a list, or a line of what is known of one.

use pilothouse_api::access::{
    AttachPolicy, DeleteAccessKey, DeleteGroup, DeletePolicy, DeleteRole, DeleteSshPublicKey, DeleteUser,
    DetachPolicy, RemoveUserFromGroup,
};

use super::detail::Item;
use super::state::Access;
use super::table::Thing;
use crate::effect::Request;
use crate::errand::Step;
use crate::screen::Cx;

/// What can be taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A user with its keys.
    User(String),
    /// A group; its members stay.
    Group(String),
    /// A role with its sessions.
    Role(String),
    /// A policy with its attachments.
    Policy(String),
    /// An access key, by its id.
    Key(String),
    /// An SSH public key.
    Ssh {
        /// Whose.
        user: String,
        /// Which.
        fingerprint: String,
    },
    /// That a user is in a group.
    Membership {
        /// The user.
        user: String,
        /// The group.
        group: String,
    },
    /// That a policy is attached to a principal.
    Attachment {
        /// The policy.
        policy: String,
        /// `user/…`, `group/…` or `role/…`.
        principal: String,
    },
}

impl Target {
    /// The call that takes it away, and what is then so.
    pub(super) fn removal(self) -> Step {
        match self {
            Self::User(user_name) => {
                let done = format!("user {user_name} is deleted");
                Step::new(Request::DeleteUser(DeleteUser { user_name }), done)
            }
            Self::Group(group_name) => {
                let done = format!("group {group_name} is deleted");
                Step::new(Request::DeleteGroup(DeleteGroup { group_name }), done)
            }
            Self::Role(role_name) => {
                let done = format!("role {role_name} is deleted");
                Step::new(Request::DeleteRole(DeleteRole { role_name }), done)
            }
            Self::Policy(policy_name) => {
                let done = format!("policy {policy_name} is deleted");
                Step::new(Request::DeletePolicy(DeletePolicy { policy_name }), done)
            }
            Self::Key(access_key_id) => {
                let done = format!("access key {access_key_id} is deleted");
                Step::new(Request::DeleteAccessKey(DeleteAccessKey { access_key_id }), done)
            }
            Self::Ssh { user: user_name, fingerprint } => {
                let done = format!("SSH key {fingerprint} is removed");
                Step::new(Request::DeleteSshPublicKey(DeleteSshPublicKey { user_name, fingerprint }), done)
            }
            Self::Membership { user: user_name, group: group_name } => {
                let done = format!("{user_name} is out of group {group_name}");
                Step::new(Request::RemoveUserFromGroup(RemoveUserFromGroup { group_name, user_name }), done)
            }
            Self::Attachment { policy: policy_name, principal } => {
                let done = format!("{policy_name} is detached from {principal}");
                Step::new(Request::DetachPolicy(DetachPolicy { policy_name, principal }), done)
            }
        }
    }

    /// The permission that taking it away needs.
    pub(super) const fn permission(&self) -> &'static str {
        match self {
            Self::User(_) => "pilothouse:DeleteUser",
            Self::Group(_) => "pilothouse:DeleteGroup",
            Self::Role(_) => "pilothouse:DeleteRole",
            Self::Policy(_) => "pilothouse:DeletePolicy",
            Self::Key(_) => "pilothouse:DeleteAccessKey",
            Self::Ssh { .. } => "pilothouse:DeleteSshPublicKey",
            Self::Membership { .. } => "pilothouse:RemoveUserFromGroup",
            Self::Attachment { .. } => "pilothouse:DetachPolicy",
        }
    }
}

/// The call that attaches a policy, and what is then so.
pub(super) fn attach(policy_name: &str, principal: &str) -> Step {
    let done = format!("{policy_name} is attached to {principal}");
    let (policy_name, principal) = (policy_name.to_owned(), principal.to_owned());
    Step::new(Request::AttachPolicy(AttachPolicy { policy_name, principal }), done)
}

impl Access {
    /// What the cursor is on, as something that can be taken away.
    pub(super) fn target(&self, cx: &Cx<'_>) -> Option<Target> {
        let thing = self.thing(cx)?;
        if self.detail.focused {
            return target_of(thing, self.item(cx)?);
        }
        Some(match thing {
            Thing::User(user) => Target::User(user.user_name.clone()),
            Thing::Group(group) => Target::Group(group.group_name.clone()),
            Thing::Role(role) => Target::Role(role.role_name.clone()),
            Thing::Policy(policy) => Target::Policy(policy.policy_name.clone()),
            Thing::Answer(_) => return None,
        })
    }
}

fn target_of(thing: Thing<'_>, item: Item) -> Option<Target> {
    let name = thing.name().to_owned();
    Some(match item {
        Item::Key(id) => Target::Key(id),
        Item::Ssh(fingerprint) => Target::Ssh { user: name, fingerprint },
        Item::Group(group) => Target::Membership { user: name, group },
        Item::User(user) => Target::Membership { user, group: name },
        Item::Policy(policy) => Target::Attachment { policy, principal: thing.reference()? },
        Item::Holder(principal) => Target::Attachment { policy: name, principal },
        Item::Statement { .. } => return None,
    })
}
