//! What is told on topics.

use pilothouse_protocol::{Chunk, InstanceId};
use serde::{Deserialize, Serialize};

use super::{CommandView, InvocationView, NodeView, ParameterEvent};
use crate::approvals::Approval;
use crate::arming::Arming;
use crate::audit::AuditView;
use crate::commands::Hit;
use crate::folding::Group;

/// What is told on a topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum News {
    /// Nodes that are new or changed, and those that are gone.
    Nodes {
        /// New or changed.
        nodes: Vec<NodeView>,
        /// Deregistered, or not to be seen any more.
        gone: Vec<InstanceId>,
        /// What was told before is void: what the caller may see has changed.
        #[serde(default)]
        reset: bool,
    },
    /// Commands that are new or changed.
    Commands {
        /// New or changed.
        commands: Vec<CommandView>,
        /// What was told before is void: what the caller may see has changed.
        #[serde(default)]
        reset: bool,
    },
    /// A command and those of its runs that are new or changed.
    Command {
        /// The command, if it changed.
        command: Option<Box<CommandView>>,
        /// New or changed.
        invocations: Vec<InvocationView>,
    },
    /// Output, in order.
    Output {
        /// Contiguous from the topic's cursor; a lost range stands in it as `Dropped`.
        chunks: Vec<Chunk>,
        /// Whether the run is over and all of it was told.
        complete: bool,
    },
    /// Output of several runs.
    Merged {
        /// In order of arrival; contiguous for each node.
        chunks: Vec<(InstanceId, Chunk)>,
        /// Whether all runs are over and all was told.
        complete: bool,
    },
    /// Lines in which something was found.
    Hits {
        /// Each node's in its own order.
        hits: Vec<Hit>,
        /// Bytes of output that were searched since the topic's beginning.
        scanned_bytes: u64,
        /// Bytes of output that there are.
        total_bytes: u64,
        /// Whether all runs are over and all of their output was searched.
        complete: bool,
    },
    /// All groups as they are now, told again whenever they change, at most four times a second.
    Groups {
        /// The largest first; at most [`MAX_GROUPS`](crate::folding::MAX_GROUPS).
        groups: Vec<Group>,
        /// Nodes that are in groups: those that have said something, or are over.
        nodes: u32,
        /// Of these, those that run still.
        running: u32,
        /// Groups that are not told.
        more_groups: u32,
        /// Whether all runs are over and all of their output was folded.
        complete: bool,
    },
    /// Everything that is armed now, the next to end first.
    Armings {
        /// By whom and until when.
        armings: Vec<Arming>,
    },
    /// Requests for approval that are new or changed.
    Approvals {
        /// Without those that the caller may not see.
        approvals: Vec<Approval>,
    },
    /// Recorded calls, oldest first.
    Audit {
        /// That match.
        records: Vec<AuditView>,
    },
    /// What happened to parameters, oldest first.
    Parameters {
        /// Without those that the caller may not see.
        events: Vec<ParameterEvent>,
        /// What was read of parameters before is void: the caller may see others now, or has missed something.
        #[serde(default)]
        reset: bool,
    },
}
