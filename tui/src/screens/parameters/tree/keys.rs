//! What the room hears, and the keys for it.

use pilothouse_api::protocol::Millis;
use pilothouse_kit::diff::DiffMsg;
use pilothouse_kit::keymap::Keymap;
use pilothouse_kit::tree::{self, TreeMsg};

use super::super::sheet::SheetMsg;
use crate::route::ParameterTask;
use crate::screen::Input;

/// What the room hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// To the tree.
    Tree(TreeMsg),
    /// Open or close the folder; look closer at the parameter.
    Enter,
    /// Look closer at the parameter.
    Describe,
    /// Mark, or unmark.
    Mark,
    /// Mark every parameter that is shown.
    MarkAll,
    /// Take all marks away.
    Unmark,
    /// Type what is searched for.
    Filter,
    /// Type some letters of a name.
    Find,
    /// Type an instant: the tree as it was then.
    At,
    /// The tree as it is.
    Now,
    /// The tree as it was then.
    Travel(Millis),
    /// Something typed into the line that is open.
    Typed(Input),
    /// Show or hide what is sealed.
    Reveal,
    /// Write a new parameter.
    New,
    /// To the sheet.
    Sheet(SheetMsg),
    /// Look closer, and begin something.
    Task(ParameterTask),
    /// Type where it is copied to.
    CopyTo,
    /// Type where it is moved to.
    MoveTo,
    /// Do what was shown.
    Planned,
    /// Ask before what is meant is deleted.
    Delete,
    /// Delete these: it was confirmed.
    Deleted(Vec<String>),
    /// Compare what is marked, or then and now.
    Compare,
    /// To the comparison.
    Diff(DiffMsg),
    /// Type the file that is taken in.
    Import,
    /// Choose how it is written to a file.
    Export,
    /// Type the file; whether secrets go in plain text.
    ExportTo(bool),
    /// Show what can be copied.
    Copy,
    /// Copy this.
    CopyText(String),
    /// Copy the value, as a secret.
    CopyValue,
    /// Show what can be done.
    Actions,
}

/// The permission that it needs.
pub(super) const fn permission(msg: &Msg) -> Option<&'static str> {
    Some(match msg {
        Msg::New | Msg::CopyTo | Msg::Import | Msg::Task(ParameterTask::Edit) => "ssm:PutParameter",
        Msg::Task(ParameterTask::Label) => "ssm:LabelParameterVersion",
        Msg::Task(ParameterTask::Tag) => "ssm:AddTagsToResource",
        Msg::MoveTo | Msg::Delete | Msg::Deleted(_) => "ssm:DeleteParameter",
        Msg::Reveal | Msg::ExportTo(true) => "kms:Decrypt",
        Msg::CopyValue | Msg::Compare | Msg::Export => "ssm:GetParameter",
        _ => return None,
    })
}

pub(super) fn keys() -> Keymap<Msg> {
    foremost().and(others()).and(marks()).and(comparison()).and(sheet()).and(tree::keys(Msg::Tree))
}

/// What the key bar shows, what is wanted most often first.
fn foremost() -> Keymap<Msg> {
    Keymap::new()
        .bind("Enter", "enter", "open or close; look closer at a parameter", "parameters", Msg::Enter)
        .bar()
        .bind("e", "edit", "put a new version", "parameters", Msg::Task(ParameterTask::Edit))
        .bar()
        .bind("a", "new", "new parameter here", "parameters", Msg::New)
        .bar()
        .bind("=", "reveal", "show a secret for 30 s, or hide it", "parameters", Msg::Reveal)
        .bar()
        .bind(
            "/",
            "filter",
            "filter: db  /prod  type:secure  label:live  tag:env=prod",
            "parameters",
            Msg::Filter,
        )
        .bar()
        .bind("f", "find", "find a name by some letters", "parameters", Msg::Find)
        .bar()
        .bind("@", "as-of", "the tree as it was: 2026-11-01, 3d", "parameters", Msg::At)
        .bar()
        .bind("x", "actions", "action menu", "parameters", Msg::Actions)
        .bar()
}

/// What else is done with the folder or the parameter under the cursor.
fn others() -> Keymap<Msg> {
    Keymap::new()
        .bind(
            "d",
            "describe",
            "look closer: value, history, blame, uses, policies",
            "parameters",
            Msg::Describe,
        )
        .bind("y", "copy", "copy menu: name, value, aws line, locator", "parameters", Msg::Copy)
        .bind("c", "copy-to", "copy to another path", "parameters", Msg::CopyTo)
        .bind("m", "move-to", "move to another path", "parameters", Msg::MoveTo)
        .bind("D, Del", "delete", "delete what is meant, after asking", "parameters", Msg::Delete)
        .bind("C", "compare", "compare two marks; in the past: then and now", "parameters", Msg::Compare)
        .bind("L", "label", "labels of the newest version", "parameters", Msg::Task(ParameterTask::Label))
        .bind("t", "tag", "tags", "parameters", Msg::Task(ParameterTask::Tag))
        .bind("i", "import", "take a file in: JSON, YAML, dotenv", "parameters", Msg::Import)
        .bind("w", "export", "write what is here to a file", "parameters", Msg::Export)
        .bind("", "now", "leave the past", "parameters", Msg::Now)
}

fn marks() -> Keymap<Msg> {
    Keymap::new()
        .bind("Space", "mark", "mark", "marks", Msg::Mark)
        .bind("*", "mark-all", "mark all parameters that are shown", "marks", Msg::MarkAll)
        .bind("u", "unmark", "take all marks away", "marks", Msg::Unmark)
}

fn comparison() -> Keymap<Msg> {
    Keymap::new()
        .bind("n", "next-change", "next change", "comparison", Msg::Diff(DiffMsg::Change(true)))
        .bind("N", "previous-change", "change before", "comparison", Msg::Diff(DiffMsg::Change(false)))
        .bind("b", "beside", "side by side, or one below the other", "comparison", Msg::Diff(DiffMsg::Beside))
}

/// Keys of the sheet, for the help and the key bar.
fn sheet() -> Keymap<Msg> {
    Keymap::new()
        .bind("Ctrl-s", "put", "put what was written", "writing", Msg::Sheet(SheetMsg::Save))
        .bind("Ctrl-r", "peek", "show what is typed into a secret", "writing", Msg::Sheet(SheetMsg::Peek))
        .bind("Ctrl-g", "next-mistake", "next mistake in the text", "writing", Msg::Sheet(SheetMsg::Mistake))
}
