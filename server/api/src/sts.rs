//! The part of AWS's Security Token Service that belongs to our own roles. Over HTTP it speaks the query protocol with XML.

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// Who am I?
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GetCallerIdentity {}

impl GetCallerIdentity {
    #[expect(clippy::unused_self, reason = "there is nothing to check")]
    pub(crate) fn check(&self, _: &mut Violations) {}
}

/// Who the signature says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetCallerIdentityResult {
    /// The user's unique id; `ROLEID:SESSION` for a session; the account for root.
    pub user_id: String,
    /// The account.
    pub account: String,
    /// `arn:aws:iam::ACCOUNT:root`, `arn:aws:iam::ACCOUNT:user/NAME` or `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    pub arn: String,
}

/// Takes a role on for a while.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumeRole {
    /// `arn:aws:iam::ACCOUNT:role/NAME`.
    pub role_arn: String,
    /// What the audit trail shows beside the role: 2 to 64 characters.
    pub role_session_name: String,
    /// 900 to the role's own limit; 3,600, or that limit if it is less, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<i64>,
}

impl AssumeRole {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("roleArn", &self.role_arn, 20, 2048);
        v.length("roleSessionName", &self.role_session_name, 2, 64);
        let legal =
            self.role_session_name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b));
        v.pattern("roleSessionName", &self.role_session_name, r"[\w+=,.@-]*", legal);
        v.range("durationSeconds", self.duration_seconds, 900, 43_200);
    }
}

/// Credentials that expire.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionCredentials {
    /// The id.
    pub access_key_id: String,
    /// The secret, told only here.
    pub secret_access_key: String,
    /// Sent with every request as `X-Amz-Security-Token`; told only here.
    pub session_token: String,
    /// When they stop to work.
    pub expiration: Timestamp,
}

impl std::fmt::Debug for SessionCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SessionCredentials({}, secret ***, token ***)", self.access_key_id)
    }
}

/// Who one is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumedRoleUser {
    /// `ROLEID:SESSION`.
    pub assumed_role_id: String,
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    pub arn: String,
}

/// The session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumeRoleResult {
    /// What to sign with.
    pub credentials: SessionCredentials,
    /// Who one is now.
    pub assumed_role_user: AssumedRoleUser,
}
