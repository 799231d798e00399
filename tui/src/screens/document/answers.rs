//! What the server answers, and what is asked of it without being told to.

use super::keys::Msg;
use super::state::Document;
use crate::effect::{CallError, Effect, Effects, Level, Reply, Request, Ticket};
use crate::errand::Step;
use crate::screen::Cx;

fn calls(questions: impl IntoIterator<Item = (u32, Request)>) -> Effects<Msg> {
    questions.into_iter().map(|(ticket, request)| Effect::Call(Ticket(ticket), request)).collect()
}

impl Document {
    /// Asks for everything anew.
    pub(super) fn ask_all(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.changes = cx.mirror.document_changes();
        self.live = cx.mirror.link.is_live();
        let mut known = std::mem::take(&mut self.known);
        known.outdate_tabs();
        let mut next = self.ticket();
        self.next_ticket(8);
        let mut effects = calls(known.ask(&self.wanted(), || {
            next += 1;
            next
        }));
        self.known = known;
        effects.extend(self.ask_tab());
        effects
    }

    /// Asks for what the tab alone needs.
    pub(super) fn ask_tab(&mut self) -> Effects<Msg> {
        let ticket = self.ticket();
        let mut known = std::mem::take(&mut self.known);
        let question = known.ask_for(self.tab, &self.wanted(), ticket);
        self.known = known;
        calls(question)
    }

    /// Whatever must be asked now: everything when documents changed or the link is back, a calendar when it turned.
    pub(super) fn look_again(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let live = cx.mirror.link.is_live();
        let was_live = std::mem::replace(&mut self.live, live);
        let is_back = live && !was_live;
        let mut effects = Vec::new();
        // In the middle of several changes it is not worth a look; nor is what is being deleted.
        let changed = self.changes != cx.mirror.document_changes() && !self.errand.is_busy() && !self.leaving;
        if is_back || changed {
            effects.extend(self.ask_all(cx));
        }
        if live {
            let ticket = self.ticket();
            effects.extend(calls(self.known.ask_calendar(&self.name, cx.now, ticket)));
        }
        effects
    }

    pub(super) fn set_out(&mut self, step: Step) -> Effects<Msg> {
        if self.errand.is_busy() {
            return vec![Effect::Toast(Level::Info, "a change is under way".to_owned())];
        }
        self.errand.begin(vec![step]);
        let ticket = self.ticket();
        calls(self.errand.next(ticket).map(|request| (ticket, request)))
    }

    pub(super) fn hear_answer(
        &mut self,
        Ticket(ticket): Ticket,
        result: Result<Reply, CallError>,
        cx: &Cx<'_>,
    ) -> Effects<Msg> {
        if self.errand.asked(ticket) {
            return self.hear_change(result, cx);
        }
        if let Some(compared) = &mut self.compared
            && compared.take(ticket, &result, cx.now)
        {
            return Vec::new();
        }
        let next = self.ticket();
        let mut known = std::mem::take(&mut self.known);
        let taken = known.take(ticket, &result, cx.now, &self.wanted(), next);
        self.known = known;
        let mut effects = calls(taken.flatten());
        self.show_text();
        effects.extend(self.look_again(cx));
        effects
    }

    /// A change was made, or refused. What was typed stays, with the reason below.
    fn hear_change(&mut self, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<Msg> {
        let error = match result {
            Ok(_) => {
                self.errand.succeeded();
                self.form = None;
                let said = self.errand.said().map(|(level, said)| Effect::Toast(level, said));
                let mut effects: Effects<Msg> = said.into_iter().collect();
                if self.leaving {
                    effects.push(Effect::Close);
                } else {
                    effects.extend(self.look_again(cx));
                }
                return effects;
            }
            Err(error) => error,
        };
        self.leaving = false;
        let (level, said) = self.errand.failed(&error.message);
        if let Some(form) = &mut self.form {
            form.sheet.trouble = Some(said);
            return Vec::new();
        }
        let mut effects = vec![Effect::Toast(level, said)];
        effects.extend(self.ask_all(cx));
        effects
    }
}
