//! What the server answers, and what is asked of it without being told to.

use pilothouse_api::documents::ValidateDocument;
use pilothouse_kit::diff::Diff;

use super::keys::Msg;
use super::origin::Heard;
use super::save::{Refusal, Saving, refusal};
use super::state::Editor;
use super::templates;
use crate::effect::{CallError, Effect, Effects, Level, Reply, Request, Ticket};
use crate::route::Draft;
use crate::screen::Cx;

fn calls(questions: impl IntoIterator<Item = (u32, Request)>) -> Effects<Msg> {
    questions.into_iter().map(|(ticket, request)| Effect::Call(Ticket(ticket), request)).collect()
}

impl Editor {
    /// The room was entered: the text comes from the server or from a template, which is chosen.
    pub(super) fn begin(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        if let Draft::New { kind: Some(kind), copy_of: None } = &self.draft {
            if let Some(text) = templates::text(kind) {
                self.start(text);
                return self.look_again(cx);
            }
            let said = format!("there is no template for {kind}");
            return vec![Effect::Toast(Level::Warn, said), templates::pick()];
        }
        if let Draft::New { kind: None, copy_of: None } = &self.draft {
            return vec![templates::pick()];
        }
        self.ask_origin(cx)
    }

    /// Begins with a text that was never saved.
    pub(super) fn start(&mut self, text: &str) {
        self.write(text);
        self.typing = true;
        self.check.at_once();
    }

    /// Asks for the text, as long as it is not there, and for the newest version.
    pub(super) fn ask_origin(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.changes = cx.mirror.document_changes();
        self.live = cx.mirror.link.is_live();
        let (name, version) = match &self.draft {
            Draft::Version { name, from } => (name.clone(), from.as_deref().unwrap_or("$LATEST").to_owned()),
            Draft::New { copy_of: Some((name, version)), .. } => {
                (name.clone(), version.as_deref().unwrap_or("$DEFAULT").to_owned())
            }
            Draft::New { copy_of: None, .. } => return Vec::new(),
        };
        let ticket = self.ticket();
        let mut questions = vec![self.origin.ask_newest(&name, ticket)];
        if !self.is_begun() {
            let ticket = self.ticket();
            questions.push(self.origin.ask_text(&name, Some(&version), ticket));
        }
        calls(questions)
    }

    /// Whatever must be asked now: what the server has when documents changed or the link is back, and what is wrong with the text
    /// when the hands rest.
    pub(super) fn look_again(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let live = cx.mirror.link.is_live();
        let was_live = std::mem::replace(&mut self.live, live);
        let is_back = live && !was_live;
        let mut effects = Vec::new();
        if is_back && self.check.wakes_at().is_none() {
            self.check.again(cx.now);
        }
        if is_back || (self.changes != cx.mirror.document_changes() && self.saving.is_none()) {
            effects.extend(self.ask_origin(cx));
        }
        if !live || !self.is_begun() {
            return effects;
        }
        let ticket = self.ticket();
        let (revision, kind, format) = (self.code.revision(), self.kind.clone(), self.format());
        let code = &self.code;
        let question = self.check.question(revision, cx.now, ticket, || ValidateDocument {
            content: code.text(),
            document_format: Some(format.name().to_owned()),
            document_type: Some(kind),
        });
        effects.extend(calls(question.map(|request| (ticket, request))));
        effects
    }

    pub(super) fn hear_answer(
        &mut self,
        Ticket(ticket): Ticket,
        result: Result<Reply, CallError>,
        cx: &Cx<'_>,
    ) -> Effects<Msg> {
        if self.saving.as_ref().is_some_and(|saving| saving.ticket() == ticket) {
            return self.hear_saved(result, cx);
        }
        if let Some(heard) = self.origin.take(ticket, &result, cx.now) {
            return self.hear_origin(heard, cx);
        }
        let answer = match result {
            Ok(Reply::ValidateDocument(answer)) => Ok(answer),
            Err(error) => Err(error),
            Ok(_) => return Vec::new(),
        };
        self.check.take(ticket, answer, self.code.revision(), cx.now);
        self.look_again(cx)
    }

    fn hear_origin(&mut self, heard: Heard, cx: &Cx<'_>) -> Effects<Msg> {
        match heard {
            Heard::Text => {
                if let Some(text) = self.origin.text.value().filter(|_| !self.is_begun()) {
                    let (kind, content) = (text.document_type.clone(), text.content.clone());
                    self.kind = kind;
                    self.write(&content);
                    self.check.at_once();
                }
            }
            Heard::Newest => {
                let latest = self.origin.newest.value().map(|it| it.latest_version.clone());
                if !self.is_new() && self.origin.replaces.is_none() {
                    self.origin.replaces = latest;
                }
            }
            Heard::Theirs => {
                let theirs = self.origin.theirs.value().map(|it| it.content.clone());
                self.compared = theirs.map(|theirs| Diff::new(&theirs, &self.code.text()));
                if let Some(why) = self.origin.theirs.trouble() {
                    return vec![Effect::Toast(Level::Error, format!("nothing to compare with: {why}"))];
                }
            }
        }
        self.look_again(cx)
    }

    fn hear_saved(&mut self, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<Msg> {
        let saving = self.saving.take();
        match (saving, result) {
            (Some(Saving::Text { text, created, make_default, .. }), Ok(reply)) => {
                let saved = match reply {
                    Reply::CreateDocument(answer) => answer.document_description,
                    Reply::UpdateDocument(answer) => answer.document_description,
                    _ => return Vec::new(),
                };
                let version = saved.document_version.clone();
                self.was_saved(text, created, &version);
                if make_default {
                    let ticket = self.ticket();
                    let request = self.make_default(&version, ticket);
                    return calls([(ticket, request)]);
                }
                self.say_saved(format!("{} is saved as version {version}", self.name()), cx)
            }
            (Some(Saving::Default { version, .. }), Ok(_)) => {
                let said = format!("{} is saved as version {version}, which is the default now", self.name());
                self.say_saved(said, cx)
            }
            (Some(Saving::Default { version, .. }), Err(error)) => {
                let said =
                    format!("version {version} is saved, but it is not the default: {}", error.message);
                let mut effects = vec![Effect::Toast(Level::Warn, said)];
                effects.extend(self.ask_origin(cx));
                effects
            }
            (Some(Saving::Text { .. }), Err(error)) => self.hear_refusal(&error, cx),
            (None, _) => Vec::new(),
        }
    }

    fn say_saved(&mut self, said: String, cx: &Cx<'_>) -> Effects<Msg> {
        let mut effects = vec![Effect::Toast(Level::Good, said)];
        effects.extend(self.ask_origin(cx));
        effects
    }

    /// What was typed stays, with the reason below the fields.
    fn hear_refusal(&mut self, error: &CallError, cx: &Cx<'_>) -> Effects<Msg> {
        match refusal(error) {
            Refusal::Outdated if !self.is_new() => {
                let mut effects = self.ask_origin(cx);
                effects.push(self.conflict_menu());
                effects
            }
            Refusal::Outdated => self.stay(error.message.clone()),
            Refusal::Said(said) => self.stay(said),
        }
    }

    fn stay(&mut self, said: String) -> Effects<Msg> {
        match &mut self.sheet {
            Some(sheet) => {
                sheet.trouble = Some(said);
                Vec::new()
            }
            None => vec![Effect::Toast(Level::Error, said)],
        }
    }
}
