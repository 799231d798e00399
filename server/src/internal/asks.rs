//! What nodes ask for while they run a job.

use pilothouse_api::documents::GetDocument;
use pilothouse_api::operation::{Access, Operation};
use pilothouse_document::Resolved;
use pilothouse_protocol::{JobId, Killed, PackageAnswer};
use serde::{Deserialize, Serialize};

use super::Requester;

/// In whose name a node may ask for what one of its jobs needs: only while the job is not over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FindSender {
    /// The job; the node's own.
    pub job: JobId,
}

/// Tells that processes of a run live on although the node killed them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReportSurvivors {
    /// The job; the node's own.
    pub job: JobId,
    /// Them.
    pub survivors: Vec<Killed>,
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

/// Gives a node the file of a package that fits it: GetDocument, as [`GiveDocument`] is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GivePackage {
    /// The package's name or ARN.
    pub name: String,
    /// The name of a version, its number, `$DEFAULT` (if absent) or `$LATEST`.
    pub version: Option<String>,
    /// Such as `debian`.
    pub platform: String,
    /// Such as `12`.
    pub release: String,
    /// Such as `x86_64`.
    pub architecture: String,
}

/// Gives a node a piece of a file that is attached to what the sender may read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GivePiece {
    /// Which blob.
    pub sha256: String,
    /// From where on.
    pub offset: u64,
}

/// A piece for a node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GivenPiece {
    /// Bytes of the whole blob.
    pub total: u64,
    /// Some of them.
    pub bytes: Vec<u8>,
}

macro_rules! get_document {
    ($($request:ident => $reply:ty;)*) => {
        $(impl Operation for $request {
            type Reply = $reply;
            const NAME: &'static str = GetDocument::NAME;
            const TARGET: &'static str = GetDocument::TARGET;
            const PERMISSION: &'static str = GetDocument::PERMISSION;
            const ACCESS: Access = Access::Read;
            const SECRETS: &'static [&'static str] = &[];
        })*
    };
}

get_document! {
    GiveDocument => GivenDocument;
    GivePackage => PackageAnswer;
    GivePiece => GivenPiece;
}
