//! What the room hears, and the keys for it.

use pilothouse_api::protocol::InstanceId;
use pilothouse_kit::keymap::Keymap;

use crate::screen::Input;

/// What the room hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// To the next field.
    Next,
    /// To the field before.
    Previous,
    /// Type into the field, or press the button.
    Enter,
    /// Show the values that the parameter may have.
    Choices,
    /// The parameter has the value of this number.
    Choose(usize),
    /// Something typed into the field.
    Typed(Input),
    /// Scroll the list of nodes, down or up.
    Scroll(bool),
    /// Between the chosen nodes and a typed line.
    OtherTargets,
    /// Show what it will touch, and ask.
    Send,
    /// Something was armed: ask, once it is known what the server would say now.
    Armed,
    /// Send it: it was confirmed.
    Confirmed,
    /// Go on with these nodes only: the others are refused.
    Only(Vec<InstanceId>),
    /// Choose a template.
    Templates,
    /// Fill the form in from this template, once it was asked when something would be lost.
    UseTemplate(String),
    /// Fill it in.
    TakeTemplate(String),
    /// Begin to type the name under which this run is kept.
    SaveTemplate,
    /// Something typed into that name.
    Named(Input),
    /// Keep it under this name.
    PutTemplate(String),
    /// Choose a template that goes.
    DeleteTemplate,
    /// Ask before it goes.
    AskDelete(String),
    /// Delete it: it was confirmed.
    Deleted(String),
    /// Show what can be copied.
    Copy,
    /// Copy this.
    CopyText(String),
}

/// The permission that it needs.
pub(super) fn permission(msg: &Msg) -> Option<&'static str> {
    Some(match msg {
        Msg::Send | Msg::Armed | Msg::Confirmed => "ssm:SendCommand",
        Msg::Templates | Msg::UseTemplate(_) | Msg::TakeTemplate(_) => "pilothouse:ListRunTemplates",
        Msg::SaveTemplate | Msg::PutTemplate(_) => "pilothouse:PutRunTemplate",
        Msg::DeleteTemplate | Msg::AskDelete(_) | Msg::Deleted(_) => "pilothouse:DeleteRunTemplate",
        _ => return None,
    })
}

pub(super) fn keys() -> Keymap<Msg> {
    Keymap::new()
        .bind("Enter, i, e", "edit", "type into the field, or press the button", "run", Msg::Enter)
        .bar()
        .bind("Tab, j, Down", "next-field", "next field", "run", Msg::Next)
        .bar()
        .bind("Backtab, k, Up", "previous-field", "field before", "run", Msg::Previous)
        .bind("r", "send", "show what it will touch, ask, and send", "run", Msg::Send)
        .bar()
        .bind("Ctrl-d, PgDn", "nodes-down", "scroll the nodes down", "run", Msg::Scroll(true))
        .bind("Ctrl-u, PgUp", "nodes-up", "scroll the nodes up", "run", Msg::Scroll(false))
        .bind("c", "other-targets", "between the chosen nodes and a typed line", "run", Msg::OtherTargets)
        .bind("t", "templates", "take up a template", "run", Msg::Templates)
        .bar()
        .bind("w", "save-template", "keep this run as a template", "run", Msg::SaveTemplate)
        .bar()
        .bind("", "delete-template", "delete a template", "run", Msg::DeleteTemplate)
        .bind("y", "copy", "copy menu: script or parameters, nodes, locator", "run", Msg::Copy)
}
