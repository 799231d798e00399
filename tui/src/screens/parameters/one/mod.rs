//! One parameter, closer: its value, its versions, who wrote and who read it, what refers to it, what it does by itself.
//!
//! In: answers about one name, events. Out: calls, texts to copy, places to go. A secret is shown for half a minute when it is asked
//! for; a roll back shows what changes before it asks; what was typed is never lost by one key.
//! Sub-rooms: the line of labels or tags; the sheet and the comparison are those of both rooms.
//! Never here: the tree, a value that nobody asked for.

mod answers;
mod changes;
mod keys;
mod line;
mod menus;
mod reasons;
mod state;
mod tabs;
mod update;
mod view;

use pilothouse_api::protocol::Millis;
use pilothouse_api::topics::Topic;
use pilothouse_kit::keymap::Keymap;
use pilothouse_kit::safe;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::effect::{CallError, Effects, Reply, Ticket};
use crate::route::{ParameterPlace, Route};
use crate::screen::{Cx, Input, Screen};

pub use keys::Msg;
pub use state::Parameter;

impl Screen for Parameter {
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
        Route::Parameter(ParameterPlace { name: self.name().to_owned(), tab: self.tab, task: None })
    }

    fn title(&self, _cx: &Cx<'_>) -> String {
        safe::visible(self.name()).into_owned()
    }

    fn wants(&self, _cx: &Cx<'_>) -> Vec<Topic> {
        vec![Topic::parameters()]
    }

    fn open(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.begin(cx)
    }

    fn typed(&self, input: &Input) -> Option<Msg> {
        match &self.sheet {
            Some(sheet) => sheet.typed(input).map(Msg::Sheet),
            None => self.line.as_ref().and_then(|_| update::goes_into_line(input)),
        }
    }

    fn update(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        self.hear(msg, cx)
    }

    fn landed(&mut self, ticket: Ticket, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<Msg> {
        let effects = self.hear_answer(ticket.0, result, cx);
        self.settle_text();
        effects
    }

    fn told(&mut self, cx: &Cx<'_>) {
        self.hear_events(cx);
        self.settle_text();
    }

    fn follow_up(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.look_again(cx)
    }

    fn left(&mut self) {
        self.hide();
    }

    fn refreshed(&mut self, _cx: &Cx<'_>) -> Effects<Msg> {
        self.ask()
    }

    fn wakes_at(&self) -> Option<Millis> {
        self.next_moment()
    }

    fn unsaved(&self) -> Option<String> {
        let sheet = self.sheet.as_ref().filter(|sheet| sheet.is_changed())?;
        Some(format!("A new version of {} was written and not put.", sheet.name()))
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
