//! What the server answers, and what is asked of it without being told to.

use super::keys::Msg;
use super::new_key::NewKey;
use super::state::Access;
use crate::effect::{CallError, Effect, Effects, Level, Reply, Ticket};
use crate::screen::Cx;

impl Access {
    /// Asks for all lists anew.
    pub(super) fn ask_lists(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.rights = cx.mirror.armings.generation();
        let mut directory = std::mem::take(&mut self.directory);
        let calls = directory.ask(|| self.ticket());
        self.directory = directory;
        calls.into_iter().map(|(ticket, request)| Effect::Call(Ticket(ticket), request)).collect()
    }

    /// Whatever must be asked now: the lists when rights changed, what is wrong with the text when the hands rest.
    pub(super) fn look_again(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let mut effects = Vec::new();
        // In the middle of several changes the lists are not worth a look.
        let changed = self.rights != cx.mirror.armings.generation() && !self.errand.is_busy();
        if changed || self.directory.must_ask_again() {
            effects.extend(self.ask_lists(cx));
        }
        let ticket = self.ticket();
        let question = self.paper.as_mut().and_then(|paper| paper.question(cx.now, ticket));
        effects.extend(question.map(|request| Effect::Call(Ticket(ticket), request)));
        effects
    }

    pub(super) fn hear_answer(
        &mut self,
        Ticket(ticket): Ticket,
        result: Result<Reply, CallError>,
        cx: &Cx<'_>,
    ) -> Effects<Msg> {
        if self.directory.take(ticket, &result, cx.now) {
            if let (Some(paper), Ok(Reply::ListPolicies(_))) = (&mut self.paper, &result)
                && let Some(there) = self.directory.policy(&paper.name)
            {
                paper.compare(there);
            }
            self.refresh(cx);
            return self.look_again(cx);
        }
        if self.errand.asked(ticket) {
            return self.hear_change(result, cx);
        }
        let effects = self.hear_text(ticket, result, cx);
        self.refresh(cx);
        effects
    }

    /// A change was made, or refused.
    fn hear_change(&mut self, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<Msg> {
        match result {
            Ok(reply) => {
                let first = self.errand.is_first();
                self.errand.succeeded();
                match reply {
                    Reply::CreateAccessKey(made) | Reply::RotateAccessKey(made) => {
                        self.new_key = Some(NewKey::new(made));
                    }
                    Reply::CreateUser(made) => self.wanted = Some(made.user.user_name),
                    Reply::CreateGroup(made) => self.wanted = Some(made.group.group_name),
                    Reply::CreateRole(made) => self.wanted = Some(made.role.role_name),
                    _ => {}
                }
                if first {
                    self.form = None;
                }
            }
            Err(error) => return self.hear_refusal(&error, cx),
        }
        let next = self.ticket();
        if let Some(request) = self.errand.next(next) {
            return vec![Effect::Call(Ticket(next), request)];
        }
        let mut effects: Effects<Msg> =
            self.errand.said().map(|(level, said)| Effect::Toast(level, said)).into_iter().collect();
        effects.extend(self.ask_lists(cx));
        effects
    }

    /// What was typed stays, with the reason beside it; what was done before stays done.
    fn hear_refusal(&mut self, error: &CallError, cx: &Cx<'_>) -> Effects<Msg> {
        let first = self.errand.is_first();
        let (level, said) = self.errand.failed(&error.message);
        if let Some(form) = self.form.as_mut().filter(|_| first) {
            form.trouble = Some(said);
            return Vec::new();
        }
        let mut effects = vec![Effect::Toast(level, said)];
        effects.extend(self.ask_lists(cx));
        effects
    }

    /// Something was said of the text that is open, or of the question.
    fn hear_text(&mut self, ticket: u32, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<Msg> {
        match result {
            Ok(Reply::ValidatePolicy(answer)) => {
                if let Some(paper) = &mut self.paper {
                    paper.checked(ticket, Ok(answer), cx.now);
                }
            }
            Ok(Reply::SimulateAccess(answer)) => drop(self.simulation.answered(ticket, Ok(answer))),
            Ok(Reply::PutPolicy(answer)) => return self.hear_saved(ticket, Ok(answer), cx),
            Ok(_) => {}
            Err(error) => {
                if self.simulation.answered(ticket, Err(error.clone())) {
                    return Vec::new();
                }
                if let Some(paper) = &mut self.paper
                    && paper.checked(ticket, Err(error.clone()), cx.now)
                {
                    return Vec::new();
                }
                return self.hear_saved(ticket, Err(error), cx);
            }
        }
        Vec::new()
    }

    fn hear_saved(
        &mut self,
        ticket: u32,
        result: Result<pilothouse_api::access::PutPolicyResult, CallError>,
        cx: &Cx<'_>,
    ) -> Effects<Msg> {
        let Some(paper) = &mut self.paper else { return Vec::new() };
        let name = paper.name.clone();
        match paper.was_saved(ticket, result) {
            None => Vec::new(),
            Some(Err(said)) => vec![Effect::Toast(Level::Error, said)],
            Some(Ok(said)) => {
                self.wanted = Some(name);
                let mut effects = vec![Effect::Toast(Level::Good, said)];
                effects.extend(self.ask_lists(cx));
                effects
            }
        }
    }
}
