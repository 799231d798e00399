//! What a room asks for: data, never closures, so that a test compares it and the shell alone carries it out.

mod request;

use std::path::PathBuf;

use pilothouse_api::protocol::{CommandId, InstanceId};
use zeroize::Zeroizing;

use crate::route::Route;

pub(crate) use request::for_each_request;
pub use request::{CallError, Reply, Request};

/// A room's name for a call it made; unique within the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u32);

/// What a room asks for, in order.
pub type Effects<M> = Vec<Effect<M>>;

/// Something that only the shell can do.
#[expect(
    clippy::large_enum_variant,
    reason = "a handful per key press, moved once; a box would only be in the way of tests"
)]
#[derive(Clone, Debug, PartialEq)]
pub enum Effect<M> {
    /// Call an operation; [`Screen::landed`](crate::screen::Screen::landed) hears of it under the ticket.
    Call(Ticket, Request),
    /// Go to a place; back returns here.
    Open(Route),
    /// Go to a place that takes this one's place in the history.
    Replace(Route),
    /// Leave this place.
    Close,
    /// Ask before something that hurts.
    Ask(Question<M>),
    /// Let the user choose one of several.
    Pick {
        /// What is chosen.
        title: String,
        /// The choices.
        items: Vec<Choice<M>>,
    },
    /// Arm an environment for the user; once that is done, the room hears this.
    Arm {
        /// Which.
        environment: String,
        /// What is said then.
        then: M,
    },
    /// Put text on the clipboard.
    Copy(String),
    /// Write text to a file; a relative path is the current directory's. An existing file is never overwritten.
    Save {
        /// Where.
        path: PathBuf,
        /// What.
        text: String,
    },
    /// Write the whole output of runs to a file, read piece by piece; an existing file is never overwritten.
    SaveOutput(OutputFile),
    /// Put a secret on the clipboard.
    CopySecret(Secret),
    /// Write a secret to a file that only its owner reads, as with [`Save`](Self::Save).
    SaveSecret {
        /// Where.
        path: PathBuf,
        /// What.
        text: Secret,
    },
    /// Read a file of at most a mebibyte; [`Screen::loaded`](crate::screen::Screen::loaded) hears what it holds, which may be secret.
    Load(PathBuf),
    /// Say something that goes away by itself.
    Toast(Level, String),
    /// Leave the cockpit; asks first when something is attached.
    Quit,
}

/// Output on its way into a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Where; a relative path is the current directory's.
    pub path: PathBuf,
    /// Of which command.
    pub command: CommandId,
    /// Of which nodes, with their names; of more than one each has a heading.
    pub nodes: Vec<(InstanceId, String)>,
}

/// A secret on its way to the one place where it is wanted: zeroized when it is dropped, and not seen in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// How much a toast matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// By the way.
    Info,
    /// It worked.
    Good,
    /// Look at this.
    Warn,
    /// It did not work.
    Error,
}

/// A question before something that hurts.
#[derive(Clone, Debug, PartialEq)]
pub struct Question<M> {
    /// What is about to happen, as a question.
    pub title: String,
    /// The blast radius, line by line; may be empty.
    pub card: Vec<String>,
    /// How hard it is to say yes.
    pub ladder: Ladder,
    /// What the room hears when it is yes.
    pub yes: M,
}

/// How hard it is to say yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ladder {
    /// One node: `y`.
    Yes,
    /// Many: a card with buttons, the focus on No.
    Card,
    /// Above the threshold or in production: this must be typed.
    Typed(String),
}

impl Ladder {
    /// The step for doing something to so many nodes, of which some may be of a production environment.
    #[must_use]
    pub fn of(nodes: usize, production: Option<&str>, typed_from: usize) -> Self {
        match production {
            Some(environment) => Self::Typed(environment.to_owned()),
            None if nodes == 1 => Self::Yes,
            None if nodes >= typed_from => Self::Typed(nodes.to_string()),
            None => Self::Card,
        }
    }
}

/// One of several.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice<M> {
    /// What it says.
    pub label: String,
    /// More about it, muted; may be empty.
    pub detail: String,
    /// Why it cannot be chosen now.
    pub disabled: Option<String>,
    /// What the room hears when it is chosen.
    pub msg: M,
}

impl<M> Choice<M> {
    /// A choice that can be made.
    pub fn new(label: impl Into<String>, msg: M) -> Self {
        Self { label: label.into(), detail: String::new(), disabled: None, msg }
    }
}
