//! What the room hears, and the keys for it.

use pilothouse_kit::keymap::Keymap;

use crate::screens::rows::{ListMsg, listing, movement};

/// What the room hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// To the list.
    List(ListMsg),
    /// Go to the request under the cursor: to read and to decide it.
    Open,
    /// Go to what the request made.
    Outcome,
    /// Ask before the own request under the cursor is taken back.
    Withdraw,
    /// Take it back: it was confirmed.
    Withdrawn(String),
    /// Show what can be copied.
    Copy,
    /// Copy this.
    CopyText(String),
}

/// The permission that it needs.
pub(super) fn permission(msg: &Msg) -> Option<&'static str> {
    match msg {
        Msg::Withdraw | Msg::Withdrawn(_) => Some("pilothouse:WithdrawApproval"),
        _ => None,
    }
}

pub(super) fn keys() -> Keymap<Msg> {
    Keymap::new()
        .bind("Enter, d", "open", "open the request, to read and decide it", "inbox", Msg::Open)
        .bar()
        .bind("r", "outcome", "go to the command that it became", "inbox", Msg::Outcome)
        .bar()
        .bind("X", "withdraw", "take an own request back, after asking", "inbox", Msg::Withdraw)
        .bar()
        .bind("y", "copy", "copy menu: id, locator", "inbox", Msg::Copy)
        .and(listing(Msg::List))
        .and(movement(Msg::List))
}
