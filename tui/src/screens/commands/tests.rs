use pilothouse_api::commands::CommandState as C;
use pilothouse_api::protocol::InvocationState as S;

use super::*;
use crate::effect::Effect;
use crate::mirror::Mirror;
use crate::route::RunSpec;
use crate::screens::fixtures::{self, NOW, command, command_id, fleet, tell_commands};
use crate::screens::rows::{ListMsg, Step};

type Stage = crate::screens::stage::Stage<Commands>;

/// A history with every state in it, the newest still going on.
fn history() -> Stage {
    let states: [(C, &[(S, u32)]); 9] = [
        (C::InProgress, &[(S::Success, 9_998), (S::Failed, 1), (S::InProgress, 1)]),
        (C::Success, &[(S::Success, 24)]),
        (C::Failed, &[(S::Failed, 3)]),
        (C::Incomplete, &[(S::Success, 20), (S::Failed, 4)]),
        (C::RateExceeded, &[(S::Failed, 1), (S::Terminated, 23)]),
        (C::NoInstancesInTag, &[]),
        (C::DeliveryTimedOut, &[(S::DeliveryTimedOut, 2)]),
        (C::Cancelled, &[(S::Cancelled, 8)]),
        (C::Pending, &[(S::Pending, 5)]),
    ];
    let commands = states.iter().enumerate().map(|(n, (state, counts))| command(n, *state, counts)).collect();
    let mut mirror = fleet(24);
    tell_commands(&mut mirror, commands, 1);
    stage(mirror)
}

fn stage(mirror: Mirror) -> Stage {
    Stage::enter(mirror, Commands::new()).0
}

impl Stage {
    fn shown(&mut self) -> Vec<u32> {
        self.room.list.shown().to_vec()
    }
}

#[test]
fn the_newest_command_is_first_and_enter_opens_it() {
    let mut stage = history();
    assert_eq!(stage.say(Msg::Open), [Effect::Open(Route::command(command_id(0)))]);
    stage.say(Msg::List(ListMsg::Step(Step::By(3))));
    assert_eq!(stage.say(Msg::Open), [Effect::Open(Route::command(command_id(3)))]);
    let spec = RunSpec { from: Some(command_id(3)), ..RunSpec::default() };
    assert_eq!(stage.say(Msg::Again), [Effect::Open(Route::Run(spec))]);
}

#[test]
fn the_cursor_stays_on_its_command_when_a_newer_one_comes() {
    let mut stage = history();
    stage.say(Msg::List(ListMsg::Step(Step::By(2))));
    let mut newer = command(20, C::Pending, &[]);
    newer.requested_at = NOW;
    tell_commands(&mut stage.mirror, vec![newer], 2);
    stage.with(|room, cx| room.told(cx));
    assert_eq!(stage.room.list.on(), Some(command_id(2)));
    assert_eq!(stage.shown().len(), 10);
}

#[test]
fn commands_are_filtered_by_who_document_state_target_and_script() {
    let mut stage = history();
    let mut count = |filter: &str| {
        stage.room.list.filter.set(filter);
        stage.with(|room, cx| room.told(cx));
        stage.room.list.shown().len()
    };
    assert_eq!(count("state:failed"), 1);
    assert_eq!(count("who=root"), 9);
    assert_eq!(count("who=alice"), 0);
    assert_eq!(count("document:shell state:success"), 1);
    assert_eq!(count("target:prod"), 3);
    assert_eq!(count("!target:prod uptime"), 0);
    assert_eq!(count("script:apt-get"), 3);
    assert_eq!(count("OPS-5"), 1);
}

#[test]
fn faults_only_keeps_what_went_wrong_and_what_is_going_wrong() {
    let mut stage = history();
    stage.say(Msg::List(ListMsg::Faults));
    assert_eq!(stage.shown().len(), 6);
    assert_eq!(stage.room.list.on(), Some(command_id(0)), "it goes on, and has failed somewhere");
}

#[test]
fn while_the_filter_is_typed_letters_belong_to_it() {
    let mut stage = history();
    assert_eq!(stage.press("/r"), []);
    assert_eq!(stage.room.list.filter.text(), "r");
    stage.press("<Esc>");
    assert!(matches!(stage.press("r")[..], [Effect::Open(Route::Run(_))]));
}

#[test]
fn an_empty_history_can_do_nothing_and_says_how_to_fill_it() {
    let mut mirror = fleet(0);
    tell_commands(&mut mirror, vec![], 1);
    let mut stage = stage(mirror);
    assert_eq!(stage.with(|room, cx| room.why_not(&Msg::Open, cx)).as_deref(), Some("there is no command"));
    assert!(stage.drawn((80, 24)).contains("Mark nodes with Space and press r"));
}

#[test]
fn who_may_run_nothing_is_not_told_to_run_something() {
    let mut mirror = fleet(3);
    tell_commands(&mut mirror, vec![], 1);
    let why = "no policy permits ssm:SendCommand".to_owned();
    mirror.known_as(pilothouse_api::access::GetCallerAccessResult {
        principal: "user/vera".to_owned(),
        denied: [("ssm:SendCommand".to_owned(), why.clone())].into(),
        ..Default::default()
    });
    let drawn = stage(mirror).drawn((80, 24));
    assert!(drawn.contains(&why) && !drawn.contains("press r"), "{drawn}");
}

#[test]
fn what_can_be_copied_is_offered_with_its_text() {
    let mut stage = history();
    let [Effect::Pick { items, .. }] = &stage.say(Msg::Copy)[..] else { panic!("it asks") };
    let labels: Vec<&str> = items.iter().map(|item| item.label.as_str()).collect();
    assert_eq!(labels, ["command id", "locator", "script", "line to run it again", "aws line"]);
}

#[test]
fn the_keys_are_readable_and_none_hides_another() {
    let keys = Commands::keys();
    assert!(keys.broken().is_empty(), "{:?}", keys.broken());
    assert!(keys.conflicts().is_empty(), "{:?}", keys.conflicts());
}

#[test]
fn the_history_in_every_size_and_theme() {
    let mut stage = history();
    stage.press("j");
    for (name, picture) in stage.everywhere("history") {
        insta::assert_snapshot!(name, picture);
    }
}

#[test]
fn a_history_that_knows_when_a_command_ended_says_how_long_it_took() {
    let mut stage = history();
    let command = command(1, C::Success, &[(S::Success, 2)]);
    fixtures::tell_command(&mut stage.mirror, command, vec![fixtures::run(1, 5, S::Success)], 9);
    let picture = stage.drawn((200, 12));
    assert!(picture.contains("10 m 05 s"), "{picture}");
}
