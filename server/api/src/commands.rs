//! Run Command as AWS shapes it: SendCommand and what can be seen of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::documents::{check_name, check_version};
use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// Filter keys of ListCommands; `ExecutionStage` is not for ListCommandInvocations.
pub const FILTER_KEYS: &[&str] =
    &["InvokedAfter", "InvokedBefore", "Status", "ExecutionStage", "DocumentName"];

/// Which nodes: entries are ANDed, values inside one ORed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Target {
    /// `tag:<key>`, `tag-key`, `InstanceIds` or `resource-groups:Name`.
    pub key: String,
    /// At most 50.
    pub values: Vec<String>,
}

/// Whom to notify; kept and echoed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NotificationConfig {
    /// A topic.
    pub notification_arn: String,
    /// All, InProgress, Success, …
    pub notification_events: Vec<String>,
    /// Command or Invocation.
    pub notification_type: String,
}

/// CloudWatch output; kept and echoed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CloudWatchOutputConfig {
    /// A log group.
    pub cloud_watch_log_group_name: String,
    /// Whether to write there.
    pub cloud_watch_output_enabled: bool,
}

/// Runs a document on nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SendCommand {
    /// At most 50; not together with `targets`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instance_ids: Vec<String>,
    /// At most 5; not together with `instance_ids`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
    /// Name or ARN of the document.
    pub document_name: String,
    /// `$DEFAULT` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    /// Must be the content's SHA-256 if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_hash: Option<String>,
    /// Sha256 or Sha1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_hash_type: Option<String>,
    /// Seconds in which it must reach a node: 30 to 2,592,000, 3600 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<i64>,
    /// For people, up to 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Values of the document's parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Vec<String>>,
    /// Kept and echoed.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "OutputS3Region")]
    pub output_s3_region: Option<String>,
    /// Kept and echoed.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "OutputS3BucketName")]
    pub output_s3_bucket_name: Option<String>,
    /// Kept and echoed.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "OutputS3KeyPrefix")]
    pub output_s3_key_prefix: Option<String>,
    /// A number or a percentage; `50` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    /// Errors *allowed*: a number or a percentage; `0` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    /// Kept and echoed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_role_arn: Option<String>,
    /// Kept and echoed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notification_config: Option<NotificationConfig>,
    /// Kept and echoed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud_watch_output_config: Option<CloudWatchOutputConfig>,
}

impl SendCommand {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.count("instanceIds", &self.instance_ids, 0, 50);
        self.check_all_but_instance_ids(v);
    }

    pub(crate) fn check_all_but_instance_ids(&self, v: &mut Violations) {
        check_targets(v, &self.targets);
        check_name(v, &self.document_name);
        check_version(v, self.document_version.as_deref());
        v.range("timeoutSeconds", self.timeout_seconds, 30, 2_592_000);
        v.length("comment", self.comment.as_deref().unwrap_or_default(), 0, 100);
        if let Some(kind) = &self.document_hash_type {
            v.one_of("documentHashType", kind, &["Sha256", "Sha1"]);
        }
        if let Some(value) = &self.max_concurrency {
            let pattern = "^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$";
            v.length("maxConcurrency", value, 1, 7);
            v.pattern("maxConcurrency", value, pattern, is_rate(value, false));
        }
        if let Some(value) = &self.max_errors {
            let pattern = "^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$";
            v.length("maxErrors", value, 1, 7);
            v.pattern("maxErrors", value, pattern, is_rate(value, true));
        }
        let bucket = self.output_s3_bucket_name.as_deref();
        v.length("outputS3BucketName", bucket.unwrap_or("any"), 3, 63);
        v.length("outputS3KeyPrefix", self.output_s3_key_prefix.as_deref().unwrap_or_default(), 0, 500);
        v.length("outputS3Region", self.output_s3_region.as_deref().unwrap_or("any"), 3, 20);
    }
}

/// Checks targets: at most 5, at most 50 values each, keys of 1 to 163 characters.
pub(crate) fn check_targets(v: &mut Violations, targets: &[Target]) {
    v.count("targets", targets, 0, 5);
    for (i, target) in targets.iter().enumerate() {
        v.length(&format!("targets.{}.member.key", i + 1), &target.key, 1, 163);
        v.count(&format!("targets.{}.member.values", i + 1), &target.values, 0, 50);
    }
}

fn is_rate(text: &str, zero_allowed: bool) -> bool {
    let (digits, percent) = text.strip_suffix('%').map_or((text, false), |digits| (digits, true));
    let number: Option<u64> = digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
    match number {
        Some(0) => zero_allowed && digits.len() == 1,
        Some(n) => !digits.starts_with('0') && (!percent || n <= 100),
        None => false,
    }
}

/// Where a command stands: AWS's `StatusDetails` of a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CommandState {
    /// Nothing was sent yet.
    #[default]
    Pending,
    /// Sent to at least one node, not over everywhere.
    InProgress,
    /// Over, well everywhere.
    Success,
    /// Stopped on request before it was over anywhere.
    Cancelled,
    /// Stopping.
    Cancelling,
    /// Over; every node refused or failed it.
    Failed,
    /// Over; not well everywhere, but within the error limit.
    Incomplete,
    /// Over; the error limit was exceeded and the rest was not sent.
    RateExceeded,
    /// The targets matched no node.
    NoInstancesInTag,
    /// Over; no node could be reached in time.
    DeliveryTimedOut,
    /// Over; every node ran out of time.
    ExecutionTimedOut,
}

impl CommandState {
    /// Every value.
    pub const ALL: &'static [Self] = &[
        Self::Pending,
        Self::InProgress,
        Self::Success,
        Self::Cancelled,
        Self::Cancelling,
        Self::Failed,
        Self::Incomplete,
        Self::RateExceeded,
        Self::NoInstancesInTag,
        Self::DeliveryTimedOut,
        Self::ExecutionTimedOut,
    ];

    /// AWS's `StatusDetails`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Success => "Success",
            Self::Cancelled => "Cancelled",
            Self::Cancelling => "Cancelling",
            Self::Failed => "Failed",
            Self::Incomplete => "Incomplete",
            Self::RateExceeded => "RateExceeded",
            Self::NoInstancesInTag => "NoInstancesInTag",
            Self::DeliveryTimedOut => "DeliveryTimedOut",
            Self::ExecutionTimedOut => "ExecutionTimedOut",
        }
    }

    /// AWS's coarse `Status`. What goes with Incomplete, RateExceeded and NoInstancesInTag is undocumented.
    #[must_use]
    pub const fn status(self) -> &'static str {
        match self {
            Self::Incomplete | Self::RateExceeded => "Failed",
            Self::NoInstancesInTag => "Success",
            Self::DeliveryTimedOut | Self::ExecutionTimedOut => "TimedOut",
            other => other.as_str(),
        }
    }

    /// Whether nothing can change it any more.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        !matches!(self, Self::Pending | Self::InProgress | Self::Cancelling)
    }

    /// The state with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|s| s.as_str() == name)
    }
}

impl std::fmt::Display for CommandState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

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

/// The command.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SendCommandResult {
    /// As it stands now.
    pub command: Command,
}

/// A filter: lower-case members.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CommandFilter {
    /// One of [`FILTER_KEYS`].
    pub key: String,
    /// 1 to 128 characters; instants in ISO 8601.
    pub value: String,
}

fn check_listing(
    v: &mut Violations,
    filters: Option<&[CommandFilter]>,
    max_results: Option<i64>,
    command: Option<&str>,
) {
    v.range("maxResults", max_results, 1, 50);
    if let Some(id) = command {
        v.length("commandId", id, 36, 36);
    }
    if let Some(filters) = filters {
        v.count("filters", filters, 1, 5);
        for (i, filter) in filters.iter().enumerate() {
            v.one_of(&format!("filters.{}.member.key", i + 1), &filter.key, FILTER_KEYS);
            v.length(&format!("filters.{}.member.value", i + 1), &filter.value, 1, 128);
        }
    }
}

/// Lists commands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListCommands {
    /// Only this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command_id: Option<String>,
    /// Only those sent to this node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// 1 to 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// 1 to 5, ANDed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<CommandFilter>>,
}

impl ListCommands {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_listing(v, self.filters.as_deref(), self.max_results, self.command_id.as_deref());
    }
}

/// A page of commands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListCommandsResult {
    /// Newest first.
    pub commands: Vec<Command>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// Lists runs of commands on nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListCommandInvocations {
    /// Only of this command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command_id: Option<String>,
    /// Only on this node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// 1 to 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// 1 to 5, ANDed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<CommandFilter>>,
    /// Whether to include each plugin's result.
    pub details: bool,
}

impl ListCommandInvocations {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_listing(v, self.filters.as_deref(), self.max_results, self.command_id.as_deref());
    }
}

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

/// A page of runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListCommandInvocationsResult {
    /// Newest first.
    pub command_invocations: Vec<CommandInvocation>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

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
    /// Empty.
    pub standard_output_url: String,
    /// At most 8,000 characters.
    pub standard_error_content: String,
    /// Empty.
    pub standard_error_url: String,
    /// As given.
    pub cloud_watch_output_config: CloudWatchOutputConfig,
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_follow_the_patterns_of_the_model() {
        for (text, concurrency, errors) in [
            ("1", true, true),
            ("0", false, true),
            ("0%", false, true),
            ("100%", true, true),
            ("101%", false, false),
            ("050", false, false),
            ("+5", false, false),
            ("", false, false),
        ] {
            assert_eq!(is_rate(text, false), concurrency, "{text} as MaxConcurrency");
            assert_eq!(is_rate(text, true), errors, "{text} as MaxErrors");
        }
    }
}
