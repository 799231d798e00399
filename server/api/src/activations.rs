//! Hybrid activations: the right to register nodes, given out as an id and a code.

use serde::{Deserialize, Serialize};

use crate::tags::{Tag, check_tags};
use crate::timestamp::Timestamp;
use crate::validate::{TAG_TEXT, Violations, is_tag_text};

/// Makes an activation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateActivation {
    /// For people, up to 256 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Name of the nodes that register with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_instance_name: Option<String>,
    /// Required by the model; kept as it is, without meaning off AWS.
    pub iam_role: String,
    /// How many nodes may register: 1 to 1000, 1 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_limit: Option<i64>,
    /// At most 30 days ahead; 24 hours if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
    /// Copied to every node that registers with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

impl CreateActivation {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("description", self.description.as_deref().unwrap_or_default(), 0, 256);
        let name = self.default_instance_name.as_deref().unwrap_or_default();
        v.length("defaultInstanceName", name, 0, 256);
        v.pattern("defaultInstanceName", name, TAG_TEXT, is_tag_text(name));
        v.length("iamRole", &self.iam_role, 0, 64);
        v.range("registrationLimit", self.registration_limit, 1, 1000);
        v.count("tags", &self.tags, 0, 1000);
        check_tags(v, "tags", &self.tags);
    }
}

/// The activation, with its secret, which is told only here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateActivationResult {
    /// A UUID.
    pub activation_id: String,
    /// The secret, at least 20 characters.
    pub activation_code: String,
}

impl std::fmt::Debug for CreateActivationResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CreateActivationResult({}, code ***)", self.activation_id)
    }
}

/// A filter of DescribeActivations; several are ANDed, values ORed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeActivationsFilter {
    /// ActivationIds, DefaultInstanceName or IamRole.
    pub filter_key: Option<String>,
    /// Exact values.
    #[serde(default)]
    pub filter_values: Vec<String>,
}

/// Lists activations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DescribeActivations {
    /// Filters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<DescribeActivationsFilter>,
    /// 1 to 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl DescribeActivations {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.range("maxResults", self.max_results, 1, 50);
        for (i, filter) in self.filters.iter().enumerate() {
            if let Some(key) = &filter.filter_key {
                let path = format!("filters.{}.member.filterKey", i + 1);
                v.one_of(&path, key, &["ActivationIds", "DefaultInstanceName", "IamRole"]);
            }
        }
    }
}

/// An activation without its code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Activation {
    /// A UUID.
    pub activation_id: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Name of the nodes that register with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_instance_name: Option<String>,
    /// As given.
    pub iam_role: String,
    /// How many nodes may register.
    pub registration_limit: i64,
    /// How many did.
    pub registrations_count: i64,
    /// After this it is of no use.
    pub expiration_date: Timestamp,
    /// Whether that has passed.
    pub expired: bool,
    /// When it was made.
    pub created_date: Timestamp,
    /// Copied to nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// A page of activations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeActivationsResult {
    /// Newest first.
    pub activation_list: Vec<Activation>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// Deletes an activation; nodes that registered with it stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteActivation {
    /// Which.
    pub activation_id: String,
}

impl DeleteActivation {
    #[expect(
        clippy::unused_self,
        reason = "an id that is no UUID has an error of its own: InvalidActivationId"
    )]
    pub(crate) fn check(&self, _: &mut Violations) {}
}

/// Nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteActivationResult {}
