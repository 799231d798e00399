//! DescribeParameters.

use serde::{Deserialize, Serialize};

use super::ParameterInlinePolicy;
use super::get::{ParameterStringFilter, check_filters};
use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// The older filter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ParametersFilter {
    /// Name (a prefix), Type or KeyId.
    pub key: String,
    /// ORed.
    pub values: Vec<String>,
}

/// Lists parameters, without their values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DescribeParameters {
    /// Older form; not together with the newer one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<ParametersFilter>,
    /// Newer form.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameter_filters: Vec<ParameterStringFilter>,
    /// 1 to 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// Whether those are meant that other accounts share with this one: here there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<bool>,
}

impl DescribeParameters {
    pub(crate) fn check(&self, v: &mut Violations) {
        for (i, filter) in self.filters.iter().enumerate() {
            v.one_of(&format!("filters.{}.member.key", i + 1), &filter.key, &["Name", "Type", "KeyId"]);
            let values = format!("filters.{}.member.values", i + 1);
            v.count(&values, &filter.values, 1, 50);
            for (j, value) in filter.values.iter().enumerate() {
                v.length(&format!("{values}.{}.member", j + 1), value, 1, 1024);
            }
        }
        check_filters(v, &self.parameter_filters);
        v.range("maxResults", self.max_results, 1, 50);
    }
}

/// What is known of a parameter without its value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ParameterMetadata {
    /// As it was made.
    pub name: String,
    /// Its name among all of AWS's.
    #[serde(rename = "ARN")]
    pub arn: String,
    /// String, StringList or SecureString.
    pub r#type: String,
    /// The key of a SecureString.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// When its newest version was made.
    pub last_modified_date: Timestamp,
    /// By whom, as ARN.
    pub last_modified_user: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What values must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_pattern: Option<String>,
    /// The newest.
    pub version: i64,
    /// Standard or Advanced.
    pub tier: String,
    /// Its policies.
    pub policies: Vec<ParameterInlinePolicy>,
    /// text, or what the value looks like.
    pub data_type: String,
}

/// A page of parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeParametersResult {
    /// In order of name; may be fewer than asked for, though there are more.
    pub parameters: Vec<ParameterMetadata>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}
