//! The history: every command that the server remembers, live ones among them.
//!
//! In: the newest commands, as the mirror is told of them, and pages of what is older or rare, as the server finds it. Out: calls for
//! such pages, places to go (a command, a run like it), texts to copy.
//! Never here: what one command is in full (that is the room Command), preparing a run.

mod keys;
mod older;
mod query;
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
pub use state::Commands;

impl Screen for Commands {
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
        Route::Commands
    }

    fn title(&self, _cx: &Cx<'_>) -> String {
        "Commands".to_owned()
    }

    fn wants(&self, _cx: &Cx<'_>) -> Vec<Topic> {
        vec![Topic::commands(), Topic::nodes()]
    }

    fn open(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.refresh(cx);
        self.ask_older(cx)
    }

    fn typed(&self, input: &Input) -> Option<Msg> {
        self.list.typed(input).map(Msg::List)
    }

    fn update(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        self.hear(msg, cx)
    }

    fn landed(&mut self, ticket: Ticket, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<Msg> {
        self.hear_older(ticket, result, cx)
    }

    fn told(&mut self, cx: &Cx<'_>) {
        self.refresh(cx);
    }

    fn follow_up(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.ask_older(cx)
    }

    fn refreshed(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.look_again(cx)
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
