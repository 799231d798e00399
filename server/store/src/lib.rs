//! The memory: SQLite (WAL) by default, PostgreSQL by a URL, one SQL text for both.
//!
//! In: records and queries of the server's nouns. Out: rows, in pages. One module per noun, its SQL visible as SQL; only
//! integers, texts and blobs are stored, so that both dialects understand every statement. Every change of a region carries a
//! revision, handed out once per transaction by a counter whose row lock orders writers: who has read up to a revision has
//! missed nothing before it.
//!
//! `outputs` keeps what runs print, `blobs` what is attached to documents: in files, behind traits.
//! Never here: rules, HTTP, the clock.

pub mod activations;
pub mod approvals;
pub mod armings;
pub mod audit;
pub mod blobs;
pub mod catalog;
pub mod checkup;
pub mod commands;
pub mod deliveries;
pub mod documents;
pub mod dump;
mod error;
pub mod groups;
pub mod history;
pub mod invocations;
mod later;
mod lazily;
pub mod meta;
mod migrate;
pub mod nodes;
mod open;
pub mod outputs;
pub mod parameters;
pub mod policies;
pub mod principals;
mod rows;
pub mod secrets;
pub mod settings;
mod shelf;
mod store;
pub mod tags;
pub mod templates;
pub mod versions;

pub use error::StoreError;
pub use store::{Backend, Store, Tx};
