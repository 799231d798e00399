//! The only mutation.

use pilothouse_api::approvals::{
    Approval as Asked, ApprovalDecision, DecideApproval, GetApproval, WithdrawApproval,
};
use pilothouse_kit::input::LineEvent;

use super::keys::Msg;
use super::sheet;
use super::state::{Approval, Pane, Scroll};
use crate::effect::{CallError, Choice, Effect, Effects, Ladder, Level, Question, Reply, Request, Ticket};
use crate::look;
use crate::requests::{is_own, made, telling, touches, why_not_withdraw};
use crate::route::Route;
use crate::screen::{Cx, Input};
use crate::screens::rows::{ListMsg, Step};

impl Approval {
    /// Reads all of it.
    pub(super) fn read(&mut self) -> Effect<Msg> {
        let request = Request::GetApproval(GetApproval { approval_id: self.id.clone() });
        let (ticket, call) = self.call(request);
        self.reading = Some(ticket);
        call
    }

    fn call(&mut self, request: Request) -> (u32, Effect<Msg>) {
        self.next += 1;
        (self.next, Effect::Call(Ticket(self.next), request))
    }

    /// Why it makes no sense now.
    pub(super) fn reason(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        let wanted = matches!(msg, Msg::Decide(_) | Msg::Withdraw | Msg::Outcome | Msg::Comment | Msg::Copy);
        let Some(request) = self.standing(cx) else {
            return wanted.then(|| "the request is not known yet".to_owned());
        };
        match msg {
            Msg::Decide(_) | Msg::Withdraw if self.deciding.is_some() => {
                Some("it is being decided".to_owned())
            }
            Msg::Decide(_) | Msg::Withdraw if !cx.mirror.link.is_live() => {
                Some("the server is not reached".to_owned())
            }
            Msg::Decide(decision) => self.why_not_decide(*decision, request, cx),
            Msg::Comment if request.state.is_over() => Some(over(request, cx)),
            Msg::Withdraw => why_not_withdraw(request, cx),
            Msg::Outcome if made(request).is_none() => Some("it has become no command".to_owned()),
            _ => None,
        }
    }

    fn why_not_decide(&self, decision: ApprovalDecision, request: &Asked, cx: &Cx<'_>) -> Option<String> {
        if request.state.is_over() {
            return Some(over(request, cx));
        }
        if is_own(request, cx) {
            return Some("you asked for it; somebody else must decide".to_owned());
        }
        if !request.may_decide {
            return Some("it is not yours to decide".to_owned());
        }
        let unread = decision == ApprovalDecision::Approve && self.whole.is_none();
        unread.then(|| "all of it must be read first".to_owned())
    }

    pub(super) fn hear(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        if let Some(reason) = self.reason(&msg, cx) {
            return vec![Effect::Toast(Level::Info, reason)];
        }
        match msg {
            Msg::Move(msg) => self.scroll(&msg),
            Msg::OtherPane => {
                self.pane = if self.pane == Pane::What { Pane::Targets } else { Pane::What };
            }
            Msg::Comment => self.typing = true,
            Msg::Typed(input) => self.type_in(&input),
            Msg::Decide(decision) => return self.ask(decision, cx).into_iter().collect(),
            Msg::Decided(decision) => return self.decide(decision),
            Msg::Withdraw => return vec![self.ask_withdrawal(cx)],
            Msg::Withdrawn => {
                let request = WithdrawApproval { approval_id: self.id.clone() };
                return self.settle(Request::WithdrawApproval(request));
            }
            Msg::Outcome => return self.standing(cx).and_then(made).map(Effect::Open).into_iter().collect(),
            Msg::Copy => return self.copy_menu(cx).into_iter().collect(),
            Msg::CopyText(text) => return vec![Effect::Copy(text)],
        }
        Vec::new()
    }

    fn type_in(&mut self, input: &Input) {
        let event = match input {
            Input::Key(key) => self.comment.key(*key),
            Input::Paste(text) => self.comment.paste(text),
        };
        if matches!(event, LineEvent::Submit | LineEvent::Cancel) {
            self.typing = false;
        }
    }

    fn scroll(&mut self, msg: &ListMsg) {
        let scroll = if self.pane == Pane::What { &mut self.what } else { &mut self.targets };
        let Scroll { top, size } = scroll;
        let (lines, height) = size.get();
        let most = lines.saturating_sub(height);
        let screen = isize::try_from(height.max(2)).unwrap_or(isize::MAX);
        let by = |by: isize| top.saturating_add_signed(by).min(most);
        *top = match msg {
            ListMsg::Step(Step::By(n)) => by(*n),
            ListMsg::Step(Step::First) => 0,
            ListMsg::Step(Step::Last) => most,
            ListMsg::Half(down) => by(if *down { screen / 2 } else { -(screen / 2) }),
            ListMsg::Page(down) => by(if *down { screen - 1 } else { 1 - screen }),
            _ => return,
        };
    }

    fn ask(&self, decision: ApprovalDecision, cx: &Cx<'_>) -> Option<Effect<Msg>> {
        let (request, contents) = (self.standing(cx)?, self.contents(cx)?);
        let (verb, ends) = match decision {
            ApprovalDecision::Approve => {
                ("Approve", "It runs at once, as it is shown, in the name of who asked.")
            }
            ApprovalDecision::Reject => ("Reject", "It does not run; who asked is told."),
        };
        let by_environment: Vec<String> = sheet::targets(contents)
            .into_iter()
            .filter(|line| line.label.is_empty())
            .map(|line| line.text.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        let targets = touches(contents);
        let comment = self.comment.text().trim();
        let mut card = vec![
            format!("what      {}", telling(contents)),
            format!("where     {targets}: {}", by_environment.join(", ")),
            format!("asked by  {}", request.requested_by),
        ];
        if !comment.is_empty() {
            card.push(format!("comment   {comment}"));
        }
        card.push(ends.to_owned());
        let title = format!("{verb} {} on {targets}?", request.operation);
        Some(Effect::Ask(Question { title, card, ladder: Ladder::Yes, yes: Msg::Decided(decision) }))
    }

    fn ask_withdrawal(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let card = self.contents(cx).map(telling).into_iter().collect();
        let title = "Take this request back?".to_owned();
        Effect::Ask(Question { title, card, ladder: Ladder::Yes, yes: Msg::Withdrawn })
    }

    fn decide(&mut self, decision: ApprovalDecision) -> Effects<Msg> {
        let comment = self.comment.text().trim().to_owned();
        self.settle(Request::DecideApproval(DecideApproval {
            approval_id: self.id.clone(),
            decision,
            comment,
        }))
    }

    fn settle(&mut self, request: Request) -> Effects<Msg> {
        if self.deciding.is_some() {
            return Vec::new();
        }
        self.trouble = None;
        let (ticket, call) = self.call(request);
        self.deciding = Some(ticket);
        vec![call]
    }

    pub(super) fn hear_answer(&mut self, ticket: Ticket, result: Result<Reply, CallError>) -> Effects<Msg> {
        if self.reading == Some(ticket.0) {
            self.reading = None;
            match result {
                Ok(Reply::GetApproval(answer)) => self.whole = Some(answer.approval),
                Ok(_) => {}
                Err(error) => self.trouble = Some(format!("it is not known whole: {error}")),
            }
            return Vec::new();
        }
        if self.deciding != Some(ticket.0) {
            return Vec::new();
        }
        self.deciding = None;
        match result {
            Ok(Reply::DecideApproval(answer) | Reply::WithdrawApproval(answer)) => {
                self.latest = Some(answer.approval);
            }
            Ok(_) => {}
            Err(error) if error.is_unreachable() => {
                self.trouble = Some(format!("{error}: what stands here is what the server knows of it"));
            }
            Err(error) => self.trouble = Some(error.message),
        }
        Vec::new()
    }

    fn copy_menu(&self, cx: &Cx<'_>) -> Option<Effect<Msg>> {
        let contents = self.contents(cx)?;
        let targets: Vec<&str> = contents.targets.iter().map(|target| target.name.as_str()).collect();
        let request = serde_json::to_string_pretty(&contents.request).unwrap_or_default();
        let copies = [
            ("the id", self.id.clone()),
            ("the locator", Route::Approval(self.id.clone()).to_string()),
            ("the request as JSON", request),
            ("names of the targets", targets.join("\n")),
        ];
        let items = copies.into_iter().map(|(what, text)| Choice::new(what, Msg::CopyText(text)));
        Some(Effect::Pick { title: "Copy".to_owned(), items: items.collect() })
    }
}

/// Why nothing can be decided any more.
fn over(request: &Asked, cx: &Cx<'_>) -> String {
    format!("it is over: {}", look::approval(request.state, cx.theme.symbols()).word)
}
