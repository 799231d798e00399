//! One screen with everything on it, in every theme: what a change of a theme or a widget looks like.

use std::fmt::Write;

use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use ratatui::{Frame, Terminal};

use crate::input::Line;
use crate::overlay::{self, Answer, Confirm, Item, Picker};
use crate::pager::{Lines, Pager, PagerLine, PagerMsg};
use crate::table::{Align, Cell, Column, RowLook, TableView, Width};
use crate::theme::{Depth, Role, Theme};
use crate::{chart, paint};

const COLUMNS: [Column<'static>; 4] = [
    Column { title: "node", width: Width::Flex { min: 12, weight: 1 }, align: Align::Left, pinned: true },
    Column { title: "env", width: Width::Fixed(9), align: Align::Left, pinned: false },
    Column { title: "state", width: Width::Fixed(14), align: Align::Left, pinned: false },
    Column { title: "took", width: Width::Fixed(6), align: Align::Right, pinned: false },
];

fn row(theme: &Theme, at: usize) -> (RowLook, Vec<Cell<'static>>) {
    let signs = theme.symbols();
    let (sign, word, role) = [
        (signs.ok, "ok", Role::StateOk),
        (signs.running, "running", Role::StateRunning),
        (signs.failed, "failed 127", Role::StateFailed),
        (signs.timed_out, "timed out", Role::StateTimedOut),
        (signs.cancelled, "cancelled", Role::StateCancelled),
        (signs.waiting, "waiting", Role::StateWaiting),
    ][at % 6];
    let env = [
        ("prod", Role::EnvProd),
        ("staging", Role::EnvStaging),
        ("dev", Role::EnvDev),
        ("qa", Role::EnvOther),
    ];
    let (env, env_role) = env[at % 4];
    let cells = vec![
        Cell::new(format!("web-{at:02}")),
        Cell::of(env_role, env),
        Cell::of(role, format!("{sign} {word}")),
        Cell::of(Role::TextMuted, format!("{} s", at * 3)),
    ];
    (RowLook { marked: at == 3, dim: at == 5 }, cells)
}

struct Output;

impl Lines for Output {
    fn len(&self) -> usize {
        LINES.len()
    }

    fn line(&self, at: usize) -> PagerLine<'_> {
        let (text, role) = LINES[at];
        PagerLine {
            prefix: "web-02".into(),
            time: "12:00:01".into(),
            text: text.into(),
            role,
            prefix_role: None,
        }
    }

    fn prefix_cells(&self) -> u16 {
        6
    }

    fn time_cells(&self) -> u16 {
        8
    }
}

const LINES: [(&str, Option<Role>); 5] = [
    ("Reading package lists...", None),
    ("E: Could not get lock /var/lib/dpkg/lock", Some(Role::StreamErr)),
    ("\x1b[31mred\x1b[0m and a bell\x07", None),
    ("312 lines dropped by quota", Some(Role::Gap)),
    ("exit status 100", Some(Role::TextMuted)),
];

fn screen(frame: &mut Frame<'_>, theme: &Theme) {
    let area = frame.area();
    let line = |y: u16| Rect { y, height: 1, ..area };
    paint::ground(frame.buffer_mut(), area, theme);
    paint::clear(frame.buffer_mut(), line(0), theme.style(Role::Text).patch(theme.style(Role::Bar)));
    paint::text(frame.buffer_mut(), 1, 0, 20, "Nodes", theme.style(Role::BarAccent), "");
    overlay::chip(frame.buffer_mut(), 8, 0, 20, theme, Role::Chip, "/web");
    overlay::chip(frame.buffer_mut(), 15, 0, 20, theme, Role::EnvProd, "prod");
    let view = TableView {
        columns: &COLUMNS,
        rows: 40,
        top: 0,
        cursor: Some(1),
        first_column: 0,
        sort: Some((0, false)),
        empty: "",
    };
    view.draw(frame, Rect { y: 1, height: 8, ..area }, theme, true, |at| row(theme, at));
    let parts =
        [(Role::StateOk, 30), (Role::StateRunning, 6), (Role::StateFailed, 2), (Role::StateWaiting, 2)];
    chart::stacked(frame.buffer_mut(), line(10), theme, &parts);
    let mut pager = Pager::new();
    pager.update(PagerMsg::Times, &Output);
    for _ in 0..2 {
        pager.view(frame, Rect { y: 12, height: 5, ..area }, theme, &Output);
        pager.update(PagerMsg::Search("lock".to_owned()), &Output);
    }
    let text = Line::new("uptime");
    text.view(frame, line(18), theme, "script ", "", true);
    overlay::key_bar(
        frame.buffer_mut(),
        line(23),
        theme,
        &[("/", "filter"), ("Space", "mark"), ("?", "help")],
    );
    overlay::toasts(
        frame,
        Rect { height: 22, ..area },
        theme,
        &[(Role::Good, "sent"), (Role::Bad, "refused")],
    );
}

fn dialogs(frame: &mut Frame<'_>, theme: &Theme) {
    let area = frame.area();
    paint::ground(frame.buffer_mut(), area, theme);
    let upper = Rect { height: 10, ..area };
    let card = ["17 nodes, 3 hidden by the filter".to_owned(), "prod 12   staging 5".to_owned()];
    let answer = Answer::Buttons { yes: false };
    overlay::confirm(frame, upper, theme, &Confirm { title: "Run on 17 nodes?", card: &card, answer });
    let line = Line::new("ru");
    let shown =
        Picker { title: "Palette", line: Some(&line), placeholder: "", rows: 2, cursor: 0, empty: "" };
    let items = [
        Item { label: "run a command".into(), keys: "r".into(), hits: vec![0, 1], ..Item::default() },
        Item { label: "run again".into(), disabled: Some("nothing failed".into()), ..Item::default() },
    ];
    overlay::picker(frame, Rect { y: 10, height: 10, ..area }, theme, &shown, |at| items[at].clone());
}

/// The text of a screen, and under each row the styles in it: from which cell on, and what.
fn styled(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let cells: Vec<_> = (0..buffer.area.width).map(|x| &buffer[(x, y)]).collect();
        let text: String = cells.iter().map(|cell| cell.symbol()).collect();
        let _ = writeln!(out, "{}", text.trim_end());
        let look = |x: usize| (cells[x].fg, cells[x].bg, cells[x].modifier);
        let starts = (0..cells.len()).filter(|&x| x == 0 || look(x) != look(x - 1));
        let runs: Vec<String> = starts.map(|x| format!("{x}:{}", described(look(x)))).collect();
        if runs != ["0:-"] {
            let _ = writeln!(out, "    {}", runs.join(" "));
        }
    }
    out
}

fn described((fg, bg, modifier): (Color, Color, Modifier)) -> String {
    let mut words = Vec::new();
    if fg != Color::Reset {
        words.push(fg.to_string());
    }
    if bg != Color::Reset {
        words.push(format!("on-{bg}"));
    }
    words.extend(modifier.iter_names().map(|(name, _)| name.to_lowercase()));
    if words.is_empty() { "-".to_owned() } else { words.join("+") }
}

fn drawn(theme: &Theme, draw: fn(&mut Frame<'_>, &Theme)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(64, 24)).unwrap();
    terminal.draw(|frame| draw(frame, theme)).unwrap();
    styled(terminal.backend().buffer())
}

#[test]
fn every_theme_on_a_terminal_that_shows_all_of_it() {
    for name in Theme::names() {
        let theme = Theme::builtin(name, Depth::True).unwrap();
        insta::assert_snapshot!(format!("screen-{name}"), drawn(&theme, screen));
        insta::assert_snapshot!(format!("dialogs-{name}"), drawn(&theme, dialogs));
    }
}

#[test]
fn a_theme_where_there_are_sixteen_colours_and_where_there_are_none() {
    let theme = Theme::builtin("dark", Depth::Ansi16).unwrap();
    insta::assert_snapshot!("screen-dark-16", drawn(&theme, screen));
    let theme = Theme::builtin("dark", Depth::None).unwrap().with_ascii(true);
    insta::assert_snapshot!("screen-none-ascii", drawn(&theme, screen));
    insta::assert_snapshot!("dialogs-none-ascii", drawn(&theme, dialogs));
}
