//! "Why may, or may not, X do Y on Z?"

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::validate::Violations;

/// The most resources of one question.
pub const MAX_SIMULATED: usize = 1000;

/// Asks what would be decided, and by which policies; nothing is carried out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SimulateAccess {
    /// `root`, `user/…` or `role/…`; the caller if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// The permission, such as `ssm:SendCommand`.
    pub action: String,
    /// `KIND/ID`, such as `node/mi-…`, or `account`. Tags and other attributes are those that are stored.
    pub resources: Vec<String>,
    /// Environments taken as armed, beside those that are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub armed: Vec<String>,
    /// Whether the call is taken as approved.
    pub approved: bool,
    /// How many targets the call has; the number of resources if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_count: Option<i64>,
}

impl SimulateAccess {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("action", &self.action, 3, 128);
        v.count("resources", &self.resources, 1, MAX_SIMULATED);
        v.count("armed", &self.armed, 0, 20);
        v.range("targetCount", self.target_count, 0, 1_000_000);
    }
}

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// It may.
    Allowed,
    /// It may when the environment is armed.
    NeedsArming,
    /// It may when somebody else approves.
    NeedsApproval,
    /// A policy forbids it.
    Forbidden,
    /// No policy permits it.
    NotPermitted,
}

/// A statement that decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Because {
    /// The policy's name.
    pub policy: String,
    /// Line of the statement in its text, from 1.
    pub line: u32,
    /// `permit` or `forbid`.
    pub effect: String,
    /// The statement's `@reason`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The answer for one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Simulated {
    /// As asked.
    pub resource: String,
    /// What is decided.
    pub decision: Decision,
    /// The statements that decided; none when nothing permits.
    pub because: Vec<Because>,
    /// One sentence for people.
    pub explanation: String,
}

/// The answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SimulateAccessResult {
    /// Who was meant.
    pub principal: String,
    /// In the order asked.
    pub results: Vec<Simulated>,
}

/// Who am I here, and what can I never do?
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GetCallerAccess {}

impl GetCallerAccess {
    #[expect(clippy::unused_self, reason = "there is nothing to check")]
    pub(crate) fn check(&self, _: &mut Violations) {}
}

/// Who the caller is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetCallerAccessResult {
    /// `root`, `user/…` or `role/…`.
    pub principal: String,
    /// The human behind it, `root` or `user/…`, whatever role was taken on: whom armings and requests belong to.
    #[serde(default)]
    pub person: String,
    /// As in the audit trail.
    pub arn: String,
    /// Groups, in order.
    pub groups: Vec<String>,
    /// Permissions that no policy gives on anything, with the reason in a sentence: what the cockpit greys.
    pub denied: BTreeMap<String, String>,
    /// When the credentials end, if they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<crate::timestamp::Timestamp>,
}
