//! What nodes ask for while they run a job.

use pilothouse_api::documents::GetDocument;
use pilothouse_api::operation::{Access, Operation};
use pilothouse_document::Resolved;
use pilothouse_protocol::JobId;
use serde::{Deserialize, Serialize};

use super::Requester;

/// In whose name a node may ask for what one of its jobs needs: only while the job is not over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FindSender {
    /// The job; the node's own.
    pub job: JobId,
}

/// Who sent a command.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sender {
    /// Who.
    pub requester: Requester,
    /// Where the command is.
    pub region: String,
}

/// Gives a document to a node, in the name of who sent the command. It is what GetDocument is, by its permission and in the audit
/// trail, and beside it says what `{{ssm:…}}` in the document stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GiveDocument(
    /// Which.
    pub GetDocument,
);

/// A document for a node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GivenDocument {
    /// Its name.
    pub name: String,
    /// The version that was meant, as a number.
    pub version: String,
    /// Its text, JSON.
    pub content: String,
    /// What its references stand for.
    pub resolved: Resolved,
}

impl Operation for GiveDocument {
    type Reply = GivenDocument;
    const NAME: &'static str = GetDocument::NAME;
    const TARGET: &'static str = GetDocument::TARGET;
    const PERMISSION: &'static str = GetDocument::PERMISSION;
    const ACCESS: Access = Access::Read;
    const SECRETS: &'static [&'static str] = &[];
}
