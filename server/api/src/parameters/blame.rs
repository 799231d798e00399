//! GetParameterBlame, RollBackParameter: who made each version, who read it, and back to one of them.

use serde::{Deserialize, Serialize};

use super::check_name;
use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// Asks who made each version of a parameter, and who read it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParameterBlame {
    /// Its name or ARN, without selector.
    pub name: String,
}

impl GetParameterBlame {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "name", &self.name);
    }
}

/// Who made a version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct VersionBlame {
    /// Its number.
    pub version: i64,
    /// When it was made.
    pub at: Timestamp,
    /// By whom, as ARN.
    pub by: String,
    /// Address of the caller; empty when it was made before this was kept.
    pub from: String,
    /// What the client said it was; untrusted.
    pub user_agent: String,
    /// The key that signed.
    pub access_key_id: String,
    /// On it, in order.
    pub labels: Vec<String>,
    /// Whether its value is another one than that of the version before, as far as that is kept. Of a SecureString that is told
    /// only to whoever may open it; to others each version is another.
    pub value_changed: bool,
}

/// Somebody who was told the value of one of the versions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ParameterReader {
    /// `root`, `user/…`, `role/…`.
    pub who: String,
    /// When, the last time.
    pub last: Timestamp,
    /// How often, as far back as was looked.
    pub times: i64,
    /// How often of these in plain text, though it is sealed.
    pub opened: i64,
}

/// Who made it what it is, and who knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParameterBlameResult {
    /// The parameter's name.
    pub name: String,
    /// String, StringList or SecureString.
    pub r#type: String,
    /// Newest first.
    pub versions: Vec<VersionBlame>,
    /// Who read last stands first.
    pub readers: Vec<ParameterReader>,
    /// How far back readers are known: earlier readings are not kept, or are more than were looked through.
    pub since: Timestamp,
}

/// Makes a new version with what stood in an old one: its value, description, pattern and data type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RollBackParameter {
    /// Its name or ARN, without selector.
    pub name: String,
    /// The old version.
    pub version: i64,
}

impl RollBackParameter {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, "name", &self.name);
        v.range("version", Some(self.version), 1, i64::MAX);
    }
}
