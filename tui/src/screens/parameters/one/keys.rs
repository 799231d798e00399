//! What the room hears, and the keys for it.

use pilothouse_kit::diff::DiffMsg;
use pilothouse_kit::keymap::Keymap;

use super::super::sheet::SheetMsg;
use crate::route::ParameterTab;
use crate::screen::Input;
use crate::screens::rows::{ListMsg, movement};

/// What the room hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// Move in what is shown.
    Move(ListMsg),
    /// Show the tab to the right, or to the left.
    Turn(bool),
    /// Show this tab.
    Tab(ParameterTab),
    /// Compare the version with the one before it, or with the one that is marked; go to the document.
    Enter,
    /// Mark the version that others are compared with.
    Base,
    /// Show or hide what is sealed.
    Reveal,
    /// Write a new version.
    Edit,
    /// To the sheet.
    Sheet(SheetMsg),
    /// Type the labels of the version.
    Label,
    /// Type the tags.
    Tag,
    /// Something typed into the line that is open.
    Typed(Input),
    /// Show what would be, and ask before it is rolled back to the version under the cursor.
    RollBack,
    /// Roll back to this version: it was confirmed.
    RolledBack(i64),
    /// Ask before it is deleted.
    Delete,
    /// Delete it: it was confirmed.
    Deleted,
    /// To the comparison.
    Diff(DiffMsg),
    /// Show what can be copied.
    Copy,
    /// Copy this.
    CopyText(String),
    /// Copy the value, as a secret; of a version, if one is given.
    CopyValue(Option<i64>),
    /// Show what can be done.
    Actions,
}

/// The permission that it needs.
pub(super) const fn permission(msg: &Msg) -> Option<&'static str> {
    Some(match msg {
        Msg::Edit | Msg::RollBack | Msg::RolledBack(_) | Msg::Sheet(SheetMsg::Save | SheetMsg::Overwrite) => {
            "ssm:PutParameter"
        }
        Msg::Label => "ssm:LabelParameterVersion",
        Msg::Tag => "ssm:AddTagsToResource",
        Msg::Delete | Msg::Deleted => "ssm:DeleteParameter",
        Msg::Reveal | Msg::Sheet(SheetMsg::Fetch) => "kms:Decrypt",
        Msg::CopyValue(_) => "ssm:GetParameter",
        _ => return None,
    })
}

pub(super) fn keys() -> Keymap<Msg> {
    let mut moves = movement(Msg::Move);
    // Few columns, five tabs: sideways leads to the next of them.
    moves.bindings.retain(|binding| !binding.name.starts_with("columns-"));
    contents().and(deeds()).and(tabs()).and(comparison()).and(sheet()).and(moves)
}

/// Its value, and the way through the tabs and deeper.
fn contents() -> Keymap<Msg> {
    Keymap::new()
        .bind("e", "edit", "put a new version", "parameter", Msg::Edit)
        .bar()
        .bind("=", "reveal", "show a secret for 30 s, or hide it", "parameter", Msg::Reveal)
        .bar()
        .bind(
            "Tab, l, Right",
            "turn",
            "value, history, blame, used by, policies",
            "parameter",
            Msg::Turn(true),
        )
        .bar()
        .bind("Backtab, h, Left", "turn-back", "the tab to the left", "parameter", Msg::Turn(false))
        .bind(
            "Enter",
            "enter",
            "compare with the version before or the mark; go to the document",
            "parameter",
            Msg::Enter,
        )
        .bar()
}

/// What is done with a version, or with all of it.
fn deeds() -> Keymap<Msg> {
    Keymap::new()
        .bind(
            "b",
            "roll-back",
            "make an old version the newest, after showing what changes",
            "parameter",
            Msg::RollBack,
        )
        .bar()
        .bind("L", "label", "labels of the version", "parameter", Msg::Label)
        .bar()
        .bind("t", "tag", "tags", "parameter", Msg::Tag)
        .bar()
        .bind("Space", "base", "mark the version that others are compared with", "parameter", Msg::Base)
        .bind("D, Del", "delete", "delete it, after asking", "parameter", Msg::Delete)
        .bind("y", "copy", "copy menu: name, value, aws line, ARN, locator", "parameter", Msg::Copy)
        .bind("x", "actions", "action menu", "parameter", Msg::Actions)
        .bar()
}

/// The tabs by name, for the command bar.
fn tabs() -> Keymap<Msg> {
    Keymap::new()
        .bind("", "value", "what it holds", "parameter", Msg::Tab(ParameterTab::Value))
        .bind("", "versions", "its versions", "parameter", Msg::Tab(ParameterTab::History))
        .bind("", "blame", "who wrote it, and who read it", "parameter", Msg::Tab(ParameterTab::Blame))
        .bind("", "used-by", "documents that refer to it", "parameter", Msg::Tab(ParameterTab::Uses))
        .bind("", "policies", "what it does by itself", "parameter", Msg::Tab(ParameterTab::Policies))
}

fn comparison() -> Keymap<Msg> {
    Keymap::new()
        .bind("n", "next-change", "next change", "comparison", Msg::Diff(DiffMsg::Change(true)))
        .bind("N", "previous-change", "change before", "comparison", Msg::Diff(DiffMsg::Change(false)))
        .bind("w", "beside", "side by side, or one below the other", "comparison", Msg::Diff(DiffMsg::Beside))
}

/// Keys of the sheet, for the help and the key bar.
fn sheet() -> Keymap<Msg> {
    Keymap::new()
        .bind("Ctrl-s", "put", "put what was written", "writing", Msg::Sheet(SheetMsg::Save))
        .bind("Ctrl-r", "peek", "show what is typed into a secret", "writing", Msg::Sheet(SheetMsg::Peek))
        .bind(
            "Ctrl-o",
            "old-value",
            "bring the old value of a secret in",
            "writing",
            Msg::Sheet(SheetMsg::Fetch),
        )
        .bind("Ctrl-g", "next-mistake", "next mistake in the text", "writing", Msg::Sheet(SheetMsg::Mistake))
}
