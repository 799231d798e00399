//! Tags on resources: AddTagsToResource, RemoveTagsFromResource, ListTagsForResource.

use serde::{Deserialize, Serialize};

use crate::validate::{TAG_TEXT, Violations, is_tag_text};

/// The kinds of resource that AWS allows tags on.
pub const TAGGABLE: &[&str] = &[
    "Document",
    "ManagedInstance",
    "MaintenanceWindow",
    "Parameter",
    "PatchBaseline",
    "OpsItem",
    "OpsMetadata",
    "Automation",
    "Association",
];

/// A key with its value.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// 1 to 128 characters.
    pub key: String,
    /// 0 to 256 characters.
    pub value: String,
}

/// Checks keys and values; `path` is the list's.
pub fn check_tags(violations: &mut Violations, path: &str, tags: &[Tag]) {
    for (i, tag) in tags.iter().enumerate() {
        let (key, value) = (format!("{path}.{}.member.key", i + 1), format!("{path}.{}.member.value", i + 1));
        violations.length(&key, &tag.key, 1, 128);
        violations.pattern(&key, &tag.key, TAG_TEXT, is_tag_text(&tag.key));
        violations.length(&value, &tag.value, 0, 256);
        violations.pattern(&value, &tag.value, TAG_TEXT, is_tag_text(&tag.value));
    }
}

/// Adds or overwrites tags.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AddTagsToResource {
    /// One of [`TAGGABLE`].
    pub resource_type: String,
    /// The resource's id.
    pub resource_id: String,
    /// At most 1000.
    pub tags: Vec<Tag>,
}

impl AddTagsToResource {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.one_of("resourceType", &self.resource_type, TAGGABLE);
        v.count("tags", &self.tags, 0, 1000);
        check_tags(v, "tags", &self.tags);
    }
}

/// Nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddTagsToResourceResult {}

/// Removes tags by key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RemoveTagsFromResource {
    /// One of [`TAGGABLE`].
    pub resource_type: String,
    /// The resource's id.
    pub resource_id: String,
    /// The keys; unknown ones are ignored.
    pub tag_keys: Vec<String>,
}

impl RemoveTagsFromResource {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.one_of("resourceType", &self.resource_type, TAGGABLE);
        for (i, key) in self.tag_keys.iter().enumerate() {
            v.length(&format!("tagKeys.{}.member", i + 1), key, 1, 128);
        }
    }
}

/// Nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveTagsFromResourceResult {}

/// Lists a resource's tags.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTagsForResource {
    /// One of [`TAGGABLE`].
    pub resource_type: String,
    /// The resource's id.
    pub resource_id: String,
}

impl ListTagsForResource {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.one_of("resourceType", &self.resource_type, TAGGABLE);
    }
}

/// The tags, by key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTagsForResourceResult {
    /// In order of key.
    pub tag_list: Vec<Tag>,
}
