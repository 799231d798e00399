//! GetCommandInvocation.

use serde::{Deserialize, Serialize};

use super::CloudWatchOutputConfig;
use crate::validate::Violations;

/// Reads one step of one run with its output.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetCommandInvocation {
    /// The command.
    pub command_id: String,
    /// The node.
    pub instance_id: String,
    /// The step; may be absent if there is only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin_name: Option<String>,
}

impl GetCommandInvocation {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("commandId", &self.command_id, 36, 36);
        if let Some(name) = &self.plugin_name {
            v.length("pluginName", name, 4, usize::MAX);
        }
    }
}

/// One step of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GetCommandInvocationResult {
    /// The command.
    pub command_id: String,
    /// The node.
    pub instance_id: String,
    /// For people.
    pub comment: String,
    /// The document.
    pub document_name: String,
    /// `$DEFAULT` or as given.
    pub document_version: String,
    /// The step.
    pub plugin_name: String,
    /// Exit code; -1 until it has run.
    pub response_code: i64,
    /// ISO 8601; empty until it has begun.
    pub execution_start_date_time: String,
    /// ISO 8601 duration; empty until it has begun.
    pub execution_elapsed_time: String,
    /// ISO 8601; empty until it has ended.
    pub execution_end_date_time: String,
    /// Coarse.
    pub status: String,
    /// Fine.
    pub status_details: String,
    /// At most 24,000 characters.
    pub standard_output_content: String,
    /// Where all of it is or will be, if the command wants it in a bucket; else empty.
    pub standard_output_url: String,
    /// At most 8,000 characters.
    pub standard_error_content: String,
    /// The same of standard error.
    pub standard_error_url: String,
    /// As given.
    pub cloud_watch_output_config: CloudWatchOutputConfig,
}
