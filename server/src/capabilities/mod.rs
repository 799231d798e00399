//! What the server can do: one room per capability, one file per operation family.
//!
//! In: an operation and its context ([`crate::cx::Cx`]). Out: its reply or a fault. A room reads and writes the store through
//! its transaction and asks other capabilities only by running their operations; calls go downward: documents, nodes ←
//! commands ← events.
//!
//! Never here: HTTP, SQL text, tasks, the machine's clock.

pub mod about;
pub mod access;
pub mod approvals;
pub mod arming;
pub mod audit;
pub mod commands;
pub mod deliveries;
pub mod documents;
pub mod events;
pub mod folding;
pub mod nodes;
pub mod outputs;
pub mod packages;
pub(crate) mod page;
pub(crate) mod parameter_events;
pub mod parameters;
pub(crate) mod rates;
pub(crate) mod resources;
pub mod settings;
pub(crate) mod tag_keys;
pub mod tags;
pub(crate) mod view;
