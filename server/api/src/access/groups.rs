//! Groups of users: what policies are mostly given to.

use serde::{Deserialize, Serialize};

use super::check_name;
use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// The most groups of an account.
pub const MAX_GROUPS: usize = 300;

/// Makes a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateGroup {
    /// Unique whatever the case.
    pub group_name: String,
    /// For people, up to 256 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

impl CreateGroup {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "groupName", &self.group_name);
        v.length("comment", &self.comment, 0, 256);
    }
}

/// A group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Group {
    /// Its name.
    pub group_name: String,
    /// For people.
    #[serde(default)]
    pub comment: String,
    /// When it was made.
    pub created_date: Timestamp,
    /// Names of its users, in order.
    pub members: Vec<String>,
    /// Names of the policies attached to it.
    pub policies: Vec<String>,
}

/// The group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateGroupResult {
    /// The group.
    pub group: Group,
}

/// Deletes a group; its users stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteGroup {
    /// Which.
    pub group_name: String,
}

impl DeleteGroup {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "groupName", &self.group_name);
    }
}

/// Lists groups.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListGroups {}

impl ListGroups {
    #[expect(clippy::unused_self, reason = "there is nothing to check")]
    pub(crate) fn check(&self, _: &mut Violations) {}
}

/// The groups that the caller may see.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListGroupsResult {
    /// In order of name.
    pub groups: Vec<Group>,
}

/// Puts a user into a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AddUserToGroup {
    /// The group.
    pub group_name: String,
    /// The user.
    pub user_name: String,
}

impl AddUserToGroup {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "groupName", &self.group_name);
        check_name(v, "userName", &self.user_name);
    }
}

/// Takes a user out of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RemoveUserFromGroup {
    /// The group.
    pub group_name: String,
    /// The user.
    pub user_name: String,
}

impl RemoveUserFromGroup {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "groupName", &self.group_name);
        check_name(v, "userName", &self.user_name);
    }
}
