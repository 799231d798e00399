//! Resource groups: targets under a name, to be used as `resource-groups:Name`. What is in a group is looked up when it is used.

use serde::{Deserialize, Serialize};

use crate::commands::{GROUP_NAME, Target, check_targets};
use crate::timestamp::Timestamp;
use crate::validate::{NAME, Violations, is_name};

/// The most groups of a region.
pub const MAX_GROUPS: usize = 1000;

/// Writes a group, a new one or in the place of one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutResourceGroup {
    /// 1 to 128 letters, digits and `_.-`.
    pub name: String,
    /// For people, up to 256 characters.
    #[serde(default)]
    pub description: String,
    /// 1 to 5, ANDed, as in SendCommand; a group names no other group.
    pub targets: Vec<Target>,
}

impl PutResourceGroup {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.pattern("name", &self.name, NAME, is_name(&self.name));
        v.length("description", &self.description, 0, 256);
        v.count("targets", &self.targets, 1, 5);
        check_targets(v, &self.targets);
        for (i, target) in self.targets.iter().enumerate().filter(|(_, it)| it.key == GROUP_NAME) {
            let path = format!("targets.{}.member.key", i + 1);
            v.add(&path, &target.key, "A group cannot name another group");
        }
    }
}

/// It is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutResourceGroupResult {
    /// As it stands now.
    pub resource_group: ResourceGroup,
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ResourceGroup {
    /// Its name.
    pub name: String,
    /// For people.
    pub description: String,
    /// What it stands for.
    pub targets: Vec<Target>,
    /// Who made it.
    pub created_by: String,
    /// When it was written last.
    pub last_modified_date: Timestamp,
}

/// Lists groups, all of them that the caller may see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListResourceGroups {}

impl ListResourceGroups {
    #[expect(clippy::unused_self, reason = "there is nothing to check")]
    pub(crate) fn check(&self, _: &mut Violations) {}
}

/// The groups.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListResourceGroupsResult {
    /// In order of name.
    pub resource_groups: Vec<ResourceGroup>,
}

/// Deletes a group. Commands that were sent to it keep their nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteResourceGroup {
    /// Which.
    pub name: String,
}

impl DeleteResourceGroup {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.pattern("name", &self.name, NAME, is_name(&self.name));
    }
}

/// It is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteResourceGroupResult {}
