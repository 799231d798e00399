//! What the room hears, and the keys for it.

use pilothouse_kit::keymap::Keymap;

use crate::screens::rows::{ListMsg, listing, movement};

/// What the room hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// To the list.
    List(ListMsg),
    /// Go to the command under the cursor.
    Open,
    /// Prepare a run like it.
    Again,
    /// Prepare a run from a template.
    Templates,
    /// Show what can be copied.
    Copy,
    /// Copy this.
    CopyText(String),
    /// Show what can be done.
    Actions,
}

/// The permission that it needs.
pub(super) fn permission(msg: &Msg) -> Option<&'static str> {
    Some(match msg {
        Msg::Again => "ssm:SendCommand",
        Msg::Templates => "pilothouse:ListRunTemplates",
        _ => return None,
    })
}

pub(super) fn keys() -> Keymap<Msg> {
    Keymap::new()
        .bind("Enter, d", "open", "open the command", "commands", Msg::Open)
        .bar()
        .bind("r", "run-again", "run it again: everything can be changed before", "commands", Msg::Again)
        .bar()
        .bind("t", "templates", "prepare a run from a template", "commands", Msg::Templates)
        .bar()
        .bind("y", "copy", "copy menu: id, locator, script, command lines", "commands", Msg::Copy)
        .bar()
        .bind("x", "actions", "action menu", "commands", Msg::Actions)
        .and(listing(Msg::List))
        .and(movement(Msg::List))
}
