//! What the room hears, and the keys for it.

use pilothouse_kit::keymap::Keymap;
use pilothouse_kit::pager::PagerMsg;

use super::record::RecordMsg;
use crate::route::Route;
use crate::screens::rows::{ListMsg, listing, movement};

/// What the room hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// To the list; what moves goes to the record while one is open.
    List(ListMsg),
    /// To the record that is open.
    Record(RecordMsg),
    /// Read the record under the cursor whole.
    Open,
    /// Follow what comes, or stay.
    Follow,
    /// Show only calls that could change something, or all.
    Writes,
    /// Show what of it one can go to.
    Jump,
    /// Go there.
    Go(Route),
    /// Show what can be copied.
    Copy,
    /// Copy this.
    CopyText(String),
    /// Show what can be done.
    Actions,
}

pub(super) fn keys() -> Keymap<Msg> {
    let mut list = listing(Msg::List);
    for binding in &mut list.bindings {
        match binding.name {
            "filter" => {
                binding.doc = "filter: who:anna what:send where:prod result:refused; search in a record";
            }
            "faults" => binding.doc = "refused and failed only",
            _ => {}
        }
    }
    Keymap::new()
        .bind("Enter, d", "open", "read the record whole", "audit", Msg::Open)
        .bar()
        .bind("J", "jump", "go to what the call touched, or to who made it", "audit", Msg::Jump)
        .bar()
        .bind("f", "follow", "follow what comes, or stay", "audit", Msg::Follow)
        .bar()
        .bind("c", "changes-only", "only calls that could change something", "audit", Msg::Writes)
        .bar()
        .bind("y", "copy", "copy menu: record, request, who, resources, locator", "audit", Msg::Copy)
        .bind("x", "actions", "action menu", "audit", Msg::Actions)
        .and(record())
        .and(list)
        .and(movement(Msg::List))
}

/// Keys that mean the record that is open.
fn record() -> Keymap<Msg> {
    Keymap::new()
        .bind("n", "next-hit", "next hit of the search", "record", RecordMsg::Pager(PagerMsg::NextHit))
        .bind("N", "previous-hit", "hit before", "record", RecordMsg::Pager(PagerMsg::PreviousHit))
        .bind("W", "wrap", "wrap long lines, or cut them", "record", RecordMsg::Pager(PagerMsg::Wrap))
        .bind("w", "save", "save the record, or all that is shown, to a file", "record", RecordMsg::Save)
        .bar()
        .map(Msg::Record)
}
