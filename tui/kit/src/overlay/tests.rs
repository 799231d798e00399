use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::input::Line;
use crate::theme::Depth;

fn theme() -> Theme {
    Theme::builtin("terminal", Depth::Ansi16).unwrap()
}

fn drawn(width: u16, height: u16, draw: impl Fn(&mut Frame<'_>, Rect)) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| {
            let area = frame.area();
            for y in 0..height {
                frame.buffer_mut().set_string(0, y, "·".repeat(usize::from(width)), Style::new());
            }
            draw(frame, area);
        })
        .unwrap();
    terminal.backend().clone()
}

fn radius() -> Vec<String> {
    [
        "17 nodes, 3 of them hidden by the filter",
        "prod 12   staging 5",
        "2 are offline and will get it when they return",
        "\x1b[31mhostile\u{202e} name",
    ]
    .map(str::to_owned)
    .to_vec()
}

#[test]
fn a_question_with_its_blast_radius_at_80_by_24() {
    let card = radius();
    let question = |answer| Confirm { title: "Run on 17 nodes?", card: &card, answer };
    insta::assert_snapshot!(drawn(80, 24, |frame, area| {
        confirm(frame, area, &theme(), &question(Answer::Buttons { yes: false }));
    }));
    let line = Line::new("1");
    insta::assert_snapshot!(drawn(60, 12, |frame, area| {
        confirm(frame, area, &theme(), &question(Answer::Typed { wanted: "17", line: &line }));
    }));
    insta::assert_snapshot!(drawn(30, 7, |frame, area| confirm(
        frame,
        area,
        &theme(),
        &question(Answer::Key)
    )));
}

#[test]
fn a_picker_shows_keys_reasons_and_what_was_hit() {
    let items = [
        Item {
            label: "run a command".into(),
            detail: "on the marked nodes".into(),
            keys: "r".into(),
            hits: vec![0, 6],
            ..Item::default()
        },
        Item {
            label: "cancel".into(),
            disabled: Some("nothing is running".into()),
            keys: "X".into(),
            ..Item::default()
        },
        Item { label: "refresh".into(), keys: "R".into(), ..Item::default() },
    ];
    let line = Line::new("rc");
    let shown =
        |cursor| Picker { title: "Actions", line: Some(&line), placeholder: "", rows: 3, cursor, empty: "" };
    let screen = |width, height| {
        drawn(width, height, |frame, area| picker(frame, area, &theme(), &shown(0), |at| items[at].clone()))
    };
    insta::assert_snapshot!(screen(80, 24));
    insta::assert_snapshot!(screen(32, 8));
    let buffer = screen(80, 24).buffer().clone();
    let hits: String = buffer
        .content
        .iter()
        .filter(|cell| cell.modifier.contains(Modifier::UNDERLINED))
        .map(ratatui::buffer::Cell::symbol)
        .collect();
    assert_eq!(hits, "rc");
}

#[test]
fn why_the_line_under_the_cursor_cannot_be_chosen_is_told_whole() {
    let why = "user/vera is not authorized to perform: ssm:SendCommand: no policy permits it";
    let line = Line::new("");
    let screen = |width, cursor| {
        let shown = Picker { title: "Help", line: Some(&line), placeholder: "", rows: 2, cursor, empty: "" };
        let screen = drawn(width, 24, |frame, area| {
            picker(frame, area, &theme(), &shown, |at| Item {
                label: ["run", "refresh"][at].into(),
                disabled: (at == 0).then(|| why.into()),
                keys: "r".into(),
                ..Item::default()
            });
        });
        format!("{screen}")
    };
    let ends = |screen: &str| screen.matches("no policy permits it").count();
    assert_eq!(ends(&screen(80, 0)), 1, "{}", screen(80, 0));
    assert_eq!(ends(&screen(80, 1)), 0, "{}", screen(80, 1));
    assert_eq!(ends(&screen(160, 0)), 1, "there is room for it: it is not told twice");
}

#[test]
fn a_long_list_is_scrolled_to_the_cursor() {
    insta::assert_snapshot!(drawn(24, 5, |frame, area| {
        list(frame, area, &theme(), 100, 50, |at| Item {
            label: format!("row {at}").into(),
            ..Item::default()
        });
    }));
}

#[test]
fn toasts_stack_upwards_and_the_newest_is_lowest() {
    insta::assert_snapshot!(drawn(40, 5, |frame, area| {
        let said = [
            (Role::Good, "sent to 3 nodes"),
            (Role::Bad, "no connection\x1b[2J to the server at all, or so"),
        ];
        toasts(frame, area, &theme(), &said);
    }));
}

#[test]
fn the_key_bar_drops_whole_keys() {
    let keys = [("/", "filter"), ("Space", "mark"), ("?", "help")];
    let bar = |width| {
        drawn(width, 1, |frame, area| {
            paint::clear(frame.buffer_mut(), area, Style::new());
            key_bar(frame.buffer_mut(), area, &theme(), &keys);
        })
    };
    assert_eq!(format!("{}", bar(30)), "\"/ filter  Space mark  ? help  \"\n");
    assert_eq!(format!("{}", bar(20)), "\"/ filter  Space mark\"\n");
}

#[test]
fn no_size_is_too_small() {
    let card = radius();
    let line = Line::new("17");
    let text = [(Role::Text, "some text".to_owned())];
    for width in 1..30 {
        for height in 1..9 {
            drawn(width, height, |frame, area| {
                let theme = theme();
                for answer in
                    [Answer::Key, Answer::Buttons { yes: true }, Answer::Typed { wanted: "17", line: &line }]
                {
                    confirm(frame, area, &theme, &Confirm { title: "Run?", card: &card, answer });
                }
                let shown =
                    Picker { title: "t", line: Some(&line), placeholder: "", rows: 9, cursor: 8, empty: "" };
                picker(frame, area, &theme, &shown, |_| Item {
                    label: "日本語".into(),
                    keys: "g g".into(),
                    ..Item::default()
                });
                picker(frame, area, &theme, &Picker { rows: 0, ..shown }, |_| Item::default());
                super::card(frame, area, &theme, "Card", &text);
                toasts(frame, area, &theme, &[(Role::Bad, "toast"); 12]);
                buttons(frame.buffer_mut(), area, &theme, &["No", "Yes"], 0);
                chip(frame.buffer_mut(), area.x, area.y, area.width, &theme, Role::Chip, "os=debian");
                key_bar(frame.buffer_mut(), area, &theme, &[("q", "quit")]);
                boxed(frame, Rect::new(0, 0, 200, 200), &theme, "title");
            });
        }
    }
}
