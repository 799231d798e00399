//! One command, live or past: how far it is, a row per node, and what the nodes say while they say it.
//!
//! In: the mirror's command with its runs, and the output of the node under the cursor or of all nodes merged. Out: places to go
//! (a node, a run on those that failed), requests to stop, texts to copy and to save.
//! Costs are per visible row, of 10,000 runs as of ten.
//! Never here: preparing a run, obeying anything that a node says.

mod keys;
mod menus;
mod output;
mod progress;
mod state;
mod table;
mod update;
mod view;
mod why;

use pilothouse_api::topics::Topic;
use pilothouse_kit::keymap::Keymap;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::effect::{CallError, Effects, Reply, Ticket};
use crate::route::Route;
use crate::screen::{Cx, Input, Screen};
use crate::words;

pub use keys::Msg;
pub use menus::Again;
pub use output::OutputMsg;
pub use progress::Bucket;
pub use state::Command;

impl Screen for Command {
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
        Route::Command(self.id.clone())
    }

    fn title(&self, cx: &Cx<'_>) -> String {
        let known = self.detail(cx).and_then(|detail| detail.command.as_ref());
        known
            .or_else(|| cx.mirror.commands.get(&self.id))
            .map_or_else(|| "Command".to_owned(), words::first_line)
    }

    fn wants(&self, _cx: &Cx<'_>) -> Vec<Topic> {
        self.wanted()
    }

    fn open(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.refresh(cx);
        Vec::new()
    }

    fn typed(&self, input: &Input) -> Option<Msg> {
        self.output.typed(input).map(Msg::Output).or_else(|| self.list.typed(input).map(Msg::List))
    }

    fn update(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        self.hear(msg, cx)
    }

    fn landed(&mut self, ticket: Ticket, result: Result<Reply, CallError>, _cx: &Cx<'_>) -> Effects<Msg> {
        self.hear_answer(ticket, result)
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
