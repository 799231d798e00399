//! Whether we hear the server.

use pilothouse_api::protocol::Millis;

/// The event stream's state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// Starting; says at what ("starting the local server").
    #[default]
    Starting,
    /// Starting, with a word on what is being waited for.
    Waiting(String),
    /// Linked.
    Live {
        /// Time of the last round trip in milliseconds, once known.
        rtt_ms: Option<u32>,
    },
    /// Not linked; tried again by itself.
    Lost {
        /// Since when nothing was heard.
        since: Millis,
        /// When the next attempt is made.
        retry_at: Millis,
        /// For people.
        why: String,
    },
    /// Given up: nothing that waiting could mend (wrong credentials, a broken local store).
    Broken(String),
}

impl Link {
    /// Whether what is shown is true now.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self, Self::Live { .. })
    }
}
