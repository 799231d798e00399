use std::path::PathBuf;

use pilothouse_api::commands::{CancelCommand, CancelCommandResult, CommandState};
use pilothouse_api::protocol::{Chunk, InvocationState, Lost, Millis, Payload, Stream};
use pilothouse_api::topics::Topic;
use pilothouse_kit::pager::PagerMsg;

use super::state::Focus;
use super::*;
use crate::effect::{Choice, Effect, Ladder, Level, Question, Request};
use crate::mirror::{Link, MAX_LINES, Mirror};
use crate::route::RunSpec;
use crate::screen::Times;
use crate::screens::fixtures::{
    self, NOW, chunk, command_id, fleet, id, tell_command, tell_merged, tell_output,
};
use crate::screens::rows::{ListMsg, Step};
use InvocationState as S;

type Stage = crate::screens::stage::Stage<Command>;

/// How the nodes of the story fare: every state that one is likely to see.
fn fate(n: usize) -> S {
    match n {
        2 | 9 => S::Failed,
        5 => S::ExecutionTimedOut,
        3 => S::Pending,
        4 | 6 | 11 => S::InProgress,
        10 => S::Delayed,
        12.. => S::Pending,
        _ => S::Success,
    }
}

/// Command 1 on `nodes` nodes, while it goes on.
fn live(nodes: usize) -> Stage {
    let mut mirror = fleet(nodes);
    let runs: Vec<_> = (0..nodes).map(|n| fixtures::run(1, n, fate(n))).collect();
    let mut counts = std::collections::BTreeMap::new();
    runs.iter().for_each(|run| *counts.entry(run.state).or_insert(0) += 1);
    let counts: Vec<_> = counts.into_iter().collect();
    tell_command(&mut mirror, fixtures::command(1, CommandState::InProgress, &counts), runs, 1);
    stage(mirror)
}

/// Command 1, over on all of its nodes.
fn over(states: &[S], state: CommandState) -> Stage {
    let mut mirror = fleet(states.len());
    let runs = states.iter().enumerate().map(|(n, state)| fixtures::run(1, n, *state)).collect();
    let mut counts = std::collections::BTreeMap::new();
    states.iter().for_each(|state| *counts.entry(*state).or_insert(0) += 1);
    let counts: Vec<_> = counts.into_iter().collect();
    tell_command(&mut mirror, fixtures::command(1, state, &counts), runs, 1);
    stage(mirror)
}

fn stage(mirror: Mirror) -> Stage {
    Stage::enter(mirror, Command::new(command_id(1))).0
}

impl Stage {
    fn pager(&mut self, msg: PagerMsg) -> Effects<Msg> {
        self.say(Msg::Output(OutputMsg::Pager(msg)))
    }

    fn wants(&mut self) -> Vec<Topic> {
        self.with(|room, cx| room.wants(cx))
    }

    /// Puts the cursor on a node.
    fn on(&mut self, n: usize) {
        while self.room.list.on() != Some(id(n)) {
            self.say(Msg::List(ListMsg::Step(Step::By(1))));
        }
    }

    fn mark(&mut self, nodes: &[usize]) {
        self.room.list.hand.marks.extend(nodes.iter().map(|n| id(*n)));
        self.told();
    }

    fn shot(&mut self) -> String {
        self.drawn(self.size)
    }

    /// The text alone.
    fn text(&mut self) -> String {
        self.shot().lines().filter(|line| !line.starts_with('»')).map(|line| format!("{line}\n")).collect()
    }

    /// The lines of output in sight that begin so, without the scrollbar.
    fn seen(&mut self, begin: &str) -> Vec<String> {
        let text = self.text();
        let lines = text.lines().filter(|line| line.starts_with(begin));
        lines.map(|line| line.trim_end_matches(['│', ' ']).to_owned()).collect()
    }

    fn node_says(&mut self, n: usize, text: &str) {
        let end = self.mirror.output(&command_id(1), &id(n)).map_or(0, |output| output.end(&id(n)));
        tell_output(&mut self.mirror, 1, n, vec![chunk(end, Stream::Stdout, text)], false);
        self.told();
    }
}

/// What nodes say that one should not believe.
fn hostile() -> Vec<(usize, Chunk)> {
    let err = |offset, text: &str| chunk(offset, Stream::Stderr, text);
    let out = |offset, text: &str| chunk(offset, Stream::Stdout, text);
    let hole = Payload::Dropped { bytes: 312, lines: 4, why: Lost::Spool };
    let texts = [
        (0, out(0, "Reading package lists...\n")),
        (1, out(0, "Hit:1 http://deb.debian.org/debian bookworm InRelease\n")),
        (
            2,
            err(
                0,
                "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (unattended-upgr)\n",
            ),
        ),
        (4, out(0, "\u{1b}[2J\u{1b}[1;31mred\u{1b}[0m \u{7}bell \u{1b}]0;title\u{7}\n")),
        (6, out(0, "price \u{202e}00.001\u{202c} zero\u{200d}width\n")),
        (0, out(25, "Building dependency tree\r 10 %\r 55 %\r100 %\n")),
        (7, Chunk { payload: hole, ..out(0, "") }),
        (7, out(312, "0 upgraded, 0 newly installed\n")),
        (5, Chunk { payload: Payload::Data(b"\x7fELF\x02\x01\x01\0\0\xff\xfe\n".to_vec()), ..out(0, "") }),
        (4, out(37, "half a li")),
    ];
    texts.into()
}

#[test]
fn while_many_answer_all_are_shown_merged_and_of_a_past_command_one_after_the_other() {
    let mut stage = live(5);
    let nodes = Topic::nodes();
    let command = Topic::Command { command_id: command_id(1), after: 0 };
    let merged = Topic::Merged { command_id: command_id(1), from: [].into(), after: 0 };
    assert_eq!(stage.wants(), [nodes.clone(), command.clone(), merged]);
    stage.say(Msg::Merge);
    let first = stage.room.list.on().unwrap();
    let one = |instance_id| Topic::Output { command_id: command_id(1), instance_id, from: 0 };
    assert_eq!(stage.wants(), [nodes, command, one(first)]);
    stage.on(4);
    assert_eq!(stage.wants().last(), Some(&one(id(4))));

    assert_eq!(over(&[S::Success, S::Failed], CommandState::Incomplete).room.merged, Some(false));
    assert_eq!(live(1).room.merged, Some(false), "one node alone needs no name before its lines");
}

#[test]
fn what_changes_nothing_is_greyed_with_the_reason() {
    let mut stage = live(1);
    let mut why_not = |msg: &Msg| stage.with(|room, cx| room.why_not(msg, cx));
    assert_eq!(why_not(&Msg::Merge).as_deref(), Some("there is only one node"));
    assert_eq!(why_not(&Msg::Enter), None);
    stage.press("<Enter>");
    let reason = stage.with(|room, cx| room.why_not(&Msg::Enter, cx));
    assert_eq!(reason.as_deref(), Some("it has the whole room already"));
}

#[test]
fn what_the_user_chose_stays_when_the_command_ends() {
    let mut stage = live(5);
    stage.say(Msg::Merge);
    stage.say(Msg::Merge);
    let counts = [(S::Success, 5)];
    tell_command(&mut stage.mirror, fixtures::command(1, CommandState::Success, &counts), vec![], 2);
    stage.told();
    assert_eq!(stage.room.merged, Some(true));
}

#[test]
fn enter_shows_the_nodes_output_large_and_esc_goes_back_step_by_step() {
    let mut stage = live(5);
    stage.on(2);
    assert_eq!(stage.say(Msg::Enter), []);
    assert_eq!((stage.room.merged, stage.room.focus, stage.room.zoom), (Some(false), Focus::Output, true));
    stage.node_says(2, "one\ntwo\n");
    stage.say(Msg::List(ListMsg::Filter));
    assert!(stage.room.step_back(), "the search field");
    assert!(stage.room.step_back(), "the zoom");
    assert_eq!((stage.room.focus, stage.room.zoom), (Focus::Nodes, false));
    assert!(!stage.room.step_back(), "nothing left: the shell goes back");
    assert_eq!(stage.say(Msg::Describe), [Effect::Open(Route::Node(id(2)))]);
}

#[test]
fn esc_in_the_filter_leaves_the_filter_and_not_the_search_in_the_output() {
    let mut stage = live(5);
    stage.press("m");
    stage.node_says(2, "one\n");
    stage.press("<Tab>/one<Enter><Tab>/web");
    assert_eq!(stage.room.list.filter.text(), "web");
    stage.press("<Esc>");
    assert!(stage.room.list.filter.is_empty() && stage.room.output.pager.search().is_some());
    stage.press("<Esc>");
    assert!(stage.room.output.pager.search().is_none());
}

#[test]
fn failed_runs_stand_on_top_by_choice_and_the_cursor_stays_on_its_node() {
    let mut stage = live(12);
    stage.on(4);
    stage.say(Msg::List(ListMsg::SortBy(1)));
    let shown: Vec<S> = stage.with(|room, cx| {
        let runs = room.detail(cx).unwrap().runs();
        room.list.shown().iter().map(|&at| runs[at as usize].state).collect()
    });
    assert_eq!(shown[..4], [S::Failed, S::Failed, S::ExecutionTimedOut, S::InProgress]);
    assert_eq!(stage.room.list.on(), Some(id(4)));
    stage.say(Msg::List(ListMsg::Faults));
    assert_eq!(stage.room.list.shown().len(), 3);
}

#[test]
fn runs_are_filtered_by_state_tag_and_what_they_say() {
    let mut stage = live(12);
    let mut shown = |filter: &str| {
        stage.room.list.filter.set(filter);
        stage.told();
        stage.room.list.shown().len()
    };
    assert_eq!(shown("state:failed"), 2);
    assert_eq!(shown("state:running"), 3);
    assert_eq!(shown("exit=127"), 2);
    assert_eq!(shown("apt-gett"), 2);
    assert_eq!(shown("@prod"), 4);
    assert_eq!(shown("web !state:success"), 1);
}

#[test]
fn keys_that_move_belong_to_the_pane_that_has_them() {
    let mut stage = live(5);
    stage.say(Msg::Merge);
    stage.on(0);
    stage.node_says(0, &"line\n".repeat(100));
    stage.text();
    stage.say(Msg::Switch);
    stage.say(Msg::List(ListMsg::Step(Step::By(-1))));
    assert!(!stage.room.output.pager.follows(), "scrolling up stops it");
    assert_eq!(stage.room.list.on(), Some(id(0)), "the list did not move");
    stage.say(Msg::List(ListMsg::Step(Step::Last)));
    assert!(stage.room.output.pager.follows());
    stage.say(Msg::List(ListMsg::Mark));
    assert!(stage.room.list.hand.marks.is_empty(), "nothing is marked that has not the keys");
    stage.say(Msg::Switch);
    stage.say(Msg::List(ListMsg::Step(Step::By(1))));
    assert_ne!(stage.room.list.on(), Some(id(0)));
}

#[test]
fn following_shows_what_comes_and_without_it_the_view_stands_still() {
    let mut stage = live(5);
    stage.say(Msg::Merge);
    stage.on(0);
    stage.node_says(0, &(0..100).map(|n| format!("line {n}\n")).collect::<String>());
    assert!(stage.text().contains("line 99"));
    stage.node_says(0, "line 100\n");
    assert!(stage.text().contains("line 100"));
    stage.pager(PagerMsg::Follow);
    let before = stage.seen("line ");
    stage.node_says(0, "line 101\n");
    assert_eq!(stage.seen("line "), before);
    stage.pager(PagerMsg::Follow);
    assert!(stage.text().contains("line 101"));
}

#[test]
fn the_view_stands_still_even_when_the_oldest_lines_are_forgotten() {
    let mut stage = live(5);
    stage.say(Msg::Merge);
    stage.on(0);
    for block in 0..MAX_LINES / 1_000 {
        let text: String = (0..1_000).map(|line| format!("line {}\n", block * 1_000 + line)).collect();
        stage.node_says(0, &text);
    }
    stage.text();
    stage.pager(PagerMsg::Line(MAX_LINES / 2));
    let before = stage.seen("line ");
    stage.node_says(0, &"more\n".repeat(2_000));
    assert_eq!(stage.seen("line "), before);
}

#[test]
fn another_node_is_shown_from_its_end_with_the_same_search() {
    let mut stage = live(5);
    stage.say(Msg::Merge);
    stage.on(0);
    stage.node_says(0, &"warning: x\n".repeat(100));
    stage.text();
    stage.say(Msg::Output(OutputMsg::Search));
    stage.press("warn<Enter>");
    assert!(!stage.room.output.pager.follows());
    stage.on(4);
    assert!(stage.room.output.pager.follows());
    assert_eq!(stage.room.output.pager.search().unwrap().pattern(), "warn");
    assert_eq!(stage.room.output.pager.on(), None);
}

#[test]
fn a_search_goes_over_the_whole_output_and_says_when_it_goes_round() {
    let mut stage = live(5);
    stage.say(Msg::Merge);
    stage.on(0);
    let text: String =
        (0..500).map(|n| if n % 200 == 7 { format!("Hit {n}\n") } else { format!("line {n}\n") }).collect();
    stage.node_says(0, &text);
    stage.text();
    stage.say(Msg::Switch);
    stage.say(Msg::List(ListMsg::Step(Step::First)));
    stage.say(Msg::List(ListMsg::Filter));
    assert_eq!(stage.press("hit<Enter>"), []);
    assert_eq!(stage.room.output.pager.on(), Some(7));
    assert_eq!(stage.pager(PagerMsg::NextHit), []);
    assert_eq!(stage.pager(PagerMsg::NextHit), []);
    assert_eq!(stage.room.output.pager.on(), Some(407));
    let said = stage.pager(PagerMsg::NextHit);
    assert_eq!(said, [Effect::Toast(Level::Info, "no further hit: on from the other end".to_owned())]);
    assert!(stage.room.step_back(), "the search");
    let said = stage.pager(PagerMsg::NextHit);
    assert_eq!(said, [Effect::Toast(Level::Info, "nothing is looked for: / begins a search".to_owned())]);
}

#[test]
fn error_lines_are_found_one_after_the_other_and_a_trace_is_one() {
    let mut stage = live(5);
    tell_merged(
        &mut stage.mirror,
        1,
        vec![
            (0, chunk(0, Stream::Stdout, "fine\n")),
            (1, chunk(0, Stream::Stderr, "Traceback\n  at a\n  at b\n")),
            (2, chunk(0, Stream::Stdout, "fine\nE: Permission denied\n")),
        ],
        false,
    );
    stage.told();
    stage.text();
    stage.pager(PagerMsg::First);
    for expected in [1, 5] {
        assert_eq!(stage.pager(PagerMsg::NextError), []);
        assert_eq!(stage.room.output.pager.on(), Some(expected));
    }
    stage.pager(PagerMsg::PreviousError);
    assert_eq!(stage.room.output.pager.on(), Some(1));
}

#[test]
fn what_is_shown_is_saved_and_copied_with_names_and_nothing_that_a_terminal_obeys() {
    let mut stage = live(12);
    tell_merged(&mut stage.mirror, 1, hostile(), false);
    stage.told();
    stage.say(Msg::Output(OutputMsg::Save));
    let [Effect::Save { path, text }] = &stage.press("<Enter>")[..] else { panic!("it is saved") };
    assert_eq!(path, &PathBuf::from("0b0d5a8e-all.log"));
    assert!(text.starts_with("web-00: Reading package lists...\ndb-01: Hit:1 "), "{text}");
    assert!(text.contains("worker-07: … 312 bytes (4 lines) dropped by quota\n"), "{text}");
    assert!(!text.chars().any(|c| c != '\n' && (c.is_control() || "\u{202e}\u{200d}".contains(c))), "{text}");
    assert_eq!(stage.say(Msg::CopyOutput), [Effect::Copy(text.clone())]);
}

#[test]
fn a_file_is_named_after_the_node_whatever_the_node_is_called() {
    let mut stage = live(1);
    let mut run = fixtures::run(1, 0, S::InProgress);
    run.node_name = "../../etc/\u{1b}[2Jpasswd".to_owned();
    let counts = [(S::InProgress, 1)];
    tell_command(&mut stage.mirror, fixtures::command(1, CommandState::InProgress, &counts), vec![run], 2);
    stage.node_says(0, "x\n");
    stage.say(Msg::Output(OutputMsg::Save));
    let [Effect::Save { path, .. }] = &stage.press("<Enter>")[..] else { panic!("it is saved") };
    assert_eq!(path, &PathBuf::from("0b0d5a8e-.._.._etc___2Jpasswd.log"));
}

#[test]
fn nothing_is_saved_where_nothing_was_said() {
    let mut stage = live(5);
    let msg = Msg::Output(OutputMsg::Save);
    assert_eq!(stage.with(|room, cx| room.why_not(&msg, cx)).as_deref(), Some("there is no output"));
    assert_eq!(stage.say(msg), [Effect::Toast(Level::Info, "there is no output".to_owned())]);
    assert_eq!(stage.room.output.asking, None);
}

#[test]
fn stopping_asks_first_and_says_whom_it_hits() {
    let mut stage = live(14);
    let [Effect::Ask(Question { title, card, ladder, yes })] = &stage.say(Msg::Stop)[..] else {
        panic!("it asks")
    };
    assert_eq!(title, "Stop it on 7 nodes?");
    assert_eq!(
        card,
        &[
            "df -h /",
            "3 pending: never sent",
            "3 running: the processes are killed; what they did stays done",
            "1 delayed: stopped as soon as the node answers",
            "1 node in dev",
            "3 nodes in prod",
            "3 nodes in staging"
        ]
    );
    assert_eq!((ladder, yes), (&Ladder::Typed("prod".to_owned()), &Msg::Stopped(vec![])));
}

#[test]
fn the_more_it_hits_the_harder_it_is_to_say_yes() {
    let mut stage = live(40);
    let mut ladder = |marks: &[usize]| {
        stage.room.list.hand.marks.clear();
        stage.mark(marks);
        match &stage.say(Msg::Stop)[..] {
            [Effect::Ask(Question { ladder, .. })] => ladder.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(ladder(&[4]), Ladder::Yes);
    assert_eq!(ladder(&[4, 10, 0]), Ladder::Card, "a run that is over does not count");
    assert_eq!(ladder(&[4, 6]), Ladder::Typed("prod".to_owned()));
    let without_prod: Vec<usize> = (12..30).filter(|n| n % 3 != 0).collect();
    assert_eq!(ladder(&without_prod), Ladder::Typed("12".to_owned()));
}

#[test]
fn only_what_was_marked_is_stopped_and_the_server_is_asked_in_portions() {
    let mut stage = live(130);
    let nodes: Vec<usize> = (20..95).collect();
    stage.mark(&nodes);
    let [Effect::Ask(Question { yes, .. })] = &stage.say(Msg::Stop)[..] else { panic!("it asks") };
    let effects = stage.say(yes.clone());
    let asked: Vec<usize> = effects
        .iter()
        .map(|effect| match effect {
            Effect::Call(_, Request::CancelCommand(CancelCommand { instance_ids, .. })) => instance_ids.len(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(asked, [50, 25]);
    let good =
        stage.with(|room, cx| room.landed(Ticket(0), Ok(Reply::CancelCommand(CancelCommandResult {})), cx));
    assert_eq!(good, [Effect::Toast(Level::Good, "asked to stop on 50 nodes".to_owned())]);
    let error = CallError { code: "Unreachable".to_owned(), message: "no answer".to_owned() };
    let bad = stage.with(|room, cx| room.landed(Ticket(1), Err(error), cx));
    assert_eq!(bad, [Effect::Toast(Level::Error, "not stopped on 25 nodes: no answer".to_owned())]);
}

#[test]
fn what_is_over_cannot_be_stopped() {
    let mut stage = over(&[S::Success, S::Failed], CommandState::Incomplete);
    assert_eq!(stage.say(Msg::Stop), [Effect::Toast(Level::Info, "it is over everywhere".to_owned())]);
    let mut stage = live(12);
    stage.mark(&[0, 1]);
    assert_eq!(stage.say(Msg::Stop), [Effect::Toast(Level::Info, "it is over on what is marked".to_owned())]);
}

#[test]
fn any_group_of_runs_becomes_the_target_of_another_run() {
    let mut stage = live(12);
    stage.mark(&[1, 4]);
    let [Effect::Pick { items, .. }] = &stage.say(Msg::Again)[..] else { panic!("it asks") };
    let told: Vec<(&str, &str, bool)> = items
        .iter()
        .map(|Choice { label, detail, disabled, .. }| (label.as_str(), detail.as_str(), disabled.is_some()))
        .collect();
    assert_eq!(
        told,
        [
            ("what is marked", "2 nodes", false),
            ("everything that did not succeed", "3 nodes", false),
            ("failed", "2 nodes", false),
            ("timed out", "1 node", false),
            ("not started or cancelled", "0 nodes", true),
            ("refused: platform or access", "0 nodes", true),
            ("succeeded", "4 nodes", false),
            ("everyone", "the same targets, looked up anew", false),
        ]
    );
    let mut run_on = |again, nodes: Vec<usize>| {
        let nodes = nodes.into_iter().map(id).collect();
        let spec = RunSpec { nodes, from: Some(command_id(1)), ..RunSpec::default() };
        assert_eq!(stage.say(Msg::RunOn(again)), [Effect::Open(Route::Run(spec))]);
    };
    run_on(Again::Marked, vec![1, 4]);
    run_on(Again::Bucket(Bucket::Failed), vec![2, 9]);
    run_on(Again::Everyone, vec![]);
}

#[test]
fn ids_and_lines_for_the_shell_can_be_copied() {
    let mut stage = live(5);
    stage.on(2);
    let [Effect::Pick { items, .. }] = &stage.say(Msg::Copy)[..] else { panic!("it asks") };
    let texts: Vec<(&str, &str)> = items.iter().map(|it| (it.label.as_str(), it.detail.as_str())).collect();
    let command = "0b0d5a8e-3f6e-4f9e-9a6b-000000000001";
    assert_eq!(texts[0], ("command id", command));
    assert_eq!(texts[1], ("locator", format!("pilothouse:command/{command}").as_str()));
    assert_eq!(texts[2], ("script", "df -h /"));
    assert_eq!(texts[3], ("line to run it again", "pilothouse run --targets tag:env=staging -- 'df -h /'"));
    let line = format!("aws ssm get-command-invocation --command-id {command} --instance-id {}", id(2));
    assert_eq!(texts[5], ("aws line, this node", line.as_str()));
    assert_eq!(stage.say(Msg::CopyText("x".to_owned())), [Effect::Copy("x".to_owned())]);
}

#[test]
fn the_keys_are_readable_and_none_hides_another() {
    let keys = Command::keys();
    assert!(keys.broken().is_empty(), "{:?}", keys.broken());
    assert!(keys.conflicts().is_empty(), "{:?}", keys.conflicts());
}

#[test]
fn the_room_survives_being_written_down() {
    let mut stage = live(5);
    stage.mark(&[1]);
    stage.say(Msg::Enter);
    let text = serde_json::to_string(&stage.room).unwrap();
    assert_eq!(serde_json::from_str::<Command>(&text).unwrap(), stage.room);
}

#[test]
fn a_live_command_with_hostile_output_in_every_size_and_theme() {
    let mut stage = live(24);
    tell_merged(&mut stage.mirror, 1, hostile(), false);
    stage.mark(&[2, 9]);
    stage.on(3);
    for (name, picture) in stage.everywhere("live") {
        insta::assert_snapshot!(name, picture);
    }
}

#[test]
fn one_nodes_output_large_with_times_a_search_and_long_lines_wrapped() {
    let mut stage = live(12);
    stage.size = (80, 24);
    stage.times = Times::Utc;
    stage.on(2);
    stage.say(Msg::Enter);
    let lines = "Reading state information...\nE: Unable to locate package apt-gett ".to_owned()
        + &"x".repeat(90)
        + "\n";
    tell_output(&mut stage.mirror, 1, 2, vec![chunk(0, Stream::Stderr, &lines)], true);
    stage.told();
    stage.pager(PagerMsg::Times);
    stage.pager(PagerMsg::Wrap);
    stage.text();
    stage.say(Msg::Output(OutputMsg::Search));
    stage.press("apt");
    insta::assert_snapshot!("one-large", stage.shot());
}

#[test]
fn a_command_that_matched_no_node_says_so() {
    let mut stage = over(&[], CommandState::NoInstancesInTag);
    stage.size = (80, 24);
    insta::assert_snapshot!("no-nodes", stage.text());
}

#[test]
fn a_command_that_did_not_reach_its_nodes_says_why_in_plain_words() {
    let states = [
        S::DeliveryTimedOut,
        S::Undeliverable,
        S::InvalidPlatform,
        S::AccessDenied,
        S::Terminated,
        S::Cancelled,
    ];
    let mut stage = over(&states, CommandState::DeliveryTimedOut);
    stage.size = (120, 24);
    insta::assert_snapshot!("not-reached", stage.text());
}

#[test]
fn what_is_not_fresh_says_since_when() {
    let mut stage = live(5);
    stage.size = (80, 24);
    let lost = Link::Lost { since: NOW, retry_at: NOW, why: "reset".to_owned() };
    stage.mirror.linked(lost, Millis(NOW.0 - 12_000));
    stage.told();
    let text = stage.text();
    assert!(text.lines().next().unwrap().ends_with("as of 12 s ago"), "{text}");
}

#[test]
fn before_anything_is_known_and_on_any_terminal_there_is_something_to_see() {
    for (width, height) in [(20, 5), (1, 1), (3, 2), (40, 11), (160, 12), (80, 13)] {
        let mut empty = stage(fleet(0));
        empty.size = (width, height);
        empty.text();
        for zoom in [false, true] {
            let mut stage = live(24);
            tell_merged(&mut stage.mirror, 1, hostile(), false);
            stage.size = (width, height);
            stage.room.zoom = zoom;
            stage.say(Msg::Switch);
            stage.text();
        }
    }
    let mut tiny = live(24);
    tiny.size = (20, 5);
    insta::assert_snapshot!("tiny", tiny.text());
}
