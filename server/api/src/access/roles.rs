//! Roles: what a user takes on for a while, with session credentials (`sts:AssumeRole`).

use serde::{Deserialize, Serialize};

use super::check_name;
use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// The most roles of an account.
pub const MAX_ROLES: usize = 300;

/// Makes a role. Who may take it on is decided by policies on `sts:AssumeRole`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateRole {
    /// Unique whatever the case.
    pub role_name: String,
    /// For people, up to 256 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// How long a session of it may live: 900 to 43,200 seconds, 3,600 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_session_seconds: Option<i64>,
}

impl CreateRole {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "roleName", &self.role_name);
        v.length("comment", &self.comment, 0, 256);
        v.range("maxSessionSeconds", self.max_session_seconds, 900, 43_200);
    }
}

/// A role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Role {
    /// Its name.
    pub role_name: String,
    /// `arn:aws:iam::ACCOUNT:role/NAME`.
    pub arn: String,
    /// For people.
    #[serde(default)]
    pub comment: String,
    /// When it was made.
    pub created_date: Timestamp,
    /// How long a session of it may live, in seconds.
    pub max_session_seconds: i64,
    /// Names of the policies attached to it.
    pub policies: Vec<String>,
}

/// The role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateRoleResult {
    /// The role.
    pub role: Role,
}

/// Deletes a role; its sessions end at once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteRole {
    /// Which.
    pub role_name: String,
}

impl DeleteRole {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "roleName", &self.role_name);
    }
}

/// Lists roles.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListRoles {}

impl ListRoles {
    #[expect(clippy::unused_self, reason = "there is nothing to check")]
    pub(crate) fn check(&self, _: &mut Violations) {}
}

/// The roles that the caller may see.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListRolesResult {
    /// In order of name.
    pub roles: Vec<Role>,
}
