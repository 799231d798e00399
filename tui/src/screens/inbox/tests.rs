use pilothouse_api::access::GetCallerAccessResult;
use pilothouse_api::approvals::{Approval, ApprovalState, WithdrawApproval};

use super::*;
use crate::effect::{Effect, Request};
use crate::screens::fixtures::{
    approval, approval_id, arming, command_id, fleet, tell_approvals, tell_armings,
};
use crate::screens::rows::{ListMsg, Step};

type Stage = crate::screens::stage::Stage<Inbox>;

/// Two that anna may decide, one of her own, and one of every end.
fn stage() -> Stage {
    let mut mirror = fleet(24);
    let access =
        GetCallerAccessResult { principal: "user/anna".to_owned(), ..GetCallerAccessResult::default() };
    mirror.known_as(access);
    let over = |n, state, outcome: &str| Approval {
        state,
        outcome: outcome.to_owned(),
        may_decide: false,
        ..approval(n)
    };
    let requests = vec![
        approval(3),
        approval(1),
        Approval { requested_by: "user/anna".into(), may_decide: false, ..approval(2) },
        over(0, ApprovalState::Executed, &format!("command/{}", command_id(7))),
        over(4, ApprovalState::Rejected, ""),
        over(5, ApprovalState::Expired, ""),
        over(6, ApprovalState::Stopped, "its targets had changed: web-04 is gone"),
        over(7, ApprovalState::Withdrawn, ""),
    ];
    tell_approvals(&mut mirror, requests);
    tell_armings(&mut mirror, vec![arming("prod", "user/ben", 250)]);
    Stage::enter(mirror, Inbox::new()).0
}

#[test]
fn what_waits_is_first_and_enter_opens_it() {
    let mut stage = stage();
    assert_eq!(stage.say(Msg::Open), [Effect::Open(Route::Approval(approval_id(1)))]);
    stage.say(Msg::List(ListMsg::Step(Step::By(3))));
    assert_eq!(
        stage.say(Msg::Open),
        [Effect::Open(Route::Approval(approval_id(0)))],
        "the newest of those that are over"
    );
    assert_eq!(stage.press("r"), [Effect::Open(Route::command(command_id(7)))]);
    assert_eq!(stage.with(|room, cx| room.title(cx)), "Inbox (2)");
}

#[test]
fn only_an_own_request_is_taken_back_and_only_after_a_question() {
    let mut stage = stage();
    let why = stage.with(|room, cx| room.why_not(&Msg::Withdraw, cx));
    assert_eq!(why.unwrap(), "only who asked for it takes it back");
    stage.press("j");
    let effects = stage.press("X");
    let [Effect::Ask(question)] = &effects[..] else { panic!("{effects:?}") };
    let withdraw = Request::WithdrawApproval(WithdrawApproval { approval_id: approval_id(2) });
    assert_eq!(stage.say(question.yes.clone()), [Effect::Call(Ticket(1), withdraw)]);
}

#[test]
fn an_empty_inbox_says_what_it_is_for() {
    let mut mirror = fleet(3);
    tell_approvals(&mut mirror, vec![]);
    let mut stage = Stage::enter(mirror, Inbox::new()).0;
    assert!(stage.drawn((80, 24)).contains("Nothing waits for a decision."));
    assert_eq!(stage.say(Msg::Open).len(), 1, "it says that there is none");
}

#[test]
fn the_inbox_in_every_size() {
    for (name, picture) in stage().everywhere("inbox") {
        insta::assert_snapshot!(name, picture);
    }
}
