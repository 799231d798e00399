//! What the room hears, and the keys for it.

use pilothouse_api::protocol::InstanceId;
use pilothouse_kit::keymap::Keymap;
use pilothouse_kit::pager::PagerMsg;

use super::menus::Again;
use super::output::OutputMsg;
use crate::screens::rows::{ListMsg, listing, marking, movement};

/// What the room hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// To the list; what moves goes to the output while that has the keys.
    List(ListMsg),
    /// To the output.
    Output(OutputMsg),
    /// Show the output of the node under the cursor, large.
    Enter,
    /// Go to the node under the cursor.
    Describe,
    /// Give the keys that move to the other pane.
    Switch,
    /// Give the whole room to the pane that has the keys, or share it again.
    Zoom,
    /// Show the output of all nodes merged, or of one.
    Merge,
    /// Ask before the marked runs, or all, are stopped.
    Stop,
    /// Stop them: it was confirmed. All when empty.
    Stopped(Vec<InstanceId>),
    /// Choose on which nodes to run it again.
    Again,
    /// Prepare a run on these.
    RunOn(Again),
    /// Show what can be copied.
    Copy,
    /// Copy this.
    CopyText(String),
    /// Copy the output that is shown.
    CopyOutput,
    /// Show what can be done.
    Actions,
}

/// The permission that it needs.
pub(super) fn permission(msg: &Msg) -> Option<&'static str> {
    Some(match msg {
        Msg::Stop | Msg::Stopped(_) => "ssm:CancelCommand",
        Msg::Again | Msg::RunOn(_) => "ssm:SendCommand",
        _ => return None,
    })
}

pub(super) fn keys() -> Keymap<Msg> {
    let mut list = listing(Msg::List);
    // The same key looks for text while the output has the keys.
    for binding in list.bindings.iter_mut().filter(|binding| binding.name == "filter") {
        binding.doc = "filter the nodes, or search in the output";
    }
    Keymap::new()
        .bind("Enter", "output", "output of this node, large", "command", Msg::Enter)
        .bar()
        .bind("X", "stop", "stop it on the marks, or everywhere", "command", Msg::Stop)
        .bar()
        .bind("r", "run-again", "run again, on those that failed or any other group", "command", Msg::Again)
        .bar()
        .bind("m", "merge", "output of all nodes merged, or of one", "command", Msg::Merge)
        .bar()
        .bind("Tab", "other-pane", "to the other pane", "command", Msg::Switch)
        .bar()
        .bind("z", "zoom", "the whole room for this pane", "command", Msg::Zoom)
        .bind("d", "describe", "go to the node", "command", Msg::Describe)
        .bind("y", "copy", "copy menu: ids, locator, command lines, output", "command", Msg::Copy)
        .bind("x", "actions", "action menu", "command", Msg::Actions)
        .and(output())
        .and(list)
        .and(marking(Msg::List))
        .and(movement(Msg::List))
}

/// Keys that mean the output, whichever pane has those that move.
fn output() -> Keymap<Msg> {
    Keymap::new()
        .bind("f", "follow", "follow the output, or stay", "output", OutputMsg::Pager(PagerMsg::Follow))
        .bar()
        .bind("n", "next-hit", "next hit of the search", "output", OutputMsg::Pager(PagerMsg::NextHit))
        .bind("N", "previous-hit", "hit before", "output", OutputMsg::Pager(PagerMsg::PreviousHit))
        .bind("e", "next-error", "next error line", "output", OutputMsg::Pager(PagerMsg::NextError))
        .bind("E", "previous-error", "error line before", "output", OutputMsg::Pager(PagerMsg::PreviousError))
        .bind("W", "wrap", "wrap long lines, or cut them", "output", OutputMsg::Pager(PagerMsg::Wrap))
        .bind("t", "timestamps", "when each line was said", "output", OutputMsg::Pager(PagerMsg::Times))
        .bind("w", "save", "save the output to a file", "output", OutputMsg::Save)
        .bind("", "search-output", "search in the output, from either pane", "output", OutputMsg::Search)
        .map(Msg::Output)
}
