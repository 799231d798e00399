//! A job: one command as one node receives it, and what becomes of it there.

use std::collections::BTreeMap;

use pilothouse_document::Resolved;
use serde::{Deserialize, Serialize};

use crate::ids::JobId;
use crate::progress::Killed;
use crate::state::{InvocationState, StepState};
use crate::time::Millis;

/// What the server asks a node to run. Redelivery is harmless: the ledger knows the id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Which run this is.
    pub id: JobId,
    /// Name of the document, for logs and messages.
    pub document_name: String,
    /// The document's content, JSON, placeholders still in it.
    pub document: String,
    /// Values given for the document's parameters, in AWS's shape; the document's defaults fill the rest.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// What `{{ssm:…}}` in document and values stood for when the operator asked; never a secret.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resolved: Resolved,
    /// When the operator asked for it.
    pub requested_at: Millis,
    /// After this instant the node must not start it any more.
    pub start_by: Millis,
}

/// How far a job got on the node: what the ledger keeps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Phase {
    /// On disk; not begun.
    Accepted,
    /// Its first step has been begun; it must never be begun again.
    Started,
    /// A step asked for a reboot. It is begun again, and the same step with it, when the machine has another boot.
    Rebooting {
        /// The boot that is to end.
        boot_id: String,
    },
    /// Its outcome is known and on disk; the server may not have it yet.
    Finished,
}

/// The end of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepResult {
    /// Index of the step in the document, from 0.
    pub index: u16,
    /// The step's name (schema 2.x) or the plugin's (1.2).
    pub name: String,
    /// The action, such as `aws:runShellScript`.
    pub action: String,
    /// How it ended.
    pub state: StepState,
    /// Exit code; 137 when it was killed; -1 when it never ran.
    pub code: i32,
    /// When it began.
    pub started_at: Millis,
    /// When it ended.
    pub finished_at: Millis,
    /// For people: why it failed or was skipped, with the exact command; empty on success.
    #[serde(default)]
    pub message: String,
}

/// The end of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The terminal state the node reports: Success, Failed, ExecutionTimedOut, Cancelled, InvalidPlatform.
    pub state: InvocationState,
    /// One entry per step that was reached.
    pub steps: Vec<StepResult>,
    /// When it ended.
    pub finished_at: Millis,
    /// Length of the whole output in bytes, holes included.
    pub output_end: u64,
    /// For people: why it did not run at all; empty otherwise.
    #[serde(default)]
    pub message: String,
    /// What a cancel or a time-out killed, survivors first; at most [`crate::progress::MAX_KILLED`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub killed: Vec<Killed>,
    /// How many processes were killed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub killed_count: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives it so")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}
