//! One request for approval: exactly what will run, where, who asks and why; and the decision.
//!
//! In: the request's id, the mirror's news of it, all of it by GetApproval. Out: yes or no with a comment, or the own request
//! taken back; the way to what it became. Nothing is approved that was not shown whole.
//! Never here: whether somebody may decide (the server says so).

mod keys;
mod sheet;
mod state;
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
pub use state::Approval;

impl Screen for Approval {
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
        Route::Approval(self.id.clone())
    }

    fn title(&self, cx: &Cx<'_>) -> String {
        self.standing(cx).map_or_else(|| self.id.clone(), |request| format!("Approve: {}", request.operation))
    }

    fn wants(&self, _cx: &Cx<'_>) -> Vec<Topic> {
        vec![Topic::Approvals { after: 0 }]
    }

    fn open(&mut self, _cx: &Cx<'_>) -> Effects<Msg> {
        vec![self.read()]
    }

    fn typed(&self, input: &Input) -> Option<Msg> {
        self.takes(input)
    }

    fn update(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        self.hear(msg, cx)
    }

    fn landed(&mut self, ticket: Ticket, result: Result<Reply, CallError>, _cx: &Cx<'_>) -> Effects<Msg> {
        self.hear_answer(ticket, result)
    }

    fn step_back(&mut self) -> bool {
        std::mem::take(&mut self.typing)
    }

    fn view(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        self.draw(cx, frame, area);
    }
}

#[cfg(test)]
mod tests;
