//! Why a call failed, in words for people.

use std::time::Duration;

use pilothouse_api::Fault;
use pilothouse_trust::{Distrust, is_plain};

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server said no.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// No connection, or it broke before the answer was there. A change may or may not have been made.
    #[error("the server at {endpoint} cannot be reached: {why}")]
    Unreachable {
        /// Where.
        endpoint: String,
        /// The cause, innermost last.
        why: String,
    },
    /// No answer in time. A change may or may not have been made.
    #[error("the server at {endpoint} did not answer within {} s", .after.as_secs())]
    TimedOut {
        /// Where.
        endpoint: String,
        /// How long was waited.
        after: Duration,
    },
    /// The answer is not one of a Pilothouse server: a proxy's page, or a server of another version.
    #[error(
        "{endpoint} gave an answer that cannot be read (status {status}): {why}; is it a Pilothouse server?"
    )]
    Unreadable {
        /// Where.
        endpoint: String,
        /// HTTP status.
        status: u16,
        /// What is wrong with it.
        why: String,
    },
    /// The endpoint or the credentials cannot be used as they are.
    #[error("{0}")]
    Settings(String),
}

impl ClientError {
    /// The server's fault code, if the server answered at all.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Fault(fault) => Some(&fault.code),
            _ => None,
        }
    }
}

/// What is said of a server that answers a TLS handshake with something else.
pub(crate) const PLAIN: &str = "it does not speak TLS there, which https:// asks for: is it http://?";

/// An error with its causes, innermost last, each said once.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    if let Some(distrust) = Distrust::behind(error) {
        return distrust.to_string();
    }
    if is_plain(error) {
        return PLAIN.to_owned();
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = inner.source();
    }
    text
}
