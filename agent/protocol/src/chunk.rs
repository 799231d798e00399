//! Output of a run: one ordered log per job, one cursor.
//!
//! Both streams of all steps share one offset space, counted in payload bytes. A chunk that could not be kept stands in the
//! log as `Dropped`, with its length, so that no reader ever takes a hole for silence.

use serde::{Deserialize, Serialize};

use crate::time::Millis;

/// The largest payload of one chunk, in bytes.
pub const MAX_CHUNK: usize = 32 * 1024;

/// Where the bytes came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stream {
    /// Standard output of the step.
    Stdout,
    /// Standard error of the step.
    Stderr,
    /// What the agent itself says about the step ("skipped: not for this platform").
    Agent,
}

/// What a chunk carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payload {
    /// Bytes as the process wrote them: untrusted, not necessarily UTF-8, at most [`MAX_CHUNK`].
    Data(#[serde(with = "serde_bytes")] Vec<u8>),
    /// A range that was lost on the way, and why the reader does not see it.
    Dropped {
        /// Length of the range in bytes.
        bytes: u64,
        /// Line ends in it.
        lines: u64,
        /// Why.
        #[serde(default, skip_serializing_if = "Lost::is_spool")]
        why: Lost,
    },
}

/// Why a range of output was not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Lost {
    /// The node's spool was full, or its disk, before the server had taken it.
    #[default]
    Spool,
    /// The run had written as much as is kept of one run.
    RunQuota,
    /// The command's runs had written as much as is kept of one command.
    CommandQuota,
    /// All that is kept of all commands was full.
    TotalQuota,
    /// It was older than output is kept.
    Age,
    /// Something that a newer server knows.
    #[serde(other)]
    Unknown,
}

impl Lost {
    /// Whether it was lost on the node: what is not said, as nodes know no other reason.
    #[must_use]
    pub fn is_spool(&self) -> bool {
        *self == Self::Spool
    }

    /// For people: what to say after "not kept: ".
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Spool => "the node's spool was full",
            Self::RunQuota => "the quota of one run is used up",
            Self::CommandQuota => "the quota of one command is used up",
            Self::TotalQuota => "the quota of all output is used up",
            Self::Age => "older than output is kept",
            Self::Unknown => "for a reason that a newer server knows",
        }
    }
}

/// A piece of a job's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Where its first byte stands in the job's log.
    pub offset: u64,
    /// Index of the step that wrote it, from 0.
    pub step: u16,
    /// Which of the step's streams.
    pub stream: Stream,
    /// When the agent read it.
    pub at: Millis,
    /// The bytes, or the hole where they were.
    pub payload: Payload,
}

impl Chunk {
    /// Length in the job's log, in bytes, holes included.
    #[must_use]
    pub fn len(&self) -> u64 {
        match &self.payload {
            Payload::Data(bytes) => bytes.len() as u64,
            Payload::Dropped { bytes, .. } => *bytes,
        }
    }

    /// Whether it occupies nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The offset right after it.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.offset.saturating_add(self.len())
    }

    /// What of this chunk lies at or after `offset`: all, a tail, or nothing. A hole's line count is kept whole, as nobody
    /// knows where in it the lines were.
    #[must_use]
    pub fn from_offset(mut self, offset: u64) -> Option<Self> {
        if self.end() <= offset {
            return None;
        }
        let cut = offset.saturating_sub(self.offset);
        match &mut self.payload {
            Payload::Data(bytes) => {
                bytes.drain(..usize::try_from(cut).ok()?);
            }
            Payload::Dropped { bytes, .. } => *bytes -= cut,
        }
        self.offset += cut;
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(offset: u64, text: &str) -> Chunk {
        Chunk {
            offset,
            step: 0,
            stream: Stream::Stdout,
            at: Millis(1),
            payload: Payload::Data(text.as_bytes().to_vec()),
        }
    }

    #[test]
    fn a_redelivered_chunk_is_cut_to_what_is_new() {
        assert_eq!(chunk(10, "abcdef").from_offset(10), Some(chunk(10, "abcdef")));
        assert_eq!(chunk(10, "abcdef").from_offset(13), Some(chunk(13, "def")));
        assert_eq!(chunk(10, "abcdef").from_offset(16), None);
    }
}
