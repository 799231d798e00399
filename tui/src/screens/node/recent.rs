//! What ran on the node lately: as the server listed it, kept true by what it tells since.

use pilothouse_api::commands::CommandInvocation;
use pilothouse_api::protocol::{CommandId, InstanceId, InvocationState, Millis};
use serde::{Deserialize, Serialize};

use crate::screen::Cx;
use crate::words;

/// So many runs are listed.
pub(super) const LISTED: i64 = 50;
/// The most unfinished runs that are followed at a time.
const FOLLOWED: usize = 4;

/// One run of a command on this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// The command.
    pub command: CommandId,
    /// When it was asked for.
    pub at: Millis,
    /// What was said about it, else the document.
    pub what: String,
    /// Where it stood when it was listed.
    pub state: Option<InvocationState>,
}

/// The list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecentRuns {
    /// Asked for, not yet there.
    #[default]
    Loading,
    /// Newest first.
    Listed(Vec<Recent>),
    /// The server refused, or was not reached.
    Failed(String),
}

impl RecentRuns {
    pub(super) fn take(runs: Vec<CommandInvocation>) -> Self {
        let run = |run: CommandInvocation| {
            let what = if run.comment.is_empty() { run.document_name } else { run.comment };
            Some(Recent {
                command: run.command_id.parse().ok()?,
                at: run.requested_date_time.0,
                what,
                state: run.status_details.parse().ok(),
            })
        };
        Self::Listed(runs.into_iter().filter_map(run).collect())
    }

    pub(super) fn list(&self) -> &[Recent] {
        match self {
            Self::Listed(runs) => runs,
            Self::Loading | Self::Failed(_) => &[],
        }
    }

    /// The newest runs that were not over when they were listed.
    pub(super) fn unfinished(&self) -> impl Iterator<Item = CommandId> {
        let open = |run: &&Recent| run.state.is_some_and(|state| !state.is_terminal());
        self.list().iter().filter(open).take(FOLLOWED).map(|run| run.command.clone())
    }
}

impl Recent {
    /// Where it stands now, as far as it is known.
    pub(super) fn state_now(&self, node: &InstanceId, cx: &Cx<'_>) -> Option<InvocationState> {
        let told =
            cx.mirror.command(&self.command).and_then(|command| command.run(node)).map(|run| run.state);
        told.or(self.state)
    }

    /// What ran: the comment, or the script's first line, or the document.
    pub(super) fn words(&self, cx: &Cx<'_>) -> String {
        match cx.mirror.commands.get(&self.command) {
            Some(command) if command.comment.is_empty() => words::first_line(command),
            _ => self.what.clone(),
        }
    }
}
