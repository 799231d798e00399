//! One command, live or past, in five tabs: how far it is and what the nodes say, folded; a row per node; what they say, whole; what
//! one says beside what most say; when each began and ended.
//!
//! In: the mirror's command with its runs, groups and output. Out: places to go (a node, a run on any part of them), changes of its
//! pace, requests to stop, texts to copy and to save.
//! Costs are per visible row, of 10,000 runs as of ten. Tabs are sub-rooms of the same shape.
//! Never here: preparing a run, obeying anything that a node says.

mod diff;
mod head;
mod keys;
mod menus;
mod nodes;
mod output;
mod progress;
mod reasons;
mod state;
mod stop;
mod summary;
mod throttle;
mod timeline;
mod update;
mod view;
mod why;

use pilothouse_api::protocol::Millis;
use pilothouse_api::topics::Topic;
use pilothouse_kit::keymap::Keymap;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::effect::{CallError, Effects, Reply, Ticket};
use crate::route::{CommandTab, Route};
use crate::screen::{Cx, Input, Screen};
use crate::words;

pub use diff::DiffTabMsg;
pub use keys::Msg;
pub use menus::Again;
pub use output::OutputMsg;
pub use progress::Bucket;
pub use state::Command;
pub use summary::Ignored;
pub use throttle::Limits;

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
        Route::Command(self.spot())
    }

    fn title(&self, cx: &Cx<'_>) -> String {
        let known = self.detail(cx).and_then(|detail| detail.command.as_ref());
        known
            .or_else(|| cx.mirror.commands.get(&self.id))
            .map_or_else(|| "Command".to_owned(), words::first_line)
    }

    fn wants(&self, cx: &Cx<'_>) -> Vec<Topic> {
        self.wanted(cx)
    }

    fn open(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.refresh(cx);
        Vec::new()
    }

    fn typed(&self, input: &Input) -> Option<Msg> {
        if let Some(msg) = self.typed_limits(input) {
            return Some(msg);
        }
        match self.tab() {
            CommandTab::Summary => self.summary.list.typed(input).map(Msg::Move),
            CommandTab::Nodes => self.list.typed(input).map(Msg::Move),
            CommandTab::Output => self.output.typed(input).map(Msg::Output),
            CommandTab::Diff => None,
            CommandTab::Timeline => self.timeline.list.typed(input).map(Msg::Move),
        }
    }

    fn update(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        self.hear(msg, cx)
    }

    fn landed(&mut self, ticket: Ticket, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<Msg> {
        match ticket.0 {
            output::TICKETS.. => self.output.landed(ticket, result, cx),
            diff::TICKETS.. => self.diff.landed(ticket.0, result, cx),
            number => match self.deeds.remove(&number) {
                Some(deed) => Self::hear_of_deed(&deed, result),
                None => self.hear_of_nodes(number, result),
            },
        }
    }

    fn told(&mut self, cx: &Cx<'_>) {
        self.refresh(cx);
    }

    fn follow_up(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        match self.tab() {
            CommandTab::Output => self.output.follow_up(cx),
            CommandTab::Diff => self.diff.follow_up(cx),
            CommandTab::Summary | CommandTab::Nodes | CommandTab::Timeline => Vec::new(),
        }
    }

    fn refreshed(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        match self.tab() {
            CommandTab::Diff => self.diff.refreshed(cx),
            _ => Vec::new(),
        }
    }

    fn wakes_at(&self) -> Option<Millis> {
        match self.tab() {
            CommandTab::Diff => self.diff.wakes_at(),
            _ => None,
        }
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
