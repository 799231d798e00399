//! What the server does about arming and approvals by itself.

use std::collections::BTreeSet;
use std::ops::Deref;

use pilothouse_api::approvals::{Approval, ApprovalTarget};
use pilothouse_api::topics::Revision;
use pilothouse_protocol::Millis;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::access::Who;

/// Forgets what is armed no more, and has followers told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EndArmings {}

/// Who asked for an approval, or sent a command, so that calls can be made in their name later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requester {
    /// Who.
    pub who: Who,
    /// The key that signed.
    pub access_key_id: String,
    /// From where.
    pub source: String,
    /// With what.
    pub user_agent: String,
    /// What the person had armed: approvals and commands outlive the arming under which they were asked for.
    pub armed: BTreeSet<String>,
}

/// Bytes that may hold secrets: wiped from memory when they go. Not `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct SecretBytes(Vec<u8>);

impl From<&[u8]> for SecretBytes {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl AsRef<[u8]> for SecretBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Deref for SecretBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// A call waits for somebody else's approval: writes the request, unless an equal one waits already. Not `Debug`: it carries
/// the call's body.
#[derive(Clone, Serialize, Deserialize)]
pub struct RequestApproval {
    /// Who asks.
    pub requester: Requester,
    /// The operation's `X-Amz-Target`.
    pub target: String,
    /// Its name.
    pub operation: String,
    /// Its permission.
    pub permission: String,
    /// The request as JSON: may hold secrets.
    pub body: SecretBytes,
    /// The same, with secrets masked.
    pub shown: serde_json::Value,
    /// What it would touch.
    pub targets: Vec<ApprovalTarget>,
    /// Digest of that.
    pub digest: String,
    /// The policies' reason.
    pub why: String,
}

/// The request for approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedApproval {
    /// Its id.
    pub approval_id: String,
    /// When it expires.
    pub expires_at: Millis,
}

/// Whether anything about approvals and armings is due.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LookForApprovals {}

/// What is due.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalWork {
    /// Whether an arming has ended.
    pub armings: bool,
    /// Whether a request has expired, or is to be forgotten.
    pub overdue: bool,
    /// Requests that are approved and did not run yet, in the order of their approval.
    pub approved: Vec<String>,
}

/// Restores the call of an approved request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TakeApproved {
    /// Which.
    pub approval_id: String,
}

/// The call. Not `Debug`: it carries the call's body.
#[derive(Clone, Serialize, Deserialize)]
pub struct ApprovedCall {
    /// In whose name.
    pub requester: Requester,
    /// Where it runs.
    pub region: String,
    /// The operation's `X-Amz-Target`.
    pub target: String,
    /// The request as JSON: may hold secrets.
    pub body: SecretBytes,
    /// Digest of what may be touched.
    pub digest: String,
}

/// An approved request does not run: it is over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StopApproval {
    /// Which.
    pub approval_id: String,
    /// Why.
    pub outcome: String,
}

/// Ends requests that nobody decided in time, and forgets those that were over long ago.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExpireApprovals {}

/// Reads what changed about requests for approval, as far as the caller may see it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ApprovalsSince {
    /// Changes after this, in the account's own order.
    pub after: Revision,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApprovalNews {
    /// Requests that are new or changed.
    pub approvals: Vec<Approval>,
    /// Up to this.
    pub upto: Revision,
    /// Whether there is more.
    pub more: bool,
}

/// Fault code: an approved call would touch something else than what was shown to who approved it.
pub const TARGETS_CHANGED: &str = "TargetsChanged";
