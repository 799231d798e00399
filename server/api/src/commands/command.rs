//! A command as AWS shows it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CloudWatchOutputConfig, NotificationConfig, Target};
use crate::timestamp::Timestamp;

/// A command as AWS shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Command {
    /// A UUID.
    pub command_id: String,
    /// The document.
    pub document_name: String,
    /// Empty for the default version.
    pub document_version: String,
    /// For people.
    pub comment: String,
    /// When every run that is not over becomes DeliveryTimedOut.
    pub expires_after: Timestamp,
    /// As given.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// As given.
    pub instance_ids: Vec<String>,
    /// As given.
    pub targets: Vec<Target>,
    /// When it was asked for.
    pub requested_date_time: Timestamp,
    /// Coarse.
    pub status: String,
    /// Fine.
    pub status_details: String,
    /// As given.
    #[serde(rename = "OutputS3Region", skip_serializing_if = "Option::is_none")]
    pub output_s3_region: Option<String>,
    /// As given.
    #[serde(rename = "OutputS3BucketName")]
    pub output_s3_bucket_name: String,
    /// As given.
    #[serde(rename = "OutputS3KeyPrefix")]
    pub output_s3_key_prefix: String,
    /// As given, or `50`.
    pub max_concurrency: String,
    /// As given, or `0`.
    pub max_errors: String,
    /// Nodes.
    pub target_count: i64,
    /// Nodes where it is over.
    pub completed_count: i64,
    /// Nodes where it failed or ran out of time.
    pub error_count: i64,
    /// Nodes that it did not reach in time.
    pub delivery_timed_out_count: i64,
    /// As given.
    pub service_role: String,
    /// As given.
    pub notification_config: NotificationConfig,
    /// As given.
    pub cloud_watch_output_config: CloudWatchOutputConfig,
    /// As given, or 3600.
    pub timeout_seconds: i64,
}
