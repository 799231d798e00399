use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::theme::{Depth, Role, Theme};

#[derive(Default)]
struct Text(Vec<String>);

impl Lines for Text {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn line(&self, at: usize) -> PagerLine<'_> {
        PagerLine {
            prefix: format!("web-{}", at % 3).into(),
            time: "12:00:01".into(),
            text: self.0[at].as_str().into(),
            role: self.is_error(at).then_some(Role::StreamErr),
            prefix_role: None,
        }
    }

    fn prefix_cells(&self) -> u16 {
        5
    }

    fn time_cells(&self) -> u16 {
        8
    }

    fn is_error(&self, at: usize) -> bool {
        self.0[at].contains("error")
    }
}

fn numbered(count: usize) -> Text {
    Text((0..count).map(|at| format!("line {at}")).collect())
}

fn screen(pager: &Pager, lines: &Text, width: u16, height: u16) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let theme = Theme::builtin("terminal", Depth::Ansi16).unwrap();
    // The first drawing tells it how much there is place for.
    for _ in 0..2 {
        terminal.draw(|frame| pager.view(frame, frame.area(), &theme, lines)).unwrap();
    }
    terminal.backend().clone()
}

/// The texts in sight, without prefix and scrollbar.
fn seen(pager: &Pager, lines: &Text, width: u16, height: u16) -> Vec<String> {
    let backend = screen(pager, lines, width, height);
    let row = |y| {
        (6..width - 1).map(|x| backend.buffer()[(x, y)].symbol()).collect::<String>().trim_end().to_owned()
    };
    (0..height).map(row).collect()
}

#[test]
fn output_of_several_nodes_at_80_by_24() {
    let mut lines = numbered(100);
    lines.0[70] = "an error: disk full".to_owned();
    lines.0[71] = "hostile \x1b[2J\u{202e} text".to_owned();
    lines.0[72] = format!("long {}", "x".repeat(200));
    let mut pager = Pager::new();
    screen(&pager, &lines, 80, 24);
    assert_eq!(pager.update(PagerMsg::Search("disk".to_owned()), &lines), Went::There);
    pager.update(PagerMsg::Times, &lines);
    insta::assert_snapshot!(screen(&pager, &lines, 80, 24));
    insta::assert_snapshot!(screen(&pager, &lines, 26, 12));
    pager.update(PagerMsg::Wrap, &lines);
    insta::assert_snapshot!(screen(&pager, &lines, 40, 14));
}

#[test]
fn following_stays_at_the_end_and_scrolling_up_stops_it() {
    let mut lines = numbered(10);
    let mut pager = Pager::following();
    assert_eq!(seen(&pager, &lines, 30, 3), ["line 7", "line 8", "line 9"]);
    lines.0.push("new".to_owned());
    assert_eq!(seen(&pager, &lines, 30, 3)[2], "new");
    pager.update(PagerMsg::Scroll(1), &lines);
    assert!(pager.follows(), "down at the end is no reason to stop");
    pager.update(PagerMsg::Scroll(-1), &lines);
    assert!(!pager.follows());
    lines.0.push("newer".to_owned());
    assert_eq!(seen(&pager, &lines, 30, 3), ["line 7", "line 8", "line 9"]);
    pager.update(PagerMsg::Last, &lines);
    assert_eq!(seen(&pager, &lines, 30, 3)[2], "newer");
    pager.update(PagerMsg::Follow, &lines);
    lines.0.push("newest".to_owned());
    assert_eq!(seen(&pager, &lines, 30, 3)[2], "newer", "it stays where it was let go");
}

#[test]
fn moving_stops_at_both_ends() {
    let lines = numbered(10);
    let mut pager = Pager::new();
    seen(&pager, &lines, 30, 4);
    for (msg, first) in [
        (PagerMsg::Scroll(2), "line 2"),
        (PagerMsg::Page(1), "line 5"),
        (PagerMsg::Page(9), "line 6"),
        (PagerMsg::HalfPage(-1), "line 4"),
        (PagerMsg::Scroll(-99), "line 0"),
        (PagerMsg::Scroll(isize::MAX), "line 6"),
        (PagerMsg::First, "line 0"),
        (PagerMsg::Line(8), "line 6"),
    ] {
        pager.update(msg.clone(), &lines);
        assert_eq!(seen(&pager, &lines, 30, 4)[0], first, "{msg:?}");
    }
    assert_eq!(pager.in_sight(&lines), 6..10);
}

#[test]
fn wrapped_lines_are_scrolled_row_by_row() {
    let lines = Text(vec!["abcdefghij".to_owned(), "日本語日本".to_owned(), "end".to_owned()]);
    let mut pager = Pager::new();
    pager.update(PagerMsg::Wrap, &lines);
    let at = |pager: &Pager| seen(pager, &lines, 19, 2);
    assert_eq!(at(&pager), ["abcdefghij", "日 本 語 日 本"]);
    let narrow = |pager: &Pager| {
        let backend = screen(pager, &lines, 10, 3);
        (0..3)
            .map(|y| (0..10).map(|x| backend.buffer()[(x, y)].symbol()).collect::<String>())
            .collect::<Vec<_>>()
    };
    assert_eq!(narrow(&pager), ["w… abcdef│", "   ghij  │", "w… 日 本 語  "]);
    pager.update(PagerMsg::Scroll(1), &lines);
    assert_eq!(narrow(&pager)[0], "   ghij  │");
    pager.update(PagerMsg::Scroll(9), &lines);
    assert_eq!(narrow(&pager)[2], "w… end   │");
    pager.update(PagerMsg::Scroll(-2), &lines);
    assert_eq!(narrow(&pager)[0], "w… abcdef│");
}

#[test]
fn a_search_goes_through_all_lines_and_round_the_end() {
    let mut lines = numbered(1_000);
    lines.0[3] = "needle".to_owned();
    lines.0[900] = "a Needle".to_owned();
    let mut pager = Pager::new();
    seen(&pager, &lines, 30, 9);
    assert_eq!(pager.update(PagerMsg::Search("need".to_owned()), &lines), Went::There);
    assert_eq!(pager.on(), Some(3));
    assert_eq!(pager.update(PagerMsg::NextHit, &lines), Went::There);
    assert_eq!(seen(&pager, &lines, 30, 9)[3], "a Needle", "a third from above");
    assert_eq!(pager.update(PagerMsg::NextHit, &lines), Went::Around);
    assert_eq!(pager.on(), Some(3));
    assert_eq!(pager.update(PagerMsg::PreviousHit, &lines), Went::Around);
    assert_eq!(pager.update(PagerMsg::Search("nowhere".to_owned()), &lines), Went::Nowhere);
    assert_eq!(pager.update(PagerMsg::NextHit, &lines), Went::Nowhere);
    pager.update(PagerMsg::Search(String::new()), &lines);
    assert!(pager.search().is_none());
}

#[test]
fn errors_are_found_one_after_the_other() {
    let mut lines = numbered(100);
    lines.0[40] = "error one".to_owned();
    lines.0[60] = "error two".to_owned();
    let mut pager = Pager::following();
    seen(&pager, &lines, 30, 9);
    assert_eq!(pager.update(PagerMsg::PreviousError, &lines), Went::There);
    assert_eq!(pager.on(), Some(60));
    pager.update(PagerMsg::PreviousError, &lines);
    assert_eq!((pager.on(), pager.follows()), (Some(40), false));
    pager.update(PagerMsg::NextError, &lines);
    assert_eq!(pager.on(), Some(60));
}

#[test]
fn sideways_goes_as_far_as_there_is_text_and_is_kept_while_following() {
    let mut lines = Text(vec!["0123456789".repeat(5)]);
    let mut pager = Pager::following();
    seen(&pager, &lines, 27, 2);
    pager.update(PagerMsg::Sideways(1), &lines);
    lines.0.push("8 cells skip this".to_owned());
    assert_eq!(seen(&pager, &lines, 27, 2), ["8901234567890123456…", "skip this"]);
    for _ in 0..20 {
        pager.update(PagerMsg::Sideways(1), &lines);
    }
    assert_eq!(seen(&pager, &lines, 27, 2)[0], "0123456789", "half a screen of the widest line is left");
    pager.update(PagerMsg::Sideways(-99), &lines);
    assert!(seen(&pager, &lines, 27, 2)[0].starts_with("0123"));
}

#[test]
fn what_the_source_forgets_does_not_move_what_is_in_sight() {
    let mut lines = numbered(100);
    let mut pager = Pager::new();
    seen(&pager, &lines, 30, 3);
    pager.update(PagerMsg::Scroll(50), &lines);
    lines.0.drain(..20);
    pager.forget(20);
    assert_eq!(seen(&pager, &lines, 30, 3)[0], "line 50");
    lines.0.drain(..80);
    pager.forget(80);
    assert_eq!(seen(&pager, &lines, 30, 3)[0], "");
}

#[test]
fn it_is_stored_with_its_place_and_its_pattern() {
    let lines = numbered(50);
    let mut pager = Pager::new();
    seen(&pager, &lines, 30, 5);
    pager.update(PagerMsg::Search("line 4\\d".to_owned()), &lines);
    let stored = serde_json::to_string(&pager).unwrap();
    let back: Pager = serde_json::from_str(&stored).unwrap();
    assert_eq!(back.search().unwrap().pattern(), "line 4\\d");
    assert_eq!(seen(&back, &lines, 30, 5), seen(&pager, &lines, 30, 5));
}

#[test]
fn json_is_taken_apart_row_by_row_and_plain_lines_stay() {
    let lines = Text(vec![
        r#"{"level":"info","n":[1,2]}"#.to_owned(),
        "plain".to_owned(),
        r#"{"level":"error"}"#.to_owned(),
    ]);
    let mut pager = Pager::new();
    seen(&pager, &lines, 40, 8);
    pager.update(PagerMsg::Json, &lines);
    let wanted = ["{", "  \"level\": \"info\",", "  \"n\": [", "    1,", "    2", "  ]", "}", "plain"];
    assert_eq!(seen(&pager, &lines, 40, 8), wanted);
    pager.update(PagerMsg::Scroll(3), &lines);
    assert_eq!(seen(&pager, &lines, 40, 8)[7], "}");
    pager.update(PagerMsg::Last, &lines);
    assert_eq!(seen(&pager, &lines, 40, 4), ["plain", "{", "  \"level\": \"error\"", "}"]);
    assert_eq!(pager.update(PagerMsg::PreviousError, &lines), Went::There);
    pager.update(PagerMsg::Json, &lines);
    assert_eq!(seen(&pager, &lines, 40, 3)[0], r#"{"level":"info","n":[1,2]}"#);
}

#[test]
fn what_comes_before_the_first_line_does_not_move_what_is_in_sight() {
    let mut lines = numbered(100);
    let mut pager = Pager::new();
    seen(&pager, &lines, 30, 3);
    pager.update(PagerMsg::Scroll(50), &lines);
    lines.0.splice(..0, (0..20).map(|at| format!("before {at}")));
    pager.precede(20);
    assert_eq!(seen(&pager, &lines, 30, 3)[0], "line 50");
}

#[test]
fn seeking_does_not_go_on_from_the_other_end() {
    let mut lines = numbered(100);
    lines.0[40] = "error: needle".to_owned();
    let mut pager = Pager::new();
    seen(&pager, &lines, 30, 9);
    pager.mark(Search::typed("needle"));
    assert!(pager.seek_hit(true, &lines) && pager.on() == Some(40));
    assert!(!pager.seek_hit(true, &lines) && pager.on() == Some(40));
    assert!(!pager.seek_error(false, &lines));
    pager.update(PagerMsg::First, &lines);
    assert!(pager.seek_error(true, &lines));
}

#[test]
fn a_part_of_a_longer_text_says_where_in_it_it_is() {
    struct Part(Text);
    impl Lines for Part {
        fn len(&self) -> usize {
            self.0.len()
        }
        fn line(&self, at: usize) -> PagerLine<'_> {
            self.0.line(at)
        }
        fn whole(&self) -> (u64, u64) {
            (5_000_000, 10_000_000)
        }
    }
    let lines = Part(numbered(100));
    let pager = Pager::new();
    let mut terminal = Terminal::new(TestBackend::new(20, 11)).unwrap();
    let theme = Theme::builtin("terminal", Depth::Ansi16).unwrap();
    for _ in 0..2 {
        terminal.draw(|frame| pager.view(frame, frame.area(), &theme, &lines)).unwrap();
    }
    let bar: String = (0..11).map(|y| terminal.backend().buffer()[(19, y)].symbol()).collect();
    assert_eq!(bar, "     │     ", "in the middle");
}

#[test]
fn no_size_is_too_small_and_no_text_too_short() {
    let lines = Text(vec![String::new(), "x".repeat(100), "日本語\t\x1b[0m".to_owned()]);
    for source in [&lines, &Text::default()] {
        for width in 1..30 {
            for height in 1..5 {
                let mut pager = Pager::new();
                for msg in [
                    PagerMsg::Wrap,
                    PagerMsg::Scroll(3),
                    PagerMsg::Times,
                    PagerMsg::Json,
                    PagerMsg::Search("x".to_owned()),
                    PagerMsg::Wrap,
                    PagerMsg::Sideways(3),
                    PagerMsg::Page(-1),
                    PagerMsg::Line(7),
                    PagerMsg::NextError,
                    PagerMsg::Follow,
                ] {
                    screen(&pager, source, width, height);
                    pager.update(msg, source);
                }
                screen(&pager, source, width, height);
            }
        }
    }
}
