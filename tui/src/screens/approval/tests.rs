use pilothouse_api::access::GetCallerAccessResult;
use pilothouse_api::approvals::{
    Approval as Asked, ApprovalDecision, ApprovalResult, ApprovalState, DecideApproval, GetApproval,
};

use super::*;
use crate::effect::{Effect, Level, Request};
use crate::screens::fixtures::{NOW, approval, approval_id, command_id, fleet, tell_approvals};

type Stage = crate::screens::stage::Stage<Approval>;

fn stage(person: &str, requests: Vec<Asked>) -> Stage {
    let mut mirror = fleet(24);
    mirror
        .known_as(GetCallerAccessResult { principal: person.to_owned(), ..GetCallerAccessResult::default() });
    tell_approvals(&mut mirror, requests);
    let (stage, effects) = Stage::enter(mirror, Approval::new(approval_id(1)));
    let read = Request::GetApproval(GetApproval { approval_id: approval_id(1) });
    assert_eq!(effects, [Effect::Call(Ticket(1), read)]);
    stage
}

/// The request was read whole.
fn read(mut stage: Stage, request: Asked) -> Stage {
    assert_eq!(stage.land(1, Ok(Reply::GetApproval(ApprovalResult { approval: request }))), []);
    stage
}

fn why_not(stage: &mut Stage, msg: &Msg) -> Option<String> {
    stage.with(|room, cx| room.why_not(msg, cx))
}

const APPROVE: Msg = Msg::Decide(ApprovalDecision::Approve);

#[test]
fn nothing_is_approved_that_was_not_shown_whole() {
    let mut stage = stage("user/anna", vec![approval(1)]);
    assert_eq!(why_not(&mut stage, &APPROVE).unwrap(), "all of it must be read first");
    assert_eq!(why_not(&mut stage, &Msg::Decide(ApprovalDecision::Reject)), None);
    let mut stage = read(stage, approval(1));
    assert_eq!(why_not(&mut stage, &APPROVE), None);
}

#[test]
fn a_request_is_approved_after_a_question_with_a_comment() {
    let mut stage = read(stage("user/anna", vec![approval(1)]), approval(1));
    stage.press("cgo ahead<Enter>");
    let effects = stage.press("a");
    let [Effect::Ask(question)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(question.title, "Approve SendCommand on 5 nodes?");
    assert!(
        question.card.contains(&"where     5 nodes: prod 2, dev 1, staging 2".to_owned()),
        "{:?}",
        question.card
    );
    assert!(question.card.contains(&"comment   go ahead".to_owned()), "{:?}", question.card);
    let decide = DecideApproval {
        approval_id: approval_id(1),
        decision: ApprovalDecision::Approve,
        comment: "go ahead".to_owned(),
    };
    let effects = stage.say(question.yes.clone());
    assert_eq!(effects, [Effect::Call(Ticket(2), Request::DecideApproval(decide))]);
    assert_eq!(why_not(&mut stage, &APPROVE).unwrap(), "it is being decided");
}

#[test]
fn what_became_of_it_is_shown_and_leads_to_the_command() {
    let mut stage = read(stage("user/anna", vec![approval(1)]), approval(1));
    stage.say(Msg::Decided(ApprovalDecision::Approve));
    let approved =
        Asked { state: ApprovalState::Approved, decided_by: Some("user/anna".into()), ..approval(1) };
    stage.land(2, Ok(Reply::DecideApproval(ApprovalResult { approval: approved.clone() })));
    assert_eq!(why_not(&mut stage, &Msg::Outcome).unwrap(), "it has become no command");
    let outcome = format!("command/{}", command_id(7));
    let executed = Asked { state: ApprovalState::Executed, decided_at: Some(NOW), outcome, ..approved };
    tell_approvals(&mut stage.mirror, vec![executed]);
    assert_eq!(stage.press("<Enter>"), [Effect::Open(Route::command(command_id(7)))]);
    assert_eq!(why_not(&mut stage, &APPROVE).unwrap(), "it is over: carried out");
}

#[test]
fn nobody_decides_an_own_request_but_takes_it_back() {
    let own = Asked { may_decide: false, ..approval(1) };
    let mut stage = read(stage("user/ben", vec![own.clone()]), own);
    assert_eq!(why_not(&mut stage, &APPROVE).unwrap(), "you asked for it; somebody else must decide");
    let effects = stage.press("a");
    assert!(
        matches!(&effects[..], [Effect::Toast(Level::Info, said)] if said.contains("somebody else")),
        "{effects:?}"
    );
    assert!(matches!(&stage.press("X")[..], [Effect::Ask(_)]));
    assert!(matches!(&stage.say(Msg::Withdrawn)[..], [Effect::Call(_, Request::WithdrawApproval(_))]));
}

#[test]
fn somebody_elses_request_is_not_taken_back_and_not_always_ones_to_decide() {
    let mut stage = stage("user/anna", vec![Asked { may_decide: false, ..approval(1) }]);
    assert_eq!(why_not(&mut stage, &Msg::Withdraw).unwrap(), "only who asked for it takes it back");
    assert_eq!(why_not(&mut stage, &APPROVE).unwrap(), "it is not yours to decide");
}

#[test]
fn a_refused_decision_says_why_and_can_be_tried_again() {
    let mut stage = read(stage("user/anna", vec![approval(1)]), approval(1));
    stage.say(Msg::Decided(ApprovalDecision::Approve));
    let error =
        CallError { code: "AccessDeniedException".into(), message: "user/anna may not decide".into() };
    stage.land(2, Err(error));
    assert!(stage.drawn((80, 24)).contains("user/anna may not decide"));
    assert_eq!(why_not(&mut stage, &APPROVE), None);
}

#[test]
fn every_member_of_the_request_is_shown_and_nothing_of_a_long_line_is_hidden() {
    let mut request = approval(1);
    let long = format!("echo {} end-of-line", "x".repeat(300));
    request.request["Parameters"]["commands"] =
        serde_json::json!(["one\ntwo", long, "\u{1b}[2J\u{202e}evil"]);
    request.request["Parameters"]["workingDirectory"] = serde_json::json!(["/srv"]);
    request.request["TimeoutSeconds"] = serde_json::json!(600);
    let mut stage = read(stage("user/anna", vec![request.clone()]), request);
    let drawn = stage.drawn((80, 60));
    for said in ["one", "two", "end-of-line", "/srv", "600", "AWS-RunShellScript", "<U+202E>evil"] {
        assert!(drawn.contains(said), "{said} is missing in\n{drawn}");
    }
    assert!(!drawn.contains('\u{1b}'));
}

#[test]
fn ten_thousand_targets_are_scrolled_through() {
    let mut request = approval(1);
    request.targets = (0..10_000)
        .map(|n| {
            let target = &approval(1).targets[n % 5];
            let (name, resource) = (format!("n-{n:05}"), format!("node/{n}"));
            pilothouse_api::approvals::ApprovalTarget { name, resource, ..target.clone() }
        })
        .collect();
    request.target_count = 10_000;
    let mut stage = read(stage("user/anna", vec![request.clone()]), request);
    assert!(stage.drawn((120, 40)).contains("10,000 nodes"));
    stage.press("<Tab>G");
    let drawn = stage.drawn((120, 40));
    assert!(drawn.contains("n-09999"), "{drawn}");
}

#[test]
fn a_request_in_every_size() {
    let mut stage = read(stage("user/anna", vec![approval(1)]), approval(1));
    for (name, picture) in stage.everywhere("pending") {
        insta::assert_snapshot!(name, picture);
    }
    let outcome = format!("command/{}", command_id(7));
    let executed = Asked {
        state: ApprovalState::Executed,
        decided_by: Some("user/anna".into()),
        decided_at: Some(NOW.plus_seconds(-12)),
        decision_comment: "go ahead".into(),
        outcome,
        ..approval(1)
    };
    tell_approvals(&mut stage.mirror, vec![executed]);
    for (name, picture) in stage.everywhere("carried-out") {
        insta::assert_snapshot!(name, picture);
    }
}
