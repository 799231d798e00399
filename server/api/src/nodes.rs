//! Managed nodes as AWS shows them.

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// Filter keys of the older form of DescribeInstanceInformation.
pub const INFORMATION_KEYS: &[&str] = &[
    "InstanceIds",
    "AgentVersion",
    "PingStatus",
    "PlatformTypes",
    "ActivationIds",
    "IamRole",
    "ResourceType",
    "AssociationStatus",
];

/// The older filter: lower-case members.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InstanceInformationFilter {
    /// One of [`INFORMATION_KEYS`].
    pub key: String,
    /// 1 to 100 values, ORed.
    #[serde(rename = "valueSet")]
    pub value_set: Vec<String>,
}

/// The newer filter, which also takes `tag-key` and `tag:<key>`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstanceInformationStringFilter {
    /// The key.
    pub key: String,
    /// 1 to 100 values, ORed.
    pub values: Vec<String>,
}

/// Lists managed nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DescribeInstanceInformation {
    /// Older form; not together with `filters`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instance_information_filter_list: Vec<InstanceInformationFilter>,
    /// Newer form.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<InstanceInformationStringFilter>,
    /// 5 to 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl DescribeInstanceInformation {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.range("maxResults", self.max_results, 5, 50);
        for (i, filter) in self.instance_information_filter_list.iter().enumerate() {
            let path = format!("instanceInformationFilterList.{}.member", i + 1);
            v.one_of(&format!("{path}.key"), &filter.key, INFORMATION_KEYS);
            v.count(&format!("{path}.valueSet"), &filter.value_set, 1, 100);
        }
        for (i, filter) in self.filters.iter().enumerate() {
            v.count(&format!("filters.{}.member.values", i + 1), &filter.values, 1, 100);
        }
    }
}

/// A managed node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstanceInformation {
    /// `mi-…`.
    pub instance_id: String,
    /// Online or ConnectionLost.
    pub ping_status: String,
    /// When it was last heard.
    pub last_ping_date_time: Timestamp,
    /// `major.minor.patch`.
    pub agent_version: String,
    /// Whether that is the newest this server knows.
    pub is_latest_version: bool,
    /// Linux, Windows or MacOS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform_type: Option<String>,
    /// Distribution.
    pub platform_name: String,
    /// Its version.
    pub platform_version: String,
    /// What it registered with.
    pub activation_id: String,
    /// The activation's role.
    pub iam_role: String,
    /// When it registered.
    pub registration_date: Timestamp,
    /// Always ManagedInstance.
    pub resource_type: String,
    /// The activation's default instance name, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// First address that is not loopback.
    #[serde(rename = "IPAddress")]
    pub ip_address: String,
    /// Host name.
    pub computer_name: String,
    /// Always the node's id.
    pub source_id: String,
    /// Always `AWS::SSM::ManagedInstance`.
    pub source_type: String,
}

/// A page of nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeInstanceInformationResult {
    /// In order of id.
    pub instance_information_list: Vec<InstanceInformation>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// Filter with an operator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstancePropertyStringFilter {
    /// The key.
    pub key: String,
    /// 1 to 40 values, ORed.
    pub values: Vec<String>,
    /// Equal (if absent), NotEqual, BeginWith, LessThan or GreaterThan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
}

/// Lists managed nodes with more of their properties.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DescribeInstanceProperties {
    /// Older form: lower-case members; not together with `filters_with_operator`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instance_property_filter_list: Vec<InstanceInformationFilter>,
    /// Newer form.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters_with_operator: Vec<InstancePropertyStringFilter>,
    /// 5 to 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl DescribeInstanceProperties {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.range("maxResults", self.max_results, 5, 1000);
        for (i, filter) in self.instance_property_filter_list.iter().enumerate() {
            let path = format!("instancePropertyFilterList.{}.member", i + 1);
            let keys = [INFORMATION_KEYS, &["DocumentName"]].concat();
            v.one_of(&format!("{path}.key"), &filter.key, &keys);
            v.count(&format!("{path}.valueSet"), &filter.value_set, 1, 40);
        }
        for (i, filter) in self.filters_with_operator.iter().enumerate() {
            let path = format!("filtersWithOperator.{}.member", i + 1);
            v.count(&format!("{path}.values"), &filter.values, 1, 40);
            if let Some(operator) = &filter.operator {
                let allowed = ["Equal", "NotEqual", "BeginWith", "LessThan", "GreaterThan"];
                v.one_of(&format!("{path}.operator"), operator, &allowed);
            }
        }
    }
}

/// A managed node with more of its properties.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstanceProperty {
    /// The node as DescribeInstanceInformation shows it: the shared members have the same names.
    #[serde(flatten)]
    pub information: InstanceInformation,
    /// Machine architecture.
    pub architecture: String,
    /// `running` while it is online, else `unknown`.
    pub instance_state: String,
}

/// A page of nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeInstancePropertiesResult {
    /// In order of id.
    pub instance_properties: Vec<InstanceProperty>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// Removes a node. It must be activated anew to return, under a new id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeregisterManagedInstance {
    /// Which.
    pub instance_id: String,
}

impl DeregisterManagedInstance {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("instanceId", &self.instance_id, 20, 124);
    }
}

/// Nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeregisterManagedInstanceResult {}

/// Asks whether a node can be reached now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetConnectionStatus {
    /// A node's id; unknown ones are `notconnected`.
    pub target: String,
}

impl GetConnectionStatus {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("target", &self.target, 1, 400);
    }
}

/// Whether it can.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetConnectionStatusResponse {
    /// As asked.
    pub target: String,
    /// `connected` or `notconnected`.
    pub status: String,
}
