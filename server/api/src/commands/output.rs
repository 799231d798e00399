//! ReadOutput and SearchOutput: the whole output of runs, from any place of it, and what stands in it.

use std::collections::BTreeSet;

use pilothouse_protocol::{Chunk, InstanceId, Millis, Stream};
use serde::{Deserialize, Serialize};

use super::chunks;
use crate::validate::Violations;

/// The most lines that [`ReadOutput`] gives at a time.
pub const MAX_LINES: u32 = 5_000;
/// The most bytes that [`ReadOutput`] gives at a time.
pub const MAX_BYTES: u32 = 1024 * 1024;
/// The longest text or pattern that is searched for, in bytes.
pub const MAX_PATTERN: usize = 1_024;
/// The most nodes that a search names; without any it is about all.
pub const MAX_SEARCHED_NODES: usize = 1_000;
/// The most hits that [`SearchOutput`] gives at a time.
pub const MAX_HITS: i64 = 1_000;
/// The most bytes of a line that a [`Hit`] shows.
pub const MAX_HIT_TEXT: usize = 4 * 1024;

/// Where reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// At the beginning of this line, counted from 0 by line ends of all streams.
    Line(u64),
    /// At this offset.
    Offset(u64),
    /// At the beginning of this many last lines.
    LastLines(u64),
}

impl Default for Place {
    fn default() -> Self {
        Self::Offset(0)
    }
}

/// Reads the output of one run from any place of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReadOutput {
    /// The command.
    pub command_id: String,
    /// The node.
    pub instance_id: String,
    /// Where to begin; a place beyond the end is the end.
    #[serde(default)]
    pub from: Place,
    /// Line ends, 1 to [`MAX_LINES`] and as many if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_lines: Option<u32>,
    /// Bytes, 1 to [`MAX_BYTES`], 256 KiB if absent. At least one chunk is given if there is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u32>,
}

impl ReadOutput {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("commandId", &self.command_id, 36, 36);
        v.length("instanceId", &self.instance_id, 1, 128);
        v.range("maxLines", self.max_lines.map(i64::from), 1, i64::from(MAX_LINES));
        v.range("maxBytes", self.max_bytes.map(i64::from), 1, i64::from(MAX_BYTES));
    }
}

/// A piece of the output of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReadOutputResult {
    /// Line ends before the first chunk: the number of the line in which it begins.
    pub first_line: u64,
    /// Contiguous; a range that was not kept stands in them as `Dropped`. Bytes in JSON are base64.
    #[serde(with = "chunks")]
    pub chunks: Vec<Chunk>,
    /// Where the stored output ends.
    pub end: u64,
    /// Lines of the stored output; one that has no end yet counts, too.
    pub total_lines: u64,
    /// Whether the run is over and there is nothing after these chunks.
    pub complete: bool,
}

/// What is searched for, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SearchQuery {
    /// Text or pattern, 1 to [`MAX_PATTERN`] bytes.
    pub text: String,
    /// Whether `text` is a regular expression, in the syntax of Rust's regex crate. It is looked for in each line by itself.
    #[serde(skip_serializing_if = "is_false")]
    pub regex: bool,
    /// Whether upper and lower case are one.
    #[serde(skip_serializing_if = "is_false")]
    pub ignore_case: bool,
    /// In this stream only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<Stream>,
    /// In the output of these nodes only; of all if empty.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub nodes: BTreeSet<InstanceId>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it in this form")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// A line in which something was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Hit {
    /// On which node.
    pub instance_id: InstanceId,
    /// Where `text` begins in the run's output.
    pub offset: u64,
    /// The line's number, counted from 0 by line ends of all streams.
    pub line: u64,
    /// When the agent read it.
    pub at: Millis,
    /// Which of the step's streams.
    pub stream: Stream,
    /// The line without its end, or at most [`MAX_HIT_TEXT`] bytes of it around the first hit: untrusted, not necessarily UTF-8.
    /// Base64 in JSON.
    #[serde(with = "chunks::bytes")]
    pub text: Vec<u8>,
    /// What was found, as ranges of bytes of `text`; at most 64.
    pub ranges: Vec<(u32, u32)>,
}

/// Searches the output of a command's runs, page by page. Pages may be short or empty while there is a next one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SearchOutput {
    /// The command.
    pub command_id: String,
    /// What is searched for.
    #[serde(flatten)]
    pub query: SearchQuery,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// Hits, 1 to [`MAX_HITS`], 100 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
}

impl SearchOutput {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("commandId", &self.command_id, 36, 36);
        v.length("text", &self.query.text, 1, MAX_PATTERN);
        v.range("maxResults", self.max_results, 1, MAX_HITS);
        let nodes: Vec<_> = self.query.nodes.iter().collect();
        v.count("nodes", &nodes, 0, MAX_SEARCHED_NODES);
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SearchOutputResult {
    /// Node by node in the command's order, each node's in its own order.
    pub hits: Vec<Hit>,
    /// Where the next page begins; absent when all that is stored was searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_flat_and_bytes_are_base64_in_json() {
        let search: SearchOutput =
            serde_json::from_str(r#"{"CommandId":"c","Text":"x","Regex":true,"Stream":"Stderr"}"#).unwrap();
        assert!(search.query.regex && search.query.stream == Some(Stream::Stderr));
        let chunk = Chunk {
            offset: 3,
            step: 0,
            stream: Stream::Stdout,
            at: Millis(7),
            payload: pilothouse_protocol::Payload::Data(vec![0, 255]),
        };
        let read = ReadOutputResult { chunks: vec![chunk], ..ReadOutputResult::default() };
        let json = serde_json::to_value(&read).unwrap();
        assert_eq!(json["Chunks"][0]["Data"], "AP8=");
        assert_eq!(serde_json::from_value::<ReadOutputResult>(json).unwrap(), read);
        let packed = rmp_serde::to_vec_named(&read).unwrap();
        assert_eq!(rmp_serde::from_slice::<ReadOutputResult>(&packed).unwrap(), read);
    }

    #[test]
    fn hits_read_back_from_the_event_stream_and_from_json() {
        use crate::topics::{FromServer, News, Topic};
        let hit = Hit {
            instance_id: InstanceId::from_random([7; 9]),
            offset: 3,
            line: 1,
            at: Millis(7),
            stream: Stream::Stderr,
            text: vec![b':', 0, 255],
            ranges: vec![(0, 1)],
        };
        let json = serde_json::to_string(&hit).unwrap();
        assert_eq!(serde_json::from_str::<Hit>(&json).unwrap(), hit);
        let news = News::Hits { hits: vec![hit], scanned_bytes: 1, total_bytes: 2, complete: false };
        let told = FromServer::News { ticket: 1, news, next: Topic::nodes(), more: false };
        let packed = rmp_serde::to_vec_named(&told).unwrap();
        assert_eq!(rmp_serde::from_slice::<FromServer>(&packed).unwrap(), told);
    }
}
