//! Policies: texts in Cedar. A statement with the slot `?principal` applies to whom the policy is attached; one that names its
//! principals applies by itself.

use serde::{Deserialize, Serialize};

use super::{check_holder, check_name};
use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// The most policies of an account.
pub const MAX_POLICIES: usize = 500;
/// The most bytes of a policy's text.
pub const MAX_POLICY_BYTES: usize = 16 * 1024;

/// Saves a policy, new or in an old one's place; refused, with the lines, when it is not valid.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutPolicy {
    /// Its name.
    pub policy_name: String,
    /// Cedar statements.
    pub text: String,
    /// For people, up to 256 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

impl PutPolicy {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "policyName", &self.policy_name);
        v.length("text", &self.text, 1, MAX_POLICY_BYTES);
        v.length("comment", &self.comment, 0, 256);
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Severity {
    /// The policy cannot be saved.
    Error,
    /// It can, and is perhaps not what was meant.
    Warning,
}

/// Something that is wrong with a policy's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Finding {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// How to mend it, when that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// How much it matters.
    pub severity: Severity,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    /// Its name.
    pub policy_name: String,
    /// Cedar statements.
    pub text: String,
    /// For people.
    #[serde(default)]
    pub comment: String,
    /// Principals that it is attached to, in order.
    pub attached_to: Vec<String>,
    /// When it was saved.
    pub updated_date: Timestamp,
    /// By whom.
    pub updated_by: String,
    /// Whether it came with the server: it can be read, attached and copied, not changed.
    pub ready_made: bool,
}

/// The policy as it was saved, with what is worth a look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutPolicyResult {
    /// The policy.
    pub policy: Policy,
    /// Warnings.
    #[serde(default)]
    pub findings: Vec<Finding>,
}

/// Looks at a text as if it were to be saved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ValidatePolicy {
    /// Cedar statements.
    pub text: String,
}

impl ValidatePolicy {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("text", &self.text, 0, MAX_POLICY_BYTES);
    }
}

/// What is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ValidatePolicyResult {
    /// In order of place; none when it is good.
    pub findings: Vec<Finding>,
}

/// Lists policies, with their texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListPolicies {}

impl ListPolicies {
    #[expect(clippy::unused_self, reason = "there is nothing to check")]
    pub(crate) fn check(&self, _: &mut Violations) {}
}

/// The policies that the caller may see.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListPoliciesResult {
    /// In order of name.
    pub policies: Vec<Policy>,
}

/// Deletes a policy and its attachments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeletePolicy {
    /// Which.
    pub policy_name: String,
}

impl DeletePolicy {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "policyName", &self.policy_name);
    }
}

/// Gives a policy to a principal: fills its statements' `?principal`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachPolicy {
    /// The policy.
    pub policy_name: String,
    /// `user/…`, `group/…` or `role/…`.
    pub principal: String,
}

impl AttachPolicy {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "policyName", &self.policy_name);
        check_holder(v, "principal", &self.principal);
    }
}

/// Takes a policy from a principal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DetachPolicy {
    /// The policy.
    pub policy_name: String,
    /// `user/…`, `group/…` or `role/…`.
    pub principal: String,
}

impl DetachPolicy {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "policyName", &self.policy_name);
        check_holder(v, "principal", &self.principal);
    }
}
