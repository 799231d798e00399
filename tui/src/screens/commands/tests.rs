use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use pilothouse_api::commands::CommandState as C;
use pilothouse_api::protocol::InvocationState as S;
use pilothouse_kit::theme::{Depth, Theme};
use ratatui::layout::Size;

use super::*;
use crate::effect::Effect;
use crate::mirror::Mirror;
use crate::route::RunSpec;
use crate::screen::Times;
use crate::screens::fixtures::{self, NOW, command, command_id, drawn, fleet, tell_commands};
use crate::screens::rows::{ListMsg, Step};

struct Stage {
    mirror: Mirror,
    theme: Theme,
    size: (u16, u16),
    room: Commands,
}

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
    let theme = Theme::builtin("dark", Depth::True).unwrap();
    let mut stage = Stage { mirror, theme, size: (120, 40), room: Commands::new() };
    stage.with(|room, cx| room.told(cx));
    stage
}

impl Stage {
    fn with<R>(&mut self, f: impl FnOnce(&mut Commands, &Cx<'_>) -> R) -> R {
        let cx = Cx {
            mirror: &self.mirror,
            theme: &self.theme,
            now: NOW,
            size: Size::new(self.size.0, self.size.1),
            times: Times::Relative,
            typed_from: 10,
        };
        f(&mut self.room, &cx)
    }

    fn say(&mut self, msg: Msg) -> Effects<Msg> {
        self.with(|room, cx| room.update(msg, cx))
    }

    fn shown(&mut self) -> Vec<u32> {
        self.room.list.shown().to_vec()
    }

    fn shot(&mut self) -> String {
        let (theme, size) = (self.theme.clone(), self.size);
        self.with(|room, cx| drawn(&theme, size, |frame| room.view(cx, frame, frame.area())))
    }
}

#[test]
fn the_newest_command_is_first_and_enter_opens_it() {
    let mut stage = history();
    assert_eq!(stage.say(Msg::Open), [Effect::Open(Route::Command(command_id(0)))]);
    stage.say(Msg::List(ListMsg::Step(Step::By(3))));
    assert_eq!(stage.say(Msg::Open), [Effect::Open(Route::Command(command_id(3)))]);
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
    let key = |c| Input::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
    assert_eq!(stage.room.typed(&key('r')), None);
    stage.say(Msg::List(ListMsg::Filter));
    let msg = stage.room.typed(&key('r')).unwrap();
    stage.say(msg);
    assert_eq!(stage.room.list.filter.text(), "r");
    assert!(stage.room.step_back());
    assert!(!stage.room.step_back());
}

#[test]
fn an_empty_history_can_do_nothing_and_says_how_to_fill_it() {
    let mut mirror = fleet(0);
    tell_commands(&mut mirror, vec![], 1);
    let mut stage = stage(mirror);
    stage.size = (80, 24);
    assert_eq!(stage.with(|room, cx| room.why_not(&Msg::Open, cx)).as_deref(), Some("there is no command"));
    assert!(stage.shot().contains("Mark nodes with Space and press r"));
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
    for theme in ["dark", "light"] {
        for (width, height) in [(80, 24), (120, 40), (200, 60)] {
            let mut stage = history();
            stage.theme = Theme::builtin(theme, Depth::True).unwrap();
            stage.size = (width, height);
            stage.say(Msg::List(ListMsg::Step(Step::By(1))));
            insta::assert_snapshot!(format!("{theme}-{width}x{height}"), stage.shot());
        }
    }
}

#[test]
fn a_history_that_knows_when_a_command_ended_says_how_long_it_took() {
    let mut stage = history();
    let command = command(1, C::Success, &[(S::Success, 2)]);
    fixtures::tell_command(&mut stage.mirror, command, vec![fixtures::run(1, 5, S::Success)], 9);
    stage.size = (200, 12);
    assert!(stage.shot().contains("10 m 05 s"), "{}", stage.shot());
}
