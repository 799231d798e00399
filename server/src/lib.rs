//! The server: what decides, and the one place with memory.
//!
//! ```text
//!   operators ──▶ http ─────┐
//!   agents ─────▶ gateway ──┼──▶ door ──▶ capabilities ──▶ store, outputs
//!   the clock ──▶ scheduler ┘      │
//!                                  └──▶ doorbell (after commit) ──▶ followers, dispatcher
//! ```
//!
//! Three doors around one core: whoever calls, an operation is authorized, run in a transaction, audited, committed and
//! published in one place, [`door::Door::perform`]. In: requests, frames, the time. Out: rows, files, frames.
//! Never here: screens, and what runs on nodes.

pub mod access;
pub mod audit;
pub mod capabilities;
pub mod clock;
pub mod config;
pub mod courier;
pub mod credentials;
pub mod cx;
pub mod door;
pub mod doorbell;
pub(crate) mod finder;
pub mod folding;
pub mod gateway;
pub mod http;
pub mod internal;
pub mod operations;
pub(crate) mod private_file;
pub mod scheduler;
pub mod secrets;
pub mod server;
pub(crate) mod start_error;
pub mod tls;
pub mod tools;
pub mod wire;

pub use config::Settings;
pub use server::{Server, StartError};

#[cfg(test)]
pub(crate) mod rig;
