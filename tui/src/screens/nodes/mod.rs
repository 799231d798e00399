//! The fleet: a live list of nodes to look at, mark, and run commands on.
//!
//! In: the mirror's nodes. Out: places to go (a node, a run on the marks), texts to copy, calls that register and deregister.
//! Costs are per visible row; 50,000 nodes are filtered and sorted within a key press.
//! Never here: what one node is in full (that is the room Node), preparing a run.

mod batch;
mod columns;
mod fleet;
mod invite;
mod keys;
mod menus;
mod state;
mod tagging;
mod update;
mod view;

use pilothouse_api::topics::{NodeView, Topic};
use pilothouse_kit::keymap::Keymap;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::effect::{CallError, Effects, Reply, Ticket};
use crate::route::Route;
use crate::screen::{Cx, Input, Screen};
use crate::screens::rows::Filter;

pub use columns::Column;
pub use keys::Msg;
pub use state::Nodes;

/// Whether a node passes a filter, as in the list.
#[must_use]
pub fn passes(filter: &Filter, node: &NodeView) -> bool {
    filter.holds(&fleet::NodeFields(node))
}

impl Screen for Nodes {
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
        let filter = self.list.filter.text();
        Route::Nodes { filter: (!filter.is_empty()).then(|| filter.to_owned()) }
    }

    fn title(&self, _cx: &Cx<'_>) -> String {
        "Nodes".to_owned()
    }

    fn wants(&self, _cx: &Cx<'_>) -> Vec<Topic> {
        vec![Topic::nodes()]
    }

    fn open(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.refresh(cx);
        Vec::new()
    }

    fn typed(&self, input: &Input) -> Option<Msg> {
        if let Some(invite) = &self.invite {
            return invite::typed(invite, input);
        }
        if self.tagging.is_some() {
            return tagging::typed(input);
        }
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

    fn step_back(&mut self) -> bool {
        self.back()
    }

    fn view(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        self.draw(cx, frame, area);
    }
}

#[cfg(test)]
mod tests;
