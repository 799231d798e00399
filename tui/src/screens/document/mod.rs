//! One document: its text, its versions and what differs between two of them, what it takes, what comes with it, with whom it is
//! shared, its tags and reviews.
//!
//! In: what the server says when it is asked (there is no topic for documents). Out: changes, one after the other; places to go
//! (the editor, a run of it). Everything is asked for again after a change that was made anywhere in this cockpit, when the link
//! is back, and on `R`. What a document says was written by somebody: it is untrusted.
//! Sub-rooms: the comparison, the forms.
//! Never here: whether a text is right; changing it.

mod answers;
mod compared;
mod files;
mod form;
mod head;
mod keys;
mod known;
mod list;
mod menus;
mod questions;
mod reasons;
mod rows;
mod state;
mod update;
mod view;

use pilothouse_api::protocol::Millis;
use pilothouse_api::topics::Topic;
use pilothouse_kit::keymap::Keymap;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::effect::{CallError, Effects, Reply, Ticket};
use crate::route::{DocumentSpot, Route};
use crate::screen::{Cx, Input, Screen};

pub use keys::Msg;
pub use state::Document;

impl Screen for Document {
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
        let (name, version, tab) = (self.name.clone(), self.version.clone(), self.tab);
        Route::Document(DocumentSpot { name, version, tab })
    }

    fn title(&self, _cx: &Cx<'_>) -> String {
        match &self.version {
            Some(version) => format!("{} version {version}", self.name),
            None => self.name.clone(),
        }
    }

    fn wants(&self, _cx: &Cx<'_>) -> Vec<Topic> {
        Vec::new()
    }

    fn open(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.ask_all(cx)
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
        self.ask_all(cx)
    }

    fn wakes_at(&self) -> Option<Millis> {
        self.known.turns_at()
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
