//! Outputs folded: nodes of a command whose output is the same so far are one group.
//!
//! What is compared is the lines of each stream, after what differs by nature was taken out of them ([`Normal`]). Followed as
//! [`Topic::Groups`](crate::topics::Topic::Groups); a group, or any other part of a command's runs, becomes the target of the next
//! command by [`ListBucket`].

use std::collections::BTreeMap;

use pilothouse_protocol::{InstanceId, InvocationState, Stream};
use serde::{Deserialize, Serialize};

use crate::validate::Violations;

/// The most groups that are told at a time.
pub const MAX_GROUPS: usize = 200;
/// The most bytes of a group's preview.
pub const MAX_PREVIEW: usize = 400;
/// The most ids on a page.
pub const MAX_IDS: i64 = 10_000;
/// The most lines of a [`DiffOutputResult`].
pub const MAX_DIFF_LINES: usize = 5000;

/// What is taken out of lines before they are compared. A carriage return at the end of a line always is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Normal {
    /// Dates and times of day.
    pub timestamps: bool,
    /// The node's own names, addresses and id.
    pub host_names: bool,
    /// Numbers, hexadecimal ones too, and how many blanks stand between words.
    pub numbers: bool,
}

/// Nodes whose output is the same so far.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Group {
    /// A hash of the output, normalised. That of a group whose nodes all run still is another one as soon as they say more; the old
    /// one leads to the group where its sample is then, for a while.
    pub id: String,
    /// Nodes.
    pub count: u32,
    /// Of these, those that run still: what they have said so far is how this output begins, or all of it.
    pub so_far: u32,
    /// How the others ended.
    pub ended: BTreeMap<InvocationState, u32>,
    /// Exit codes with the number of nodes, the most frequent first; at most 8.
    pub exit_codes: Vec<(i32, u32)>,
    /// Lines, of all streams.
    pub lines: u64,
    /// Of these, those of standard error.
    pub stderr_lines: u64,
    /// Bytes of the sample's output.
    pub bytes: u64,
    /// One of the nodes that said all of it.
    pub sample: InstanceId,
    /// Names of the first five nodes; untrusted.
    pub names: Vec<String>,
    /// At most [`MAX_PREVIEW`] bytes of the sample's output, from where it leaves that of the largest group; untrusted, may be
    /// no UTF-8.
    #[serde(with = "serde_bytes")]
    pub preview: Vec<u8>,
    /// The line of its stream, from 1, at which it leaves the output of the largest group; 0 for that group itself.
    pub differs_at: u64,
    /// Whether it is much smaller than the largest group, which most nodes are in.
    pub outlier: bool,
    /// Whether anything ran there. Runs that are over and never began are a group by themselves, the last one.
    pub began: bool,
}

/// A page of node ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstanceIdPage {
    /// In the order of the command's targets.
    pub instance_ids: Vec<String>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// The nodes of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListGroupMembers {
    /// Of which command.
    pub command_id: String,
    /// How outputs were normalised for it.
    #[serde(default)]
    pub normal: Normal,
    /// The group's id.
    pub group: String,
    /// 1 to [`MAX_IDS`]; 1,000 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl ListGroupMembers {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("commandId", &self.command_id, 36, 36);
        v.length("group", &self.group, 1, 64);
        v.range("maxResults", self.max_results, 1, MAX_IDS);
    }
}

/// A part of a command's runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all_fields = "PascalCase")]
pub enum Bucket {
    /// In this state, by AWS's coarse or fine name.
    State(String),
    /// Over, and not with success.
    NotSucceeded,
    /// Nothing of it ever ran there, whether it may still begin or not.
    NotStarted,
    /// Not delivered in time, or not done in time.
    TimedOut,
    /// In this group.
    Group {
        /// The group's id.
        id: String,
        /// How outputs were normalised for it.
        #[serde(default)]
        normal: Normal,
    },
}

/// The nodes in a part of a command's runs, but those that are registered no more: the targets of the next command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListBucket {
    /// Of which command.
    pub command_id: String,
    /// Which part.
    pub bucket: Bucket,
    /// 1 to [`MAX_IDS`]; 1,000 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl ListBucket {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("commandId", &self.command_id, 36, 36);
        match &self.bucket {
            Bucket::State(name) => v.length("bucket.state", name, 1, 64),
            Bucket::Group { id, .. } => v.length("bucket.group.id", id, 1, 64),
            Bucket::NotSucceeded | Bucket::NotStarted | Bucket::TimedOut => {}
        }
        v.range("maxResults", self.max_results, 1, MAX_IDS);
    }
}

/// Whose output.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// Of this node.
    Node(String),
    /// Of the group with this id.
    Group(String),
    /// Of the largest group.
    #[default]
    Majority,
}

/// What differs between two outputs of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DiffOutput {
    /// Of which command.
    pub command_id: String,
    /// What is taken out of lines before they are compared.
    #[serde(default)]
    pub normal: Normal,
    /// What it should be like.
    #[serde(default)]
    pub left: Side,
    /// What it is like.
    #[serde(default)]
    pub right: Side,
    /// Equal lines that are shown around those that differ, 0 to 1,000; 3 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<i64>,
}

impl DiffOutput {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("commandId", &self.command_id, 36, 36);
        for (path, side) in [("left", &self.left), ("right", &self.right)] {
            match side {
                Side::Node(id) => v.length(&format!("{path}.node"), id, 1, 64),
                Side::Group(id) => v.length(&format!("{path}.group"), id, 1, 64),
                Side::Majority => {}
            }
        }
        v.range("context", self.context, 0, 1000);
    }
}

/// One side of a difference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DiffSide {
    /// For people: the node's name, with how many others say the same; untrusted.
    pub title: String,
    /// The node whose output it is.
    pub instance_id: String,
    /// The group that the node is in; absent while it has said nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Nodes in that group.
    pub nodes: u32,
    /// Lines that were compared.
    pub lines: u32,
    /// Whether it is over, so that nothing follows.
    pub is_over: bool,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DiffKind {
    /// On both sides.
    Same,
    /// On the right side alone.
    Added,
    /// On the left side alone.
    Removed,
}

/// A line of a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DiffLine {
    /// What became of it.
    pub kind: DiffKind,
    /// Of which stream.
    pub stream: Stream,
    /// Its number on the left side, from 1, in its stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<u32>,
    /// Its number on the right side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<u32>,
    /// As it was said, on the right side if it is on both; untrusted, what is no UTF-8 is replaced, a long line is cut.
    pub text: String,
}

/// What differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DiffOutputResult {
    /// What it should be like.
    pub left: DiffSide,
    /// What it is like.
    pub right: DiffSide,
    /// Lines that are on both sides.
    pub equal: u32,
    /// Lines that differ with those around them, standard output first. Numbers that jump tell of equal lines that are left out.
    pub lines: Vec<DiffLine>,
    /// Whether there is more than was compared or can be told.
    pub truncated: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_a_word_or_a_word_with_what_belongs_to_it() {
        for (bucket, json) in [
            (Bucket::NotSucceeded, r#""NotSucceeded""#),
            (Bucket::State("Failed".into()), r#"{"State":"Failed"}"#),
            (
                Bucket::Group { id: "ab".into(), normal: Normal { numbers: true, ..Normal::default() } },
                r#"{"Group":{"Id":"ab","Normal":{"Timestamps":false,"HostNames":false,"Numbers":true}}}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&bucket).unwrap(), json);
            assert_eq!(serde_json::from_str::<Bucket>(json).unwrap(), bucket);
        }
    }
}
