//! Preparing a run: where, what, and how carefully; then the question that shows what it will touch.
//!
//! In: a [`RunSpec`] (marks, targets, a script, a document, or an earlier command to take over from), what is typed, and the nodes that the
//! server resolves while one types. Out: one SendCommand, after it was confirmed, and the way to the command.
//! What was typed stays until it is sent or given up on purpose.
//! Never here: what becomes of the command (that is the room Command).

mod blast;
mod crew;
pub mod document;
mod form;
mod keys;
mod paper;
mod rights;
mod send;
mod state;
mod summary;
mod takeover;
pub mod targets;
mod templates;
mod update;
mod view;

use pilothouse_api::topics::Topic;
use pilothouse_kit::keymap::Keymap;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::effect::{CallError, Effects, Reply, Ticket};
use crate::route::{Route, RunSpec};
use crate::screen::{Cx, Input, Screen};

pub use crew::{Crew, Resolved};
pub use form::{Field, Form};
pub use keys::Msg;
pub use rights::{Rights, RightsTally, Verdict};
pub use state::Run;

impl Screen for Run {
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
        let script = self.form.script.text();
        let document = self.document.as_ref();
        Route::Run(RunSpec {
            nodes: self.chosen.clone(),
            targets: self.query().map(|query| query.targets).unwrap_or_default(),
            script: (!script.is_empty() && document.is_none()).then_some(script),
            from: self.from.clone(),
            document: document.map(|it| it.name.clone()),
            version: document.and_then(|it| it.version.clone()),
            parameters: document.map(|it| it.values()).unwrap_or_default(),
            template: None,
        })
    }

    fn title(&self, _cx: &Cx<'_>) -> String {
        match (&self.templates.used, &self.document) {
            (Some(template), _) => format!("Run as {template}"),
            (None, Some(document)) => format!("Run {}", document.name),
            (None, None) => "Run".to_owned(),
        }
    }

    fn wants(&self, _cx: &Cx<'_>) -> Vec<Topic> {
        vec![Topic::nodes(), Topic::commands()]
    }

    fn open(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.begin(cx)
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
        self.crew.refresh(&cx.mirror.nodes);
    }

    fn follow_up(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        // A name that nobody had may be somebody's by now.
        let mut effects = self.read_document(cx);
        effects.extend(if self.crew.is_complete() { Vec::new() } else { self.resolve(cx) });
        effects.extend(self.ask_rights(cx));
        effects
    }

    fn refreshed(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.read_again(cx)
    }

    fn unsaved(&self) -> Option<String> {
        let what = if self.document.is_some() { "Parameters were filled in" } else { "A script was written" };
        self.is_unsent().then(|| format!("{what} and not sent."))
    }

    fn step_back(&mut self) -> bool {
        self.templates.naming.take().is_some() || std::mem::take(&mut self.typing)
    }

    fn view(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        self.draw(cx, frame, area);
    }
}

#[cfg(test)]
mod tests;
