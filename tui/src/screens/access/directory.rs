//! What the server said of users, groups, roles and policies, and when.

use std::collections::BTreeMap;

use pilothouse_api::access::{
    Group, ListGroups, ListPolicies, ListRoles, ListUsers, Policy, Role as AccessRole, User,
};
use pilothouse_api::protocol::Millis;

use crate::effect::{CallError, Reply, Request};
use crate::route::AccessTab;

/// How far a list can be trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Asked for, not yet there.
    #[default]
    Loading,
    /// As it was then.
    Listed(Millis),
    /// The server refused it, or was not reached, and nothing is known of it.
    Refused(String),
}

/// The lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Directory {
    /// In order of name.
    pub users: Vec<User>,
    /// In order of name.
    pub groups: Vec<Group>,
    /// In order of name.
    pub roles: Vec<AccessRole>,
    /// In order of name.
    pub policies: Vec<Policy>,
    /// Counts answers.
    pub generation: u64,
    standing: BTreeMap<AccessTab, Standing>,
    asked: BTreeMap<u32, AccessTab>,
    /// Whether something changed since the lists were asked for that are under way.
    outdated: bool,
}

/// The tabs that have a list, with the question for it.
fn questions() -> [(AccessTab, Request); 4] {
    [
        (AccessTab::Users, Request::ListUsers(ListUsers {})),
        (AccessTab::Groups, Request::ListGroups(ListGroups {})),
        (AccessTab::Roles, Request::ListRoles(ListRoles {})),
        (AccessTab::Policies, Request::ListPolicies(ListPolicies {})),
    ]
}

impl Directory {
    /// What must be called to know everything anew, each under the ticket that `ticket` gives. While an answer is under way it
    /// is waited for first.
    pub(super) fn ask(&mut self, mut ticket: impl FnMut() -> u32) -> Vec<(u32, Request)> {
        if !self.asked.is_empty() {
            self.outdated = true;
            return Vec::new();
        }
        self.outdated = false;
        let calls = questions().map(|(tab, request)| {
            let ticket = ticket();
            self.asked.insert(ticket, tab);
            (ticket, request)
        });
        calls.into()
    }

    /// Takes an answer; says whether it was one.
    pub(super) fn take(&mut self, ticket: u32, result: &Result<Reply, CallError>, now: Millis) -> bool {
        let Some(tab) = self.asked.remove(&ticket) else { return false };
        self.generation += 1;
        match result {
            Ok(Reply::ListUsers(list)) => self.users.clone_from(&list.users),
            Ok(Reply::ListGroups(list)) => self.groups.clone_from(&list.groups),
            Ok(Reply::ListRoles(list)) => self.roles.clone_from(&list.roles),
            Ok(Reply::ListPolicies(list)) => self.policies.clone_from(&list.policies),
            Ok(_) => return true,
            Err(error) => {
                // What was listed before is still better than nothing.
                let known = matches!(self.standing.get(&tab), Some(Standing::Listed(_)));
                if !known || !error.is_unreachable() {
                    self.forget(tab);
                    self.standing.insert(tab, Standing::Refused(error.message.clone()));
                }
                return true;
            }
        }
        self.standing.insert(tab, Standing::Listed(now));
        true
    }

    fn forget(&mut self, tab: AccessTab) {
        match tab {
            AccessTab::Users => self.users.clear(),
            AccessTab::Groups => self.groups.clear(),
            AccessTab::Roles => self.roles.clear(),
            AccessTab::Policies => self.policies.clear(),
            AccessTab::Simulate => {}
        }
    }

    /// Whether everything was answered and is outdated all the same.
    pub(super) fn must_ask_again(&self) -> bool {
        self.outdated && self.asked.is_empty()
    }

    /// How far the list of a tab can be trusted.
    #[must_use]
    pub fn standing(&self, tab: AccessTab) -> &Standing {
        self.standing.get(&tab).unwrap_or(&Standing::Loading)
    }

    /// The user of that name.
    #[must_use]
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.user_name == name)
    }

    /// The policy of that name.
    #[must_use]
    pub fn policy(&self, name: &str) -> Option<&Policy> {
        self.policies.iter().find(|policy| policy.policy_name == name)
    }

    /// Everything that a policy can be given to: `user/…`, `group/…`, `role/…`.
    pub(super) fn holders(&self) -> impl Iterator<Item = String> {
        let users = self.users.iter().map(|user| format!("user/{}", user.user_name));
        let groups = self.groups.iter().map(|group| format!("group/{}", group.group_name));
        let roles = self.roles.iter().map(|role| format!("role/{}", role.role_name));
        users.chain(groups).chain(roles)
    }
}
