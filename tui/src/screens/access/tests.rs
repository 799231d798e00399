use pilothouse_api::access::{
    AccessKey, AttachPolicy, Because, CreateAccessKey, CreateAccessKeyResult, CreateUser, CreateUserResult,
    Decision, Done, Finding, GetCallerAccessResult, Group, KeyStatus, ListGroupsResult, ListPoliciesResult,
    ListRolesResult, ListUsersResult, Policy, PutPolicy, PutPolicyResult, Role, Severity, SimulateAccess,
    SimulateAccessResult, Simulated, SshPublicKey, User, ValidatePolicy, ValidatePolicyResult,
};
use pilothouse_api::timestamp::Timestamp;

use super::*;
use crate::effect::{Effect, Ladder, Level, Question, Request};
use crate::screens::fixtures::{NOW, fleet, id};

type Stage = crate::screens::stage::Stage<Access>;

const VIEWER: &str = "// Sees what belongs to the environment staging.\n\n\
    @reason(\"viewers of staging see what is tagged env = staging\")\n\
    permit (principal in ?principal, action in Pilothouse::Action::\"read\", resource)\n\
    when { resource has environment && resource.environment == \"staging\" };\n";

fn ago(seconds: i64) -> Timestamp {
    Timestamp(Millis(NOW.0 - seconds * 1000))
}

fn key(n: u8, user: &str, status: KeyStatus) -> AccessKey {
    AccessKey {
        access_key_id: format!("PILO{n:016}"),
        user_name: user.into(),
        status,
        created_date: ago(86_400 * 40),
        expires_at: None,
        last_used_date: (n % 2 == 1).then(|| ago(180)),
        last_used_from: (n % 2 == 1).then(|| "10.0.0.7".into()),
        last_used_for: (n % 2 == 1).then(|| "ssm:SendCommand".into()),
    }
}

fn user(name: &str, groups: &[&str], policies: &[&str], keys: Vec<AccessKey>) -> User {
    User {
        user_name: name.into(),
        arn: format!("arn:aws:iam::000000000000:user/{name}"),
        comment: if name == "anna" { "looks after staging".into() } else { String::new() },
        created_date: ago(86_400 * 3),
        created_by: "root".into(),
        groups: groups.iter().map(|&it| it.into()).collect(),
        policies: policies.iter().map(|&it| it.into()).collect(),
        access_keys: keys,
        ssh_public_keys: Vec::new(),
    }
}

fn policy(name: &str, ready_made: bool, attached_to: &[&str]) -> Policy {
    Policy {
        policy_name: name.into(),
        text: VIEWER.into(),
        comment: "Sees what belongs to the environment staging.".into(),
        attached_to: attached_to.iter().map(|&it| it.into()).collect(),
        updated_date: ago(3_600),
        updated_by: "root".into(),
        ready_made,
    }
}

fn users() -> Vec<User> {
    let mut anna = user(
        "anna",
        &["on-call"],
        &["viewer-of-staging"],
        vec![key(1, "anna", KeyStatus::Active), key(2, "anna", KeyStatus::Inactive)],
    );
    anna.ssh_public_keys.push(SshPublicKey {
        fingerprint: "SHA256:uNiVztksCsDhcc0u9e8BrPJGMUSD".into(),
        public_key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 anna@laptop".into(),
        created_date: ago(60),
    });
    vec![
        anna,
        user("ben", &[], &[], Vec::new()),
        user("mallory\u{1b}[31m", &[], &["operator"], vec![key(3, "m", KeyStatus::Active)]),
    ]
}

fn answers() -> [Reply; 4] {
    let group = Group {
        group_name: "on-call".into(),
        comment: "whoever has the pager".into(),
        created_date: ago(86_400 * 30),
        members: vec!["anna".into()],
        policies: vec!["operator".into()],
    };
    let role = Role {
        role_name: "deploy".into(),
        arn: "arn:aws:iam::000000000000:role/deploy".into(),
        comment: "what the pipeline takes on".into(),
        created_date: ago(86_400 * 30),
        max_session_seconds: 3_600,
        policies: vec!["operator".into()],
    };
    let policies = vec![
        policy("administrator", true, &[]),
        policy("operator", true, &["group/on-call", "role/deploy"]),
        policy("viewer", true, &[]),
        policy("viewer-of-one-environment", true, &[]),
        policy("viewer-of-staging", false, &["user/anna"]),
    ];
    [
        Reply::ListUsers(ListUsersResult { users: users() }),
        Reply::ListGroups(ListGroupsResult { groups: vec![group] }),
        Reply::ListRoles(ListRolesResult { roles: vec![role] }),
        Reply::ListPolicies(ListPoliciesResult { policies }),
    ]
}

/// Answers the four lists that are under way, the first of which has this ticket.
fn answer_lists(stage: &mut Stage, first: u32) {
    for (ticket, reply) in (first..).zip(answers()) {
        stage.land(ticket, Ok(reply));
    }
}

fn at(tab: AccessTab) -> Stage {
    let (mut stage, effects) = Stage::enter(fleet(12), Access::new(tab, None));
    assert_eq!(effects.len(), 4, "users, groups, roles, policies");
    answer_lists(&mut stage, 1);
    stage
}

fn calls(effects: &Effects<Msg>) -> Vec<(u32, Request)> {
    let call = |effect: &Effect<Msg>| match effect {
        Effect::Call(Ticket(ticket), request) => Some((*ticket, request.clone())),
        _ => None,
    };
    effects.iter().filter_map(call).collect()
}

fn only_call(effects: &Effects<Msg>) -> (u32, Request) {
    let calls = calls(effects);
    assert_eq!(calls.len(), 1, "{effects:?}");
    calls.into_iter().next().unwrap()
}

fn refusal(message: &str) -> CallError {
    CallError { code: "AccessDeniedException".into(), message: message.into() }
}

fn new_key() -> CreateAccessKeyResult {
    CreateAccessKeyResult {
        access_key: key(9, "cora", KeyStatus::Active),
        secret_access_key: "canary/kFv+8tEXAMPLESECRET0123456789abcdef".into(),
    }
}

/// Fills in the form for a new user who may look at one environment, and sends it.
fn make_cora(stage: &mut Stage) -> (u32, Request) {
    stage.press("acora<Enter>on loan<Enter><Enter><Enter>");
    let effects = stage.press("<Enter><Enter><Enter>");
    only_call(&effects)
}

#[test]
fn a_newcomer_makes_a_viewer_of_one_environment_with_a_key_in_one_form() {
    let mut stage = at(AccessTab::Users);
    let (ticket, request) = make_cora(&mut stage);
    let cora = CreateUser { user_name: "cora".into(), comment: "on loan".into(), groups: vec![] };
    assert_eq!(request, Request::CreateUser(cora));
    assert_eq!(calls(&stage.press("<Enter>")), [], "one change at a time");
    let made = CreateUserResult { user: user("cora", &[], &[], vec![]) };
    // The copy for staging is there already, with the same text: it is attached as it is.
    let (ticket, request) = only_call(&stage.land(ticket, Ok(Reply::CreateUser(made))));
    let attach = AttachPolicy { policy_name: "viewer-of-staging".into(), principal: "user/cora".into() };
    assert_eq!(request, Request::AttachPolicy(attach));
    assert!(stage.room.form.is_none());
    let (ticket, request) = only_call(&stage.land(ticket, Ok(Reply::AttachPolicy(Done {}))));
    assert_eq!(request, Request::CreateAccessKey(CreateAccessKey { user_name: "cora".into() }));
    let effects = stage.land(ticket, Ok(Reply::CreateAccessKey(new_key())));
    let said = "user cora is made, viewer-of-staging is attached to user/cora, its access key is made";
    assert_eq!(effects[0], Effect::Toast(Level::Good, said.into()));
    assert_eq!(calls(&effects).len(), 4, "everything is asked for anew");
    assert!(stage.drawn((120, 40)).contains("canary/kFv+8tEXAMPLESECRET0123456789abcdef"));
}

#[test]
fn for_another_environment_the_policy_is_copied_first() {
    let mut stage = at(AccessTab::Users);
    stage.press("acora<Enter><Enter><Enter><Enter><C-u>prod<Enter>");
    let (ticket, _) = only_call(&stage.press("<Enter><Enter>"));
    let made = CreateUserResult { user: user("cora", &[], &[], vec![]) };
    let (_, request) = only_call(&stage.land(ticket, Ok(Reply::CreateUser(made))));
    let Request::PutPolicy(PutPolicy { policy_name, text, .. }) = request else { panic!("{request:?}") };
    assert_eq!(policy_name, "viewer-of-prod");
    assert!(text.contains("== \"prod\"") && !text.contains("staging"), "{text}");
}

#[test]
fn a_refused_form_keeps_what_was_typed_and_says_why() {
    let mut stage = at(AccessTab::Users);
    let (ticket, _) = make_cora(&mut stage);
    assert_eq!(stage.land(ticket, Err(refusal("there are 1,000 users already"))), []);
    let form = stage.room.form.as_ref().unwrap();
    assert_eq!(form.text(form::What::Name), "cora");
    assert!(stage.drawn((80, 24)).contains("there are 1,000 users already"));
    assert_eq!(calls(&stage.press("<Enter>")).len(), 1, "it can be tried again");
}

#[test]
fn a_name_that_is_taken_or_no_name_is_not_sent() {
    let mut stage = at(AccessTab::Users);
    stage.press("aAnna<Enter><Enter><Enter><Enter><Enter><Enter>");
    assert_eq!(stage.press("<Enter>"), []);
    assert!(stage.drawn((80, 24)).contains("there is already one that is called Anna"));
    stage.press("<C-u>an na");
    assert!(stage.drawn((80, 24)).contains("only letters, digits"));
}

/// Shows the key of a new user.
fn shown_key() -> Stage {
    let mut stage = at(AccessTab::Users);
    let (ticket, _) = only_call(&stage.press("jK"));
    stage.land(ticket, Ok(Reply::CreateAccessKey(new_key())));
    stage
}

#[test]
fn a_secret_is_shown_once_and_nowhere_else() {
    let mut stage = shown_key();
    let effects = stage.press("y");
    assert!(matches!(effects[..], [Effect::CopySecret(_)]), "{effects:?}");
    stage.press("s");
    let effects = stage.press("<Enter>");
    let [Effect::SaveSecret { path, text }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(path.to_str(), Some("cora.credentials"));
    let section = "[cora]\naws_access_key_id = PILO0000000000000009\naws_secret_access_key = canary/";
    assert!(text.reveal().starts_with(section));
    let printed = format!("{effects:?} {:?} {}", stage.room, stage.room.route());
    assert!(!printed.contains("canary"), "{printed}");
    stage.press("<Esc>");
    assert!(stage.room.new_key.is_none(), "it is on the clipboard");
    assert!(stage.room.new_key.is_none());
    assert!(!stage.drawn((120, 40)).contains("canary"));
}

#[test]
fn a_key_that_went_nowhere_is_not_lost_by_one_press() {
    let mut stage = shown_key();
    stage.press("<Esc>");
    assert!(stage.drawn((120, 40)).contains("neither copied nor saved"));
    stage.press("<Esc>");
    assert!(stage.room.new_key.is_none());
}

#[test]
fn a_key_whose_file_was_not_written_stays() {
    let mut stage = shown_key();
    stage.press("s<Enter>");
    stage.with(|room, _| room.saved("cora.credentials".as_ref(), false));
    stage.press("<Esc>");
    assert!(stage.room.new_key.is_some());
    stage.press("s<C-u>other<Enter>");
    stage.with(|room, _| room.saved("other".as_ref(), true));
    assert!(stage.drawn((120, 40)).contains("AWS_SHARED_CREDENTIALS_FILE=other"));
    stage.press("<Esc>");
    assert!(stage.room.new_key.is_none());
}

#[test]
fn a_user_is_deleted_after_asking_and_memberships_at_once() {
    let mut stage = at(AccessTab::Users);
    let effects = stage.press("D");
    let [Effect::Ask(Question { title, card, ladder: Ladder::Yes, yes })] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(title, "Delete user anna?");
    assert!(card.iter().any(|line| line.contains("last used 3 m ago")), "{card:?}");
    let (ticket, request) = only_call(&stage.say(yes.clone()));
    assert_eq!(request.name(), "DeleteUser");
    assert_eq!(calls(&stage.land(ticket, Ok(Reply::DeleteUser(Done {})))).len(), 4);
    answer_lists(&mut stage, ticket + 2);
    // Two keys, then the group: that can be given back.
    let (_, request) = only_call(&stage.press("<Enter>jjD"));
    assert_eq!(request.name(), "RemoveUserFromGroup");
}

#[test]
fn the_key_under_the_cursor_is_rotated_and_switched() {
    let mut stage = at(AccessTab::Users);
    let effects = stage.press("<Enter>r");
    let [Effect::Pick { items, .. }] = &effects[..] else { panic!("{effects:?}") };
    let (_, request) = only_call(&stage.say(items[0].msg.clone()));
    let Request::RotateAccessKey(rotation) = request else { panic!("{request:?}") };
    assert_eq!(
        (rotation.access_key_id.as_str(), rotation.grace_seconds),
        ("PILO0000000000000001", Some(86_400))
    );
    let mut stage = at(AccessTab::Users);
    let (_, request) = only_call(&stage.press("<Enter>jt"));
    let Request::UpdateAccessKey(update) = request else { panic!("{request:?}") };
    assert_eq!((update.access_key_id.as_str(), update.status), ("PILO0000000000000002", KeyStatus::Active));
    let mut stage = at(AccessTab::Users);
    assert!(matches!(stage.press("t")[..], [Effect::Pick { .. }]), "of two keys one is chosen");
}

#[test]
fn policies_are_given_and_taken_from_a_list_that_says_what_is_given() {
    let mut stage = at(AccessTab::Users);
    let effects = stage.press("p");
    let [Effect::Pick { items, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(items[0].label, "[x] viewer-of-staging");
    let viewer = items.iter().find(|item| item.label == "[ ] viewer").unwrap();
    assert_eq!(viewer.msg, Msg::Attach("viewer".into(), "user/anna".into()));
    let (_, request) = only_call(&stage.say(items[0].msg.clone()));
    assert_eq!(request.name(), "DetachPolicy");
}

#[test]
fn what_cannot_be_done_says_why() {
    let mut stage = at(AccessTab::Users);
    let mut why = |msg: Msg| stage.with(|room, cx| room.why_not(&msg, cx)).unwrap_or_default();
    assert_eq!(why(Msg::Edit), "only policies have a text");
    assert_eq!(why(Msg::Paper(paper::PaperMsg::Save)), "no policy's text is open");
    let denied = GetCallerAccessResult {
        principal: "user/anna".into(),
        denied: [("pilothouse:CreateUser".to_owned(), "no policy permits pilothouse:CreateUser".to_owned())]
            .into(),
        ..GetCallerAccessResult::default()
    };
    stage.mirror.known_as(denied);
    let mut why = |msg: Msg| stage.with(|room, cx| room.why_not(&msg, cx)).unwrap_or_default();
    assert_eq!(why(Msg::New), "no policy permits pilothouse:CreateUser");
    let mut stage = at(AccessTab::Policies);
    let mut why = |msg: Msg| stage.with(|room, cx| room.why_not(&msg, cx)).unwrap_or_default();
    assert_eq!(why(Msg::Remove), "it came with the server, and stays");
    assert_eq!(why(Msg::Edit), "it came with the server: c copies it under a new name");
}

fn finding() -> Finding {
    Finding {
        line: 4,
        column: 46,
        message: "unknown action `Pilothouse::Action::\"reed\"`".into(),
        help: Some("did you mean `read`?".into()),
        severity: Severity::Error,
    }
}

/// Opens the policy of one's own, changed, with a finding in it.
fn edited() -> (Stage, u32) {
    let mut stage = at(AccessTab::Policies);
    let effects = stage.press("Ge");
    assert_eq!(effects, []);
    let (ticket, request) = only_call(&stage.told());
    assert_eq!(request, Request::ValidatePolicy(ValidatePolicy { text: VIEWER.into() }));
    stage.press("x");
    assert_eq!(stage.told(), [], "one question at a time");
    let answer = ValidatePolicyResult { findings: vec![finding()] };
    stage.land(ticket, Ok(Reply::ValidatePolicy(answer)));
    (stage, ticket)
}

#[test]
fn a_text_is_looked_at_when_the_hands_rest_and_one_goes_to_what_was_found() {
    let (mut stage, _) = edited();
    assert_eq!(stage.with(|room, _| room.wakes_at()), Some(Millis(NOW.0 + 300)), "it was changed meanwhile");
    stage.press("<Tab>");
    stage.press("<Esc>");
    let picture = stage.drawn((120, 40));
    assert!(picture.contains("4:46 unknown action") && picture.contains("did you mean"), "{picture}");
    stage.press("e");
    stage.press("<BS>");
    assert!(stage.with(|room, _| room.unsaved()).is_some_and(|lost| lost.contains("viewer-of-staging")));
}

#[test]
fn a_refused_text_stays_and_a_saved_one_is_saved() {
    let (mut stage, _) = edited();
    let (ticket, request) = only_call(&stage.press("<C-s>"));
    let Request::PutPolicy(PutPolicy { policy_name, text, .. }) = request else { panic!("{request:?}") };
    assert_eq!((policy_name.as_str(), text), ("viewer-of-staging", format!("x{VIEWER}")));
    let effects = stage.land(ticket, Err(refusal("line 6: unexpected token `x`")));
    assert!(matches!(&effects[..], [Effect::Toast(Level::Error, _)]));
    assert!(stage.drawn((120, 40)).contains("not saved: line 6: unexpected token"));
    assert!(stage.with(|room, _| room.unsaved()).is_some());
    stage.press("<BS> ");
    let (ticket, _) = only_call(&stage.press("<C-s>"));
    let saved = Policy { text: format!(" {VIEWER}"), ..policy("viewer-of-staging", false, &[]) };
    let answer = PutPolicyResult { policy: saved, findings: vec![] };
    assert_eq!(calls(&stage.land(ticket, Ok(Reply::PutPolicy(answer)))).len(), 4);
    assert_eq!(stage.with(|room, _| room.unsaved()), None);
    stage.press("<Esc><Esc>");
    assert!(stage.room.paper.is_none());
}

/// The policies as they are after somebody else saved the one of one's own.
fn saved_elsewhere() -> Reply {
    let theirs = Policy {
        text: "// theirs".into(),
        updated_by: "user/ben".into(),
        ..policy("viewer-of-staging", false, &[])
    };
    Reply::ListPolicies(ListPoliciesResult { policies: vec![theirs] })
}

#[test]
fn what_somebody_else_saved_meanwhile_is_not_overwritten_without_asking() {
    let (mut stage, _) = edited();
    let asked = calls(&stage.with(|room, cx| room.refreshed(cx)));
    stage.land(asked[3].0, Ok(saved_elsewhere()));
    assert!(stage.drawn((120, 40)).contains("user/ben saved another text meanwhile"));
    let effects = stage.press("<C-s>");
    let [Effect::Ask(Question { yes, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(only_call(&stage.say(yes.clone())).1.name(), "PutPolicy");
}

#[test]
fn a_text_that_was_only_read_is_shown_as_it_is_now() {
    let mut stage = at(AccessTab::Policies);
    stage.press("G<Enter>");
    let asked = calls(&stage.with(|room, cx| room.refreshed(cx)));
    stage.land(asked[3].0, Ok(saved_elsewhere()));
    assert!(stage.drawn((120, 40)).contains("// theirs"));
    assert_eq!(stage.with(|room, _| room.unsaved()), None);
}

#[test]
fn lists_are_sorted_and_filtered_by_their_columns() {
    let mut stage = at(AccessTab::Users);
    assert!(matches!(stage.press("o")[..], [Effect::Pick { .. }]));
    stage.press("/keys:none<Enter>");
    assert_eq!(stage.room.list().on().as_deref(), Some("ben"));
    stage.press("<Esc>");
    stage.press("/group:call<Enter>");
    assert_eq!(stage.room.list().on().as_deref(), Some("anna"));
}

#[test]
fn a_text_that_was_changed_is_not_closed_by_esc() {
    let (mut stage, _) = edited();
    stage.press("<Esc><Esc>");
    assert!(stage.room.paper.is_some(), "the shell goes a place back, where it is kept");
}

#[test]
fn a_ready_made_policy_is_copied_for_another_environment() {
    let mut stage = at(AccessTab::Policies);
    stage.press("jjj<Enter>");
    assert!(stage.drawn((120, 40)).contains("ready-made, read only"));
    stage.press("c");
    let form = stage.room.form.as_ref().unwrap();
    assert_eq!(form.text(form::What::Environment), "staging");
    stage.press("<C-u>viewer-of-dev<Enter><C-u>dev<Enter><Enter><Enter>");
    let paper = stage.room.paper.as_ref().unwrap();
    assert_eq!((paper.name.as_str(), paper.typing), ("viewer-of-dev", true));
    assert!(stage.with(|room, _| room.unsaved()).is_some());
    assert!(stage.drawn((120, 40)).contains("environment == \"dev\""));
}

fn asked() -> (Stage, u32) {
    let mut stage = at(AccessTab::Users);
    stage.press("w");
    let picks = stage.press("<Enter>");
    let [Effect::Pick { items, .. }] = &picks[..] else { panic!("{picks:?}") };
    let send = items.iter().find(|item| item.label == "ssm:SendCommand").unwrap();
    assert_eq!(send.detail, "write, also SendCommandToNodes, UpdateCommand");
    stage.say(send.msg.clone());
    let picks = stage.press("<Enter>");
    let [Effect::Pick { items, .. }] = &picks[..] else { panic!("{picks:?}") };
    let node = |name: &str| items.iter().find(|item| item.label == name).unwrap().msg.clone();
    let (web, db) = (node("web-00"), node("db-01"));
    stage.say(web);
    assert!(matches!(&stage.press(",<Enter>")[..], [Effect::Pick { .. }]), "behind a comma there is more");
    stage.say(db);
    assert_eq!(stage.press("<Enter>"), [], "what was chosen is enough");
    stage.press("<Tab><Tab>");
    let (ticket, request) = only_call(&stage.press("<Enter>"));
    let wanted = SimulateAccess {
        principal: Some("user/anna".into()),
        action: "ssm:SendCommand".into(),
        resources: vec![format!("node/{}", id(0)), format!("node/{}", id(1))],
        ..SimulateAccess::default()
    };
    assert_eq!(request, Request::SimulateAccess(wanted));
    (stage, ticket)
}

fn simulated() -> Stage {
    let (mut stage, ticket) = asked();
    let because = Because {
        policy: "viewer-of-staging".into(),
        line: 4,
        effect: "permit".into(),
        reason: Some("viewers of staging see what is tagged env = staging".into()),
    };
    let results = vec![
        Simulated {
            resource: format!("node/{}", id(0)),
            decision: Decision::NotPermitted,
            because: vec![],
            explanation: "no policy permits user/anna to perform ssm:SendCommand on node web-00".into(),
        },
        Simulated {
            resource: format!("node/{}", id(1)),
            decision: Decision::Allowed,
            because: vec![because],
            explanation:
                "permitted by viewer-of-staging: viewers of staging see what is tagged env = staging".into(),
        },
    ];
    let answer = SimulateAccessResult { principal: "user/anna".into(), results };
    stage.land(ticket, Ok(Reply::SimulateAccess(answer)));
    stage
}

#[test]
fn why_is_asked_about_who_is_under_the_cursor_and_answered_with_the_line_that_decided() {
    let mut stage = simulated();
    let picture = stage.drawn((120, 40));
    assert!(picture.contains("not permitted") && picture.contains("viewer-of-staging:4"), "{picture}");
    stage.press("j<Enter>");
    assert_eq!(stage.with(|room, cx| room.title(cx)), "Policy viewer-of-staging");
    stage.press("<Esc>");
    assert_eq!((stage.room.tab, stage.room.paper.is_none()), (AccessTab::Simulate, true));
    stage.press("<Esc>");
    assert!(!stage.drawn((120, 40)).contains("Policy "));
}

#[test]
fn a_question_that_is_not_complete_says_what_is_missing() {
    let mut stage = at(AccessTab::Simulate);
    stage.press("jjjjj");
    let effects = stage.press("<Enter>");
    assert!(
        matches!(&effects[..], [Effect::Toast(Level::Warn, why)] if why.contains("what is to be done")),
        "{effects:?}"
    );
}

#[test]
fn lists_are_asked_for_anew_when_rights_change_and_told_with_their_age() {
    let mut stage = at(AccessTab::Users);
    assert_eq!(stage.told(), []);
    let topic = Topic::Armings { after: 1 };
    stage.mirror.news(pilothouse_api::topics::News::Armings { armings: vec![] }, &topic, false);
    assert_eq!(calls(&stage.told()).len(), 4);
    assert_eq!(calls(&stage.with(|room, cx| room.refreshed(cx))), [], "while they are under way");
    answer_lists(&mut stage, 7);
}

#[test]
fn a_list_that_is_refused_says_why_in_its_place() {
    let (mut stage, _) = Stage::enter(fleet(3), Access::new(AccessTab::Users, None));
    stage.land(1, Err(refusal("User user/anna is not authorized to perform pilothouse:ListUsers")));
    assert!(stage.drawn((80, 24)).contains("not authorized"));
}

#[test]
fn a_locator_leads_to_its_thing_once_it_is_listed() {
    let (mut stage, _) = Stage::enter(fleet(3), Access::new(AccessTab::Policies, Some("viewer".into())));
    answer_lists(&mut stage, 1);
    assert_eq!(stage.room.list().on().as_deref(), Some("viewer"));
    let here = Route::Access { tab: AccessTab::Policies, selected: Some("viewer".into()) };
    assert_eq!(stage.room.route(), here);
}

#[test]
fn the_keys_are_readable_and_none_hides_another() {
    let keys = Access::keys();
    assert!(keys.broken().is_empty(), "{:?}", keys.broken());
    assert!(keys.conflicts().is_empty(), "{:?}", keys.conflicts());
}

fn pictured(name: &str, mut stage: Stage) {
    for (name, picture) in stage.everywhere(name) {
        insta::assert_snapshot!(name, picture);
    }
}

#[test]
fn every_tab_in_every_size_and_theme() {
    let mut users = at(AccessTab::Users);
    users.press("<Enter>j");
    pictured("users", users);
    pictured("groups", at(AccessTab::Groups));
    pictured("roles", at(AccessTab::Roles));
    pictured("policies", at(AccessTab::Policies));
    pictured("simulated", simulated());
}

#[test]
fn the_form_the_key_and_the_text_in_every_size_and_theme() {
    let mut form = at(AccessTab::Users);
    form.press("acora<Enter><Enter><Enter>");
    pictured("form", form);
    pictured("key", shown_key());
    let (mut text, ticket) = edited();
    text.press("<BS>");
    text.press("<Tab>");
    assert!(ticket > 0);
    pictured("text", text);
}

#[test]
fn an_account_with_root_alone_says_what_to_do() {
    let (mut stage, _) = Stage::enter(fleet(1), Access::new(AccessTab::Users, None));
    stage.land(1, Ok(Reply::ListUsers(ListUsersResult { users: vec![] })));
    assert!(stage.drawn((80, 24)).contains("a makes a user"));
}

#[test]
fn who_may_see_nobody_is_not_told_that_there_is_nobody() {
    let (mut stage, _) = Stage::enter(fleet(1), Access::new(AccessTab::Users, None));
    stage.mirror.known_as(GetCallerAccessResult {
        principal: "user/anna".into(),
        ..GetCallerAccessResult::default()
    });
    stage.land(1, Ok(Reply::ListUsers(ListUsersResult { users: vec![] })));
    assert!(stage.drawn((80, 24)).contains("There is no user that you may see."));
}
