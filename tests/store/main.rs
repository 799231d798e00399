//! The contract of the store: the same stories on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails where something is not as it should be")]

mod activations;
mod approvals;
mod armings;
mod audit;
mod blobs;
mod chain;
mod commands;
mod deliveries;
mod documents;
mod dump;
mod fixtures;
mod invocations;
mod kept;
mod nodes;
mod outputs;
mod parameter_history;
mod parameters;
mod parameters_in_memory;
mod place;
mod principals;
mod secrets;
mod settings;
mod whole;
