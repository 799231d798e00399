//! What the room hears, and the keys for it.

use pilothouse_api::protocol::InstanceId;
use pilothouse_kit::keymap::Keymap;

use super::columns::Column;
use crate::screen::Input;
use crate::screens::rows::{ListMsg, listing, marking, movement};
use crate::tags::Changes;

/// What the room hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// To the list.
    List(ListMsg),
    /// Go to the node under the cursor.
    Open,
    /// Prepare a run on what is meant.
    Run,
    /// Show what can be copied.
    Copy,
    /// Copy this.
    CopyText(String),
    /// Show what can be done.
    Actions,
    /// Show the columns that can be chosen.
    Columns,
    /// Show or hide a column.
    Toggle(Column),
    /// Ask what an activation is to be for.
    Register,
    /// Something typed into that.
    TypedInvite(Input),
    /// Copy the line that registers.
    CopyInvite,
    /// Do not show it any more.
    CloseInvite,
    /// Ask before these are removed; those that are meant if there is none.
    Deregister,
    /// Remove them: it was confirmed.
    Remove(Vec<InstanceId>),
    /// Type changes to the tags of what is meant.
    EditTags,
    /// Something typed into them.
    TypedTags(Input),
    /// Make the changes: it was confirmed.
    ChangeTags(Vec<InstanceId>, Changes),
    /// A key that means nothing here.
    Nothing,
}

/// The permission that it needs.
pub(super) fn permission(msg: &Msg) -> Option<&'static str> {
    Some(match msg {
        Msg::Run => "ssm:SendCommand",
        Msg::Register => "ssm:CreateActivation",
        Msg::Deregister | Msg::Remove(_) => "ssm:DeregisterManagedInstance",
        Msg::EditTags | Msg::ChangeTags(..) => "ssm:AddTagsToResource",
        _ => return None,
    })
}

pub(super) fn keys() -> Keymap<Msg> {
    Keymap::new()
        .bind("Enter, d", "open", "open the node", "nodes", Msg::Open)
        .bar()
        .bind("r", "run", "run a command on the marks, or here", "nodes", Msg::Run)
        .bar()
        .bind("y", "copy", "copy menu: name, id, address, tags, locator", "nodes", Msg::Copy)
        .bind("x", "actions", "action menu for the marks", "nodes", Msg::Actions)
        .bar()
        .bind("c", "columns", "choose columns", "nodes", Msg::Columns)
        .bind("a", "register", "add a node: the line that registers it", "nodes", Msg::Register)
        .bind("e", "edit-tags", "change tags of the marks: env=prod -old", "nodes", Msg::EditTags)
        .bind("D", "deregister", "deregister the marks, after asking", "nodes", Msg::Deregister)
        .and(listing(Msg::List))
        .and(marking(Msg::List))
        .and(movement(Msg::List))
}
