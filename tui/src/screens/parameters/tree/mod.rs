//! The tree: folders and parameters, opened level by level; beside it what is known of the one under the cursor.
//!
//! In: pages of levels, what was found, events. Out: calls as they are needed (a page when it comes into sight, what is known of a
//! parameter when the cursor rests on it). As it was at an instant it is read only, and says so.
//! Sub-rooms: the line that is typed, the plan of a change that is shown first, the comparison.
//! Never here: the versions of one parameter, a whole level of a hundred thousand at once.

mod answers;
mod compare;
mod comparison;
mod keys;
mod levels;
mod menus;
mod pages;
mod plans;
mod preview;
mod prompt;
mod reasons;
mod search;
mod state;
mod trial;
mod update;
mod view;
mod way;

use std::path::Path;

use pilothouse_api::protocol::Millis;
use pilothouse_api::topics::Topic;
use pilothouse_kit::keymap::Keymap;
use pilothouse_kit::safe;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::effect::{CallError, Effects, Reply, Secret, Ticket};
use crate::route::Route;
use crate::screen::{Cx, Input, Screen};

pub use keys::Msg;
pub use state::{Key, Parameters};

/// So long the cursor rests before what it is on is asked for, in milliseconds.
const REST: i64 = 180;
/// So many pages are read on the way to a place that is gone to.
const FAR: u32 = 50;
/// So long changes are gathered before pages are asked for again, in milliseconds.
const SETTLE: i64 = 250;

impl Screen for Parameters {
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
        let here = self.on().map(|key| key.path().to_owned());
        Route::Parameters { path: here.or_else(|| Some(self.wanted.clone()?.0)), at: self.at }
    }

    fn title(&self, cx: &Cx<'_>) -> String {
        let past = self.at.map_or("", |_| " in the past");
        match self.on() {
            _ if self.sheet.is_some() => "New parameter".to_owned(),
            Some(Key::Folder(path)) if cx.size.width >= 100 => {
                format!("Parameters{past} {}", safe::visible(path))
            }
            _ => format!("Parameters{past}"),
        }
    }

    fn wants(&self, _cx: &Cx<'_>) -> Vec<Topic> {
        vec![Topic::parameters()]
    }

    fn open(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.begin(cx)
    }

    fn typed(&self, input: &Input) -> Option<Msg> {
        if let Some(sheet) = &self.sheet {
            return sheet.typed(input).map(Msg::Sheet);
        }
        let prompt = self.prompt.as_ref()?;
        prompt.takes(input).then(|| Msg::Typed(input.clone()))
    }

    fn update(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        self.hear(msg, cx)
    }

    fn landed(&mut self, ticket: Ticket, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<Msg> {
        self.hear_answer(ticket.0, result, cx)
    }

    fn told(&mut self, cx: &Cx<'_>) {
        self.hear_events(cx);
        self.refresh(cx);
    }

    fn follow_up(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.ask(cx)
    }

    fn loaded(&mut self, path: &Path, held: Result<Secret, String>, _cx: &Cx<'_>) -> Effects<Msg> {
        self.take_file(path, held)
    }

    fn left(&mut self) {
        self.hide();
    }

    fn refreshed(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.levels.doubt_all();
        self.rests_at = self.one().is_some().then_some(cx.now);
        self.ask(cx)
    }

    fn wakes_at(&self) -> Option<Millis> {
        self.next_moment()
    }

    fn unsaved(&self) -> Option<String> {
        let sheet = self.sheet.as_ref().filter(|sheet| sheet.is_changed())?;
        Some(format!("A new parameter {} was written and not put.", sheet.name()))
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
