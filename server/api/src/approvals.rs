//! Approvals: a call that a policy lets through only when somebody else has said yes to exactly it.

use pilothouse_protocol::Millis;
use serde::{Deserialize, Serialize};

use crate::validate::Violations;

/// The code of the fault that a caller gets whose call waits for approval; its message names the request.
pub const APPROVAL_REQUIRED: &str = "ApprovalRequiredException";

/// Where a request stands. All but `Pending` and `Approved` are for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ApprovalState {
    /// Waits for somebody.
    Pending,
    /// Somebody said yes; it is about to run.
    Approved,
    /// It ran.
    Executed,
    /// Somebody said no.
    Rejected,
    /// Who asked took it back.
    Withdrawn,
    /// Nobody decided in time.
    Expired,
    /// It was approved and did not run: its targets had changed, or it failed; the outcome says why.
    Stopped,
}

impl ApprovalState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Approved,
        Self::Executed,
        Self::Rejected,
        Self::Withdrawn,
        Self::Expired,
        Self::Stopped,
    ];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Approved => "Approved",
            Self::Executed => "Executed",
            Self::Rejected => "Rejected",
            Self::Withdrawn => "Withdrawn",
            Self::Expired => "Expired",
            Self::Stopped => "Stopped",
        }
    }

    /// Whether nothing will change any more.
    #[must_use]
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Pending | Self::Approved)
    }
}

impl std::fmt::Display for ApprovalState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One of the resolved targets, by id and the name it had.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ApprovalTarget {
    /// `node/mi-…` and so on.
    pub resource: String,
    /// What people call it.
    pub name: String,
    /// Its environment, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}

/// A request for approval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Approval {
    /// `apr-` and 12 hexadecimal digits.
    pub approval_id: String,
    /// The region that it runs in; requests are listed whatever the region of who asks.
    #[serde(default)]
    pub region: String,
    /// Where it stands.
    pub state: ApprovalState,
    /// Who asks: `root`, `user/NAME`, or `role/NAME/SESSION (user/NAME)` with the person who took the role on.
    pub requested_by: String,
    /// When.
    pub requested_at: Millis,
    /// When it expires if nobody decides.
    pub expires_at: Millis,
    /// The operation, such as `SendCommand`.
    pub operation: String,
    /// The permission, such as `ssm:SendCommand`.
    pub permission: String,
    /// Exactly what will run, as the request's JSON with secrets masked. In the list long texts and arrays are cut, which is said
    /// where they are; GetApproval tells all.
    pub request: serde_json::Value,
    /// The resolved targets; exactly these, or it stops. In the list at most 100 of them, in GetApproval all.
    pub targets: Vec<ApprovalTarget>,
    /// How many there are.
    pub target_count: u32,
    /// Environments of the targets.
    pub environments: Vec<String>,
    /// Which policies want an approval, and their reason.
    pub why: String,
    /// The caller's own reason: the request's comment, if it has one.
    #[serde(default)]
    pub reason: String,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Millis>,
    /// What was said to it.
    #[serde(default)]
    pub decision_comment: String,
    /// How it ended: what it made (such as `command/UUID`), or why it stopped.
    #[serde(default)]
    pub outcome: String,
    /// Whether the caller of this listing may decide; not so for one's own.
    #[serde(default)]
    pub may_decide: bool,
}

/// Lists requests: those of others that the caller may see, and its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListApprovals {
    /// Only those in these states; all if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<ApprovalState>,
    /// 1 to 200; 50 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl ListApprovals {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.range("maxResults", self.max_results, 1, 200);
    }
}

/// A page of requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListApprovalsResult {
    /// Newest first.
    pub approvals: Vec<Approval>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// Reads one request with all its targets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetApproval {
    /// Which.
    pub approval_id: String,
}

impl GetApproval {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("approvalId", &self.approval_id, 1, 64);
    }
}

/// The request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ApprovalResult {
    /// The request.
    pub approval: Approval,
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApprovalDecision {
    /// It may run, as it was shown.
    Approve,
    /// It may not.
    Reject,
}

/// Decides a request of somebody else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DecideApproval {
    /// Which.
    pub approval_id: String,
    /// How.
    pub decision: ApprovalDecision,
    /// For who asked; up to 256 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

impl DecideApproval {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("approvalId", &self.approval_id, 1, 64);
        v.length("comment", &self.comment, 0, 256);
    }
}

/// Takes an own request back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct WithdrawApproval {
    /// Which.
    pub approval_id: String,
}

impl WithdrawApproval {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("approvalId", &self.approval_id, 1, 64);
    }
}
