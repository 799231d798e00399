//! How a script ended, as it is written down.

use pilothouse_document::Platform;
use pilothouse_protocol::Killed;
use serde::{Deserialize, Serialize};

/// How a script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// By itself.
    Exited,
    /// Killed for its time.
    TimedOut,
    /// Killed on request.
    Cancelled,
    /// It could not be started.
    NotStarted,
}

/// The end of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// How.
    pub how: How,
    /// Exit code; 128 + signal when it was killed.
    pub code: i32,
    /// Bytes at the output's end which are not in the spool, as the disk was full.
    pub lost: u64,
    /// Why it could not be started; empty otherwise.
    pub message: String,
    /// Whom a cancel or a time-out took, survivors first, as far as they are told.
    #[serde(default)]
    pub killed: Vec<Killed>,
    /// All of them.
    #[serde(default)]
    pub killed_count: u32,
}

impl Exit {
    /// The end of a script by itself.
    #[must_use]
    pub fn of(code: i32) -> Self {
        Self { how: How::Exited, code, lost: 0, message: String::new(), killed: Vec::new(), killed_count: 0 }
    }

    /// Whether the script wants the machine rebooted, and to be run again then. Source: User Guide, "Handling reboots when running
    /// commands".
    #[must_use]
    pub fn wants_reboot(&self, platform: Platform) -> bool {
        let code = if platform == Platform::Windows { 3010 } else { 194 };
        self.how == How::Exited && self.code == code
    }

    /// The end of a script that never began.
    #[must_use]
    pub fn not_started(message: String) -> Self {
        Self { how: How::NotStarted, message, ..Self::of(-1) }
    }
}
