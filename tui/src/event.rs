//! What reaches the loop, and what leaves it. Everything that happens outside comes in as an [`Event`] on one channel; everything
//! that is to happen outside goes out as an [`Order`].

use std::path::PathBuf;
use std::time::Duration;

use crossterm::event::{KeyEvent, MouseEvent};
use pilothouse_api::protocol::Millis;
use pilothouse_api::topics::{News, Topic};
use ratatui::layout::Size;

use crate::effect::{CallError, OutputFile, Reply, Request, Secret};

/// The shell's name for a call, unique in this cockpit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// The shell's name for one following of a topic. A topic that is left and entered again gets another, so that late news of the
/// first is never taken for news of the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FollowId(pub u64);

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The mouse did something; only while it is on.
    Mouse(MouseEvent),
    /// The terminal has this size now.
    Resize(Size),
    /// Time passed: distances on the screen may be old.
    Tick,
    /// The server, or the way there, said something.
    Feed(Feed),
    /// A call was answered.
    Landed(CallId, Box<Result<Reply, CallError>>),
    /// A file was written, or why not.
    Saved(PathBuf, Result<(), String>),
    /// What a file holds, or why it cannot be read.
    Loaded(PathBuf, Result<Secret, String>),
    /// The program is asked to end (SIGTERM, SIGHUP), or the terminal is gone.
    Terminated,
}

/// What the event stream says.
#[derive(Debug)]
pub enum Feed {
    /// Not linked yet; what is being waited for.
    Waiting(String),
    /// Which server it is, by its URL, and the region that we work in.
    Server(String, String),
    /// Linked.
    Live {
        /// Time of the last round trip, once known.
        rtt: Option<Duration>,
    },
    /// What the server's clock shows.
    Clock {
        /// The server's time.
        now: Millis,
    },
    /// Not linked; tried again by itself.
    Lost {
        /// For people.
        why: String,
        /// How long until the next attempt.
        retry_in: Duration,
    },
    /// Given up.
    Broken {
        /// For people.
        why: String,
    },
    /// News on a topic.
    News {
        /// Of which following.
        follow: FollowId,
        /// What.
        news: News,
        /// The topic with its cursor moved past it.
        next: Topic,
        /// Whether more follows at once.
        more: bool,
    },
    /// A topic cannot be followed.
    Refused {
        /// Which following.
        follow: FollowId,
        /// For people.
        why: String,
    },
}

/// Something to be done outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// Call an operation; answered by [`Event::Landed`].
    Call(CallId, Box<Request>),
    /// Follow a topic from its cursor on.
    Follow(FollowId, Topic),
    /// Stop following.
    Unfollow(FollowId),
    /// Put text on the clipboard of the terminal.
    Copy(String),
    /// Write a file that is not there yet; answered by [`Event::Saved`].
    Save(PathBuf, String),
    /// Write the output of runs to a file that is not there yet; answered by [`Event::Saved`].
    SaveOutput(OutputFile),
    /// Put a secret on the clipboard of the terminal.
    CopySecret(Secret),
    /// Write a secret to a file that is not there yet; answered by [`Event::Saved`].
    SaveSecret(PathBuf, Secret),
    /// Read a file; answered by [`Event::Loaded`].
    Load(PathBuf),
    /// Capture the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Ring the terminal's bell.
    Bell,
    /// Ring it, and show this where the terminal is known to show notices.
    Notice(String),
    /// Draw everything anew, whatever the terminal shows.
    Repaint,
    /// Leave.
    Quit,
}
