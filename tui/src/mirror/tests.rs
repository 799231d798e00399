use pilothouse_api::protocol::{InvocationState, Stream};

use pilothouse_api::audit::AuditFilter;

use super::*;
use crate::screens::fixtures::{self, NOW, chunk, command_id, fleet, id, tell_output};

fn output(n: usize, from: u64) -> Topic {
    Topic::Output { command_id: command_id(1), instance_id: id(n), from }
}

fn live() -> Link {
    Link::Live { rtt_ms: None }
}

fn lost() -> Link {
    Link::Lost { since: NOW, retry_at: Millis(NOW.0 + 1_000), why: "connection reset".to_owned() }
}

fn later(seconds: i64) -> Millis {
    NOW.plus_seconds(seconds)
}

#[test]
fn a_topic_that_is_opened_again_goes_on_where_it_stopped() {
    let mut mirror = fleet(3);
    assert_eq!(mirror.opened(&Topic::nodes()), Topic::Nodes { after: 1, under: 0 });
    assert_eq!(mirror.opened(&output(1, 0)), output(1, 0), "nothing is known yet");
    tell_output(&mut mirror, 1, 1, vec![chunk(0, Stream::Stdout, "one\ntw")], false);
    mirror.closed(&output(1, 0), NOW);
    assert_eq!(mirror.opened(&output(1, 0)), output(1, 6));
    tell_output(&mut mirror, 1, 1, vec![chunk(6, Stream::Stdout, "o\n")], true);
    let known = mirror.output(&command_id(1), &id(1)).unwrap();
    assert_eq!(known.lines().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    assert!(known.is_complete());
}

#[test]
fn merged_output_resumes_for_every_node_where_that_node_stopped() {
    let mut mirror = fleet(3);
    let chunks = vec![(1, chunk(0, Stream::Stdout, "a\n")), (2, chunk(0, Stream::Stdout, "bcd\n"))];
    fixtures::tell_merged(&mut mirror, 1, chunks, false);
    let bare = Topic::Merged { command_id: command_id(1), from: BTreeMap::new(), after: 0 };
    let resumed =
        Topic::Merged { command_id: command_id(1), from: [(id(1), 2), (id(2), 4)].into(), after: 0 };
    assert_eq!(mirror.opened(&bare), resumed);
}

#[test]
fn what_was_told_is_fresh_only_when_nothing_more_follows_at_once() {
    let mut mirror = Mirror::default();
    mirror.linked(live(), NOW);
    let next = Topic::Nodes { after: 1, under: 0 };
    mirror.news(News::Nodes { nodes: vec![fixtures::node(1)], gone: vec![], reset: false }, &next, true);
    assert_eq!(mirror.nodes.freshness, Freshness::Loading);
    mirror.news(News::Nodes { nodes: vec![fixtures::node(2)], gone: vec![], reset: false }, &next, false);
    assert_eq!(mirror.nodes.freshness, Freshness::Fresh);
    assert_eq!(mirror.nodes.list().len(), 2);
}

#[test]
fn a_broken_link_makes_everything_stale_until_it_was_told_anew() {
    let mut mirror = fleet(3);
    tell_output(&mut mirror, 1, 1, vec![chunk(0, Stream::Stdout, "x")], false);
    mirror.linked(lost(), later(5));
    mirror.linked(lost(), later(9));
    let stale = Freshness::Stale { since: later(5) };
    assert_eq!(mirror.nodes.freshness, stale, "since the break, not since the last failed attempt");
    assert_eq!(mirror.output(&command_id(1), &id(1)).unwrap().freshness, stale);
    assert_eq!(mirror.commands.freshness, Freshness::Loading, "what was never told is not stale");

    mirror.linked(live(), later(20));
    assert_eq!(mirror.nodes.freshness, stale, "a link alone is no news");
    fixtures::tell_nodes(&mut mirror, vec![], vec![], 1);
    assert_eq!(mirror.nodes.freshness, Freshness::Fresh);
}

#[test]
fn what_nobody_looks_at_is_stale_and_the_longest_unseen_is_forgotten_first() {
    let mut mirror = fleet(0);
    for n in 0..=KEPT_OUTPUTS + 1 {
        tell_output(&mut mirror, 1, n, vec![chunk(0, Stream::Stdout, "x")], false);
    }
    // The first two stay open; all others are closed, the highest numbers first.
    for n in (2..=KEPT_OUTPUTS + 1).rev() {
        mirror.closed(&output(n, 0), later(100 - n as i64));
    }
    assert_eq!(mirror.outputs.len(), KEPT_OUTPUTS + 2, "as many idle ones as are kept");
    mirror.closed(&output(0, 0), later(1_000));
    let known = |mirror: &Mirror, n| mirror.output(&command_id(1), &id(n)).is_some();
    assert!(!known(&mirror, KEPT_OUTPUTS + 1), "it was closed first");
    assert!(known(&mirror, 0) && known(&mirror, 1) && known(&mirror, 2));
    let freshness = &mirror.output(&command_id(1), &id(0)).unwrap().freshness;
    assert_eq!(*freshness, Freshness::Stale { since: later(1_000) });
    assert_eq!(
        mirror.opened(&output(KEPT_OUTPUTS + 1, 0)),
        output(KEPT_OUTPUTS + 1, 0),
        "forgotten with its cursor"
    );
}

#[test]
fn a_refused_topic_says_why_and_stays_so_when_the_link_breaks() {
    let mut mirror = fleet(0);
    mirror.opened(&output(1, 0));
    mirror.refused(&output(1, 0), "InvocationDoesNotExist");
    mirror.linked(lost(), later(1));
    let freshness = &mirror.output(&command_id(1), &id(1)).unwrap().freshness;
    assert_eq!(*freshness, Freshness::Failed { why: "InvocationDoesNotExist".to_owned() });
}

#[test]
fn what_is_refused_is_forgotten_and_asked_for_from_the_beginning_when_it_may_be_seen_again() {
    let mut mirror = fleet(3);
    let command = fixtures::command(1, pilothouse_api::commands::CommandState::InProgress, &[]);
    fixtures::tell_commands(&mut mirror, vec![command.clone()], 4);
    fixtures::tell_command(&mut mirror, command, vec![fixtures::run(1, 1, InvocationState::InProgress)], 5);
    tell_output(&mut mirror, 1, 1, vec![chunk(0, Stream::Stdout, "secret\n")], false);
    fixtures::tell_approvals(&mut mirror, vec![fixtures::approval(1)]);
    let generations = (mirror.nodes.generation(), mirror.commands.generation());
    let of_one = Topic::Command { command_id: command_id(1), after: 0 };
    let approvals = Topic::Approvals { after: 0 };
    for topic in [Topic::nodes(), Topic::commands(), of_one, output(1, 0), approvals] {
        mirror.refused(&topic, "no policy permits it");
        assert_eq!(mirror.opened(&topic), topic);
    }
    assert!(mirror.nodes.list().is_empty() && mirror.nodes.get(&id(1)).is_none());
    assert!(mirror.commands.is_empty() && mirror.approvals.is_empty());
    assert!(mirror.nodes.generation() > generations.0 && mirror.commands.generation() > generations.1);
    let detail = mirror.command(&command_id(1)).unwrap();
    assert!(detail.command.is_none() && detail.is_empty());
    assert!(mirror.output(&command_id(1), &id(1)).unwrap().is_empty());
    let why = "no policy permits it".to_owned();
    assert_eq!(mirror.nodes.freshness, Freshness::Failed { why });
}

#[test]
fn a_command_and_its_runs_are_told_piece_by_piece() {
    let mut mirror = fleet(0);
    let counts = [(InvocationState::InProgress, 2)];
    let command = fixtures::command(1, pilothouse_api::commands::CommandState::InProgress, &counts);
    let runs = vec![
        fixtures::run(1, 1, InvocationState::InProgress),
        fixtures::run(1, 2, InvocationState::InProgress),
    ];
    fixtures::tell_command(&mut mirror, command, runs, 5);
    let next = Topic::Command { command_id: command_id(1), after: 6 };
    let done = fixtures::run(1, 2, InvocationState::Success);
    mirror.news(News::Command { command: None, invocations: vec![done] }, &next, false);
    let detail = mirror.command(&command_id(1)).unwrap();
    assert_eq!((detail.len(), detail.generation()), (2, 2));
    assert_eq!(detail.run(&id(2)).unwrap().state, InvocationState::Success);
    assert!(detail.command.is_some(), "it is not lost when only a run changed");
    assert_eq!(mirror.opened(&bare(&next)), next);
}

#[test]
fn news_that_was_not_asked_for_changes_nothing() {
    let mut mirror = fleet(1);
    mirror.news(
        News::Commands { commands: vec![], reset: false },
        &Topic::Nodes { after: 99, under: 0 },
        false,
    );
    assert_eq!(mirror.opened(&Topic::nodes()), Topic::Nodes { after: 1, under: 0 });
}

#[test]
fn the_history_is_newest_first_and_a_command_is_found_in_it() {
    use pilothouse_api::commands::CommandState;
    let mut mirror = fleet(0);
    let commands = [3, 1, 2].map(|n| fixtures::command(n, CommandState::Success, &[])).into();
    fixtures::tell_commands(&mut mirror, commands, 3);
    assert_eq!(mirror.commands.nth(0).unwrap().command_id, command_id(1));
    assert_eq!(
        [1, 2, 3, 4].map(|n| mirror.commands.position(&command_id(n))),
        [Some(0), Some(1), Some(2), None]
    );
}

#[test]
fn a_trail_takes_no_record_twice_and_forgets_the_oldest() {
    let mut mirror = fleet(0);
    let filter = AuditFilter { who: "anna".to_owned(), ..AuditFilter::default() };
    let topic = |after| Topic::Audit { filter: filter.clone(), after };
    let tell = |mirror: &mut Mirror, seqs: std::ops::RangeInclusive<i64>| {
        let after = *seqs.end();
        let records = seqs.map(fixtures::record).collect();
        mirror.news(News::Audit { records }, &topic(after), false);
    };
    assert_eq!(mirror.opened(&topic(0)), topic(0));
    tell(&mut mirror, 1..=10);
    tell(&mut mirror, 8..=12);
    let trail = mirror.trail(&filter).unwrap();
    assert_eq!((trail.len(), trail.nth(0).unwrap().seq, trail.position(1)), (12, 12, Some(11)));
    tell(&mut mirror, 13..=20_000);
    let trail = mirror.trail(&filter).unwrap();
    assert_eq!((trail.len(), trail.iter().next_back().unwrap().seq), (MAX_RECORDS, 15_001));
    assert_eq!(trail.position(15_000), None);
    assert_eq!(mirror.opened(&topic(0)), topic(20_000));
    assert!(mirror.trail(&AuditFilter::default()).is_none(), "another filter is another trail");
}

#[test]
fn what_is_armed_ends_by_the_servers_clock() {
    let mut mirror = fleet(0);
    fixtures::tell_armings(&mut mirror, vec![fixtures::arming("prod", "user/anna", 60)]);
    let armed = |mirror: &Mirror, at| mirror.armings.at(mirror.server_time(later(at))).count();
    assert_eq!((armed(&mirror, 59), armed(&mirror, 60)), (1, 0));
    mirror.clock(later(10), NOW);
    assert_eq!((armed(&mirror, 49), armed(&mirror, 50)), (1, 0), "the server is ahead of us");
}

#[test]
fn requests_that_wait_stand_first_and_only_those_of_others_are_to_decide() {
    let mut mirror = fleet(0);
    let mut mine = fixtures::approval(2);
    mine.may_decide = false;
    let mut over = fixtures::approval(1);
    over.state = pilothouse_api::approvals::ApprovalState::Executed;
    fixtures::tell_approvals(&mut mirror, vec![over, mine, fixtures::approval(3)]);
    let ids = |ids: [usize; 3]| ids.map(fixtures::approval_id);
    assert_eq!(mirror.approvals.ids(), ids([2, 3, 1]), "the newest of those that wait, then what is over");
    let to_decide: Vec<_> = mirror.approvals.to_decide().map(|it| it.approval_id.clone()).collect();
    assert_eq!(to_decide, [fixtures::approval_id(3)]);
}
