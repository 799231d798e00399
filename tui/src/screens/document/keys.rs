//! What the room hears, and the keys for it.

use pilothouse_kit::diff::DiffMsg;
use pilothouse_kit::keymap::Keymap;

use super::form::Form;
use crate::route::DocumentTab;
use crate::screen::Input;
use crate::screens::rows::{ListMsg, movement};

/// What the room hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// Move the cursor: in the text, the list, or the comparison.
    Move(ListMsg),
    /// Show the tab to the right, or to the left.
    Turn(bool),
    /// Show this tab.
    Tab(DocumentTab),
    /// Look at the version under the cursor, or act on the row.
    Open,
    /// Look at this version; at the default one, if absent.
    Version(Option<String>),
    /// Choose a version to look at.
    PickVersion,
    /// Show the text in the other format.
    Format,
    /// Begin to type what to look for in the text.
    Look,
    /// Something typed there.
    Looked(Input),
    /// To the next hit, finding or change, or to the one before.
    Next(bool),
    /// To the comparison.
    Diff(DiffMsg),
    /// Mark the version to compare others with.
    Mark,
    /// Compare the version under the cursor.
    Compare,
    /// Compare these two, the older first.
    CompareWith(String, String),
    /// Make the version under the cursor the default one.
    Default,
    /// Make this version the default one.
    DefaultOf(String),
    /// Write a new version.
    Edit,
    /// Copy it under a name of one's own.
    Duplicate,
    /// Run it.
    Run,
    /// Add to the tab: share, tag, review.
    Add,
    /// Fill in this form.
    Fill(Box<Form>),
    /// Something typed into the form.
    Form(Input),
    /// Ask before what the cursor is on is taken away.
    Remove,
    /// Ask before the document is deleted.
    Delete,
    /// Delete the document, or this version of it: it was confirmed.
    Deleted(Option<String>),
    /// Take the sharing with this account away.
    Unshare(String),
    /// Share it with this account: it was confirmed.
    Share(String, &'static str),
    /// Take this tag away.
    Untag(String),
    /// Take the version's review this step on.
    Review(&'static str),
    /// Show what can be copied.
    Copy,
    /// Copy this.
    CopyText(String),
    /// Show what can be done.
    Actions,
}

pub(super) fn keys() -> Keymap<Msg> {
    let mut moves = movement(Msg::Move);
    // Few columns, many tabs: sideways leads to the next of them.
    moves.bindings.retain(|binding| !binding.name.starts_with("columns-"));
    Keymap::new()
        .bind("l, Right, Tab", "next-part", "content, versions, parameters, ..", "document", Msg::Turn(true))
        .bar()
        .bind("h, Left, Backtab", "part-before", "the tab to the left", "document", Msg::Turn(false))
        .bind("r", "run", "run this version on nodes", "document", Msg::Run)
        .bar()
        .bind("e", "edit", "write a new version", "document", Msg::Edit)
        .bar()
        .bind("Enter, d", "open", "look at the version, compare, act on the row", "document", Msg::Open)
        .bind("v", "version", "choose the version to look at", "document", Msg::PickVersion)
        .bar()
        .bind("a", "add", "share it, tag it, review it", "document", Msg::Add)
        .bind(
            "D, Del",
            "remove",
            "delete the version, stop sharing, take the tag away",
            "document",
            Msg::Remove,
        )
        .bind("C", "duplicate", "copy it under a name of your own", "document", Msg::Duplicate)
        .bind("y", "copy", "copy menu: name, ARN, text, aws command line", "document", Msg::Copy)
        .bar()
        .bind("x", "actions", "action menu", "document", Msg::Actions)
        .bind("", "delete", "delete the document, after asking", "document", Msg::Delete)
        .and(text())
        .and(versions())
        .and(tabs())
        .and(moves)
}

fn text() -> Keymap<Msg> {
    Keymap::new()
        .bind("f", "format", "show it as JSON or YAML; fold a comparison", "text", Msg::Format)
        .bar()
        .bind("/", "find", "look for something in the text", "text", Msg::Look)
        .bind("n", "next", "next hit, or next change of a comparison", "text", Msg::Next(true))
        .bar()
        .bind("N", "previous", "hit or change before", "text", Msg::Next(false))
        .bind("w", "beside", "comparison side by side, or not", "text", Msg::Diff(DiffMsg::Beside))
        .bind(">", "scroll-right", "scroll a comparison right", "text", Msg::Diff(DiffMsg::Sideways(true)))
        .bind("<", "scroll-left", "scroll a comparison left", "text", Msg::Diff(DiffMsg::Sideways(false)))
}

fn versions() -> Keymap<Msg> {
    Keymap::new()
        .bind("c", "compare", "compare with the version before, or the marked one", "versions", Msg::Compare)
        .bar()
        .bind("Space", "mark", "mark the version to compare with", "versions", Msg::Mark)
        .bind("m", "make-default", "make it the default version", "versions", Msg::Default)
        .bar()
}

/// The tabs by name, for the command bar.
fn tabs() -> Keymap<Msg> {
    Keymap::new()
        .bind("", "content", "its text", "document", Msg::Tab(DocumentTab::Content))
        .bind("", "versions", "its versions", "document", Msg::Tab(DocumentTab::Versions))
        .bind("", "parameters-of-it", "what it takes", "document", Msg::Tab(DocumentTab::Parameters))
        .bind("", "files", "what comes with it", "document", Msg::Tab(DocumentTab::Files))
        .bind("", "permissions", "with whom it is shared", "document", Msg::Tab(DocumentTab::Permissions))
        .bind("", "tags", "its tags", "document", Msg::Tab(DocumentTab::Tags))
        .bind("", "reviews", "what was said of it", "document", Msg::Tab(DocumentTab::Reviews))
}
