//! The audit trail: one record of every call, allowed or refused, in CloudTrail's form, in one chain.
//!
//! ```text
//!   door ─▶ CallRecord ─▶ scribe (CloudTrail's form) ─▶ places taken, hashes linked ─▶ rows, head sealed ─▶ commit
//! ```
//!
//! In: calls, as the door saw them. Out: rows in the store, rings of the doorbell, verdicts about the chain, exports. When a record
//! is written, and what happens when it cannot be, stands in `trail`; what the chain proves, and what it cannot, in `chain`.
//!
//! Never here: who may read it (`capabilities/audit`), what is worth recording (the door).

mod anchor;
mod beside;
mod chain;
mod cloudtrail;
mod export;
mod followed;
mod named;
mod parameters;
mod record;
mod retention;
#[cfg(test)]
mod stories;
mod tail;
mod trail;
mod verify;

pub use anchor::{Anchor, AnchorFile, NotAnAnchor};
pub use beside::record_beside;
pub use chain::{ChainError, ChainKey};
pub use cloudtrail::Scribe;
pub use export::{Exported, Span, export};
pub use named::named;
pub use parameters::{MASK, parameters};
pub use record::{CallRecord, Flood, MAX_RESOURCES, Outcome, ResourceRef, Touched};
pub use tail::{Tail, tail};
pub use trail::AuditTrail;
pub use verify::{Defect, Verified, anchor_holds, verify};
