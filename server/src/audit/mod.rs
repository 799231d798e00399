//! The audit trail: one record of every call, allowed or refused, in CloudTrail's form, in one chain.
//!
//! ```text
//!   door ─▶ CallRecord ─▶ scribe (CloudTrail's form) ─▶ places taken, hashes linked ─▶ rows, head sealed ─▶ commit
//! ```
//!
//! **When it is written.** The record of a call that changed something is committed with the change, so neither is there without
//! the other. Records of reads and refusals go through a queue that is written in groups. Nobody is answered before the record
//! is in the queue; the queue tries again for as long as the store fails, and never drops: when it is full, calls are refused
//! with ServiceUnavailable instead of going unrecorded. What a crash of the whole process can lose is the queue: the last
//! milliseconds of reads and refusals, or, while the database was out of reach, what waited for it.
//!
//! **What the chain proves.** Each record's hash is an HMAC over the hash before it, its place, and everything it says. The key
//! is sealed under the master key, so whoever can write to the database but does not have the master key cannot change, remove,
//! insert or move a record, nor lower the head or raise the floor of retention, without being found. What the chain alone
//! cannot tell is that its newest part was cut off and an older head put back: that takes an anchor, a place and its hash that
//! was kept elsewhere. Every verification prints one, and the server writes and logs one each hour and when it stops.
//!
//! Never here: who may read it (`capabilities/audit`), what is worth recording (the door).

mod anchor;
mod chain;
mod cloudtrail;
mod export;
mod parameters;
mod record;
mod retention;
#[cfg(test)]
mod stories;
mod tail;
mod trail;
mod verify;

pub use anchor::{Anchor, AnchorFile, NotAnAnchor};
pub use chain::{ChainError, ChainKey};
pub use cloudtrail::Scribe;
pub use export::{Exported, Span, export};
pub use parameters::{MASK, parameters};
pub use record::{CallRecord, MAX_RESOURCES, Outcome, ResourceRef, Touched};
pub use tail::{Tail, tail};
pub use trail::AuditTrail;
pub use verify::{Defect, Verified, anchor_holds, verify};
