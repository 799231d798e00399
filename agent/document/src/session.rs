//! What a session document is made of, schema 1.0.

use serde_json::{Map, Value};

/// What a session is and what it may do.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Which kind of session it opens.
    pub session_type: SessionType,
    /// Preferences: logging, time-outs, shell profiles, run-as.
    pub inputs: Map<String, Value>,
    /// The command for each platform, or the port.
    pub properties: Map<String, Value>,
}

/// The kind of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionType {
    /// A shell.
    StandardStream,
    /// One command on a terminal.
    InteractiveCommands,
    /// One command without a terminal.
    NonInteractiveCommands,
    /// A forwarded port.
    Port,
}

impl SessionType {
    pub(crate) const WORDS: &'static [(&'static str, Self)] = &[
        ("Standard_Stream", Self::StandardStream),
        ("InteractiveCommands", Self::InteractiveCommands),
        ("NonInteractiveCommands", Self::NonInteractiveCommands),
        ("Port", Self::Port),
    ];

    /// AWS's spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StandardStream => "Standard_Stream",
            Self::InteractiveCommands => "InteractiveCommands",
            Self::NonInteractiveCommands => "NonInteractiveCommands",
            Self::Port => "Port",
        }
    }
}
