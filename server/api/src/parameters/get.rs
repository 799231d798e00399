//! GetParameter, GetParameters, GetParametersByPath.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{check_name, check_names};
use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// A parameter with its value. `Debug` does not show the value.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Parameter {
    /// As it was made, without selector.
    pub name: String,
    /// String, StringList or SecureString.
    pub r#type: String,
    /// In plain text; for a SecureString that is not decrypted what is stored, in Base64.
    pub value: String,
    /// Which version this is.
    pub version: i64,
    /// `:3` or `:label`, if it was asked for so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// When this version was made.
    pub last_modified_date: Timestamp,
    /// Its name among all of AWS's.
    #[serde(rename = "ARN")]
    pub arn: String,
    /// text, or what the value looks like.
    pub data_type: String,
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = format_args!("***");
        let mut shown = f.debug_struct("Parameter");
        shown.field("name", &self.name).field("version", &self.version).field("value", &value);
        shown.finish_non_exhaustive()
    }
}

/// Reads one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParameter {
    /// Its name or ARN, with or without a selector.
    pub name: String,
    /// Whether a SecureString is told in plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_decryption: Option<bool>,
}

impl GetParameter {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "name", &self.name);
    }
}

/// The parameter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParameterResult {
    /// The parameter.
    pub parameter: Parameter,
}

/// Reads several by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParameters {
    /// 1 to 10 names or ARNs, with or without selectors.
    pub names: Vec<String>,
    /// Whether SecureStrings are told in plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_decryption: Option<bool>,
}

impl GetParameters {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_names(v, &self.names);
    }
}

/// What was found, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParametersResult {
    /// In order of name.
    pub parameters: Vec<Parameter>,
    /// As they were asked for.
    pub invalid_parameters: Vec<String>,
}

/// A filter; no key twice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ParameterStringFilter {
    /// Name, Type, KeyId, Path, Label, Tier, DataType or `tag:<key>`.
    pub key: String,
    /// Equals (if absent), BeginsWith or Contains; for Path OneLevel (if absent) or Recursive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
    /// ORed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// The model's pattern of keys.
const KEYS: &str = "tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType";

/// Checks filters.
pub(crate) fn check_filters(v: &mut Violations, filters: &[ParameterStringFilter]) {
    for (i, filter) in filters.iter().enumerate() {
        let key = format!("parameterFilters.{}.member.key", i + 1);
        v.length(&key, &filter.key, 1, 132);
        let is_tag = filter.key.strip_prefix("tag:").is_some_and(|tag| !tag.is_empty());
        v.pattern(&key, &filter.key, KEYS, is_tag || KEYS.split('|').skip(1).any(|it| it == filter.key));
        if let Some(option) = &filter.option {
            v.length(&format!("parameterFilters.{}.member.option", i + 1), option, 1, 10);
        }
        let values = format!("parameterFilters.{}.member.values", i + 1);
        v.count(&values, &filter.values, 0, 50);
        for (j, value) in filter.values.iter().enumerate() {
            v.length(&format!("{values}.{}.member", j + 1), value, 1, 1024);
        }
    }
}

/// Reads what is below a path.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParametersByPath {
    /// Begins with `/`; whole levels.
    pub path: String,
    /// Whether everything below is meant, or the next level alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recursive: Option<bool>,
    /// Type, KeyId or Label.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameter_filters: Vec<ParameterStringFilter>,
    /// Whether SecureStrings are told in plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_decryption: Option<bool>,
    /// 1 to 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl GetParametersByPath {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "path", &self.path);
        check_filters(v, &self.parameter_filters);
        v.range("maxResults", self.max_results, 1, 10);
    }
}

/// A page of parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParametersByPathResult {
    /// In order of name; may be fewer than asked for, though there are more.
    pub parameters: Vec<Parameter>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}
