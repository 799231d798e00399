use pilothouse_api::commands::CommandState as C;
use pilothouse_api::protocol::InvocationState as S;

use pilothouse_api::runs::{FindCommands, FindCommandsResult};

use super::*;
use crate::effect::{Effect, Request, Ticket};
use crate::mirror::Mirror;
use crate::route::RunSpec;
use crate::screens::fixtures::{NOW, command, command_id, fleet, tell_commands};
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

/// The server has nothing older.
fn stage(mirror: Mirror) -> Stage {
    let (mut stage, effects) = Stage::enter(mirror, Commands::new());
    if let [Effect::Call(ticket, Request::FindCommands(_))] = effects[..] {
        stage.land(ticket.0, Ok(Reply::FindCommands(FindCommandsResult::default())));
    }
    stage
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
fn it_is_told_how_long_each_took_that_is_over() {
    let picture = history().drawn((200, 12));
    assert!(picture.contains("10 m 15 s"), "{picture}");
}

/// The page of the history that is asked for, and its ticket.
fn page(effects: &[Effect<Msg>]) -> (u32, FindCommands) {
    match effects {
        [Effect::Call(Ticket(ticket), Request::FindCommands(find))] => (*ticket, find.clone()),
        other => panic!("{other:?}"),
    }
}

fn pages(stage: &mut Stage, ticket: u32, from: usize, to: usize, next: Option<&str>) -> Effects<Msg> {
    let commands = (from..to).map(|n| command(n, C::Success, &[(S::Success, 2)])).collect();
    let page = FindCommandsResult { commands, next_token: next.map(str::to_owned) };
    stage.land(ticket, Ok(Reply::FindCommands(page)))
}

#[test]
fn what_is_older_is_read_page_by_page_when_one_comes_near_the_end() {
    let mut mirror = fleet(24);
    let live = (0..100).map(|n| command(n, C::Success, &[(S::Success, 1)])).collect();
    tell_commands(&mut mirror, live, 1);
    let (mut stage, effects) = Stage::enter(mirror, Commands::new());
    assert_eq!(effects, [], "what is told live is enough to begin with");
    let (ticket, find) = page(&stage.press("G"));
    assert_eq!(find.before.map(|at| at.0), Some(command(99, C::Success, &[]).requested_at));
    assert_eq!(pages(&mut stage, ticket, 100, 300, Some("more")), []);
    assert_eq!((stage.shown().len(), stage.room.list.on()), (300, Some(command_id(99))), "nothing moved");
    let (ticket, find) = page(&stage.press("G"));
    assert_eq!(find.next_token.as_deref(), Some("more"));
    assert_eq!(pages(&mut stage, ticket, 300, 320, None), []);
    assert_eq!(stage.press("G"), [], "there is nothing more");
    assert_eq!(stage.say(Msg::Open), [Effect::Open(Route::command(command_id(319)))]);
}

#[test]
fn a_filter_asks_the_server_and_what_it_finds_stands_below_what_is_live() {
    let mut stage = history();
    assert_eq!(stage.press("/who:root state:success"), [], "not while it is typed");
    let (ticket, find) = page(&stage.press("<Enter>"));
    assert_eq!((find.who.as_deref(), find.states), (Some("root"), vec!["Success".to_owned()]));
    pages(&mut stage, ticket, 50, 53, None);
    let shown: Vec<_> = stage.shown();
    assert_eq!(shown.len(), 4, "one of those that are live, and three that are older");
    let mut again = command(51, C::Success, &[(S::Success, 2)]);
    again.requested_by = "root".to_owned();
    tell_commands(&mut stage.mirror, vec![again], 5);
    stage.told();
    assert_eq!(stage.shown().len(), 4, "none stands there twice");
}

#[test]
fn where_a_command_went_is_judged_by_the_server_that_knows_which_nodes_a_tag_meant() {
    let mut stage = history();
    stage.press("/target:web-07");
    let (ticket, find) = page(&stage.press("<Enter>"));
    assert_eq!((find.target.as_deref(), find.before), (Some("web-07"), None), "also of what is told live");
    assert!(stage.shown().is_empty());
    pages(&mut stage, ticket, 3, 5, None);
    assert_eq!(stage.shown().len(), 2);
}

#[test]
fn why_there_is_nothing_older_is_said() {
    let mut stage = history();
    let effects = stage.refreshed();
    let (ticket, _) = page(&effects);
    let error =
        CallError { code: "AccessDeniedException".to_owned(), message: "no policy permits it".to_owned() };
    stage.land(ticket, Err(error));
    assert!(stage.drawn((80, 24)).contains("no policy permits it"));
}

#[test]
fn a_template_is_one_key_away() {
    let spec = RunSpec { template: Some(String::new()), ..RunSpec::default() };
    assert_eq!(history().press("t"), [Effect::Open(Route::Run(spec))]);
}
