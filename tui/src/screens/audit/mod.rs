//! The audit trail: every call, allowed or refused, as it is recorded; older ones when one scrolls back to them.
//!
//! In: the mirror's trail under the filter that the server applies, pages of what is older, one record whole. Out: places to go
//! (what a call touched, who made it), texts to copy and to save. Everything in a record was said by somebody: it is untrusted.
//! Never here: what may be done about it.

mod jump;
mod keys;
mod older;
mod query;
mod record;
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
pub use state::Audit;

impl Screen for Audit {
    type Msg = Msg;

    fn keys() -> Keymap<Msg> {
        keys::keys()
    }

    fn why_not(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        self.reason(msg, cx)
    }

    fn permission(msg: &Msg) -> Option<&'static str> {
        matches!(msg, Msg::Open).then_some("pilothouse:GetAuditRecord")
    }

    fn route(&self) -> Route {
        Route::Audit { filter: self.wanted.clone() }
    }

    fn title(&self, _cx: &Cx<'_>) -> String {
        self.record.as_ref().map_or_else(|| "Audit".to_owned(), |record| format!("Audit {}", record.seq))
    }

    fn wants(&self, _cx: &Cx<'_>) -> Vec<Topic> {
        vec![Topic::Audit { filter: self.wanted.clone(), after: 0 }, Topic::nodes()]
    }

    fn open(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.refresh(cx);
        Vec::new()
    }

    fn typed(&self, input: &Input) -> Option<Msg> {
        match &self.record {
            Some(record) => record.typed(input).map(Msg::Record),
            None => self.list.typed(input).map(Msg::List),
        }
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
        self.ask_older(cx)
    }

    fn step_back(&mut self) -> bool {
        match &mut self.record {
            Some(record) => {
                if !record.step_back() {
                    self.record = None;
                }
                true
            }
            None => self.list.step_back() || std::mem::take(&mut self.writes_only),
        }
    }

    fn view(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        self.draw(cx, frame, area);
    }
}

#[cfg(test)]
mod tests;
