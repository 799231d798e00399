//! UpdateCommand and AbortCommand: a command's pace, changed while it runs.

use serde::{Deserialize, Serialize};

use crate::commands::{check_max_concurrency, check_max_errors};
use crate::topics::CommandView;
use crate::validate::Violations;

/// Changes how a command goes on: at least one member beside its id. What is under way is not touched: less concurrency is
/// reached as runs end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateCommand {
    /// Which.
    pub command_id: String,
    /// A number or a percentage of the targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    /// Errors *allowed*: a number or a percentage of the targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    /// Whether nothing more is sent for now. A paused command is not stopped by its error limit before it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
}

impl UpdateCommand {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("commandId", &self.command_id, 36, 36);
        check_max_concurrency(v, self.max_concurrency.as_deref());
        check_max_errors(v, self.max_errors.as_deref());
        if self.max_concurrency.is_none() && self.max_errors.is_none() && self.paused.is_none() {
            v.add("command", "{}", "One of maxConcurrency, maxErrors and paused must be given");
        }
    }
}

/// The command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateCommandResult {
    /// As it stands now.
    pub command: CommandView,
}

/// Stops a command's delivery for good: what was not sent becomes Terminated, what runs on nodes runs on there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AbortCommand {
    /// Which.
    pub command_id: String,
}

impl AbortCommand {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("commandId", &self.command_id, 36, 36);
    }
}

/// Nothing to say: watch the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbortCommandResult {}
