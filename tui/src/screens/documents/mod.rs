//! Documents: what can be run, opened, installed or asked for the time; the own ones, those shared with us, and the built-in ones.
//!
//! In: pages that the server gives when they are asked for (there is no topic for them), what it says of the document under the
//! cursor. Out: places to go, deletions, texts to copy. Everything is asked for again when the room is entered, after a change
//! that was made anywhere in this cockpit, when the link is back, and on `R`.
//! Never here: a document's text, the editor.

mod glance;
mod keys;
mod library;
mod menus;
mod state;
mod table;
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
pub use state::Documents;

impl Screen for Documents {
    type Msg = Msg;

    fn keys() -> Keymap<Msg> {
        keys::keys()
    }

    fn why_not(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        self.reason(msg, cx)
    }

    fn permission(msg: &Msg) -> Option<&'static str> {
        Some(match msg {
            Msg::Open => "ssm:DescribeDocument",
            Msg::Edit => "ssm:UpdateDocument",
            Msg::New | Msg::Duplicate => "ssm:CreateDocument",
            Msg::Remove | Msg::Removed(_) => "ssm:DeleteDocument",
            Msg::Run => "ssm:SendCommand",
            _ => return None,
        })
    }

    fn route(&self) -> Route {
        let filter = Some(self.list.filter.text().to_owned()).filter(|filter| !filter.is_empty());
        Route::Documents { filter }
    }

    fn title(&self, _cx: &Cx<'_>) -> String {
        "Documents".to_owned()
    }

    fn wants(&self, _cx: &Cx<'_>) -> Vec<Topic> {
        Vec::new()
    }

    fn open(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.ask_all(cx)
    }

    fn typed(&self, input: &Input) -> Option<Msg> {
        self.list.typed(input).map(Msg::List)
    }

    fn update(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        self.hear(msg, cx)
    }

    fn landed(&mut self, ticket: Ticket, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<Msg> {
        self.hear_answer(ticket, result, cx)
    }

    fn told(&mut self, cx: &Cx<'_>) {
        self.refresh(cx);
    }

    fn follow_up(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.look_again(cx)
    }

    fn refreshed(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.ask_all(cx)
    }

    fn wakes_at(&self) -> Option<Millis> {
        self.glance.wakes_at()
    }

    fn step_back(&mut self) -> bool {
        self.list.step_back()
    }

    fn view(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        self.draw(cx, frame, area);
    }
}

#[cfg(test)]
mod tests;
