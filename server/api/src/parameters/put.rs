//! PutParameter.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{TIERS, TYPES, check_name};
use crate::tags::{Tag, check_tags};
use crate::validate::Violations;

/// Makes a parameter, or a new version of one. `Debug` does not show its value.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutParameter {
    /// Its name, never an ARN.
    pub name: String,
    /// At most 4096 bytes in the standard tier, 8192 in the advanced one.
    pub value: String,
    /// For people, at most 1024 characters; as it was, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// One of [`TYPES`]; needed for a new parameter, and the same ever after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    /// The key that a SecureString is sealed under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// Whether a parameter that exists gets a new version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overwrite: Option<bool>,
    /// A regular expression that this and later values must match; as it was, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_pattern: Option<String>,
    /// Of a new parameter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// One of [`TIERS`]; as it was, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// A JSON array, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<String>,
    /// text, if absent, or what the value must look like; as it was, if absent later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
}

impl fmt::Debug for PutParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = format_args!("***");
        f.debug_struct("PutParameter")
            .field("name", &self.name)
            .field("value", &value)
            .finish_non_exhaustive()
    }
}

impl PutParameter {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "name", &self.name);
        v.length("value", &self.value, 1, usize::MAX);
        v.length("description", self.description.as_deref().unwrap_or_default(), 0, 1024);
        if let Some(kind) = &self.r#type {
            v.one_of("type", kind, TYPES);
        }
        if let Some(key) = &self.key_id {
            v.length("keyId", key, 1, 256);
            let legal = key.chars().all(|c| c.is_ascii_alphanumeric() || ":/_-".contains(c));
            v.pattern("keyId", key, "^([a-zA-Z0-9:/_-]+)$", legal);
        }
        v.length("allowedPattern", self.allowed_pattern.as_deref().unwrap_or_default(), 0, 1024);
        v.count("tags", &self.tags, 0, 1000);
        check_tags(v, "tags", &self.tags);
        if let Some(tier) = &self.tier {
            v.one_of("tier", tier, TIERS);
        }
        if let Some(policies) = &self.policies {
            v.length("policies", policies, 1, 4096);
        }
        v.length("dataType", self.data_type.as_deref().unwrap_or_default(), 0, 128);
    }
}

/// What it became.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutParameterResult {
    /// The new version, from 1.
    pub version: i64,
    /// Standard or Advanced.
    pub tier: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_shown_in_debug() {
        let put = PutParameter { name: "/x".into(), value: "s3cret".into(), ..PutParameter::default() };
        assert!(!format!("{put:?}").contains("s3cret"));
    }
}
