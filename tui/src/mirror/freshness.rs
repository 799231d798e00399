//! How fresh something is.

use pilothouse_api::protocol::Millis;

/// How far what we know can be trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// Asked for, not yet there.
    #[default]
    Loading,
    /// As the server knows it.
    Fresh,
    /// The link broke, or nobody looked, since then.
    Stale {
        /// When it was last fresh.
        since: Millis,
    },
    /// The server refused it.
    Failed {
        /// For people.
        why: String,
    },
}
