//! One node: what it is, its tags to edit, and what ran on it lately.
//!
//! In: the mirror's node, and the runs on it that the server lists. Out: places to go, texts to copy, calls that change tags
//! and deregister. A change is shown when the server has told of it, never before.
//! Never here: other nodes.

mod facts;
mod keys;
mod recent;
mod state;
mod tags;
mod update;
mod view;

use pilothouse_api::topics::Topic;
use pilothouse_kit::keymap::Keymap;
use pilothouse_kit::safe;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::effect::{CallError, Effects, Reply, Ticket};
use crate::route::Route;
use crate::screen::{Cx, Input, Screen};

pub use keys::Msg;
pub use state::{Node, Pane};
pub use tags::Edit;

impl Screen for Node {
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
        Route::Node(self.id.clone())
    }

    fn title(&self, cx: &Cx<'_>) -> String {
        safe::visible(cx.mirror.nodes.name(&self.id)).into_owned()
    }

    fn wants(&self, _cx: &Cx<'_>) -> Vec<Topic> {
        let mut topics = vec![Topic::nodes(), Topic::commands()];
        topics.extend(self.recent.unfinished().map(|command_id| Topic::Command { command_id, after: 0 }));
        topics
    }

    fn open(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.ask_recent(cx)
    }

    fn typed(&self, input: &Input) -> Option<Msg> {
        self.edit.as_ref()?.typed(input)
    }

    fn update(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        self.hear(msg, cx)
    }

    fn landed(&mut self, ticket: Ticket, result: Result<Reply, CallError>, _cx: &Cx<'_>) -> Effects<Msg> {
        self.hear_answer(ticket, result)
    }

    fn follow_up(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        if self.is_recent_outdated(cx) { self.ask_recent(cx) } else { Vec::new() }
    }

    fn step_back(&mut self) -> bool {
        self.edit.take().is_some()
    }

    fn view(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        self.draw(cx, frame, area);
    }
}

#[cfg(test)]
mod tests;
