use std::ops::Range;

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::theme::{Depth, Theme};

const BEFORE: &str = "schemaVersion: \"2.2\"\ndescription: one\na: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\ng: 7\nh: 8\n\
    timeoutSeconds: 60\nrun: systemctl restart nginx\nend: true";
const AFTER: &str = "schemaVersion: \"2.2\"\ndescription: one, and 日本\na: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\ng: 7\n\
    h: 8\ntimeoutSeconds: 90\nrun: systemctl reload\u{202e} nginx\nwait: 5\nend: true";

fn drawn_in(theme: &Theme, diff: &Diff, width: u16, height: u16) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| diff.view(frame, frame.area(), theme)).unwrap();
    terminal.backend().clone()
}

fn drawn(diff: &Diff, width: u16, height: u16) -> String {
    drawn_in(&Theme::builtin("dark", Depth::True).unwrap(), diff, width, height).to_string()
}

#[test]
fn two_texts_in_every_theme_both_ways() {
    let diff = Diff::new(BEFORE, AFTER);
    for (name, depth) in [("dark", Depth::True), ("light", Depth::True), ("terminal", Depth::None)] {
        let theme = Theme::builtin(name, depth).unwrap().with_ascii(depth == Depth::None);
        for width in [60, 120] {
            insta::assert_snapshot!(format!("{name}-{width}"), drawn_in(&theme, &diff, width, 16));
        }
    }
}

#[test]
fn words_that_differ_stand_out_and_lines_that_have_nothing_in_common_do_not() {
    let ends =
        |ranges: Vec<Range<usize>>| ranges.into_iter().map(|it| (it.start, it.end)).collect::<Vec<_>>();
    let (gone, new) = differing("timeoutSeconds: 60", "timeoutSeconds: 90 # more").unwrap();
    assert_eq!((ends(gone), ends(new)), (vec![(16, 18)], vec![(16, 25)]));
    assert_eq!(differing("one two", "three four"), None);
    assert_eq!(differing("", "x"), None);
    let (long, longer) = ("x".repeat(3000), format!("{}y{}", "x".repeat(1500), "x".repeat(1500)));
    assert_eq!(ends(differing(&long, &longer).unwrap().1), [(1500, 1501)]);
}

#[test]
fn changes_are_gone_to_one_by_one_in_folded_and_unfolded_texts() {
    let lines = |change: &str| {
        let line = |n: usize| if n % 40 == 20 { format!("{change} {n}") } else { format!("line {n}") };
        (0..200).map(line).collect::<Vec<_>>().join("\n")
    };
    let mut diff = Diff::new(&lines("old"), &lines("new"));
    assert_eq!((diff.changes(), diff.counts()), (5, (5, 5)));
    for unfolded in [false, true] {
        diff.hear(DiffMsg::First);
        diff.on = None;
        drawn(&diff, 80, 10);
        for change in [20, 60, 100, 140, 180] {
            assert!(diff.hear(DiffMsg::Change(true)));
            assert!(drawn(&diff, 80, 10).contains(&format!("new {change}")), "{unfolded} {change}");
        }
        assert!(!diff.hear(DiffMsg::Change(true)), "there is no further one");
        assert!(diff.hear(DiffMsg::Change(false)));
        assert!(drawn(&diff, 80, 10).contains("new 140"));
        diff.hear(DiffMsg::Fold);
        assert_eq!(drawn(&diff, 80, 10).contains("equal lines"), unfolded);
    }
}

#[test]
fn both_ways_show_the_same_place() {
    let text: String = (0..100).map(|n| format!("line {n}\n")).collect();
    let mut diff = Diff::new(&text, &text.replace("line 50", "line fifty"));
    diff.hear(DiffMsg::Fold);
    diff.hear(DiffMsg::First);
    drawn(&diff, 80, 10);
    diff.hear(DiffMsg::Scroll(48));
    let unified = drawn(&diff, 80, 10);
    assert!(unified.contains("line fifty"), "{unified}");
    diff.hear(DiffMsg::Beside);
    let beside = drawn(&diff, 80, 10);
    assert!(beside.contains("line fifty") && beside.contains("│"), "{beside}");
}

#[test]
fn texts_that_are_the_same_are_shown_whole() {
    let diff = Diff::new("a\nb", "a\nb");
    assert!(diff.is_same() && drawn(&diff, 40, 3).contains(" b"));
    assert_eq!(Diff::new("", "").changes(), 0);
    assert_eq!(Diff::new("", "a\nb").counts(), (1, 2), "a text without lines has an empty one");
}

#[test]
fn texts_that_have_nothing_in_common_are_compared_in_no_time() {
    let text = |word: &str| (0..30_000).map(|n| format!("{word}{n}\n")).collect::<String>();
    let begun = std::time::Instant::now();
    let diff = Diff::new(&text("a"), &text("b"));
    drawn(&diff, 160, 50);
    let small = Diff::new(&text("a")[..40_000], &text("b")[..40_000]);
    assert_eq!((diff.changes(), small.changes()), (1, 1));
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}

#[test]
fn nothing_of_the_texts_is_told() {
    assert!(!format!("{:?}", Diff::new("hunter2", "hunter3")).contains("hunter"));
}

proptest! {
    #[test]
    fn nothing_is_lost_in_either_way(
        before in prop::collection::vec("[ab日]{0,3}", 0..40),
        after in prop::collection::vec("[ab日]{0,3}", 0..40),
        acts in prop::collection::vec((0..9_u8, 1..140_u16, 1..20_u16), 0..12),
    ) {
        let (before, after) = (before.join("\n"), after.join("\n"));
        let mut diff = Diff::new(&before, &after);
        for (act, width, height) in acts {
            diff.hear(match act {
                0 => DiffMsg::Scroll(3),
                1 => DiffMsg::Half(false),
                2 => DiffMsg::Page(true),
                3 => DiffMsg::Sideways(true),
                4 => DiffMsg::Last,
                5 => DiffMsg::Change(true),
                6 => DiffMsg::Change(false),
                7 => DiffMsg::Fold,
                _ => DiffMsg::Beside,
            });
            drawn(&diff, width, height);
            prop_assert!(diff.top.get() <= diff.shown().len().saturating_sub(usize::from(height)));
        }
        diff.unfolded = (0..diff.stretches.len()).collect();
        diff.lay_out();
        for lines in [&diff.unified, &diff.beside] {
            let (mut old, mut new) = (Vec::new(), Vec::new());
            for line in lines {
                match *line {
                    Line::Same(one, other) => {
                        prop_assert_eq!(&diff.before[one], &diff.after[other]);
                        old.push(one);
                        new.push(other);
                    }
                    Line::Gone(one, _) => old.push(one),
                    Line::New(other, _) => new.push(other),
                    Line::Pair(one, other) => {
                        old.extend(one);
                        new.extend(other);
                    }
                    Line::Fold(..) => prop_assert!(false, "all is unfolded"),
                }
            }
            prop_assert!(old.iter().copied().eq(0..diff.before.len()));
            prop_assert!(new.iter().copied().eq(0..diff.after.len()));
        }
    }
}
