use pilothouse_api::access::GetCallerAccessResult;
use pilothouse_api::commands::{CommandInvocation, ListCommandInvocations, ListCommandInvocationsResult};
use pilothouse_api::nodes::{DeregisterManagedInstance, DeregisterManagedInstanceResult};
use pilothouse_api::protocol::{InvocationState, Millis};
use pilothouse_api::tags::{AddTagsToResource, AddTagsToResourceResult, RemoveTagsFromResource, Tag};

use super::*;
use crate::effect::{Effect, Ladder, Level, Request};
use crate::mirror::Mirror;
use crate::route::RunSpec;
use crate::screens::fixtures::{
    NOW, command, command_id, fleet, id, node, run, tell_command, tell_commands, tell_nodes,
};
use crate::screens::stage::Stage;

/// Node 0, whose runs the server has listed.
fn stage() -> Stage<Node> {
    let mut mirror = fleet(6);
    let known = vec![
        command(2, pilothouse_api::commands::CommandState::Success, &[(InvocationState::Success, 1)]),
        command(1, pilothouse_api::commands::CommandState::InProgress, &[(InvocationState::InProgress, 1)]),
    ];
    tell_commands(&mut mirror, known, 1);
    let (mut stage, asked) = Stage::enter(mirror, Node::new(id(0)));
    assert_eq!(asked, [list(1)]);
    stage.land(1, Ok(Reply::ListCommandInvocations(listed())));
    stage
}

fn list(ticket: u32) -> Effect<Msg> {
    let request = ListCommandInvocations {
        instance_id: Some(id(0).to_string()),
        max_results: Some(50),
        ..ListCommandInvocations::default()
    };
    Effect::Call(Ticket(ticket), Request::ListCommandInvocations(request))
}

fn listed() -> ListCommandInvocationsResult {
    let run = |n: usize, state: &str, comment: &str| CommandInvocation {
        command_id: command_id(n).to_string(),
        document_name: "AWS-RunShellScript".to_owned(),
        comment: comment.to_owned(),
        requested_date_time: Millis(NOW.0 - 600_000 * i64::try_from(n).unwrap()).into(),
        status_details: state.to_owned(),
        ..CommandInvocation::default()
    };
    let command_invocations = vec![
        run(1, "InProgress", "ticket OPS-1"),
        run(2, "Success", ""),
        run(3, "Failed", "rotate \u{1b}[31mlogs"),
    ];
    ListCommandInvocationsResult { command_invocations, next_token: None }
}

fn tagged(key: &str, value: &str) -> Request {
    Request::AddTagsToResource(AddTagsToResource {
        resource_type: "ManagedInstance".to_owned(),
        resource_id: id(0).to_string(),
        tags: vec![Tag { key: key.to_owned(), value: value.to_owned() }],
    })
}

#[test]
fn a_tag_is_added_once_it_is_right() {
    let mut stage = stage();
    assert_eq!(stage.press("aowner<Enter>"), []);
    assert!(stage.drawn((80, 24)).contains("a tag is written key=value"));
    assert_eq!(stage.press("=ops<Enter>"), [Effect::Call(Ticket(2), tagged("owner", "ops"))]);
    assert_eq!(stage.room.edit, None);
    assert_eq!(
        stage.land(2, Ok(Reply::AddTagsToResource(AddTagsToResourceResult {}))),
        [Effect::Toast(Level::Good, "tag owner is set".to_owned())]
    );
    assert!(!stage.drawn((80, 24)).contains("ops"), "it is shown when the server has told of it");
}

#[test]
fn a_tag_is_changed_in_place_and_esc_leaves_it() {
    let mut stage = stage();
    assert_eq!(
        stage.press("<Tab>je<BS><BS><BS>front end<Enter>"),
        [Effect::Call(Ticket(2), tagged("role", "front end"))]
    );
    assert_eq!(stage.press("e<BS><Esc>"), []);
    assert_eq!(stage.room.edit, None);
}

#[test]
fn a_tag_is_removed_after_asking() {
    let mut stage = stage();
    let effects = stage.press("<Tab><Delete>");
    let [Effect::Ask(question)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((question.title.as_str(), &question.ladder), ("Remove the tag env=prod?", &Ladder::Yes));
    let request = RemoveTagsFromResource {
        resource_type: "ManagedInstance".to_owned(),
        resource_id: id(0).to_string(),
        tag_keys: vec!["env".to_owned()],
    };
    assert_eq!(
        stage.say(question.yes.clone()),
        [Effect::Call(Ticket(2), Request::RemoveTagsFromResource(request))]
    );
}

#[test]
fn a_node_is_removed_only_after_its_name_was_typed() {
    let mut stage = stage();
    let effects = stage.press("D");
    let [Effect::Ask(question)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(question.ladder, Ladder::Typed("web-00".to_owned()));
    let request = DeregisterManagedInstance { instance_id: id(0).to_string() };
    assert_eq!(
        stage.say(question.yes.clone()),
        [Effect::Call(Ticket(2), Request::DeregisterManagedInstance(request))]
    );
    assert_eq!(
        stage.land(2, Ok(Reply::DeregisterManagedInstance(DeregisterManagedInstanceResult {}))),
        [Effect::Toast(Level::Good, "deregistered".to_owned()), Effect::Close]
    );
}

#[test]
fn a_run_that_goes_on_is_followed_and_enter_opens_its_command() {
    let mut stage = stage();
    let wants = stage.with(|room, cx| room.wants(cx));
    assert!(wants.contains(&Topic::Command { command_id: command_id(1), after: 0 }));
    assert_eq!(wants.len(), 3, "what is over needs no following");
    assert!(stage.drawn((80, 24)).contains("↻ running"));
    let over = command(1, pilothouse_api::commands::CommandState::Success, &[(InvocationState::Success, 1)]);
    tell_command(&mut stage.mirror, over, vec![run(1, 0, InvocationState::Success)], 2);
    assert!(!stage.drawn((80, 24)).contains("↻ running"));
    assert_eq!(stage.press("j<Enter>"), [Effect::Open(Route::command(command_id(2)))]);
    assert_eq!(
        stage.press("r"),
        [Effect::Open(Route::Run(RunSpec { nodes: vec![id(0)], ..RunSpec::default() }))]
    );
}

#[test]
fn when_commands_were_sent_since_the_list_is_asked_for_anew() {
    let mut stage = stage();
    assert_eq!(stage.told(), []);
    let newer =
        command(0, pilothouse_api::commands::CommandState::InProgress, &[(InvocationState::Pending, 1)]);
    tell_commands(&mut stage.mirror, vec![newer], 2);
    assert_eq!(stage.told(), [list(2)]);
    assert_eq!(stage.told(), [], "it was asked");
}

#[test]
fn a_node_that_is_gone_is_called_gone_and_one_that_is_not_told_of_yet_is_not() {
    let (mut stage, _) = Stage::enter(Mirror::default(), Node::new(id(0)));
    assert!(stage.drawn((80, 24)).contains("loading mi-00000000000000000"));
    let (mut stage, _) = Stage::enter(fleet(6), Node::new(id(9)));
    assert!(stage.drawn((80, 24)).contains("is no node of this fleet (any more)"));
}

#[test]
fn who_does_not_see_everything_is_not_told_that_a_node_is_gone_nor_to_run_what_it_may_not() {
    let mut mirror = fleet(6);
    mirror.known_as(GetCallerAccessResult {
        principal: "user/anna".to_owned(),
        denied: [("ssm:SendCommand".to_owned(), "no policy permits it".to_owned())].into(),
        ..GetCallerAccessResult::default()
    });
    let (mut stage, _) = Stage::enter(mirror, Node::new(id(9)));
    stage.land(1, Ok(Reply::ListCommandInvocations(ListCommandInvocationsResult::default())));
    let drawn = stage.drawn((80, 24));
    assert!(drawn.contains("is no node of this fleet, or none that you may see"), "{drawn}");
    assert!(drawn.contains("No command ran here yet.") && !drawn.contains("r runs one"), "{drawn}");
}

#[test]
fn a_conflict_is_explained_with_what_to_do() {
    let mut stage = stage();
    let mut copied = node(0);
    copied.conflict = Some("2026-11-23 from 10.9.9.9\u{1b}[0m".to_owned());
    tell_nodes(&mut stage.mirror, vec![copied], Vec::new(), 2);
    insta::assert_snapshot!("conflict", stage.drawn((80, 24)));
}

#[test]
fn a_node_in_every_size() {
    let mut stage = stage();
    for (name, picture) in stage.everywhere("node") {
        insta::assert_snapshot!(name, picture);
    }
    stage.press("arole=web");
    insta::assert_snapshot!("editing", stage.drawn((80, 24)));
}

#[test]
fn nothing_panics_in_any_size() {
    let mut stage = stage();
    stage.press("a");
    insta::assert_snapshot!("tiny", stage.drawn((20, 5)));
    for width in 1..60 {
        for height in 1..20 {
            stage.drawn((width, height));
        }
    }
}

#[test]
fn every_key_of_the_table_can_be_read_and_none_hides_another() {
    let keys = Node::keys();
    assert_eq!((keys.broken(), keys.conflicts()), (&[][..], vec![]));
}
