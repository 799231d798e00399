use pilothouse_api::commands::{CancelCommand, CancelCommandResult, CommandState};
use pilothouse_api::folding::{Bucket as Part, InstanceIdPage, ListBucket, Normal};
use pilothouse_api::protocol::{Chunk, InvocationState, Killed, Lost, Millis, Payload, Stream};
use pilothouse_api::topics::Topic;

use super::*;
use crate::effect::{Choice, Effect, Ladder, Level, Question, Request};
use crate::mirror::{Link, Mirror};
use crate::route::{CommandSpot, RunSpec};
use crate::screens::fixtures::{
    self, NOW, chunk, command_id, fleet, group, id, tell_command, tell_groups, tell_merged,
};
use crate::screens::rows::{ListMsg, Step};
use InvocationState as S;
use output::Whose;

mod compared;
mod paced;

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
    fn wants(&mut self) -> Vec<Topic> {
        self.with(|room, cx| room.wants(cx))
    }

    /// Puts the cursor on a node, in the list of nodes.
    fn on(&mut self, n: usize) {
        self.say(Msg::Tab(CommandTab::Nodes));
        self.say(Msg::Move(ListMsg::Step(Step::First)));
        while self.room.list.on() != Some(id(n)) {
            self.say(Msg::Move(ListMsg::Step(Step::By(1))));
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

    fn why_not(&mut self, msg: &Msg) -> Option<String> {
        self.with(|room, cx| room.why_not(msg, cx))
    }

    /// What a key offers to choose from: label, detail, whether it can be chosen.
    fn offered(&mut self, msg: Msg) -> Vec<(String, String, bool)> {
        let [Effect::Pick { items, .. }] = &self.say(msg)[..] else { panic!("it asks") };
        let told = |it: &Choice<Msg>| (it.label.clone(), it.detail.clone(), it.disabled.is_none());
        items.iter().map(told).collect()
    }
}

/// What the nodes of the story say: most say one thing, two failed, one says something of its own.
fn fold(stage: &mut Stage) {
    let lock = "E: Could not get lock /var/lib/dpkg/lock-frontend.\nE: Is another process using it?\n";
    let mut most = group(0, 17, "Reading package lists...\n0 upgraded, 0 newly installed\n", S::Success, 0);
    (most.so_far, most.ended) = (3, [(S::Success, 14)].into());
    let mut failed = group(2, 2, lock, S::Failed, 100);
    (failed.outlier, failed.differs_at, failed.stderr_lines) = (true, 2, 2);
    let mut odd = group(5, 1, "\u{1b}[2J\u{202e}evil\u{1b}]0;x\u{7}\n", S::ExecutionTimedOut, 137);
    (odd.outlier, odd.differs_at) = (true, 1);
    tell_groups(&mut stage.mirror, 1, vec![most, failed, odd], 3);
    stage.told();
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
fn a_command_of_many_begins_with_its_summary_and_one_of_a_single_node_with_its_output() {
    let mut stage = live(5);
    assert_eq!(stage.room.tab(), CommandTab::Summary);
    let command = Topic::Command { command_id: command_id(1), after: 0 };
    let groups = Topic::Groups { command_id: command_id(1), normal: Normal::default(), after: 0 };
    assert_eq!(stage.wants(), [Topic::nodes(), command, groups]);
    let mut alone = live(1);
    assert_eq!(alone.room.tab(), CommandTab::Output);
    assert!(alone.wants().contains(&Topic::Output {
        command_id: command_id(1),
        instance_id: id(0),
        from: 0
    }));
}

#[test]
fn tabs_are_turned_by_number_and_by_tab_and_each_has_its_locator() {
    let mut stage = live(5);
    fold(&mut stage);
    for (key, tab, locator) in [
        ("2", CommandTab::Nodes, "nodes"),
        ("5", CommandTab::Timeline, "timeline"),
        ("<Tab>", CommandTab::Summary, "summary"),
        ("<Backtab>", CommandTab::Timeline, "timeline"),
    ] {
        stage.press(key);
        assert_eq!(stage.room.tab(), tab, "{key}");
        let route = stage.room.route();
        assert_eq!(route.to_string(), format!("pilothouse:command/{}/{locator}", command_id(1)));
        let Route::Command(spot) = route else { panic!("it is a command") };
        assert_eq!(Command::new(spot).tab(), tab);
    }
    stage.press("2jj<Enter>");
    assert_eq!(stage.room.spot(), CommandSpot::output(command_id(1), stage.room.list.on().unwrap()));
}

#[test]
fn enter_leads_from_a_group_or_a_node_to_what_it_says() {
    let mut stage = live(12);
    fold(&mut stage);
    assert_eq!(stage.press("<Enter>"), []);
    assert_eq!(stage.room.tab(), CommandTab::Output);
    assert_eq!(
        stage.room.output.whose,
        Some(Whose::Group { sample: id(2), count: 2, normal: Normal::default() }),
        "an outlier is on top"
    );
    stage.on(4);
    stage.press("<Enter>");
    assert_eq!(stage.room.output.whose, Some(Whose::One(id(4))));
    assert_eq!(stage.say(Msg::Describe), [Effect::Open(Route::Node(id(4)))]);
}

#[test]
fn what_changes_nothing_is_greyed_with_the_reason() {
    let mut stage = over(&[S::Success, S::Failed], CommandState::Incomplete);
    assert_eq!(stage.why_not(&Msg::Pause).as_deref(), Some("it is over"));
    assert_eq!(stage.why_not(&Msg::Stop).as_deref(), Some("it is over everywhere"));
    assert_eq!(
        stage.why_not(&Msg::Diff(DiffTabMsg::Base)).as_deref(),
        Some("nothing is compared here: 4 shows the comparison")
    );
    assert_eq!(stage.why_not(&Msg::Enter).as_deref(), Some("there is no node"), "nothing was said yet");
    stage.press("2");
    assert_eq!(stage.why_not(&Msg::Enter), None);
}

#[test]
fn esc_closes_what_belongs_to_the_tab_and_then_gives_the_head_back() {
    let mut stage = live(5);
    stage.press("2z/web<Enter>");
    assert!(stage.room.step_back(), "the filter");
    assert!(stage.room.list.filter.is_empty() && stage.room.zoom);
    assert!(stage.room.step_back(), "the zoom");
    assert!(!stage.room.step_back(), "nothing left: the shell goes back");
}

#[test]
fn the_exclamation_mark_puts_what_went_wrong_on_top_then_shows_only_that_then_all_as_before() {
    let mut stage = live(12);
    stage.press("2!");
    let mut shown = || -> Vec<S> {
        stage.with(|room, cx| {
            let runs = room.detail(cx).unwrap().runs();
            room.list.shown().iter().map(|&at| runs[at as usize].state).collect()
        })
    };
    let all = shown();
    assert_eq!((all.len(), &all[..3]), (12, &[S::Failed, S::Failed, S::ExecutionTimedOut][..]));
    stage.press("!");
    assert_eq!(stage.room.list.shown().len(), 3);
    stage.press("!");
    assert_eq!((stage.room.list.shown().len(), stage.room.list.sort), (12, (nodes::NODE, false)));
    stage.press("!!<Esc>");
    assert_eq!((stage.room.list.faults, stage.room.list.sort), (false, (nodes::NODE, false)));
}

#[test]
fn failed_runs_stand_on_top_by_choice_and_the_cursor_stays_on_its_node() {
    let mut stage = live(12);
    stage.on(4);
    stage.say(Msg::Move(ListMsg::SortBy(1)));
    let shown: Vec<S> = stage.with(|room, cx| {
        let runs = room.detail(cx).unwrap().runs();
        room.list.shown().iter().map(|&at| runs[at as usize].state).collect()
    });
    assert_eq!(shown[..4], [S::Failed, S::Failed, S::ExecutionTimedOut, S::InProgress]);
    assert_eq!(stage.room.list.on(), Some(id(4)));
}

#[test]
fn runs_are_filtered_by_state_tag_and_what_they_say() {
    let mut stage = live(12);
    stage.press("2");
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
fn ids_and_lines_for_the_shell_can_be_copied() {
    let mut stage = live(5);
    stage.on(2);
    let [Effect::Pick { items, .. }] = &stage.say(Msg::Copy)[..] else { panic!("it asks") };
    let texts: Vec<(&str, &str)> = items.iter().map(|it| (it.label.as_str(), it.detail.as_str())).collect();
    let command = "0b0d5a8e-3f6e-4f9e-9a6b-000000000001";
    assert_eq!(texts[0], ("command id", command));
    assert_eq!(texts[1], ("locator", format!("pilothouse:command/{command}/nodes/{}", id(2)).as_str()));
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
fn a_command_that_matched_no_node_says_so() {
    let mut stage = over(&[], CommandState::NoInstancesInTag);
    stage.press("2");
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
    stage.press("2");
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
fn a_live_command_in_every_tab_size_and_theme() {
    let mut stage = live(24);
    fold(&mut stage);
    tell_merged(&mut stage.mirror, 1, hostile(), false);
    for (key, name) in [("1j", "summary"), ("2", "nodes"), ("5", "timeline")] {
        stage.press(key);
        for (name, picture) in stage.everywhere(name) {
            insta::assert_snapshot!(name, picture);
        }
    }
}

#[test]
fn what_survived_a_kill_is_seen_in_every_tab() {
    let mut stage = live(5);
    let mut run = fixtures::run(1, 4, S::Cancelled);
    let process = |pid, command: &str, survived| Killed { pid, command: command.to_owned(), survived };
    run.killed = vec![process(901, "stress \u{1b}[2J --vm 8", true), process(812, "sh script", false)];
    run.killed_count = 1;
    let counts = [(S::Success, 4), (S::Cancelled, 1)];
    tell_command(&mut stage.mirror, fixtures::command(1, CommandState::Cancelled, &counts), vec![run], 2);
    stage.size = (100, 30);
    for key in ["1", "2", "3", "5"] {
        stage.press(key);
        assert!(stage.text().contains("survivors on 1 node"), "{key}: {}", stage.text());
    }
    stage.press("2!");
    let text = stage.text();
    assert!(text.contains("STILL ALIVE after the kill: pid 901 stress"), "{text}");
    assert!(text.contains("1 process killed: pid 812 sh script"), "{text}");
    assert!(!text.contains('\u{1b}'));
    insta::assert_snapshot!("survivors", text);
}

#[test]
fn before_anything_is_known_and_on_any_terminal_there_is_something_to_see() {
    for (width, height) in [(20, 5), (1, 1), (3, 2), (40, 11), (160, 12), (80, 13)] {
        let mut empty = stage(fleet(0));
        empty.size = (width, height);
        empty.text();
        for key in ["1", "2", "3", "4", "5", "z", "L"] {
            let mut stage = live(24);
            fold(&mut stage);
            tell_merged(&mut stage.mirror, 1, hostile(), false);
            stage.size = (width, height);
            stage.press(key);
            stage.text();
        }
    }
    let mut tiny = live(24);
    tiny.size = (20, 5);
    insta::assert_snapshot!("tiny", tiny.text());
}
