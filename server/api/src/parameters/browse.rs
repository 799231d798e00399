//! BrowseParameters, FindParameters: the tree of names, level by level, and a name by some of its letters.

use serde::{Deserialize, Serialize};

use super::check_name;
use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// The most that a page of a level holds.
pub const MOST_BROWSED: i64 = 200;
/// The most names that are found at once.
pub const MOST_FOUND: i64 = 100;

/// Looks at one level: what is directly below a path, without values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BrowseParameters {
    /// Begins with `/`; whole levels.
    pub path: String,
    /// As it was then; as it is, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// 1 to [`MOST_BROWSED`] folders and parameters together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl BrowseParameters {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "path", &self.path);
        v.range("maxResults", self.max_results, 1, MOST_BROWSED);
    }
}

/// A level below, in which the caller may see something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ParameterFolder {
    /// What it is called on its level.
    pub name: String,
    /// Its whole path, without a slash at the end.
    pub path: String,
}

/// A parameter on a level, without its value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BrowsedParameter {
    /// As it was made: at the root perhaps without a slash.
    pub name: String,
    /// String, StringList or SecureString.
    pub r#type: String,
    /// The version that is, or was, the newest.
    pub version: i64,
    /// When it was made.
    pub last_modified_date: Timestamp,
    /// By whom, as ARN.
    pub last_modified_user: String,
    /// Standard or Advanced.
    pub tier: String,
    /// text, or what the value looks like.
    pub data_type: String,
    /// On this version, in order; as they stand now, and so none of what was deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The key of a SecureString.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
}

/// A page of a level: its folders and parameters, which stand in one order of bytes, folders with a slash at their end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BrowseParametersResult {
    /// Levels below.
    pub folders: Vec<ParameterFolder>,
    /// Parameters; may be fewer than asked for, though there are more.
    pub parameters: Vec<BrowsedParameter>,
    /// Names of parameters that were there then, but whose version of that time is not kept any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// Finds names in which these letters stand in this order, whatever is between them and whatever their case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FindParameters {
    /// 1 to 256 characters; spaces do not count.
    pub text: String,
    /// 1 to [`MOST_FOUND`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
}

impl FindParameters {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("text", &self.text, 1, 256);
        v.range("maxResults", self.max_results, 1, MOST_FOUND);
    }
}

/// Names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FindParametersResult {
    /// Best first.
    pub names: Vec<String>,
}
