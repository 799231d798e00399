use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Modifier;

use super::*;
use crate::theme::Depth;

const COLUMNS: [Column<'static>; 5] = [
    Column { title: "node", width: Width::Flex { min: 10, weight: 2 }, align: Align::Left, pinned: true },
    Column { title: "state", width: Width::Fixed(9), align: Align::Left, pinned: false },
    Column { title: "env", width: Width::Fixed(7), align: Align::Left, pinned: false },
    Column {
        title: "platform",
        width: Width::Flex { min: 12, weight: 1 },
        align: Align::Left,
        pinned: false,
    },
    Column { title: "ping", width: Width::Fixed(7), align: Align::Right, pinned: false },
];

fn row(at: usize) -> (RowLook, Vec<Cell<'static>>) {
    let (state, role) = match at % 5 {
        3 => ("✗ lost", Role::NodeLost),
        _ => ("● online", Role::NodeOnline),
    };
    let env = [("prod", Role::EnvProd), ("staging", Role::EnvStaging), ("dev", Role::EnvDev)][at % 3];
    let cells = vec![
        Cell::new(format!("web-{at:02}.example.net")),
        Cell::of(role, state),
        Cell::of(env.1, env.0),
        Cell::new(["Debian 12", "Ubuntu 24.04", "日本 Linux\x1b[2J"][at % 3]),
        Cell::of(Role::TextMuted, format!("{} s", at * 7)),
    ];
    (RowLook { marked: at == 2, dim: at == 4 }, cells)
}

fn view() -> TableView<'static> {
    TableView {
        columns: &COLUMNS,
        rows: 200,
        top: 0,
        cursor: Some(1),
        first_column: 0,
        sort: Some((0, false)),
        empty: "",
    }
}

fn drawn(view: &TableView<'_>, width: u16, height: u16) -> TestBackend {
    drawn_in(&Theme::builtin("terminal", Depth::Ansi16).unwrap(), view, width, height)
}

fn drawn_in(theme: &Theme, view: &TableView<'_>, width: u16, height: u16) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view.draw(frame, frame.area(), theme, true, row)).unwrap();
    terminal.backend().clone()
}

#[test]
fn a_list_at_80_by_24() {
    insta::assert_snapshot!(drawn(&view(), 80, 24));
}

#[test]
fn a_narrow_list_keeps_what_is_pinned() {
    insta::assert_snapshot!(drawn(&TableView { rows: 5, ..view() }, 30, 6));
    insta::assert_snapshot!(drawn(
        &TableView { rows: 5, first_column: 2, sort: Some((4, true)), ..view() },
        40,
        6
    ));
}

#[test]
fn signs_of_ascii_alone() {
    let theme = Theme::builtin("terminal", Depth::None).unwrap().with_ascii(true);
    insta::assert_snapshot!(drawn_in(&theme, &TableView { top: 100, ..view() }, 50, 5));
}

#[test]
fn only_rows_in_sight_are_asked_for() {
    let mut asked = Vec::new();
    let mut terminal = Terminal::new(TestBackend::new(60, 6)).unwrap();
    let theme = Theme::builtin("dark", Depth::True).unwrap();
    let view = TableView { rows: 50_000, top: 40_000, ..view() };
    terminal
        .draw(|frame| {
            view.draw(frame, frame.area(), &theme, true, |at| {
                asked.push(at);
                row(at)
            });
        })
        .unwrap();
    assert_eq!(asked, [40_000, 40_001, 40_002, 40_003, 40_004]);
}

#[test]
fn nothing_to_show_says_why() {
    let view =
        TableView { rows: 0, cursor: None, empty: "No node matches.\nEsc takes the filter away.", ..view() };
    insta::assert_snapshot!(drawn(&view, 60, 9));
}

#[test]
fn the_row_under_the_cursor_is_reversed_where_there_are_no_colours() {
    let theme = Theme::builtin("dark", Depth::None).unwrap();
    let backend = drawn_in(&theme, &view(), 60, 5);
    let reversed = |y: u16| (0..59).all(|x| backend.buffer()[(x, y)].modifier.contains(Modifier::REVERSED));
    assert!(reversed(2));
    assert!(!(0..10).any(|x| backend.buffer()[(x, 1)].modifier.contains(Modifier::REVERSED)));
}

#[test]
fn states_keep_their_colour_under_the_cursor_where_only_the_ground_changes() {
    let theme = Theme::builtin("dark", Depth::True).unwrap();
    let backend = drawn_in(&theme, &TableView { cursor: Some(3), ..view() }, 80, 8);
    let line: Vec<_> = (0..79).map(|x| backend.buffer()[(x, 4)].clone()).collect();
    let lost = line.iter().find(|cell| cell.symbol() == "✗").unwrap();
    assert_eq!(Some(lost.fg), theme.style(Role::NodeLost).fg);
    assert!(line.iter().all(|cell| Some(cell.bg) == theme.style(Role::Selection).bg));
    let name = line.iter().find(|cell| cell.symbol() == "w").unwrap();
    assert_eq!(Some(name.fg), theme.style(Role::Text).fg);
}

#[test]
fn without_the_focus_only_a_sign_shows_the_cursor() {
    let theme = Theme::builtin("terminal", Depth::Ansi16).unwrap();
    let mut terminal = Terminal::new(TestBackend::new(40, 4)).unwrap();
    terminal.draw(|frame| view().draw(frame, frame.area(), &theme, false, row)).unwrap();
    let buffer = terminal.backend().buffer();
    assert_eq!(buffer[(0, 2)].symbol(), theme.symbols().cursor);
    assert!(!buffer[(3, 2)].modifier.contains(Modifier::REVERSED));
}

#[test]
fn no_size_is_too_small() {
    let theme = Theme::builtin("dark", Depth::True).unwrap();
    for width in 0..24 {
        for height in 0..5 {
            for first_column in [0, 1, 99] {
                let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
                let view = TableView { first_column, top: 199, ..view() };
                terminal.draw(|frame| view.draw(frame, frame.area(), &theme, true, row)).unwrap();
                terminal.draw(|frame| view.draw(frame, Rect::new(0, 0, 90, 90), &theme, true, row)).unwrap();
            }
        }
    }
}

#[test]
fn columns_share_what_is_left_by_weight() {
    let cells: Vec<u16> =
        columns::places(&COLUMNS, 0, Rect::new(0, 0, 80, 1)).iter().map(|place| place.cells).collect();
    assert_eq!(cells, [28, 9, 7, 22, 7]);
    assert_eq!(cells.iter().sum::<u16>() + 4 + columns::GUTTER + 1, 80);
}
