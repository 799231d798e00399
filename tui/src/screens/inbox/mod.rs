//! The inbox: requests for approval, those that wait for a decision first.
//!
//! In: the mirror's requests and armings. Out: the way to one request, or to take an own one back.
//! Never here: a decision. Nobody approves what was not opened and read (that is the room Approval).

mod keys;
mod state;
mod table;
mod update;
mod view;

use pilothouse_api::topics::Topic;
use pilothouse_kit::keymap::Keymap;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::effect::{CallError, Effects, Reply, Ticket};
use crate::route::Route;
use crate::screen::{Cx, Input, Screen};

pub use keys::Msg;
pub use state::Inbox;

impl Screen for Inbox {
    type Msg = Msg;

    fn keys() -> Keymap<Msg> {
        keys::keys()
    }

    fn why_not(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        self.reason(msg, cx)
    }

    fn permission(msg: &Msg) -> Option<&'static str> {
        keys::permission(msg)
    }

    fn route(&self) -> Route {
        Route::Inbox
    }

    fn title(&self, cx: &Cx<'_>) -> String {
        match cx.mirror.approvals.to_decide().count() {
            0 => "Inbox".to_owned(),
            n => format!("Inbox ({n})"),
        }
    }

    fn wants(&self, _cx: &Cx<'_>) -> Vec<Topic> {
        vec![Topic::Approvals { after: 0 }, Topic::Armings { after: 0 }]
    }

    fn open(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.refresh(cx);
        Vec::new()
    }

    fn typed(&self, input: &Input) -> Option<Msg> {
        self.list.typed(input).map(Msg::List)
    }

    fn update(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        self.hear(msg, cx)
    }

    fn landed(&mut self, _ticket: Ticket, result: Result<Reply, CallError>, _cx: &Cx<'_>) -> Effects<Msg> {
        Self::hear_answer(result)
    }

    fn told(&mut self, cx: &Cx<'_>) {
        self.refresh(cx);
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
