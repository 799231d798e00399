//! What the server answers and tells, and what is asked of it without being told to.

use pilothouse_api::documents::ListParameterUses;
use pilothouse_api::protocol::Millis;
use pilothouse_api::topics::ParameterOperation as Did;

use super::super::dossier::why;
use super::super::happened;
use super::keys::Msg;
use super::state::{Parameter, Seen};
use crate::effect::{CallError, Effect, Effects, Level, Reply, Request, Secret, Ticket};
use crate::screen::Cx;

/// So long changes are gathered before it is asked for again, in milliseconds.
const SETTLE: i64 = 200;

pub(super) fn called(calls: Vec<(u32, Request)>) -> Effects<Msg> {
    calls.into_iter().map(|(ticket, request)| Effect::Call(Ticket(ticket), request)).collect()
}

/// A source of tickets that leaves the rest of the room free.
pub(super) fn tickets(next: &mut u32) -> impl FnMut() -> u32 + '_ {
    || {
        *next += 1;
        *next
    }
}

impl Parameter {
    pub(super) fn begin(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let told = &cx.mirror.parameters;
        self.seen = Seen { revision: told.revision(), resets: told.resets(), breaks: told.breaks() };
        self.settles_at = None;
        self.ask()
    }

    /// Asks for all that is known of it anew.
    pub(super) fn ask(&mut self) -> Effects<Msg> {
        let mut effects = called(self.dossier.ask(&mut tickets(&mut self.next)));
        let ticket = self.ticket();
        self.uses.ask(ticket);
        let request = ListParameterUses { name: self.name().to_owned() };
        effects.push(Effect::Call(Ticket(ticket), Request::ListParameterUses(request)));
        effects
    }

    /// What happened since it last listened.
    pub(super) fn hear_events(&mut self, cx: &Cx<'_>) {
        let told = &cx.mirror.parameters;
        self.dossier.value.tick(cx.now);
        self.sheet.iter_mut().for_each(|sheet| sheet.tick(cx.now));
        self.texts.iter_mut().for_each(|texts| texts.tick(cx.now));
        let live = cx.mirror.link.is_live();
        if told.breaks() != self.seen.breaks || !live {
            self.hide();
        }
        let mut again = told.resets() != self.seen.resets || (live && !self.linked);
        let ours: Vec<Did> = told
            .since(self.seen.revision)
            .filter(|event| self.is_it(&event.name))
            .map(|event| event.operation)
            .collect();
        for did in ours {
            again = true;
            match did {
                Did::Delete | Did::Expiration => self.gone = true,
                Did::Create => self.gone = false,
                // What is shown is perhaps another one now.
                Did::Update => self.dossier.value.hide(),
                _ => {}
            }
        }
        if again && self.settles_at.is_none() {
            self.settles_at = Some(Millis(cx.now.0 + SETTLE));
        }
        self.linked = live;
        self.seen = Seen { revision: told.revision(), resets: told.resets(), breaks: told.breaks() };
    }

    /// Asks again when something happened; begins what it was opened for as soon as that can be.
    pub(super) fn look_again(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let settled = self.settles_at.take_if(|at| *at <= cx.now).is_some();
        let mut effects = if settled && self.linked { self.ask() } else { Vec::new() };
        effects.extend(self.begin_task(cx));
        effects
    }

    /// When something is to be done or drawn without being told.
    pub(super) fn next_moment(&self) -> Option<Millis> {
        let sheet = self.sheet.as_ref().and_then(super::super::sheet::Sheet::wakes_at);
        let texts = self.texts.as_ref().and_then(super::super::texts::Texts::wakes_at);
        [self.settles_at, self.dossier.value.wakes_at(), sheet, texts].into_iter().flatten().min()
    }

    /// Takes an answer to whoever asked for it.
    pub(super) fn hear_answer(
        &mut self,
        ticket: u32,
        result: Result<Reply, CallError>,
        cx: &Cx<'_>,
    ) -> Effects<Msg> {
        if self.dossier.awaits(ticket) {
            return self.hear_known(ticket, result, cx);
        }
        if self.uses.awaits(ticket) {
            self.uses.take(match result {
                Ok(Reply::ListParameterUses(uses)) => Ok(uses.uses),
                other => Err(why(other)),
            });
            return Vec::new();
        }
        if self.copying.take_if(|copying| *copying == ticket).is_some() {
            return vec![copied(result)];
        }
        if self.errand.asked(ticket) {
            return self.hear_change(result);
        }
        if let Some(sheet) = &mut self.sheet
            && (sheet.asked == Some(ticket) || sheet.fetching == Some(ticket))
        {
            return self.hear_put(ticket, result);
        }
        match &mut self.texts {
            Some(texts) if texts.awaits(ticket) => {
                texts.take(ticket, result, cx.now);
                self.ask_roll_back(cx)
            }
            _ => Vec::new(),
        }
    }

    /// More is known of it: what it was opened for can perhaps begin.
    fn hear_known(&mut self, ticket: u32, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<Msg> {
        let before = self.dossier.value.clone();
        let calls = self.dossier.take(ticket, result, cx.now, &mut tickets(&mut self.next));
        if self.dossier.value != before {
            self.code = None;
        }
        self.row = self.row.min(self.rows().saturating_sub(1));
        let mut effects = called(calls);
        effects.extend(self.begin_task(cx));
        effects
    }

    /// The new version was put, or refused; or the old value is there.
    fn hear_put(&mut self, ticket: u32, result: Result<Reply, CallError>) -> Effects<Msg> {
        let Some(sheet) = &mut self.sheet else { return Vec::new() };
        match result {
            Ok(Reply::GetParameter(mut read)) if sheet.fetching == Some(ticket) => {
                sheet.fetched(&Secret::new(std::mem::take(&mut read.parameter.value)));
                Vec::new()
            }
            Ok(Reply::PutParameter(put)) => {
                let said = format!("{} is at version {}", sheet.name(), put.version);
                self.sheet = None;
                let mut effects = vec![Effect::Toast(Level::Good, said)];
                effects.extend(self.ask());
                effects
            }
            Ok(_) => Vec::new(),
            Err(error) if sheet.fetching == Some(ticket) => {
                sheet.fetching = None;
                vec![Effect::Toast(Level::Error, error.message)]
            }
            Err(error) => {
                sheet.was_refused(&error.code, &error.message);
                Vec::new()
            }
        }
    }

    /// A change was made, or refused.
    fn hear_change(&mut self, result: Result<Reply, CallError>) -> Effects<Msg> {
        let mut effects = Vec::new();
        match result {
            Ok(reply) => {
                if let Reply::LabelParameterVersion(labelled) = &reply
                    && !labelled.invalid_labels.is_empty()
                {
                    let said = format!("no labels: {}", labelled.invalid_labels.join(", "));
                    effects.push(Effect::Toast(Level::Warn, said));
                }
                self.errand.succeeded();
                let next = self.ticket();
                if let Some(request) = self.errand.next(next) {
                    effects.push(Effect::Call(Ticket(next), request));
                    return effects;
                }
                effects.extend(self.errand.said().map(|(level, said)| Effect::Toast(level, said)));
                if let Reply::DeleteParameters(_) = reply {
                    effects.push(Effect::Close);
                    return effects;
                }
                self.line = None;
                self.texts = None;
                self.rolls_to = None;
            }
            Err(error) => {
                let (level, said) = self.errand.failed(&error.message);
                if let Some(line) = &mut self.line {
                    line.wrong = Some(error.message);
                }
                effects.push(Effect::Toast(level, said));
            }
        }
        effects.extend(self.ask());
        effects
    }

    /// What happened to it, newest first.
    pub(super) fn events<'a>(
        &'a self,
        cx: &Cx<'a>,
    ) -> impl Iterator<Item = &'a pilothouse_api::topics::ParameterEvent> {
        cx.mirror.parameters.recent().filter(|event| self.is_it(&event.name))
    }

    /// Who put a version since the sheet was begun.
    pub(super) fn changed_by(&self, cx: &Cx<'_>) -> Option<String> {
        let super::super::sheet::Kind::Edit(Some(begun)) = self.sheet.as_ref()?.kind else { return None };
        let newer = self.versions().first().filter(|it| it.version > begun);
        let told = self.events(cx).find(|it| it.operation == Did::Update && it.version > Some(begun));
        let by = newer.map(|it| it.by.as_str()).or_else(|| told.map(|it| it.by.as_str()))?;
        Some(happened::who(by).to_owned())
    }
}

/// The value that was read to be copied goes to the clipboard.
fn copied(result: Result<Reply, CallError>) -> Effect<Msg> {
    match result {
        Ok(Reply::GetParameter(mut read)) => {
            Effect::CopySecret(Secret::new(std::mem::take(&mut read.parameter.value)))
        }
        other => Effect::Toast(Level::Error, why(other)),
    }
}
