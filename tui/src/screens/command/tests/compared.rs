//! Groups, what is ignored, and the comparison.

use pilothouse_api::folding::{DiffKind, DiffLine, DiffOutput, DiffOutputResult, DiffSide, Side};

use super::*;

fn asked(effects: &[Effect<Msg>]) -> (u32, DiffOutput) {
    match effects {
        [Effect::Call(ticket, Request::DiffOutput(request))] => (ticket.0, request.clone()),
        other => panic!("{other:?}"),
    }
}

fn answer(is_over: bool) -> DiffOutputResult {
    let line = |kind, left: u32, right: u32, text: &str| DiffLine {
        kind,
        stream: if kind == DiffKind::Added && left == 1 { Stream::Stderr } else { Stream::Stdout },
        left: (left > 0).then_some(left),
        right: (right > 0).then_some(right),
        text: text.to_owned(),
    };
    let side = |title: &str, n: usize| DiffSide {
        title: title.to_owned(),
        instance_id: id(n).to_string(),
        group: None,
        nodes: 1,
        lines: 20,
        is_over,
    };
    DiffOutputResult {
        left: side("web-00 and 16 more", 0),
        right: side("cache-02 and 1 more", 2),
        equal: 40,
        lines: vec![
            line(DiffKind::Same, 12, 12, "Building dependency tree"),
            line(DiffKind::Removed, 13, 0, "0 upgraded, 0 newly installed"),
            line(DiffKind::Added, 0, 13, "1 upgraded, 0 newly installed \u{1b}[2Jgone \u{202e}evil"),
            line(DiffKind::Same, 14, 14, "done"),
            line(DiffKind::Same, 40, 40, "end"),
        ],
        truncated: false,
    }
}

#[test]
fn what_is_ignored_is_chosen_and_the_groups_are_followed_anew() {
    let mut stage = live(12);
    let said = stage.offered(Msg::Ignore);
    assert_eq!(said[0], ("dates and times".to_owned(), "compared now".to_owned(), true));
    stage.say(Msg::Ignored(Ignored::Timestamps));
    stage.say(Msg::Ignored(Ignored::Numbers));
    let normal = Normal { timestamps: true, numbers: true, ..Normal::default() };
    assert!(stage.wants().contains(&Topic::Groups { command_id: command_id(1), normal, after: 0 }));
    stage.say(Msg::Ignored(Ignored::Numbers));
    let normal = Normal { timestamps: true, ..Normal::default() };
    assert!(stage.wants().contains(&Topic::Groups { command_id: command_id(1), normal, after: 0 }));
}

#[test]
fn outliers_stand_on_top_and_groups_are_filtered_by_what_they_say() {
    let mut stage = live(24);
    fold(&mut stage);
    let mut shown = |keys: &str| -> Vec<u32> {
        stage.press(keys);
        stage.with(|room, cx| {
            let groups = room.summary.folded(cx).unwrap().groups();
            room.summary.list.shown().iter().map(|&at| groups[at as usize].count).collect()
        })
    };
    assert_eq!(shown(""), [2, 1, 17]);
    assert_eq!(shown("/lock<Enter>"), [2]);
    assert_eq!(shown("<Esc>!"), [2, 1]);
    assert_eq!(shown("<Esc>/exit:137<Enter>"), [1]);
}

#[test]
fn a_group_is_compared_with_what_most_say_and_a_node_too() {
    let mut stage = live(12);
    fold(&mut stage);
    let (_, request) = asked(&stage.press("c"));
    assert_eq!((request.left, request.right), (Side::Majority, Side::Group(format!("{:016x}", 2))));
    assert_eq!(stage.room.tab(), CommandTab::Diff);
    stage.on(4);
    let (_, request) = asked(&stage.press("c"));
    assert_eq!(request.right, Side::Node(id(4).to_string()));
    assert_eq!(stage.room.spot().node, Some(id(4)));
}

#[test]
fn the_tab_itself_compares_with_what_differs_most() {
    let mut stage = live(12);
    fold(&mut stage);
    stage.press("G");
    let (_, request) = asked(&stage.press("4"));
    assert_eq!(request.right, Side::Group(format!("{:016x}", 2)), "the majority is not compared with itself");
    assert_eq!(stage.press("14"), [], "what was compared stands there still");
}

#[test]
fn another_base_is_chosen_and_esc_goes_back_to_most() {
    let mut stage = live(12);
    fold(&mut stage);
    stage.press("c");
    let said = stage.offered(Msg::Diff(DiffTabMsg::Base));
    assert_eq!((said[0].0.as_str(), said[0].1.as_str()), ("what most nodes say", "17 nodes"));
    let (_, request) = asked(&stage.say(Msg::Diff(DiffTabMsg::With(Side::Node(id(7).to_string())))));
    assert_eq!(request.left, Side::Node(id(7).to_string()));
    assert!(stage.room.step_back());
    let (_, request) = asked(&stage.told());
    assert_eq!(request.left, Side::Majority);
}

#[test]
fn what_may_still_grow_is_compared_again_and_what_is_over_is_not() {
    let mut stage = live(12);
    fold(&mut stage);
    let (ticket, _) = asked(&stage.press("c"));
    stage.land(ticket, Ok(Reply::DiffOutput(answer(false))));
    assert!(stage.room.wakes_at().unwrap() > NOW);
    assert_eq!(stage.told(), [], "not at once");
    let (ticket, _) = asked(&stage.refreshed());
    stage.land(ticket, Ok(Reply::DiffOutput(answer(true))));
    assert_eq!(stage.room.wakes_at(), None);
}

#[test]
fn a_refusal_says_why_nothing_is_compared() {
    let mut stage = live(12);
    fold(&mut stage);
    let (ticket, _) = asked(&stage.press("c"));
    let why =
        CallError { code: "AccessDeniedException".to_owned(), message: "no policy permits it".to_owned() };
    stage.land(ticket, Err(why));
    assert!(stage.text().contains("no policy permits it"));
}

#[test]
fn a_comparison_in_every_size_and_theme() {
    let mut stage = live(24);
    fold(&mut stage);
    let (ticket, _) = asked(&stage.press("c"));
    stage.land(ticket, Ok(Reply::DiffOutput(answer(false))));
    for (name, picture) in stage.everywhere("diff") {
        insta::assert_snapshot!(name, picture);
    }
    let text = stage.room.diff.text().unwrap();
    assert!(text.contains("\n+1 upgraded") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn the_next_change_is_gone_to_and_the_end_is_said() {
    let mut stage = live(24);
    fold(&mut stage);
    let (ticket, _) = asked(&stage.press("c"));
    let mut long = answer(true);
    let same = |n: u32| DiffLine {
        kind: DiffKind::Same,
        stream: Stream::Stdout,
        left: Some(n),
        right: Some(n),
        text: format!("line {n}"),
    };
    let change = long.lines[1].clone();
    long.lines = (1..100).map(same).collect();
    long.lines.insert(80, change);
    stage.land(ticket, Ok(Reply::DiffOutput(long)));
    stage.size = (80, 24);
    assert!(!stage.text().contains("0 upgraded"));
    assert_eq!(stage.press("n"), []);
    assert!(stage.text().contains("0 upgraded"));
    assert_eq!(stage.press("n"), [Effect::Toast(Level::Info, "no change further down".to_owned())]);
}
