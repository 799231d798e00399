//! The shape that every room keeps: plain state, a table of keys, one mutation, a drawing.
//!
//! In: messages from keys, answers under tickets, the mirror by reference. Out: [`Effects`] as data, and cells on a frame.
//! Never here: the loop, calls, another room.

use std::fmt::Debug;
use std::path::Path;

use crossterm::event::KeyEvent;
use pilothouse_api::protocol::Millis;
use pilothouse_api::topics::Topic;
use pilothouse_kit::input::{Line, LineEvent};
use pilothouse_kit::keymap::Keymap;
use pilothouse_kit::theme::Theme;
use ratatui::Frame;
use ratatui::layout::{Rect, Size};
use serde::{Deserialize, Serialize};

use crate::effect::{CallError, Effects, Reply, Secret, Ticket};
use crate::mirror::Mirror;
use crate::route::Route;

/// How instants are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Times {
    /// As distance from now: `12 s ago`.
    #[default]
    Relative,
    /// In this machine's time zone.
    Local,
    /// In UTC.
    Utc,
}

/// What a room may look at; read-only.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    /// What we know of the server.
    pub mirror: &'a Mirror,
    /// Colours and symbols.
    pub theme: &'a Theme,
    /// The time of this event or frame.
    pub now: Millis,
    /// Of the whole terminal, in cells.
    pub size: Size,
    /// How instants are shown.
    pub times: Times,
    /// From this many nodes on, a mutation asks for the count to be typed.
    pub typed_from: usize,
}

/// What is typed while a text field has the focus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(KeyEvent),
    /// Pasted text, as it came.
    Paste(String),
}

impl Input {
    /// Types it into a line.
    pub fn type_into(&self, line: &mut Line) -> LineEvent {
        match self {
            Self::Key(key) => line.key(*key),
            Self::Paste(text) => line.paste(text),
        }
    }
}

/// A room.
pub trait Screen {
    /// What can be said to it.
    type Msg: Clone + Debug + PartialEq;

    /// Its keys: help, key bar, palette and command bar are derived from this table.
    fn keys() -> Keymap<Self::Msg>;

    /// Why `msg` makes no sense or is not allowed now; it is greyed with this reason.
    fn why_not(&self, _msg: &Self::Msg, _cx: &Cx<'_>) -> Option<String> {
        None
    }

    /// The permission that what `msg` begins or does needs, such as `ssm:SendCommand`: who never has it sees it greyed, with the
    /// policies' reason.
    fn permission(_msg: &Self::Msg) -> Option<&'static str> {
        None
    }

    /// The name of this place.
    fn route(&self) -> Route;

    /// What the title bar and its tab call it.
    fn title(&self, cx: &Cx<'_>) -> String;

    /// What it wants to be told of, as topics with their cursors at the beginning.
    fn wants(&self, cx: &Cx<'_>) -> Vec<Topic>;

    /// It was just entered.
    fn open(&mut self, _cx: &Cx<'_>) -> Effects<Self::Msg> {
        Vec::new()
    }

    /// While one of its text fields has the focus: what was typed, as a message; `None` leaves the input to the keymap.
    fn typed(&self, _input: &Input) -> Option<Self::Msg> {
        None
    }

    /// The only mutation by the user.
    fn update(&mut self, msg: Self::Msg, cx: &Cx<'_>) -> Effects<Self::Msg>;

    /// A call was answered.
    fn landed(
        &mut self,
        _ticket: Ticket,
        _result: Result<Reply, CallError>,
        _cx: &Cx<'_>,
    ) -> Effects<Self::Msg> {
        Vec::new()
    }

    /// The mirror changed, the terminal was resized, or it was entered: time to refresh indexes.
    fn told(&mut self, _cx: &Cx<'_>) {}

    /// It was told, or is seen again: it may ask for more.
    fn follow_up(&mut self, _cx: &Cx<'_>) -> Effects<Self::Msg> {
        Vec::new()
    }

    /// A file was written for it, or was not.
    fn saved(&mut self, _path: &Path, _well: bool) {}

    /// A file that it asked for was read, or why it was not.
    fn loaded(&mut self, _path: &Path, _held: Result<Secret, String>, _cx: &Cx<'_>) -> Effects<Self::Msg> {
        Vec::new()
    }

    /// Another place is seen now: what is secret is hidden.
    fn left(&mut self) {}

    /// The user asks for everything anew; topics are followed anew anyway.
    fn refreshed(&mut self, _cx: &Cx<'_>) -> Effects<Self::Msg> {
        Vec::new()
    }

    /// When it wants [`follow_up`](Self::follow_up) to be called even if nothing is told until then.
    fn wakes_at(&self) -> Option<Millis> {
        None
    }

    /// What would be lost if it were closed now; then the user is asked first.
    fn unsaved(&self) -> Option<String> {
        None
    }

    /// `Esc`: closes something of its own (a filter, a field) and says so; otherwise the shell goes one place back.
    fn step_back(&mut self) -> bool {
        false
    }

    /// Draws it.
    fn view(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect);
}
