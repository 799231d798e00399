//! ListCommands and ListCommandInvocations.

use serde::{Deserialize, Serialize};

use super::{Command, CommandInvocation};
use crate::validate::Violations;

/// Filter keys of ListCommands; `ExecutionStage` is not for ListCommandInvocations.
pub const FILTER_KEYS: &[&str] =
    &["InvokedAfter", "InvokedBefore", "Status", "ExecutionStage", "DocumentName"];

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
