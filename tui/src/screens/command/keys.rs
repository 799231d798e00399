//! What the room hears, and the keys for it.

use pilothouse_api::protocol::InstanceId;
use pilothouse_kit::keymap::Keymap;

use super::diff::DiffTabMsg;
use super::menus::Again;
use super::output::{OutputMsg, OutputTab};
use super::summary::Ignored;
use super::throttle::Limits;
use crate::route::CommandTab;
use crate::screen::Input;
use crate::screens::rows::{ListMsg, listing, marking, movement};

/// What the room hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// Show this tab.
    Tab(CommandTab),
    /// Show the tab to the right, or to the left.
    Turn(bool),
    /// Move, filter, sort, mark in what is shown.
    Move(ListMsg),
    /// To the next hit or change, or the one before.
    Next(bool),
    /// Deeper: from a group or a node to what it says, from a comparison to its nodes.
    Enter,
    /// Go to the node under the cursor.
    Describe,
    /// Compare what the cursor is on with what most nodes say.
    Compare,
    /// To the output.
    Output(OutputMsg),
    /// To the comparison.
    Diff(DiffTabMsg),
    /// Give the whole room to the tab, or share it with the head again.
    Zoom,
    /// Choose what is ignored when outputs are compared.
    Ignore,
    /// Ignore this, or do not any more.
    Ignored(Ignored),
    /// Send no more for now, or go on.
    Pause,
    /// More at a time, or fewer.
    Faster(bool),
    /// Type how many at a time, and how many errors are allowed.
    Limits,
    /// Something typed into the limits.
    Typed(Input),
    /// Set them: it was confirmed.
    Limited(Limits),
    /// Choose what is stopped: what was not sent, everything, one node.
    Stop,
    /// Ask before what was not sent is given up.
    Abort,
    /// Give it up: it was confirmed.
    Aborted,
    /// Ask before these runs are stopped; all when empty.
    Cancel(Vec<InstanceId>),
    /// Stop them: it was confirmed. All when empty.
    Cancelled(Vec<InstanceId>),
    /// Choose on which nodes to run next.
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
pub(super) const fn permission(msg: &Msg) -> Option<&'static str> {
    Some(match msg {
        Msg::Abort | Msg::Aborted | Msg::Cancel(_) | Msg::Cancelled(_) => "ssm:CancelCommand",
        Msg::Pause | Msg::Faster(_) | Msg::Limits | Msg::Limited(_) | Msg::Again | Msg::RunOn(_) => {
            "ssm:SendCommand"
        }
        _ => return None,
    })
}

pub(super) fn keys() -> Keymap<Msg> {
    let mut list = listing(Msg::Move);
    for binding in &mut list.bindings {
        match binding.name {
            "filter" => binding.doc = "filter the list, or search in the output",
            "faults" => binding.doc = "what went wrong on top; again: only that",
            _ => {}
        }
    }
    contents()
        .and(rates())
        .and(tabs())
        .and(OutputTab::keys().map(Msg::Output))
        .and(list)
        .and(marking(Msg::Move))
        .and(movement(Msg::Move))
}

/// The way deeper, and what is done with what the cursor is on.
fn contents() -> Keymap<Msg> {
    Keymap::new()
        .bind("Enter", "output", "what this group or node says", "command", Msg::Enter)
        .bar()
        .bind("r", "run-again", "run on this group, those that failed, or others", "command", Msg::Again)
        .bar()
        .bind("c", "compare", "compare with what most nodes say", "command", Msg::Compare)
        .bar()
        .bind("d", "describe", "go to the node", "command", Msg::Describe)
        .bind("n", "next-hit", "next hit, or next change", "command", Msg::Next(true))
        .bind("N", "previous-hit", "hit or change before", "command", Msg::Next(false))
        .bind("i", "ignore", "what is ignored when outputs are compared", "command", Msg::Ignore)
        .bind(
            "b",
            "compare-with",
            "choose what it is compared with",
            "comparison",
            Msg::Diff(DiffTabMsg::Base),
        )
        .bind(
            "|",
            "beside",
            "side by side, or one below the other",
            "comparison",
            Msg::Diff(DiffTabMsg::Beside),
        )
        .bind("z", "zoom", "the whole room for this tab", "command", Msg::Zoom)
        .bind("y", "copy", "copy menu: ids, locator, command lines, output", "command", Msg::Copy)
        .bind("x", "actions", "action menu", "command", Msg::Actions)
}

/// How fast it goes, and whether it goes on.
fn rates() -> Keymap<Msg> {
    Keymap::new()
        .bind("p", "pause", "send no more for now, or go on", "rate", Msg::Pause)
        .bar()
        .bind("+, =", "faster", "more nodes at a time", "rate", Msg::Faster(true))
        .bar()
        .bind("-", "slower", "fewer nodes at a time", "rate", Msg::Faster(false))
        .over()
        .bind("L", "limits", "how many at a time, how many errors are allowed", "rate", Msg::Limits)
        .bind("X", "stop", "abort, cancel or withdraw", "rate", Msg::Stop)
        .bar()
        .bind("", "abort", "what was not sent is not sent any more", "rate", Msg::Abort)
        .bind("", "cancel", "stop it on every node", "rate", Msg::Cancel(Vec::new()))
}

/// The tabs, by number and by name.
fn tabs() -> Keymap<Msg> {
    let mut keys = Keymap::new()
        .bind("Tab", "turn", "the tab to the right", "tabs", Msg::Turn(true))
        .bar()
        .bind("Backtab", "turn-back", "the tab to the left", "tabs", Msg::Turn(false));
    for (tab, chord, name, doc) in [
        (CommandTab::Summary, "1", "summary", "how far it is, and what the nodes say, folded"),
        (CommandTab::Nodes, "2", "runs", "a row per node"),
        (CommandTab::Output, "3", "show-output", "what they say, whole"),
        (CommandTab::Diff, "4", "diff", "what one says beside what most say"),
        (CommandTab::Timeline, "5", "timeline", "when each began and ended"),
    ] {
        keys = keys.bind(chord, name, doc, "tabs", Msg::Tab(tab)).over();
    }
    keys
}
