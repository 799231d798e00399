//! Whom to trust at the other end of TLS: the one rule that agents and operators keep alike.
//!
//! A server is trusted when its certificate comes from the [`Authority`] that one was told of, by a file or by a
//! [`Fingerprint`] that fits on a command line. A fingerprint replaces the file and nothing else: the authority's certificate
//! comes along in the server's chain, must be the one that is meant, and is then the only root that the server's certificate
//! is checked against, with its names and times, by webpki.
//!
//! In: a file or a fingerprint. Out: a client's TLS configuration. Never here: sockets, settings, authorities of the system.

mod authority;
mod distrust;
mod fingerprint;
mod pinned;

pub use authority::{Authority, TrustError, pem};
pub use distrust::{Distrust, WrongAuthority, is_plain};
pub use fingerprint::{Fingerprint, NoFingerprint};
