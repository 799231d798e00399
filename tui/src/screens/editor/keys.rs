//! What the room hears, and the keys for it.

use pilothouse_kit::diff::DiffMsg;
use pilothouse_kit::keymap::Keymap;

use crate::screen::Input;
use crate::screens::rows::{ListMsg, movement};

/// What the room hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// Something typed into the text.
    Typed(Input),
    /// Write on, from the cursor.
    Write,
    /// Move the cursor, or the comparison.
    Move(ListMsg),
    /// To the next finding, hit or change, or to the one before.
    Next(bool),
    /// To the next finding, whatever is looked for.
    Finding(bool),
    /// Begin to type what to look for.
    Look,
    /// Something typed there.
    Looked(Input),
    /// Ask how it shall be saved.
    Save,
    /// Ask under which name of one's own it shall be saved.
    SaveAs,
    /// Something typed into what is asked.
    Sheet(Input),
    /// Save it after the version that somebody saved meanwhile.
    SaveOver,
    /// Write it in the other format.
    Convert,
    /// Do so though notes in it are lost.
    ConvertNow,
    /// Choose a template.
    Templates,
    /// Begin with this one.
    Template(&'static str),
    /// Begin with it though what was typed is lost.
    TemplateNow(&'static str),
    /// Compare it with the newest version that the server has.
    Compare,
    /// To the comparison.
    Diff(DiffMsg),
    /// Run what was saved.
    Run,
    /// Look at the document.
    Document,
    /// Show what can be copied.
    Copy,
    /// Copy this.
    CopyText(String),
    /// Show what can be done.
    Actions,
}

pub(super) fn keys() -> Keymap<Msg> {
    let mut moves = movement(Msg::Move);
    // The text scrolls by itself.
    moves.bindings.retain(|binding| !binding.name.starts_with("columns-"));
    Keymap::new()
        .bind("e, i, Enter", "write", "write; Esc leaves the text", "text", Msg::Write)
        .bar()
        .bind("Ctrl-s", "save", "save it, also while writing", "text", Msg::Save)
        .bar()
        .bind("S", "save-as", "save it under a name of your own", "text", Msg::SaveAs)
        .bind("n", "next", "next finding, hit or change", "text", Msg::Next(true))
        .bar()
        .bind("N", "previous", "finding, hit or change before", "text", Msg::Next(false))
        .bind("Ctrl-g", "next-finding", "next finding, also while writing", "text", Msg::Finding(true))
        .bind("/", "find", "look for something in the text", "text", Msg::Look)
        .bind("f", "convert", "write it as JSON or as YAML", "text", Msg::Convert)
        .bar()
        .bind("c", "compare", "compare it with the newest version", "text", Msg::Compare)
        .bar()
        .bind("t", "template", "begin with a template", "text", Msg::Templates)
        .bind("r", "run", "run what was saved on nodes", "document", Msg::Run)
        .bar()
        .bind("d", "document", "look at the document", "document", Msg::Document)
        .bind("y", "copy", "copy menu: text, name, aws command line, locator", "document", Msg::Copy)
        .bind("x", "actions", "action menu", "document", Msg::Actions)
        .and(comparison())
        .and(moves)
}

fn comparison() -> Keymap<Msg> {
    Keymap::new()
        .bind("w", "beside", "comparison side by side, or not", "comparison", Msg::Diff(DiffMsg::Beside))
        .bind(
            ">",
            "scroll-right",
            "scroll a comparison right",
            "comparison",
            Msg::Diff(DiffMsg::Sideways(true)),
        )
        .bind(
            "<",
            "scroll-left",
            "scroll a comparison left",
            "comparison",
            Msg::Diff(DiffMsg::Sideways(false)),
        )
}
