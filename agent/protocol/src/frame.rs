//! Frames: MessagePack maps with named members, one per websocket message.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ask::{Answer, Want};
use crate::chunk::Chunk;
use crate::claim::{Claim, Facts};
use crate::ids::{InstanceId, JobId};
use crate::job::{Job, Outcome, Phase, StepResult};
use crate::progress::Progress;
use crate::time::Millis;

/// The version of this language. A server speaks to agents of its own and of every older version.
pub const PROTOCOL_VERSION: u16 = 1;
/// The largest frame either side accepts, in bytes.
pub const MAX_FRAME: usize = 1024 * 1024;
/// Jobs that a node holds at a time, acknowledged ends left out: a server hands no more over, and an agent takes no more.
pub const MAX_HELD: usize = 256;
/// Where an agent opens its websocket, below the server's URL.
pub const LINK_PATH: &str = "/agent/v1/link";

/// A job the agent still holds, told right after the welcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Which.
    pub job: JobId,
    /// How far it got.
    pub phase: Phase,
    /// End of its output so far.
    pub output_end: u64,
}

/// What the server knows of a held job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Which.
    pub job: JobId,
    /// Output below this offset is stored: send from here.
    pub stored_to: u64,
    /// The server has its final state, or never heard of it: stop it if it runs, and forget it.
    pub forget: bool,
    /// A cancel was asked for while the link was down.
    pub cancel: bool,
}

/// Why a link is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The activation is unknown, expired, used up, or its code is wrong. Final.
    Activation,
    /// The server does not know this node (any more). Final.
    UnknownNode,
    /// The signature does not fit the node's key. Final.
    BadProof,
    /// Another machine holds a live link with this identity. Tried again later; the node is flagged.
    DuplicateIdentity,
    /// The agent speaks a version this server cannot. Final.
    Version,
    /// The server is stopping or overloaded. Tried again.
    Busy,
    /// A newer link of the same agent took this one's place.
    Superseded,
    /// A frame was not what the protocol allows here.
    Protocol,
    /// A reason this agent is too old to know. Tried again.
    #[serde(other)]
    Other,
}

impl Refusal {
    /// Whether trying again cannot help without an operator.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Activation | Self::UnknownNode | Self::BadProof | Self::Version)
    }
}

/// From the agent to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "frame")]
pub enum ToServer {
    /// First frame of a link.
    Hello {
        /// [`PROTOCOL_VERSION`] of the agent.
        protocol: u16,
        /// Who it says it is.
        claim: Claim,
        /// Its Ed25519 public key, 32 bytes.
        #[serde(with = "serde_bytes")]
        public_key: Vec<u8>,
        /// Tells this machine and data directory from a copy of them; never an identity by itself.
        fingerprint: String,
        /// Facts for the node's record.
        facts: Facts,
    },
    /// Answer to the challenge: an Ed25519 signature over [`crate::claim::proof_message`].
    Proof {
        /// 64 bytes.
        #[serde(with = "serde_bytes")]
        signature: Vec<u8>,
    },
    /// What the ledger holds; sent once, right after the welcome.
    Holding {
        /// Every job whose end the server has not acknowledged.
        jobs: Vec<Held>,
    },
    /// "I am here", answered by `Pulse` with the same number.
    Heartbeat {
        /// Counts up from 1 on each link.
        sequence: u64,
    },
    /// The facts changed.
    Facts {
        /// All of them.
        facts: Facts,
    },
    /// The job is on disk; the server need not send it again.
    Accepted {
        /// Which.
        job: JobId,
    },
    /// Its first step has begun.
    Started {
        /// Which.
        job: JobId,
        /// When.
        at: Millis,
        /// Process id of the first process, where there is one.
        #[serde(default)]
        pid: Option<u32>,
    },
    /// What it does, and what it waits for: 5 s after a step began, when that changes, and every 30 s while it runs. The newest
    /// says it all; an older server does not listen.
    Progress {
        /// Which.
        job: JobId,
        /// What.
        progress: Progress,
    },
    /// A piece of output, in order of offset.
    Output {
        /// Which.
        job: JobId,
        /// The piece.
        chunk: Chunk,
    },
    /// A step ended.
    Step {
        /// Which.
        job: JobId,
        /// How.
        result: StepResult,
    },
    /// The job ended; sent after all of its output, repeated on each link until acknowledged.
    Finished {
        /// Which.
        job: JobId,
        /// How.
        outcome: Outcome,
    },
    /// A job's step needs something of the server; answered by `Answer` with the same number. An older server does not answer.
    Ask {
        /// Counts up; never used twice by one agent process.
        ask: u64,
        /// The job that needs it; the node must hold it.
        job: JobId,
        /// What.
        want: Want,
    },
    /// A frame from a newer agent; ignored.
    #[serde(other)]
    Unknown,
}

/// From the server to the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "frame")]
pub enum ToAgent {
    /// Prove that you hold the key.
    Challenge {
        /// [`PROTOCOL_VERSION`] of the server.
        protocol: u16,
        /// 32 random bytes.
        #[serde(with = "serde_bytes")]
        nonce: Vec<u8>,
    },
    /// The link is up.
    Welcome {
        /// The node's id; new after an enrolment, to be stored before anything else.
        instance_id: InstanceId,
        /// Seconds between heartbeats.
        heartbeat_seconds: u32,
        /// Unacknowledged output bytes that the agent may have on the way, over all jobs.
        output_window: u64,
        /// The server's clock, so that the agent can report skew.
        now: Millis,
    },
    /// The link will be closed.
    Refused {
        /// Why, for the agent.
        reason: Refusal,
        /// Why, for people.
        message: String,
    },
    /// Answer to a heartbeat.
    Pulse {
        /// The heartbeat's number.
        sequence: u64,
    },
    /// Answer to `Holding`.
    Resume {
        /// One per held job.
        verdicts: Vec<Verdict>,
    },
    /// Run this.
    Run {
        /// The job.
        job: Job,
    },
    /// Stop it; answered by its `Finished`.
    Cancel {
        /// Which.
        job: JobId,
    },
    /// Output below `to` is stored: the window moves, the spool may shrink.
    Stored {
        /// Which.
        job: JobId,
        /// End of what is stored.
        to: u64,
    },
    /// The outcome is stored for good: forget the job.
    Acknowledged {
        /// Which.
        job: JobId,
    },
    /// Answer to an `Ask`.
    Answer {
        /// The ask's number.
        ask: u64,
        /// What is said.
        answer: Answer,
    },
    /// A frame from a newer server; ignored.
    #[serde(other)]
    Unknown,
}

/// Bytes that are no frame.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Longer than [`MAX_FRAME`].
    #[error("a frame of {0} bytes is over the limit of {MAX_FRAME}")]
    TooLong(usize),
    /// Not MessagePack, or not of a frame's shape.
    #[error("malformed frame: {0}")]
    Malformed(String),
}

/// The bytes of a frame.
///
/// # Errors
/// When it is longer than [`MAX_FRAME`].
pub fn encode<F: Serialize>(frame: &F) -> Result<Vec<u8>, FrameError> {
    let bytes = rmp_serde::to_vec_named(frame).map_err(|e| FrameError::Malformed(e.to_string()))?;
    if bytes.len() > MAX_FRAME { Err(FrameError::TooLong(bytes.len())) } else { Ok(bytes) }
}

/// The frame in these bytes.
///
/// # Errors
/// When they are too long or malformed.
pub fn decode<F: DeserializeOwned>(bytes: &[u8]) -> Result<F, FrameError> {
    if bytes.len() > MAX_FRAME {
        return Err(FrameError::TooLong(bytes.len()));
    }
    rmp_serde::from_slice(bytes).map_err(|e| FrameError::Malformed(e.to_string()))
}
