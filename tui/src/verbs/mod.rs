//! Verbs without a screen: the same operations and topics as the cockpit's, as lines.
//!
//! In: a client, arguments. Out: lines on standard output, words for people on standard error, an exit status.
//! What a node said is made harmless when standard output is a terminal, and passed on to the byte when it is not.
//! Never here: the terminal's modes, anything of the shell.

pub mod call;
pub mod groups;
pub mod lines;
pub mod nodes;
pub mod output;
pub mod package;
pub mod parameters;
pub mod rights;
pub mod run;
pub mod targets;

use std::io;

use pilothouse_client::ClientError;

/// The exit status when it did not work everywhere.
pub const FAILED: u8 = 1;
/// The exit status for wrong usage.
pub const USAGE: u8 = 2;
/// The exit status when nobody reads on, as of a program that is ended by SIGPIPE.
pub const LEFT_PIPE: u8 = 141;
/// The exit status when it was left with Ctrl-C.
pub const LEFT: u8 = 130;

/// Why a verb does not do its work.
#[derive(Debug, thiserror::Error)]
pub enum VerbError {
    /// The server said no, or was not reached.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The event stream is over.
    #[error("{0}")]
    Stream(String),
    /// The arguments cannot be meant.
    #[error("{0}")]
    Usage(String),
    /// Nothing is left that reads what is printed.
    #[error("what is printed cannot be written: {0}")]
    Io(#[from] io::Error),
}

impl VerbError {
    /// Whether nobody reads any more what is printed, as behind `| head`: nothing is to be said of that.
    #[must_use]
    pub fn is_left(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The exit status that says so.
    #[must_use]
    pub fn status(&self) -> u8 {
        match self {
            _ if self.is_left() => LEFT_PIPE,
            Self::Usage(_) => USAGE,
            Self::Client(_) | Self::Stream(_) | Self::Io(_) => FAILED,
        }
    }
}
