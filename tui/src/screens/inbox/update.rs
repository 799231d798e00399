//! What the room does when it is told something.

use pilothouse_api::approvals::WithdrawApproval;

use super::keys::Msg;
use super::state::Inbox;
use super::table::Requests;
use crate::effect::{CallError, Choice, Effect, Effects, Ladder, Level, Question, Reply, Request, Ticket};
use crate::requests::{made, telling, why_not_withdraw};
use crate::route::Route;
use crate::screen::Cx;

impl Inbox {
    /// Why a message makes no sense now.
    pub(super) fn reason(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        if matches!(msg, Msg::List(_) | Msg::CopyText(_) | Msg::Withdrawn(_)) {
            return None;
        }
        let Some(request) = self.request(cx) else { return Some("there is no request".to_owned()) };
        match msg {
            Msg::Withdraw => why_not_withdraw(request, cx),
            Msg::Outcome if made(request).is_none() => Some("it has become no command".to_owned()),
            _ => None,
        }
    }

    pub(super) fn hear(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        if let Some(reason) = self.reason(&msg, cx) {
            return vec![Effect::Toast(Level::Info, reason)];
        }
        match msg {
            Msg::List(msg) => self.list.update(msg, &Requests::of(cx), Msg::List),
            Msg::Open => self.list.on().map(|id| Effect::Open(Route::Approval(id))).into_iter().collect(),
            Msg::Outcome => self.request(cx).and_then(made).map(Effect::Open).into_iter().collect(),
            Msg::Withdraw => self.ask_withdrawal(cx).into_iter().collect(),
            Msg::Withdrawn(approval_id) => {
                self.next += 1;
                let request = Request::WithdrawApproval(WithdrawApproval { approval_id });
                vec![Effect::Call(Ticket(self.next), request)]
            }
            Msg::Copy => self.copy_menu(cx).into_iter().collect(),
            Msg::CopyText(text) => vec![Effect::Copy(text)],
        }
    }

    pub(super) fn hear_answer(result: Result<Reply, CallError>) -> Effects<Msg> {
        match result {
            Ok(_) => vec![Effect::Toast(Level::Good, "the request is taken back".to_owned())],
            Err(error) => vec![Effect::Toast(Level::Error, error.message)],
        }
    }

    fn ask_withdrawal(&self, cx: &Cx<'_>) -> Option<Effect<Msg>> {
        let request = self.request(cx)?;
        Some(Effect::Ask(Question {
            title: "Take this request back?".to_owned(),
            card: vec![telling(request)],
            ladder: Ladder::Yes,
            yes: Msg::Withdrawn(request.approval_id.clone()),
        }))
    }

    fn copy_menu(&self, cx: &Cx<'_>) -> Option<Effect<Msg>> {
        let id = self.request(cx)?.approval_id.clone();
        let copies = [("id", id.clone()), ("locator", Route::Approval(id).to_string())];
        let items = copies
            .into_iter()
            .map(|(what, text)| Choice { detail: text.clone(), ..Choice::new(what, Msg::CopyText(text)) });
        Some(Effect::Pick { title: "Copy".to_owned(), items: items.collect() })
    }
}
