//! The agent's tongue: what `pilothouse-agent` and `pilothouse-server` say to each other, and the rules both obey.
//!
//! In: plain values. Out: ids, states with their legal transitions, frames and their bytes, and the link's state machine for
//! both ends. Agents in the field are many and old, so every frame is a map with named members: a reader ignores members it
//! does not know, fills members it misses with their defaults, and reads a frame it does not know as `Unknown`.
//! `golden/` holds one file per frame and version; they are never edited, only added.
//!
//! Never here: I/O, clocks, randomness, tokio.

pub mod ask;
pub mod chunk;
pub mod claim;
pub mod frame;
pub mod ids;
pub mod job;
pub mod link;
pub mod progress;
pub mod state;
pub mod time;
pub mod window;

pub use ask::{Answer, PackageAnswer, Want};
pub use chunk::{Chunk, Lost, Payload, Stream};
pub use claim::{Claim, Facts};
pub use frame::{FrameError, Held, Refusal, ToAgent, ToServer, Verdict};
pub use ids::{ActivationId, CommandId, InstanceId, JobId, MalformedId};
pub use job::{Job, Outcome, Phase, StepResult};
pub use progress::{Killed, LockHolder, ProcessState, Progress};
pub use state::{IllegalTransition, InvocationEvent, InvocationState, PingStatus, Platform, StepState};
pub use time::Millis;
