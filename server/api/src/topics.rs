//! What can be followed, and what is told about it.
//!
//! Every topic carries its cursor, and all news comes with the cursor moved past it. So a stream that breaks resumes without
//! a gap, a slow reader is told the latest state once instead of every state between, and nothing is queued for it.
//! The stream is one websocket ([`EVENTS_PATH`]) of MessagePack messages: [`FromClient`] up, [`FromServer`] down.

mod news;
mod views;

use std::collections::BTreeMap;

use pilothouse_protocol::{CommandId, InstanceId, Millis};
use serde::{Deserialize, Serialize};

use crate::audit::{AuditFilter, AuditSeq};
use crate::commands::SearchQuery;
use crate::folding::Normal;

pub use news::News;
pub use views::{CommandView, InvocationView, NodeView, ParameterEvent, ParameterOperation};

/// Where the event stream is opened, signed like any GET request of service `ssm`.
pub const EVENTS_PATH: &str = "/pilothouse/v1/events";

/// The most topics that one stream may follow at a time.
pub const MAX_TOPICS: usize = 64;

/// Position in the order of all changes of a region; 0 is before the first.
pub type Revision = i64;

/// What can be followed, with the cursor from which.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Topic {
    /// Every node, then every change.
    Nodes {
        /// Changes after this.
        after: Revision,
        /// What the caller may see, as a fingerprint: the server gives it, and begins anew when it is another one.
        #[serde(default)]
        under: u64,
    },
    /// The newest commands (up to 1,000), then every change.
    Commands {
        /// Changes after this.
        after: Revision,
        /// What the caller may see, as a fingerprint: the server gives it, and begins anew when it is another one.
        #[serde(default)]
        under: u64,
    },
    /// One command with its runs, then every change.
    Command {
        /// Which.
        command_id: CommandId,
        /// Changes after this.
        after: Revision,
    },
    /// Output of one run.
    Output {
        /// Of which command.
        command_id: CommandId,
        /// On which node.
        instance_id: InstanceId,
        /// From this offset.
        from: u64,
    },
    /// Output of all runs of a command, merged in order of arrival.
    Merged {
        /// Of which command.
        command_id: CommandId,
        /// From these offsets; nodes that are absent from 0.
        from: BTreeMap<InstanceId, u64>,
        /// All output of runs that did not change after this was told; 0 when that is not known.
        #[serde(default)]
        after: Revision,
    },
    /// What is found in the output of a command's runs, also while they run.
    Search {
        /// Of which command.
        command_id: CommandId,
        /// What is searched for, and on which nodes.
        query: SearchQuery,
        /// From these offsets; nodes that are absent from 0.
        #[serde(default)]
        from: BTreeMap<InstanceId, u64>,
        /// All output of runs that did not change after this was searched; 0 when that is not known.
        #[serde(default)]
        after: Revision,
    },
    /// Outputs of a command's runs, folded: nodes whose output is the same so far are one group.
    Groups {
        /// Of which command.
        command_id: CommandId,
        /// What is taken out of lines before they are compared.
        #[serde(default)]
        normal: Normal,
        /// What was told last, as a fingerprint that the server gives; 0 when nothing was.
        after: u64,
    },
    /// Who has armed what: all of it, whenever it changes. Also told when what the caller may do has changed.
    Armings {
        /// Changes after this, in the account's own order.
        after: Revision,
    },
    /// The newest requests for approval (up to 200, and all that are pending), then every change.
    Approvals {
        /// Changes after this, in the account's own order.
        after: Revision,
    },
    /// Calls as they are recorded: the newest 200 that match, then each.
    Audit {
        /// What is wanted.
        filter: AuditFilter,
        /// Records after this place; 0 begins with the newest.
        after: AuditSeq,
    },
    /// What happens to parameters from now on.
    Parameters {
        /// Changes after this; 0 begins with what happens next.
        after: Revision,
        /// What the caller may see, as a fingerprint: the server gives it, and begins anew when it is another one.
        #[serde(default)]
        under: u64,
    },
}

impl Topic {
    /// Every node, from the beginning.
    #[must_use]
    pub const fn nodes() -> Self {
        Self::Nodes { after: 0, under: 0 }
    }

    /// The newest commands, from the beginning.
    #[must_use]
    pub const fn commands() -> Self {
        Self::Commands { after: 0, under: 0 }
    }

    /// What happens to parameters from now on.
    #[must_use]
    pub const fn parameters() -> Self {
        Self::Parameters { after: 0, under: 0 }
    }

    /// Whether `next` is further than this cursor.
    #[must_use]
    pub fn is_moved_by(&self, next: &Self) -> bool {
        match next {
            // That runs without output were looked at is no news.
            Self::Merged { from, .. } | Self::Search { from, .. } => !from.is_empty(),
            _ => self != next,
        }
    }

    /// Moves the cursor to `next`, as it came with news. Of a merged topic and of a search `next` holds only the nodes that moved, so that
    /// news of ten nodes do not carry the cursors of ten thousand.
    pub fn advance(&mut self, next: Self) {
        match (self, next) {
            (Self::Merged { from, after, .. }, Self::Merged { from: moved, after: next, .. })
            | (Self::Search { from, after, .. }, Self::Search { from: moved, after: next, .. }) => {
                from.extend(moved);
                *after = next;
            }
            (cursor, next) => *cursor = next,
        }
    }
}

/// From the client on the event stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "message")]
pub enum FromClient {
    /// Follow a topic.
    Open {
        /// The client's name for it, unique on this stream.
        ticket: u32,
        /// What, and from where.
        topic: Topic,
    },
    /// Stop following.
    Close {
        /// Which.
        ticket: u32,
    },
    /// A message from a newer client; ignored.
    #[serde(other)]
    Unknown,
}

/// From the server on the event stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "message")]
pub enum FromServer {
    /// News on a topic.
    News {
        /// Of which.
        ticket: u32,
        /// What.
        news: News,
        /// The topic with its cursor moved: what to [advance](Topic::advance) to, and to open after a reconnect.
        next: Topic,
        /// Whether more follows at once; the first message without it means "up to date".
        more: bool,
    },
    /// The topic cannot be followed (any more).
    Refused {
        /// Which.
        ticket: u32,
        /// AWS's code.
        code: String,
        /// For people.
        reason: String,
    },
    /// Sent every 15 s when there is nothing else, so that both ends notice a dead stream.
    Alive {
        /// The server's clock.
        now: Millis,
    },
    /// A message from a newer server; ignored.
    #[serde(other)]
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merged_cursor_keeps_the_nodes_that_did_not_move() {
        let node = |n: u8| -> InstanceId { InstanceId::from_random([n; 9]) };
        let command_id: CommandId = "0b0d5a8e-3f6e-4f9e-9a6b-2f6f1c1d0e11".parse().unwrap();
        let merged = |after, from: &[(u8, u64)]| Topic::Merged {
            command_id: command_id.clone(),
            after,
            from: from.iter().map(|(n, to)| (node(*n), *to)).collect(),
        };
        let mut cursor = merged(3, &[(1, 10), (2, 20)]);
        assert!(!cursor.is_moved_by(&merged(3, &[])));
        assert!(cursor.is_moved_by(&merged(3, &[(2, 25)])));
        cursor.advance(merged(4, &[(2, 25), (3, 5)]));
        assert_eq!(cursor, merged(4, &[(1, 10), (2, 25), (3, 5)]));
    }

    #[test]
    fn any_other_cursor_is_replaced() {
        let mut cursor = Topic::Nodes { after: 3, under: 0 };
        assert!(!cursor.is_moved_by(&Topic::Nodes { after: 3, under: 0 }));
        cursor.advance(Topic::Nodes { after: 7, under: 0 });
        assert_eq!(cursor, Topic::Nodes { after: 7, under: 0 });
    }
}
