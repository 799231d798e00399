//! What the room hears, and the keys for it.

use pilothouse_api::access::KeyStatus;
use pilothouse_kit::keymap::Keymap;

use super::new_key::NewKeyMsg;
use super::paper::PaperMsg;
use super::simulation::SimulationMsg;
use super::target::Target;
use crate::route::AccessTab;
use crate::screen::Input;
use crate::screens::rows::{ListMsg, listing, movement};

/// What the room hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// To the list, or to the pane that has the keys.
    List(ListMsg),
    /// Show the tab to the right, or to the left.
    Turn(bool),
    /// Show this tab.
    Tab(AccessTab),
    /// Show this tab at this name.
    Show(AccessTab, String),
    /// Look closer at what the cursor is on.
    Open,
    /// To the other pane.
    OtherPane,
    /// Fill in a form for something new.
    New,
    /// Something typed into the form.
    Form(Input),
    /// Ask before what the cursor is on is taken away.
    Remove,
    /// Take it away: it was confirmed.
    Removed(Target),
    /// Make an access key.
    NewKey,
    /// Choose how long the old key works on.
    Rotate,
    /// Rotate this key; the old one works for so many seconds.
    RotateFor(String, i64),
    /// Switch a key on or off.
    Switch,
    /// Make this key so.
    Make(String, KeyStatus),
    /// Type an SSH public key.
    Ssh,
    /// Choose groups of the user, or members of the group.
    Members,
    /// Put a user into a group.
    Join(String, String),
    /// Choose policies of the principal, or principals of the policy.
    Policies,
    /// Attach a policy to a principal.
    Attach(String, String),
    /// Take away without asking: it can be given back.
    Give(Target),
    /// Change the policy's text.
    Edit,
    /// Copy the policy under a new name.
    CopyPolicy,
    /// Open this policy at this line.
    Line(String, u32),
    /// To the text that is open.
    Paper(PaperMsg),
    /// To the overlay that shows a new key.
    Shown(NewKeyMsg),
    /// Ask why the principal under the cursor may, or may not.
    Why,
    /// To the simulation.
    Simulation(SimulationMsg),
    /// Show what can be copied.
    Copy,
    /// Copy this.
    CopyText(String),
    /// Show what can be done.
    Actions,
}

pub(super) fn keys() -> Keymap<Msg> {
    let mut moves = movement(Msg::List);
    // Few columns, five tabs: sideways leads to the next of them.
    moves.bindings.retain(|binding| !binding.name.starts_with("columns-"));
    Keymap::new()
        .bind("Enter, d", "open", "look closer: the pane beside, the policy's text", "access", Msg::Open)
        .bar()
        .bind("a", "new", "new user, group, role or policy", "access", Msg::New)
        .bar()
        .bind("l, Right", "next-list", "users, groups, roles, policies, simulate", "access", Msg::Turn(true))
        .bar()
        .bind("h, Left", "list-before", "the tab to the left", "access", Msg::Turn(false))
        .bind("K", "new-key", "new access key; its secret is shown once", "access", Msg::NewKey)
        .bar()
        .bind("m", "members", "groups of the user, or members of the group", "access", Msg::Members)
        .bar()
        .bind("p", "attach", "attach and detach policies", "access", Msg::Policies)
        .bar()
        .bind("w", "why", "why may it, why may it not: simulate", "access", Msg::Why)
        .bar()
        .bind("Tab, Backtab", "other-pane", "to the pane beside, and back", "access", Msg::OtherPane)
        .bind("D, Del", "remove", "delete what the cursor is on, after asking", "access", Msg::Remove)
        .bind("x", "actions", "action menu", "access", Msg::Actions)
        .bind("y", "copy", "copy menu: name, ARN, key id, locator", "access", Msg::Copy)
        .bind("r", "rotate-key", "rotate an access key", "keys", Msg::Rotate)
        .bind("t", "switch-key", "switch an access key off or on", "keys", Msg::Switch)
        .bind("s", "ssh-key", "register an SSH public key", "keys", Msg::Ssh)
        .and(policies())
        .and(tabs())
        .and(listing(Msg::List))
        .and(moves)
}

fn policies() -> Keymap<Msg> {
    Keymap::new()
        .bind("e", "edit", "change the policy's text", "policies", Msg::Edit)
        .bind("c", "copy-policy", "copy the policy under a new name", "policies", Msg::CopyPolicy)
        .bind("Ctrl-s", "save", "save the policy", "policies", Msg::Paper(PaperMsg::Save))
        .bind(
            "n",
            "next-finding",
            "next finding in the text",
            "policies",
            Msg::Paper(PaperMsg::Finding(true)),
        )
        .bind("N", "previous-finding", "finding before", "policies", Msg::Paper(PaperMsg::Finding(false)))
}

/// The tabs by name, for the command bar.
fn tabs() -> Keymap<Msg> {
    Keymap::new()
        .bind("", "users", "users and their keys", "access", Msg::Tab(AccessTab::Users))
        .bind("", "groups", "groups", "access", Msg::Tab(AccessTab::Groups))
        .bind("", "roles", "roles", "access", Msg::Tab(AccessTab::Roles))
        .bind("", "policies", "policies", "access", Msg::Tab(AccessTab::Policies))
        .bind("", "simulate", "why may, or may not, X do Y on Z?", "access", Msg::Tab(AccessTab::Simulate))
}
