//! What the room hears, and the keys for it.

use pilothouse_kit::keymap::Keymap;

use crate::screen::Input;
use crate::screens::rows::{ListMsg, movement};

/// What the room hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// Move in the pane that has the keys.
    Move(ListMsg),
    /// To the other pane.
    OtherPane,
    /// Open the command, or edit the tag, under the cursor.
    Open,
    /// Prepare a run on this node.
    Run,
    /// Type a new tag.
    AddTag,
    /// Change the tag under the cursor.
    EditTag,
    /// Ask before the tag under the cursor is removed.
    RemoveTag,
    /// Remove this tag: it was confirmed.
    Untag(String),
    /// Something typed into a tag.
    Typed(Input),
    /// Show what can be copied.
    Copy,
    /// Copy this.
    CopyText(String),
    /// Show what can be done.
    Actions,
    /// Ask before the node is removed.
    Deregister,
    /// Remove it: it was confirmed.
    Remove,
}

/// The permission that it needs.
pub(super) fn permission(msg: &Msg) -> Option<&'static str> {
    Some(match msg {
        Msg::Run => "ssm:SendCommand",
        Msg::AddTag | Msg::EditTag => "ssm:AddTagsToResource",
        Msg::RemoveTag | Msg::Untag(_) => "ssm:RemoveTagsFromResource",
        Msg::Deregister | Msg::Remove => "ssm:DeregisterManagedInstance",
        _ => return None,
    })
}

pub(super) fn keys() -> Keymap<Msg> {
    Keymap::new()
        .bind("Enter, d", "open", "open the command, or edit the tag", "node", Msg::Open)
        .bar()
        .bind("r", "run", "run a command on this node", "node", Msg::Run)
        .bar()
        .bind("Tab, Backtab", "other-pane", "to the tags or the commands", "node", Msg::OtherPane)
        .bar()
        .bind("a", "add-tag", "add a tag", "tags", Msg::AddTag)
        .bar()
        .bind("e", "edit-tag", "change the tag", "tags", Msg::EditTag)
        .bind("Del", "remove-tag", "remove the tag, after asking", "tags", Msg::RemoveTag)
        .bind("y", "copy", "copy menu: name, id, address, tags, locator", "node", Msg::Copy)
        .bind("x", "actions", "action menu", "node", Msg::Actions)
        .bar()
        .bind("D", "deregister", "deregister the node, after its name was typed", "node", Msg::Deregister)
        .and(movement(Msg::Move))
}
