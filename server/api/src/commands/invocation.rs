//! The run of a command on a node, as AWS shows it.

use serde::{Deserialize, Serialize};

use super::{CloudWatchOutputConfig, NotificationConfig};
use crate::timestamp::Timestamp;

/// A plugin's (step's) result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CommandPlugin {
    /// Step name, or plugin name for schema 1.2.
    pub name: String,
    /// Coarse.
    pub status: String,
    /// Fine.
    pub status_details: String,
    /// Exit code; -1 until it has run.
    pub response_code: i64,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_start_date_time: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_finish_date_time: Option<Timestamp>,
    /// At most 2,500 characters of both streams.
    pub output: String,
    /// Empty.
    pub standard_output_url: String,
    /// Empty.
    pub standard_error_url: String,
    /// As given.
    #[serde(rename = "OutputS3Region")]
    pub output_s3_region: String,
    /// As given.
    #[serde(rename = "OutputS3BucketName")]
    pub output_s3_bucket_name: String,
    /// As given.
    #[serde(rename = "OutputS3KeyPrefix")]
    pub output_s3_key_prefix: String,
}

/// The run of a command on a node, as AWS shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CommandInvocation {
    /// The command.
    pub command_id: String,
    /// The node.
    pub instance_id: String,
    /// The node's name.
    pub instance_name: String,
    /// For people.
    pub comment: String,
    /// The document.
    pub document_name: String,
    /// Empty for the default version.
    pub document_version: String,
    /// When the command was asked for.
    pub requested_date_time: Timestamp,
    /// Coarse.
    pub status: String,
    /// Fine.
    pub status_details: String,
    /// What went wrong outside of the script, at most 2,500 characters.
    pub trace_output: String,
    /// Empty.
    pub standard_output_url: String,
    /// Empty.
    pub standard_error_url: String,
    /// Filled only when details were asked for.
    pub command_plugins: Vec<CommandPlugin>,
    /// As given.
    pub service_role: String,
    /// As given.
    pub notification_config: NotificationConfig,
    /// As given.
    pub cloud_watch_output_config: CloudWatchOutputConfig,
}
