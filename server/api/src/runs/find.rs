//! FindCommands: the history of commands, filtered.

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;
use crate::topics::CommandView;
use crate::validate::Violations;

/// Finds commands, newest first; members that are given must all hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct FindCommands {
    /// Part of who sent it, in any case: `root`, `user/ann`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// Part of the document's name, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// Names of states, fine or coarse; any of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<String>,
    /// A node's id, part of a node's name in any case, or `tag:KEY=VALUE` as the command's targets had it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Part of the comment, of the parameters' values, or of the id, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Asked for after this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Timestamp>,
    /// Asked for before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Timestamp>,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// 1 to 200; 50 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
}

impl FindCommands {
    pub(crate) fn check(&self, v: &mut Violations) {
        let texts = [("who", &self.who), ("document", &self.document), ("target", &self.target)];
        for (name, value) in texts.into_iter().chain([("text", &self.text)]) {
            if let Some(value) = value {
                v.length(name, value, 1, 256);
            }
        }
        v.count("states", &self.states, 0, 20);
        v.range("maxResults", self.max_results, 1, 200);
    }
}

/// A page of commands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FindCommandsResult {
    /// Newest first; may be fewer than asked for, or none, while there is more.
    pub commands: Vec<CommandView>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}
