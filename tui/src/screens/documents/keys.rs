//! What the room hears, and the keys for it.

use pilothouse_kit::keymap::Keymap;

use crate::screens::rows::{ListMsg, listing, movement};

/// What the room hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// To the list.
    List(ListMsg),
    /// Look at the document under the cursor.
    Open,
    /// Write a new version of it.
    Edit,
    /// Write a new document.
    New,
    /// Write a new document that begins with the text of this one.
    Duplicate,
    /// Run it.
    Run,
    /// Choose whose documents, or which kinds, are shown.
    Narrow,
    /// Show those that this filter lets through.
    Filter(String),
    /// Ask before it is deleted.
    Remove,
    /// Delete it: it was confirmed.
    Removed(String),
    /// Show what can be copied.
    Copy,
    /// Copy this.
    CopyText(String),
    /// Show what can be done.
    Actions,
}

pub(super) fn keys() -> Keymap<Msg> {
    let mut list = listing(Msg::List);
    list.bindings.retain(|binding| binding.name != "faults");
    for binding in &mut list.bindings {
        if binding.name == "filter" {
            binding.doc = "filter: deploy  !x  ~fuzzy  owner:own  type:command  platform:linux";
        }
    }
    Keymap::new()
        .bind("Enter, d", "open", "look at the document", "documents", Msg::Open)
        .bar()
        .bind("r", "run", "run it on nodes", "documents", Msg::Run)
        .bar()
        .bind("e", "edit", "write a new version of it", "documents", Msg::Edit)
        .bar()
        .bind("a", "new", "new document", "documents", Msg::New)
        .bar()
        .bind("t", "narrow", "show only own, built-in, one type, one platform", "documents", Msg::Narrow)
        .bar()
        .bind("C", "duplicate", "copy it under a name of your own", "documents", Msg::Duplicate)
        .bind("D, Del", "delete", "delete it with all its versions, after asking", "documents", Msg::Remove)
        .bind("y", "copy", "copy menu: name, ARN, aws command line, locator", "documents", Msg::Copy)
        .bind("x", "actions", "action menu", "documents", Msg::Actions)
        .and(list)
        .and(movement(Msg::List))
}
