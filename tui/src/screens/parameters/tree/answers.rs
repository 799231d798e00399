//! What the server answers and tells, and what is asked of it without being told to.

use pilothouse_api::parameters::FindParameters;
use pilothouse_api::protocol::Millis;

use super::super::happened::{self, FRESH_FOR};
use super::super::naming;
use super::super::sheet::Sheet;
use super::keys::Msg;
use super::state::{Key, Parameters, Seen};
use crate::effect::{CallError, Effect, Effects, Level, Reply, Request, Ticket};
use crate::screen::Cx;

/// So many names are found at a time.
const FOUND: i64 = 50;

fn called(calls: Vec<(u32, Request)>) -> impl Iterator<Item = Effect<Msg>> {
    calls.into_iter().map(|(ticket, request)| Effect::Call(Ticket(ticket), request))
}

impl Parameters {
    /// Just entered: what happened before is known by what is asked for now.
    pub(super) fn begin(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let told = &cx.mirror.parameters;
        self.seen = Seen { revision: told.revision(), resets: told.resets(), breaks: told.breaks() };
        (self.settles_at, self.flashes_until) = (None, None);
        self.refresh(cx);
        self.ask(cx)
    }

    /// What happened since it last listened.
    pub(super) fn hear_events(&mut self, cx: &Cx<'_>) {
        let told = &cx.mirror.parameters;
        self.preview.value.tick(cx.now);
        if let Some(sheet) = &mut self.sheet {
            sheet.tick(cx.now);
        }
        if let Some(comparison) = &mut self.comparison {
            comparison.tick(cx.now);
        }
        self.flashes_until.take_if(|until| *until <= cx.now);
        self.hear_link(cx);
        // What was is not changed by what happens.
        if self.at.is_none() {
            let mut any = false;
            for event in told.since(self.seen.revision) {
                any = true;
                self.levels.doubt(&event.name, happened::comes_or_goes(event.operation));
                if naming::slashed(&event.name) == naming::slashed(&self.preview.name) {
                    self.rests_at = Some(Millis(cx.now.0 + super::SETTLE));
                    self.preview.value.hide();
                }
            }
            if told.resets() != self.seen.resets {
                any = true;
                self.levels.doubt_all();
            }
            if any {
                self.settles_at = self.settles_at.or(Some(Millis(cx.now.0 + super::SETTLE)));
                self.flashes_until = Some(Millis(cx.now.0 + FRESH_FOR));
            }
        }
        self.seen = Seen { revision: told.revision(), resets: told.resets(), ..self.seen };
    }

    /// What was seen over a link that broke is hidden; over the new one everything is asked for that was not answered.
    fn hear_link(&mut self, cx: &Cx<'_>) {
        let (breaks, live) = (cx.mirror.parameters.breaks(), cx.mirror.link.is_live());
        if breaks != self.seen.breaks || !live {
            self.seen.breaks = breaks;
            self.hide();
        }
        if live && !self.linked {
            self.levels.doubt_all();
            self.rests_at = self.one().is_some().then_some(cx.now);
        }
        self.linked = live;
    }

    /// Everything that must be asked now.
    pub(super) fn ask(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.refresh(cx);
        let mut effects: Effects<Msg> = Vec::new();
        if self.settles_at.is_none_or(|at| at <= cx.now) {
            self.settles_at = None;
            let (levels, _, next) = self.parts();
            effects.extend(called(levels.calls(&mut Self::tickets(next))));
        }
        if self.rests_at.take_if(|at| *at <= cx.now).is_some() && self.linked {
            effects.extend(self.ask_preview());
        }
        if let Some(text) = self.prompt.as_mut().and_then(|prompt| prompt.question(cx.now)) {
            let ticket = self.ticket();
            self.prompt.iter_mut().for_each(|prompt| prompt.asked = Some(ticket));
            let request = FindParameters { text, max_results: Some(FOUND) };
            effects.push(Effect::Call(Ticket(ticket), Request::FindParameters(request)));
        }
        effects
    }

    fn ask_preview(&mut self) -> Effects<Msg> {
        if self.at.is_some() {
            // Of then only what the tree itself told is sure.
            return Vec::new();
        }
        let (_, preview, next) = self.parts();
        let calls = preview.ask(&mut Self::tickets(next));
        called(calls).collect()
    }

    /// When something is to be done or drawn without being told.
    pub(super) fn next_moment(&self) -> Option<Millis> {
        let prompt = self.prompt.as_ref().and_then(|prompt| prompt.due);
        let sheet = self.sheet.as_ref().and_then(Sheet::wakes_at);
        let comparison = self.comparison.as_ref().and_then(super::comparison::Comparison::wakes_at);
        let own = [self.rests_at, self.settles_at, self.flashes_until, self.preview.value.wakes_at()];
        own.into_iter().chain([prompt, sheet, comparison]).flatten().min()
    }

    pub(super) fn hear_answer(
        &mut self,
        ticket: u32,
        result: Result<Reply, CallError>,
        cx: &Cx<'_>,
    ) -> Effects<Msg> {
        let (levels, preview, next) = self.parts();
        if levels.awaits(ticket) {
            let calls = levels.take(ticket, result, &mut Self::tickets(next));
            let mut effects: Effects<Msg> = called(calls).collect();
            effects.extend(self.ask(cx));
            return effects;
        }
        if preview.awaits(ticket) {
            let calls = preview.take(ticket, result, cx.now, &mut Self::tickets(next));
            return called(calls).collect();
        }
        if let Some(prompt) = self.prompt.as_mut().filter(|prompt| prompt.asked == Some(ticket)) {
            prompt.asked = None;
            match result {
                Ok(Reply::FindParameters(found)) => (prompt.names, prompt.chosen) = (found.names, 0),
                other => prompt.wrong = Some(super::super::dossier::why(other)),
            }
            return Vec::new();
        }
        if self.sheet.as_ref().is_some_and(|sheet| sheet.asked == Some(ticket)) {
            return self.hear_put(result, cx);
        }
        if self.errand.asked(ticket) {
            return self.hear_change(result, cx);
        }
        self.hear_plan(ticket, result, cx)
    }

    fn hear_put(&mut self, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(sheet) = &mut self.sheet else { return Vec::new() };
        match result {
            Ok(_) => {
                let name = sheet.name().to_owned();
                self.sheet = None;
                self.changed(&name, cx);
                self.wanted = Some((naming::slashed(&name).into_owned(), 0));
                let mut effects = vec![Effect::Toast(Level::Good, format!("{name} is made"))];
                effects.extend(self.ask(cx));
                effects
            }
            Err(error) => {
                sheet.was_refused(&error.code, &error.message);
                Vec::new()
            }
        }
    }

    /// A change of ours was made: what it is about is read again at once.
    pub(super) fn changed(&mut self, name: &str, cx: &Cx<'_>) {
        self.levels.doubt(name, true);
        self.settles_at = None;
        if naming::slashed(name) == naming::slashed(&self.preview.name) {
            self.rests_at = Some(cx.now);
        }
    }

    fn hear_change(&mut self, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<Msg> {
        let mut effects: Effects<Msg> = Vec::new();
        match result {
            Ok(_) => {
                self.errand.succeeded();
                let next = self.ticket();
                if let Some(request) = self.errand.next(next) {
                    return vec![Effect::Call(Ticket(next), request)];
                }
                effects.extend(self.errand.said().map(|(level, said)| Effect::Toast(level, said)));
            }
            Err(error) => {
                let (level, said) = self.errand.failed(&error.message);
                effects.push(Effect::Toast(level, said));
            }
        }
        self.marks.clear();
        self.levels.doubt_all();
        self.settles_at = None;
        effects.extend(self.ask(cx));
        effects
    }

    /// Whether something happened to it just now.
    pub(super) fn is_fresh(&self, key: &Key, cx: &Cx<'_>) -> bool {
        let now = cx.mirror.server_time(cx.now);
        let recent = cx.mirror.parameters.recent().take_while(|event| now.since(event.at) < FRESH_FOR);
        let path = naming::slashed(key.path());
        let mut recent = recent.map(|event| naming::slashed(&event.name).into_owned());
        match key {
            Key::Parameter(_) => recent.any(|name| name == path),
            Key::Folder(_) => recent.any(|name| naming::is_below(&name, &path)),
        }
    }

    /// What is secret is hidden.
    pub(super) fn hide(&mut self) {
        self.preview.value.hide();
        if let Some(sheet) = &mut self.sheet {
            sheet.hide();
        }
        if let Some(comparison) = &mut self.comparison
            && comparison.is_secret()
        {
            self.comparison = None;
        }
        self.plan = self.plan.take().filter(|plan| !plan.is_secret());
    }
}
