//! Writing a document: a new version of one, or a new one, from a template or as a copy.
//!
//! In: what is typed, findings of the server, what it has of the document. Out: at most one question to the server at a time, after
//! a short rest of the hands; one CreateDocument or UpdateDocument, and the default version if that was wanted.
//! What was typed stays until it is saved or given up on purpose: when the server refuses it, when the link is lost, when
//! somebody else saved a newer version meanwhile.
//! Never here: what is a valid document.

mod answers;
mod check;
mod keys;
mod menus;
mod origin;
mod reasons;
mod save;
mod state;
mod templates;
mod update;
mod view;

use pilothouse_api::protocol::Millis;
use pilothouse_api::topics::Topic;
use pilothouse_kit::keymap::Keymap;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::effect::{CallError, Effects, Reply, Ticket};
use crate::route::Route;
use crate::screen::{Cx, Input, Screen};

pub use keys::Msg;
pub use state::Editor;

impl Screen for Editor {
    type Msg = Msg;

    fn keys() -> Keymap<Msg> {
        keys::keys()
    }

    fn why_not(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        self.reason(msg, cx)
    }

    fn permission(msg: &Msg) -> Option<&'static str> {
        reasons::permission(msg)
    }

    fn route(&self) -> Route {
        Route::Editor(self.draft.clone())
    }

    fn title(&self, _cx: &Cx<'_>) -> String {
        match self.name() {
            "" => "New document".to_owned(),
            name => format!("Edit {name}"),
        }
    }

    fn wants(&self, _cx: &Cx<'_>) -> Vec<Topic> {
        Vec::new()
    }

    fn open(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.begin(cx)
    }

    fn typed(&self, input: &Input) -> Option<Msg> {
        self.takes(input)
    }

    fn update(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        self.hear(msg, cx)
    }

    fn landed(&mut self, ticket: Ticket, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<Msg> {
        self.hear_answer(ticket, result, cx)
    }

    fn follow_up(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.look_again(cx)
    }

    fn refreshed(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.check.again(cx.now);
        self.ask_origin(cx)
    }

    fn wakes_at(&self) -> Option<Millis> {
        self.check.wakes_at()
    }

    fn unsaved(&self) -> Option<String> {
        self.is_unsaved().then(|| match self.name() {
            "" => "The new document was not saved.".to_owned(),
            name => format!("What was written of document {name} was not saved."),
        })
    }

    fn step_back(&mut self) -> bool {
        self.close_one()
    }

    fn view(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        self.draw(cx, frame, area);
    }
}

#[cfg(test)]
mod tests;
