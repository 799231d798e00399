//! Rows as the cockpit sees them.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::str::FromStr;

use pilothouse_protocol::{
    CommandId, InstanceId, InvocationState, Killed, Millis, PingStatus, Platform, Progress,
};
use serde::{Deserialize, Serialize};

use super::Revision;
use crate::commands::{CommandState, Target};

/// A node, as the cockpit sees it. Texts that the node told are untrusted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeView {
    /// `mi-…`.
    pub instance_id: InstanceId,
    /// The name given at activation, or the `Name` tag, or the host name.
    pub name: String,
    /// Host name.
    pub computer_name: String,
    /// Whether it answers.
    pub ping: PingStatus,
    /// When it was last heard.
    pub last_ping: Millis,
    /// When it registered.
    pub registered_at: Millis,
    /// Operating system.
    pub platform: Option<Platform>,
    /// Distribution.
    pub platform_name: String,
    /// Its version.
    pub platform_version: String,
    /// Machine architecture.
    pub architecture: String,
    /// Kernel release.
    pub kernel: String,
    /// First address that is not loopback.
    pub ip_address: String,
    /// Version of the agent.
    pub agent_version: String,
    /// Logical processors; 0 if unknown.
    pub cpus: u32,
    /// Memory in bytes; 0 if unknown.
    pub memory_bytes: u64,
    /// What it registered with.
    pub activation_id: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Set when another machine tried to link with this node's identity: when, and from what.
    pub conflict: Option<String>,
}

/// A command, as the cockpit sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandView {
    /// A UUID.
    pub command_id: CommandId,
    /// The document.
    pub document_name: String,
    /// For people.
    pub comment: String,
    /// Values of the document's parameters.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// As given.
    pub targets: Vec<Target>,
    /// As given; empty when `targets` were.
    pub instance_ids: Vec<String>,
    /// Who asked.
    pub requested_by: String,
    /// When.
    pub requested_at: Millis,
    /// When every run that is not over becomes DeliveryTimedOut.
    pub expires_at: Millis,
    /// Where it stands.
    pub state: CommandState,
    /// Runs per state; absent states have none.
    pub counts: BTreeMap<InvocationState, u32>,
    /// Nodes.
    pub target_count: u32,
    /// As given, or `50`.
    pub max_concurrency: String,
    /// As given, or `0`.
    pub max_errors: String,
    /// Delivery time-out in seconds.
    pub timeout_seconds: u32,
    /// Whether nothing more is sent for now.
    #[serde(default)]
    pub paused: bool,
    /// Whether what was not sent is not sent any more.
    #[serde(default)]
    pub aborted: bool,
    /// What was not handed to its node by then is not sent any more.
    #[serde(default)]
    pub start_by: Millis,
    /// How many runs may be under way now: it doubles as nodes take theirs, up to the limit.
    #[serde(default)]
    pub ramp: u32,
    /// How many runs may be under way at most.
    #[serde(default)]
    pub concurrency: u32,
    /// Errors *allowed*: one more stops it.
    #[serde(default)]
    pub error_limit: u32,
    /// Runs that failed or ran out of time.
    #[serde(default)]
    pub errors: u32,
    /// When it was over.
    #[serde(default)]
    pub finished_at: Option<Millis>,
}

impl CommandView {
    /// Runs that are over.
    #[must_use]
    pub fn completed(&self) -> u32 {
        self.counts.iter().filter(|(state, _)| state.is_terminal()).map(|(_, n)| n).sum()
    }
}

/// The run of a command on a node, as the cockpit sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InvocationView {
    /// The command.
    pub command_id: CommandId,
    /// The node.
    pub instance_id: InstanceId,
    /// The node's name when the command was sent.
    pub node_name: String,
    /// Where it stands.
    pub state: InvocationState,
    /// When its first step began.
    pub started_at: Option<Millis>,
    /// When it was over.
    pub finished_at: Option<Millis>,
    /// Exit code of the last step that ran.
    pub exit_code: Option<i32>,
    /// End of what is stored of its output, in bytes.
    pub output_end: u64,
    /// For people: why it failed or does not start; untrusted, may be empty.
    pub message: String,
    /// What it did when the node last said so, while it is not over; untrusted.
    #[serde(default)]
    pub progress: Option<Progress>,
    /// What a cancel or a time-out killed, survivors first; untrusted, and not all of it if it was much.
    #[serde(default)]
    pub killed: Vec<Killed>,
    /// How many processes were killed.
    #[serde(default)]
    pub killed_count: u32,
}

/// What happens to parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ParameterOperation {
    /// It was made.
    Create,
    /// It got a new version.
    Update,
    /// It was deleted.
    Delete,
    /// Labels were put on a version.
    LabelParameterVersion,
    /// Labels were taken from a version.
    UnlabelParameterVersion,
    /// A policy of its own deleted it.
    Expiration,
    /// It will expire soon.
    ExpirationNotification,
    /// It did not change for a long time.
    NoChangeNotification,
    /// It has other tags.
    TagsChanged,
    /// Something that a newer server knows.
    #[serde(other)]
    Unknown,
}

impl ParameterOperation {
    /// All that there are.
    pub const ALL: [Self; 9] = [
        Self::Create,
        Self::Update,
        Self::Delete,
        Self::LabelParameterVersion,
        Self::UnlabelParameterVersion,
        Self::Expiration,
        Self::ExpirationNotification,
        Self::NoChangeNotification,
        Self::TagsChanged,
    ];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Update => "Update",
            Self::Delete => "Delete",
            Self::LabelParameterVersion => "LabelParameterVersion",
            Self::UnlabelParameterVersion => "UnlabelParameterVersion",
            Self::Expiration => "Expiration",
            Self::ExpirationNotification => "ExpirationNotification",
            Self::NoChangeNotification => "NoChangeNotification",
            Self::TagsChanged => "TagsChanged",
            Self::Unknown => "Unknown",
        }
    }
}

impl FromStr for ParameterOperation {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::ALL.into_iter().find(|it| it.as_str() == text).unwrap_or(Self::Unknown))
    }
}

/// Something that happened to a parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParameterEvent {
    /// Its place in the order of all changes of the region.
    pub revision: Revision,
    /// When.
    pub at: Millis,
    /// The parameter, as it was made: `x` and `/x` are one.
    pub name: String,
    /// What.
    pub operation: ParameterOperation,
    /// Which version it is about, if it is about one.
    pub version: Option<i64>,
    /// String, StringList or SecureString.
    pub r#type: String,
    /// Whose doing it is, as ARN; `system` for what the server did by itself.
    pub by: String,
    /// For people: labels, tags, the policy; never a value, may be empty.
    pub detail: String,
}
