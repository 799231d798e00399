use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use pilothouse_api::activations::CreateActivationResult;
use pilothouse_api::nodes::{DeregisterManagedInstance, DeregisterManagedInstanceResult};

use super::*;
use crate::effect::{Choice, Effect, Ladder, Level, Request};
use crate::mirror::{Link, Mirror};
use crate::route::RunSpec;
use crate::screen::Times;
use crate::screens::fixtures::{NOW, fleet, id, node, tell_nodes};
use crate::screens::stage::Stage;

fn stage(nodes: usize) -> Stage<Nodes> {
    Stage::enter(fleet(nodes), Nodes::new(None)).0
}

fn names(stage: &Stage<Nodes>) -> Vec<&str> {
    let list = stage.mirror.nodes.list();
    stage.room.list.shown().iter().map(|&at| list[at as usize].name.as_str()).collect()
}

fn labels(effects: &Effects<Msg>) -> Vec<&str> {
    match effects.as_slice() {
        [Effect::Pick { items, .. }] => items.iter().map(|item: &Choice<Msg>| item.label.as_str()).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_fleet_stands_in_order_of_name_and_follows_what_is_told() {
    let mut stage = stage(5);
    assert_eq!(names(&stage), ["cache-02", "db-01", "web-00", "web-04", "worker-03"]);
    let mut renamed = node(2);
    renamed.name = "zeta".to_owned();
    tell_nodes(&mut stage.mirror, vec![renamed], vec![id(1)], 2);
    stage.told();
    assert_eq!(names(&stage), ["web-00", "web-04", "worker-03", "zeta"]);
}

#[test]
fn the_cursor_stays_on_its_node_while_others_come_and_go() {
    let mut stage = stage(5);
    stage.press("jj");
    assert_eq!(stage.room.list.on(), Some(id(0)));
    tell_nodes(&mut stage.mirror, vec![node(6), node(10)], vec![id(2)], 2);
    stage.told();
    assert_eq!(stage.room.list.on(), Some(id(0)));
    assert_eq!(stage.press("<Enter>"), [Effect::Open(Route::Node(id(0)))]);
}

#[test]
fn until_the_cursor_was_moved_it_stays_in_the_first_row() {
    let mut stage = stage(1);
    tell_nodes(&mut stage.mirror, vec![node(1), node(2)], Vec::new(), 2);
    stage.told();
    assert_eq!(
        (stage.room.list.on(), stage.room.list.row()),
        (Some(id(2)), Some(0)),
        "cache-02 came in before it"
    );
}

#[test]
fn a_filter_is_typed_live_kept_by_enter_and_taken_away_by_esc() {
    let mut stage = stage(24);
    stage.press("/web");
    assert_eq!(names(&stage).len(), 6);
    assert!(stage.room.list.typing, "j and k are letters now");
    stage.press(" !env=prod<Enter>");
    assert_eq!(names(&stage), ["web-04", "web-08", "web-16", "web-20"]);
    assert_eq!(stage.room.route(), Route::Nodes { filter: Some("web !env=prod".to_owned()) });
    stage.press("j<Esc>");
    assert_eq!(names(&stage).len(), 24);
    assert!(!stage.room.step_back(), "there is nothing left to close");
}

#[test]
fn a_place_with_a_filter_is_entered_filtered() {
    let (stage, _) = Stage::enter(fleet(24), Nodes::new(Some("os:windows".to_owned())));
    assert_eq!(names(&stage), ["cache-14", "db-09", "web-04", "worker-19"]);
}

#[test]
fn faults_only_shows_lost_nodes_conflicts_and_outdated_agents() {
    let mut stage = stage(9);
    let mut copied = node(5);
    copied.conflict = Some("from 10.9.9.9".to_owned());
    tell_nodes(&mut stage.mirror, vec![copied], Vec::new(), 2);
    stage.told();
    stage.press("!");
    assert_eq!(names(&stage), ["db-05", "web-00", "worker-03"]);
    stage.press("<Esc>");
    assert_eq!(names(&stage).len(), 9);
}

#[test]
fn marks_survive_the_filter_and_it_is_said_how_many_it_hides() {
    let mut stage = stage(12);
    stage.press("/web<Enter>*");
    stage.press("<Esc>/db<Enter><Space><Esc>/web-0<Enter>");
    assert_eq!((stage.room.list.hand.marks.len(), stage.room.list.hidden_marks), (4, 1));
    assert!(stage.drawn((80, 24)).contains("4 marked (1 hidden by filter)"));
    assert_eq!(
        stage.press("r"),
        [Effect::Open(Route::Run(RunSpec { nodes: vec![id(0), id(1), id(4), id(8)], ..RunSpec::default() }))]
    );
    stage.press("u");
    assert_eq!(stage.room.list.hand.marks, BTreeSet::new());
}

#[test]
fn without_marks_a_run_is_for_the_node_under_the_cursor() {
    let mut stage = stage(5);
    assert_eq!(
        stage.press("Gr"),
        [Effect::Open(Route::Run(RunSpec { nodes: vec![id(3)], ..RunSpec::default() }))]
    );
}

#[test]
fn a_mark_goes_with_its_node() {
    let mut stage = stage(3);
    stage.press("*");
    tell_nodes(&mut stage.mirror, Vec::new(), vec![id(1)], 2);
    stage.told();
    assert_eq!(stage.room.list.hand.marks, BTreeSet::from([id(0), id(2)]));
}

#[test]
fn it_is_sorted_by_any_column_and_backwards() {
    let mut stage = stage(5);
    assert_eq!(labels(&stage.press("o"))[..4], ["Name", "State", "Env", "role"]);
    stage.say(Msg::List(crate::screens::rows::ListMsg::SortBy(1)));
    assert_eq!(names(&stage)[0], "worker-03", "what is lost stands first");
    stage.press("O");
    assert_eq!(names(&stage)[4], "worker-03");
}

#[test]
fn columns_come_and_go_and_the_sort_stays_with_its_column() {
    let mut stage = stage(5);
    stage.say(Msg::List(crate::screens::rows::ListMsg::SortBy(4)));
    stage.say(Msg::Toggle(Column::Environment));
    assert_eq!(stage.room.columns[stage.room.list.sort.0], Column::System);
    stage.say(Msg::Toggle(Column::System));
    assert_eq!(stage.room.list.sort, (0, false), "it is gone: by name again");
    stage.say(Msg::Toggle(Column::Kernel));
    stage.say(Msg::Toggle(Column::Name));
    assert_eq!(
        (stage.room.columns.first(), stage.room.columns.last()),
        (Some(&Column::Name), Some(&Column::Kernel))
    );
}

#[test]
fn a_column_that_was_asked_for_is_seen_before_those_that_were_not() {
    let mut stage = stage(5);
    assert!(!stage.drawn((80, 24)).contains("6.1.0-18-amd64"));
    stage.say(Msg::Toggle(Column::Kernel));
    assert!(stage.drawn((80, 24)).contains("6.1.0-18-amd64"));
}

#[test]
fn the_action_menu_says_why_something_cannot_be_done() {
    let mut stage = stage(0);
    stage.mirror.linked(Link::Waiting("starting".to_owned()), NOW);
    let effects = stage.press("x");
    let [Effect::Pick { items, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    let reasons: Vec<_> = items.iter().map(|item| item.disabled.as_deref().unwrap_or("can be")).collect();
    let none = "there is no node to do it on";
    assert_eq!(reasons, [none, none, none, "nothing is marked", none, "the server is not reached", none]);
}

#[test]
fn many_are_removed_after_their_number_was_typed() {
    let mut stage = stage(5);
    stage.press("*");
    let effects = stage.press("D");
    let [Effect::Ask(question)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(
        (question.title.as_str(), &question.ladder),
        ("Deregister 5 nodes?", &Ladder::Typed("5".to_owned()))
    );
    assert_eq!(question.card[0], "Environments: prod 2, dev 1, staging 2");
    let calls = stage.say(question.yes.clone());
    let call = |n: u32| {
        let request = DeregisterManagedInstance { instance_id: id(n as usize).to_string() };
        Effect::Call(Ticket(n + 1), Request::DeregisterManagedInstance(request))
    };
    assert_eq!(calls, [0, 1, 2, 3, 4].map(call));
    let gone = || Ok(Reply::DeregisterManagedInstance(DeregisterManagedInstanceResult {}));
    assert_eq!([1, 2, 3, 4].map(|ticket| stage.land(ticket, gone())).concat(), []);
    assert_eq!(stage.land(5, gone()), [Effect::Toast(Level::Good, "5 nodes deregistered".to_owned())]);
}

#[test]
fn tags_of_all_marks_are_changed_with_one_line() {
    let mut stage = stage(6);
    stage.press("/db<Enter>*<Esc>/cache<Enter>*<Esc>");
    assert_eq!(
        stage.press("eteam<Enter>"),
        [Effect::Toast(Level::Warn, "a tag is written key=value".to_owned())]
    );
    assert!(stage.drawn((120, 24)).contains("tags of 3 nodes: team"));
    let effects = stage.press("=ops -role<Enter>");
    let [Effect::Ask(question)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((question.title.as_str(), &question.ladder), ("Change the tags of 3 nodes?", &Ladder::Card));
    assert_eq!(question.card[..3], ["set     team=ops", "remove  role", "Environments: dev 2, staging 1"]);
    let calls = stage.say(question.yes.clone());
    assert_eq!(calls.len(), 6, "a call to add and one to remove for each");
    let refused = || Err(CallError { code: "TooManyTagsError".to_owned(), message: "51 tags".to_owned() });
    assert_eq!([1, 2, 3, 4, 5].map(|ticket| stage.land(ticket, refused())).concat(), []);
    assert_eq!(
        stage.land(6, Ok(Reply::RemoveTagsFromResource(Default::default()))),
        [Effect::Toast(Level::Error, "3 of 3 nodes not tagged; db-01: 51 tags".to_owned())]
    );
}

#[test]
fn an_empty_fleet_shows_how_a_node_is_registered() {
    let mut stage = stage(0);
    stage.mirror.server = "https://ph.example:8440".to_owned();
    insta::assert_snapshot!("empty", stage.drawn((80, 24)));
    assert_eq!(stage.press("a"), [], "first it is asked for what");
    stage.press("<Tab>");
    for letter in ["p", "r", "o", "d"] {
        stage.press(letter);
    }
    insta::assert_snapshot!("wish", stage.drawn((80, 24)));
    let effects = stage.press("<Enter>");
    let [Effect::Call(Ticket(1), Request::CreateActivation(asked))] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!((asked.registration_limit, asked.tags[0].value.as_str()), (Some(1), "prod"));
    let activation = CreateActivationResult {
        activation_id: "5f0c8f0e-8a0d-4b8e-9d55-0c6f3d3f9a01".to_owned(),
        activation_code: "k3Jd9-code-of-twenty".to_owned(),
    };
    stage.land(1, Ok(Reply::CreateActivation(activation)));
    insta::assert_snapshot!("invite", stage.drawn((80, 24)));
    let copied = stage.press("y");
    assert_eq!(
        copied,
        [Effect::Copy(
            "pilothouse-agent register --server https://ph.example:8440 \
             --activation-id 5f0c8f0e-8a0d-4b8e-9d55-0c6f3d3f9a01 --activation-code k3Jd9-code-of-twenty \
             && pilothouse-agent run"
                .to_owned()
        )]
    );
    stage.press("<Esc>");
    assert!(!stage.drawn((80, 24)).contains("k3Jd9"), "it is shown once");
}

#[test]
fn what_is_not_yet_known_is_not_called_empty() {
    let (mut stage, _) = Stage::enter(Mirror::default(), Nodes::new(None));
    assert!(stage.drawn((80, 24)).contains("Loading the fleet"));
    let why =
        "http://127.0.0.1:1 cannot be reached: connection refused by a machine whose name is a long one"
            .to_owned();
    stage.mirror.link = Link::Lost { since: NOW, retry_at: NOW, why };
    let drawn = stage.drawn((80, 24));
    assert!(drawn.contains("no link to the server") && drawn.contains("a long one"), "{drawn}");
    assert!(!drawn.contains("oading"), "{drawn}");
    stage.mirror.link = Link::Live { rtt_ms: None };
    stage.mirror.refused(&Topic::nodes(), "AccessDeniedException: no");
    assert!(stage.drawn((80, 24)).contains("AccessDeniedException: no"));
}

#[test]
fn the_fleet_in_every_size() {
    let mut stage = stage(24);
    let mut copied = node(5);
    copied.conflict = Some("from 10.9.9.9".to_owned());
    tell_nodes(&mut stage.mirror, vec![copied], Vec::new(), 2);
    stage.press("jj<Space><Space>");
    for (name, picture) in stage.everywhere("fleet") {
        insta::assert_snapshot!(name, picture);
    }
}

#[test]
fn a_broken_link_dims_what_may_be_old_and_says_since_when() {
    let mut stage = stage(24);
    stage.press("/web");
    let lost = Link::Lost { since: NOW, retry_at: NOW, why: "refused".to_owned() };
    stage.mirror.linked(lost, pilothouse_api::protocol::Millis(NOW.0 - 12_000));
    insta::assert_snapshot!("stale-filtering", stage.drawn((80, 24)));
}

#[test]
fn all_columns_are_in_reach_sideways_and_times_may_be_clocks() {
    let mut stage = stage(12);
    stage.times = Times::Utc;
    stage.press("ll");
    insta::assert_snapshot!("sideways", stage.drawn((80, 24)));
    stage.press("llllllllllllllllllllllll");
    assert!(stage.drawn((80, 24)).contains("Memory"), "the last column can be reached and not be passed");
}

#[test]
fn names_that_would_play_with_the_terminal_are_made_visible() {
    let mut stage = stage(1);
    let mut evil = node(0);
    evil.name = "web\u{1b}[2J\u{202e}gpj.exe".to_owned();
    evil.tags.insert("role".to_owned(), "\u{7}bell".to_owned());
    tell_nodes(&mut stage.mirror, vec![evil], Vec::new(), 2);
    let picture = stage.drawn((200, 10));
    assert!(picture.contains("web␛[2J<U+202E>gpj.exe") && picture.contains("␇bell"), "{picture}");
}

#[test]
fn a_tiny_terminal_still_shows_rows_and_nothing_panics() {
    let mut stage = stage(24);
    insta::assert_snapshot!("tiny", stage.drawn((20, 5)));
    for width in 0..40 {
        for height in 0..12 {
            stage.drawn((width.max(1), height.max(1)));
        }
    }
}

#[test]
fn fifty_thousand_nodes_are_filtered_within_a_key_press() {
    let mut stage = stage(50_000);
    let mut slowest = Duration::ZERO;
    for key in ["/", "w", "e", "b", "-", "4", "9", " ", "!", "p", "r", "o", "d"] {
        let begun = Instant::now();
        stage.press(key);
        slowest = slowest.max(begun.elapsed());
    }
    assert!(names(&stage).len() > 100);
    // Unoptimized and on a busy machine; optimized it is a tenth.
    assert!(slowest < Duration::from_millis(1_500), "{slowest:?}");
    println!("slowest key: {slowest:?}");
}

#[test]
fn every_key_of_the_table_can_be_read_and_none_hides_another() {
    let keys = Nodes::keys();
    assert_eq!((keys.broken(), keys.conflicts()), (&[][..], vec![]));
}
