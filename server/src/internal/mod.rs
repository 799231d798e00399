//! Operations that no operator can call: what the gateway asks for nodes, the scheduler for the clock, and the door for calls that
//! wait for approval.
//!
//! In: what such a caller knows. Out: replies as data. They are declared here so that the doors need not know the insides of a
//! capability, and run there.
//! Never here: how they are carried out.

mod approvals;
mod asks;
mod deliveries;
mod folding;
mod outputs;
mod parameters;

use pilothouse_api::fleet::FollowResult;
use pilothouse_api::operation::{Access, Operation};
use pilothouse_protocol::{
    ActivationId, Facts, Held, InstanceId, JobId, Millis, Outcome, Progress, StepResult, Verdict,
};
use serde::{Deserialize, Serialize};

pub use approvals::*;
pub use asks::*;
pub use deliveries::*;
pub use folding::*;
pub use outputs::*;
pub use parameters::*;

macro_rules! internal {
    ($($permission:literal $access:ident $request:ident => $reply:ty $(, hides $secret:literal)*;)*) => {
        $(impl Operation for $request {
            type Reply = $reply;
            const NAME: &'static str = stringify!($request);
            const TARGET: &'static str = concat!("Internal.", stringify!($request));
            const PERMISSION: &'static str = concat!($permission, ":", stringify!($request));
            const ACCESS: Access = Access::$access;
            const SECRETS: &'static [&'static str] = &[$($secret),*];
        })*

        /// Name and permission of each, for the authorization test.
        pub const INTERNAL: &[(&str, &str)] = &[$((stringify!($request), $request::PERMISSION)),*];
    };
}

internal! {
    "link" Write EnrolNode => Admission, hides "activation_code";
    "link" Read RecognizeNodes => Vec<Judged<()>>;
    "link" Write AdmitNodes => Vec<Judged<Admission>>;
    "link" Write FlagConflict => ();
    "agent" Write LeaveNode => ();
    "agent" Write UpdateFacts => ();
    "agent" Write ResumeJobs => Vec<Verdict>;
    "agent" Read FindSender => Sender;
    "agent" Write ReportSurvivors => ();
    "system" Write SweepBlobs => Expired;
    "system" Read LookForOldOutput => Vec<OldOutput>;
    "system" Write SweepOutput => Expired;
    "system" Write TouchNodes => ();
    "system" Write Settle => ();
    "system" Write Dispatch => Dispatched;
    "system" Write ExpireCommands => Expired;
    "system" Write DetectLost => Expired;
    "system" Write ForgetLinks => ();
    "system" Write EndArmings => Expired;
    "system" Write RequestApproval => RequestedApproval, hides "body";
    "system" Read LookForApprovals => ApprovalWork;
    "system" Read TakeApproved => ApprovedCall;
    "system" Write StopApproval => ();
    "system" Write ExpireApprovals => Expired;
    "system" Read ApprovalsSince => ApprovalNews;
    "system" Read FollowGroups => FollowResult;
    "system" Read FreeFolds => Expired;
    "system" Read LookForDeliveries => bool;
    "system" Write TakeDeliveries => TakenDeliveries;
    "system" Write SettleDelivery => ();
    "system" Write GiveUpDelivery => ();
    "system" Write SweepDeliveries => Expired;
    "system" Read LookForParameterPolicies => bool;
    "system" Write TakeParameterPolicies => DueParameterPolicies;
    "system" Write CarryOutParameterPolicy => ();
    "system" Write SweepParameterEvents => Expired;
    "system" Write SweepParameterPast => Expired;
}

/// A new node holds an activation and has proven its key. Not `Debug`: it carries a secret.
#[derive(Clone, Serialize, Deserialize)]
pub struct EnrolNode {
    /// The activation.
    pub activation_id: ActivationId,
    /// Its code: a secret.
    pub activation_code: String,
    /// The node's Ed25519 key, 32 bytes.
    pub public_key: Vec<u8>,
    /// Of machine and data directory.
    pub fingerprint: String,
    /// What the node says about itself.
    pub facts: Facts,
}

/// Whether keys that were proven are those of nodes that are registered here: asked before anything is written for who shows them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RecognizeNodes {
    /// Who they say they are.
    pub nodes: Vec<AdmitNode>,
}

/// Lets known nodes in, many at a time: one transaction for all of them, and an answer for each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AdmitNodes {
    /// The nodes.
    pub nodes: Vec<AdmitNode>,
}

/// What is decided of one node among several.
pub type Judged<T> = Result<T, SentAway>;

/// A node that is not let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentAway {
    /// One of the codes below.
    pub code: String,
    /// For people.
    pub message: String,
}

/// A known node has proven a key; whether it is *its* key is the operation's to decide.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AdmitNode {
    /// Who it says it is.
    pub instance_id: InstanceId,
    /// The proven key.
    pub public_key: Vec<u8>,
    /// Of machine and data directory.
    pub fingerprint: String,
    /// What the node says about itself.
    pub facts: Facts,
}

/// The node is in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Admission {
    /// Its id.
    pub instance_id: InstanceId,
    /// The region it lives in.
    pub region: String,
    /// Whether the server takes runs for handed over to it: then it must be compared with what the node holds.
    pub has_runs: bool,
}

/// Another machine showed this node's key while the node's own link was alive.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FlagConflict {
    /// The node.
    pub instance_id: InstanceId,
    /// The key that was proven; a flag is raised only by the node's own.
    pub public_key: Vec<u8>,
    /// For people: from where.
    pub what: String,
}

/// The node's link is gone. Jobs that were handed over and not accepted go back to the queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LeaveNode {}

/// The node's facts changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UpdateFacts {
    /// All of them.
    pub facts: Facts,
}

/// The node tells what its ledger holds, right after it was admitted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResumeJobs {
    /// Every job whose end was not acknowledged.
    pub held: Vec<Held>,
}

/// Removes blobs that nobody uses, and uploads that do not go on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SweepBlobs {}

/// Nodes were heard.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TouchNodes {
    /// Which, and when.
    pub heard: Vec<(InstanceId, Millis)>,
}

/// What nodes report about their jobs, many at a time: one transaction for all of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settle {
    /// In the order in which they came.
    pub reports: Vec<Report>,
}

/// News of one job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Which; the gateway has checked that it is the reporting node's own.
    pub job: JobId,
    /// What.
    pub what: ReportKind,
}

/// Fault code: the activation is unknown, expired, used up, or its code is wrong.
pub const ACTIVATION_REFUSED: &str = "ActivationRefused";
/// Fault code: no such node, or it was deregistered.
pub const UNKNOWN_NODE: &str = "UnknownNode";
/// Fault code: the proven key is not the node's.
pub const WRONG_KEY: &str = "WrongKey";
/// Fault code: the key is the node's, and a copy of it was seen before: only the machine that linked then is let in.
pub const COPIED_IDENTITY: &str = "CopiedIdentity";

/// What a node reports.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ReportKind {
    /// The job is on the node's disk.
    Accepted,
    /// Its first step has begun.
    Started {
        /// When.
        at: Millis,
    },
    /// Output up to this offset is stored.
    Stored {
        /// End of what is stored.
        to: u64,
    },
    /// What it does, and what it waits for.
    Progress(Progress),
    /// A step ended.
    Step(StepResult),
    /// The job ended.
    Finished(Outcome),
}

/// Hands pending jobs to connected nodes, within each command's concurrency and error limits, and passes cancels on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Dispatch {}

/// What a dispatch did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatched {
    /// Jobs handed over.
    pub sent: usize,
    /// Jobs ended because the error limit was exceeded.
    pub terminated: usize,
    /// Cancels passed on.
    pub cancelled: usize,
}

/// Ends what is past its time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExpireCommands {}

/// How many rows a reconciliation changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expired {
    /// Rows.
    pub changed: usize,
}

/// Marks nodes that were silent for too long as ConnectionLost.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DetectLost {
    /// Silence of this many milliseconds is loss.
    pub silence_ms: i64,
}

/// At the server's start no node has a link.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ForgetLinks {}
