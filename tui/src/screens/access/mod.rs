//! Who there is and what they may do: users with their keys, groups, roles, policies, and the question why (not).
//!
//! In: lists that the server gives when they are asked for (there is no topic for them), what is typed. Out: changes, one after
//! the other, each seen in the lists at once; a new key's secret, shown once and forgotten. Everything is asked for again when
//! the room is entered, after each change, when the server says that rights changed, and on `R`.
//! Sub-rooms: the form, the new key, the text of a policy, the simulation.
//! Never here: what is decided; that is the server's.

mod answers;
mod closer;
mod detail;
mod directory;
mod form;
mod keys;
mod menus;
mod new_key;
mod paper;
mod plans;
mod questions;
mod reasons;
mod simulation;
mod state;
mod table;
mod target;
mod update;
mod view;

use std::path::Path;

use pilothouse_api::protocol::Millis;
use pilothouse_api::topics::Topic;
use pilothouse_kit::keymap::Keymap;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::effect::{CallError, Effects, Reply, Ticket};
use crate::route::{AccessTab, Route};
use crate::screen::{Cx, Input, Screen};

pub use keys::Msg;
pub use state::Access;

impl Screen for Access {
    type Msg = Msg;

    fn keys() -> Keymap<Msg> {
        keys::keys()
    }

    fn why_not(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        self.reason(msg, cx)
    }

    fn permission(msg: &Msg) -> Option<&'static str> {
        reasons::permission(msg)
    }

    fn route(&self) -> Route {
        let selected = match self.tab {
            AccessTab::Simulate => None,
            _ => self.list().on().or_else(|| self.wanted.clone()),
        };
        Route::Access { tab: self.tab, selected }
    }

    fn title(&self, _cx: &Cx<'_>) -> String {
        match &self.paper {
            Some(paper) => format!("Policy {}", paper.name),
            None => "Access".to_owned(),
        }
    }

    fn wants(&self, _cx: &Cx<'_>) -> Vec<Topic> {
        vec![Topic::nodes(), Topic::Armings { after: 0 }]
    }

    fn open(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.ask_lists(cx)
    }

    fn typed(&self, input: &Input) -> Option<Msg> {
        self.takes(input)
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
        self.look_again(cx)
    }

    fn saved(&mut self, path: &Path, well: bool) {
        if let Some(new_key) = &mut self.new_key {
            new_key.saved(path, well);
        }
    }

    fn refreshed(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.ask_lists(cx)
    }

    fn wakes_at(&self) -> Option<Millis> {
        self.paper.as_ref().and_then(paper::Paper::wakes_at)
    }

    fn unsaved(&self) -> Option<String> {
        let paper = self.paper.as_ref().filter(|paper| paper.is_unsaved())?;
        Some(format!("The text of policy {} was changed and not saved.", paper.name))
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
