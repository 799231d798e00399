//! Layers: what lies over a room and has the keys while it is there. A question, a list to choose from (picker, palette, help,
//! themes), the command bar.
//!
//! In: keys, and what a room or the shell asks for. Out: [`Outcome`]s. Generic over rooms: what is chosen is a [`Say`].
//! Never here: what a choice does.

pub mod arm;
pub mod bar;
pub mod confirm;
pub mod list;
pub mod notice;

use crossterm::event::KeyEvent;

use super::keys::Say;
use super::tabs::RoomId;

pub use arm::ArmForm;
pub use bar::CommandBar;
pub use confirm::Confirm;
pub use list::{Entry, List};
pub use notice::Notice;

/// Something over the room.
#[expect(clippy::large_enum_variant, reason = "there are three at most, and none is moved often")]
pub enum Layer {
    /// A question before something that hurts.
    Confirm(Confirm),
    /// Something to choose from.
    List(List),
    /// The command bar.
    Bar(CommandBar),
    /// Something that must be read in full.
    Notice(Notice),
    /// For how long something is armed, and why.
    Arm(ArmForm),
}

/// What a key did to a layer.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It stays.
    Stay,
    /// It goes, and nothing is done.
    Close,
    /// It goes, and this is said: to the shell, or to the room of that name; to the one that is seen if it names none.
    Chose(Say, Option<RoomId>),
    /// What was chosen cannot be done, and why. It stays.
    Refused(String),
    /// It goes, and this was typed into the command bar.
    Typed(String),
    /// The command bar's text changed: its completions are to be made anew.
    Complete,
}

impl Layer {
    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent) -> Outcome {
        match self {
            Self::Confirm(confirm) => confirm.key(key),
            Self::List(list) => list.key(key),
            Self::Bar(bar) => bar.key(key),
            Self::Notice(_) => Notice::key(key),
            Self::Arm(form) => form.key(key),
        }
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) -> Outcome {
        match self {
            Self::Confirm(confirm) => {
                confirm.paste(text);
                Outcome::Stay
            }
            Self::List(list) => {
                list.paste(text);
                Outcome::Stay
            }
            Self::Bar(bar) => bar.paste(text),
            Self::Notice(_) => Outcome::Stay,
            Self::Arm(form) => {
                form.paste(text);
                Outcome::Stay
            }
        }
    }
}
