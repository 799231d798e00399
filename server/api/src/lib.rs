//! What operators can say to a Pilothouse server, and what they can see: nouns, operations, topics, errors. Data only.
//!
//! In: nothing. Out: one struct per operation that carries its wire name, its permission and its reply type; from that one
//! declaration the HTTP door, the client, the palette and the authorization test are derived. Operations that AWS defines keep
//! AWS's names, members and errors (botocore model `ssm/2014-11-06`); ours ride the same door as `Pilothouse.<Operation>`.
//! Constraints of the model (lengths, ranges, enums) are checked by [`Operation::validate`], rules by the server.
//!
//! Never here: I/O, clocks, tokio, storage, widgets.

pub mod about;
pub mod access;
pub mod activations;
pub mod approvals;
pub mod arming;
pub mod audit;
pub mod commands;
pub mod documents;
pub mod fault;
pub mod fleet;
pub mod folding;
pub mod groups;
pub mod nodes;
pub mod operation;
pub mod packages;
pub mod parameters;
pub mod runs;
pub mod settings;
pub mod sts;
pub mod tags;
pub mod timestamp;
pub mod topics;
pub mod validate;

pub use fault::{Fault, FaultKind};
pub use operation::{Access, FURTHER_PERMISSIONS, OPERATIONS, Operation, OperationInfo, decode};
pub use timestamp::Timestamp;
pub use validate::Violations;

pub use pilothouse_document as language;
pub use pilothouse_document as document;
pub use pilothouse_protocol as protocol;
