//! SendCommand, and the nouns that it is made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Command;
use crate::documents::{check_reference, check_version};
use crate::validate::{NAME, Violations, is_name};

/// The key of a target that names a resource group; it takes one name.
pub const GROUP_NAME: &str = "resource-groups:Name";
/// The key of a target that names types of resources; it takes up to 5.
pub const RESOURCE_TYPES: &str = "resource-groups:ResourceTypeFilters";

/// Which nodes: entries are ANDed, values inside one ORed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Target {
    /// `tag:<key>`, `tag-key`, `InstanceIds`, `resource-groups:Name` (one name) or `resource-groups:ResourceTypeFilters` (up to 5
    /// types).
    pub key: String,
    /// At most 50.
    pub values: Vec<String>,
}

/// Events of [`NotificationConfig::notification_events`].
pub const NOTIFICATION_EVENTS: &[&str] = &["All", "InProgress", "Success", "TimedOut", "Cancelled", "Failed"];
/// What [`NotificationConfig::notification_type`] can be.
pub const NOTIFICATION_TYPES: &[&str] = &["Command", "Invocation"];

/// Whom to notify of what becomes of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NotificationConfig {
    /// `arn:aws:sns:REGION:ACCOUNT:NAME`: the webhook of that name in the server's settings.
    pub notification_arn: String,
    /// Any of [`NOTIFICATION_EVENTS`]; none is all.
    pub notification_events: Vec<String>,
    /// One of [`NOTIFICATION_TYPES`]: told of the command as a whole (also if empty), or of each node.
    pub notification_type: String,
}

impl NotificationConfig {
    fn check(&self, v: &mut Violations) {
        v.length("notificationConfig.notificationArn", &self.notification_arn, 0, 2048);
        v.count("notificationConfig.notificationEvents", &self.notification_events, 0, 10);
        for (i, event) in self.notification_events.iter().enumerate() {
            let path = format!("notificationConfig.notificationEvents.{}.member", i + 1);
            v.one_of(&path, event, NOTIFICATION_EVENTS);
        }
        if !self.notification_type.is_empty() {
            v.one_of("notificationConfig.notificationType", &self.notification_type, NOTIFICATION_TYPES);
        }
    }
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
    /// Whom to notify.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notification_config: Option<NotificationConfig>,
    /// Kept and echoed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud_watch_output_config: Option<CloudWatchOutputConfig>,
    /// Not AWS's: the run template that it was made from, which notes that it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

impl SendCommand {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.count("instanceIds", &self.instance_ids, 0, 50);
        self.check_all_but_instance_ids(v);
    }

    pub(crate) fn check_all_but_instance_ids(&self, v: &mut Violations) {
        check_targets(v, &self.targets);
        check_reference(v, "documentName", &self.document_name);
        check_version(v, "documentVersion", self.document_version.as_deref());
        v.range("timeoutSeconds", self.timeout_seconds, 30, 2_592_000);
        v.length("comment", self.comment.as_deref().unwrap_or_default(), 0, 100);
        if let Some(kind) = &self.document_hash_type {
            v.one_of("documentHashType", kind, &["Sha256", "Sha1"]);
        }
        check_max_concurrency(v, self.max_concurrency.as_deref());
        check_max_errors(v, self.max_errors.as_deref());
        if let Some(config) = &self.notification_config {
            config.check(v);
        }
        if let Some(name) = &self.template {
            v.pattern("template", name, NAME, is_name(name));
        }
        let bucket = self.output_s3_bucket_name.as_deref();
        v.length("outputS3BucketName", bucket.unwrap_or("any"), 3, 63);
        v.length("outputS3KeyPrefix", self.output_s3_key_prefix.as_deref().unwrap_or_default(), 0, 500);
        v.length("outputS3Region", self.output_s3_region.as_deref().unwrap_or("any"), 3, 20);
    }
}

/// The command.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SendCommandResult {
    /// As it stands now.
    pub command: Command,
}

/// Checks targets: at most 5, at most 50 values each, keys of 1 to 163 characters.
pub(crate) fn check_targets(v: &mut Violations, targets: &[Target]) {
    v.count("targets", targets, 0, 5);
    for (i, target) in targets.iter().enumerate() {
        v.length(&format!("targets.{}.member.key", i + 1), &target.key, 1, 163);
        let most = match target.key.as_str() {
            GROUP_NAME => 1,
            RESOURCE_TYPES => 5,
            _ => 50,
        };
        let least = usize::from(most < 50);
        v.count(&format!("targets.{}.member.values", i + 1), &target.values, least, most);
    }
}

/// Checks a `MaxConcurrency`.
pub(crate) fn check_max_concurrency(v: &mut Violations, value: Option<&str>) {
    if let Some(value) = value {
        let pattern = "^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$";
        v.length("maxConcurrency", value, 1, 7);
        v.pattern("maxConcurrency", value, pattern, is_rate(value, false));
    }
}

/// Checks a `MaxErrors`.
pub(crate) fn check_max_errors(v: &mut Violations, value: Option<&str>) {
    if let Some(value) = value {
        let pattern = "^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$";
        v.length("maxErrors", value, 1, 7);
        v.pattern("maxErrors", value, pattern, is_rate(value, true));
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
