//! CancelCommand.

use serde::{Deserialize, Serialize};

use crate::validate::Violations;

/// Asks to stop a command, everywhere or on some nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CancelCommand {
    /// Which.
    pub command_id: String,
    /// Everywhere if absent; at most 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instance_ids: Vec<String>,
}

impl CancelCommand {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("commandId", &self.command_id, 36, 36);
        v.count("instanceIds", &self.instance_ids, 0, 50);
    }
}

/// Nothing to say: watch the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelCommandResult {}
