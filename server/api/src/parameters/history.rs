//! GetParameterHistory.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ParameterInlinePolicy, check_name};
use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// Reads the versions of a parameter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParameterHistory {
    /// Its name or ARN, without selector.
    pub name: String,
    /// Whether SecureStrings are told in plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_decryption: Option<bool>,
    /// 1 to 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl GetParameterHistory {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "name", &self.name);
        v.range("maxResults", self.max_results, 1, 50);
    }
}

/// A version. `Debug` does not show its value.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ParameterHistory {
    /// The parameter's name.
    pub name: String,
    /// String, StringList or SecureString.
    pub r#type: String,
    /// The key of a SecureString.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// When it was made.
    pub last_modified_date: Timestamp,
    /// By whom, as ARN.
    pub last_modified_user: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// As in [`super::Parameter`].
    pub value: String,
    /// What values had to match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_pattern: Option<String>,
    /// Its number.
    pub version: i64,
    /// In order.
    pub labels: Vec<String>,
    /// Standard or Advanced.
    pub tier: String,
    /// Its policies.
    pub policies: Vec<ParameterInlinePolicy>,
    /// text, or what the value looks like.
    pub data_type: String,
}

impl fmt::Debug for ParameterHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = format_args!("***");
        let mut shown = f.debug_struct("ParameterHistory");
        shown.field("name", &self.name).field("version", &self.version).field("value", &value);
        shown.finish_non_exhaustive()
    }
}

/// A page of versions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParameterHistoryResult {
    /// Oldest first.
    pub parameters: Vec<ParameterHistory>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}
