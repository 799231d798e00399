//! The way to a Pilothouse server: signs and calls operations, and follows topics on a stream that heals itself.
//!
//! In: an [`Endpoint`] with credentials; any operation of `pilothouse-api`. Out: its reply, or a [`ClientError`] that people
//! can read; [`events::StreamEvent`]s, gap-free across reconnects. Requests are signed as AWS's SDKs sign (SigV4, service
//! `ssm`), so the same credentials serve the aws CLI.
//!
//! Never here: profiles of the cockpit, screens, retries of what may have been carried out.

mod call;
pub mod credentials;
mod endpoint;
mod error;
pub mod events;
mod sign;

/// What this client calls itself.
const USER_AGENT: &str = concat!("pilothouse/", env!("CARGO_PKG_VERSION"));

pub use call::Client;
pub use credentials::{Credentials, CredentialsError};
pub use endpoint::Endpoint;
pub use error::ClientError;
pub use events::{EventStream, StreamEvent, Ticket};
pub use pilothouse_trust::{Authority, Fingerprint};
