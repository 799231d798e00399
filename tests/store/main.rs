//! The contract of the store: the same stories on SQLite and on PostgreSQL.

mod activations;
mod commands;
mod fixtures;
mod invocations;
mod nodes;
mod outputs;
mod place;
mod whole;
