use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::{Config, Term};
use alacritty_terminal::vte::ansi::{Color as Shown, NamedColor, Processor};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::*;

struct Dims(Size);

impl Dimensions for Dims {
    fn total_lines(&self) -> usize {
        self.screen_lines()
    }
    fn screen_lines(&self) -> usize {
        usize::from(self.0.height)
    }
    fn columns(&self) -> usize {
        usize::from(self.0.width)
    }
}

/// A painter, and a terminal that reads what it writes.
struct Bench {
    terminal: Terminal<Painter<Vec<u8>>>,
    term: Term<VoidListener>,
    parser: Processor,
}

impl Bench {
    fn new(width: u16, height: u16) -> Self {
        let size = Size::new(width, height);
        Self {
            terminal: Terminal::new(Painter::new(Vec::new(), size)).unwrap(),
            term: Term::new(Config::default(), &Dims(size), VoidListener),
            parser: Processor::new(),
        }
    }

    /// Shows a screen, and returns what was written for that.
    fn show(&mut self, screen: &Buffer) -> Vec<u8> {
        self.terminal.draw(|frame| frame.buffer_mut().clone_from(screen)).unwrap();
        let bytes = std::mem::take(&mut self.terminal.backend_mut().out);
        self.parser.advance(&mut self.term, &bytes);
        self.compare(screen);
        bytes
    }

    fn said(&mut self, screen: &Buffer) -> String {
        String::from_utf8(self.show(screen)).unwrap()
    }

    fn compare(&self, screen: &Buffer) {
        let mut covered = 0;
        for (at, cell) in screen.content.iter().enumerate() {
            let (x, y) = screen.pos_of(at);
            if covered > 0 {
                covered -= 1;
                continue;
            }
            covered = usize::from(ratatui::buffer::CellWidth::cell_width(cell.symbol())).saturating_sub(1);
            let got = &self.term.grid()[Line(i32::from(y))][Column(usize::from(x))];
            let mut symbol = got.c.to_string();
            symbol.extend(got.zerowidth().into_iter().flatten());
            assert_eq!(symbol, cell.symbol(), "at {x},{y}");
            // On a blank, colour and weight of letters are not seen.
            let plain_blank = cell.symbol() == " " && !Pen::of(cell).shows_on_blank();
            let unseen = if plain_blank { Flags::BOLD | Flags::DIM | Flags::ITALIC } else { Flags::empty() };
            assert_eq!(flags(cell.modifier) - unseen, got.flags & (FLAGS - unseen), "modifiers at {x},{y}");
            assert!(plain_blank || color(cell.fg, NamedColor::Foreground) == got.fg, "foreground at {x},{y}");
            assert_eq!(color(cell.bg, NamedColor::Background), got.bg, "background at {x},{y}");
        }
    }
}

const FLAGS: Flags = Flags::BOLD
    .union(Flags::DIM)
    .union(Flags::ITALIC)
    .union(Flags::UNDERLINE)
    .union(Flags::INVERSE)
    .union(Flags::STRIKEOUT);

fn flags(modifier: Modifier) -> Flags {
    let pairs = [
        (Modifier::BOLD, Flags::BOLD),
        (Modifier::DIM, Flags::DIM),
        (Modifier::ITALIC, Flags::ITALIC),
        (Modifier::UNDERLINED, Flags::UNDERLINE),
        (Modifier::REVERSED, Flags::INVERSE),
        (Modifier::CROSSED_OUT, Flags::STRIKEOUT),
    ];
    pairs.iter().filter(|(ours, _)| modifier.contains(*ours)).map(|(_, theirs)| *theirs).collect()
}

fn color(color: Color, default: NamedColor) -> Shown {
    use alacritty_terminal::vte::ansi::Rgb;
    match color {
        Color::Reset => Shown::Named(default),
        Color::Red => Shown::Named(NamedColor::Red),
        Color::DarkGray => Shown::Named(NamedColor::BrightBlack),
        Color::White => Shown::Named(NamedColor::BrightWhite),
        Color::Indexed(index) => Shown::Indexed(index),
        Color::Rgb(r, g, b) => Shown::Spec(Rgb { r, g, b }),
        other => panic!("{other:?} is not used here"),
    }
}

fn screen(width: u16, lines: &[(&str, Style)]) -> Buffer {
    let height = u16::try_from(lines.len()).unwrap();
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    for (y, (line, style)) in (0..).zip(lines) {
        buffer.set_string(0, y, line, *style);
    }
    buffer
}

fn plain(width: u16, lines: &[&str]) -> Buffer {
    screen(width, &lines.iter().map(|line| (*line, Style::new())).collect::<Vec<_>>())
}

#[test]
fn a_frame_that_changes_nothing_writes_nothing() {
    let mut bench = Bench::new(20, 1);
    bench.show(&plain(20, &["web-01 online"]));
    assert_eq!(bench.said(&plain(20, &["web-01 online"])), "");
}

#[test]
fn a_short_gap_is_printed_over_and_a_long_one_is_jumped() {
    let mut bench = Bench::new(20, 1);
    bench.show(&plain(20, &["a..b............c"]));
    assert_eq!(bench.said(&plain(20, &["A..B............C"])), "\rA..B\x1b[12CC");
}

#[test]
fn one_cell_per_row_costs_three_bytes() {
    let mut bench = Bench::new(20, 4);
    bench.show(&plain(20, &["web-01", "web-02", "web-03", "web-04"]));
    let said = bench.said(&plain(20, &["web-11", "web-12", "web-13", "web-14"]));
    assert_eq!(said, "\x1b[1;5H1\n\x081\n\x081\n\x081");
}

#[test]
fn the_blank_end_of_a_row_is_erased() {
    let mut bench = Bench::new(20, 1);
    bench.show(&plain(20, &["web-01 is long"]));
    assert_eq!(bench.said(&plain(20, &["web-01"])), "\x1b[8G\x1b[K");
}

#[test]
fn a_blank_needs_no_pen_of_its_own() {
    let mut bench = Bench::new(10, 1);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 1));
    buffer.set_string(0, 0, "a", Style::new().fg(Color::Red));
    buffer.set_string(3, 0, "b", Style::new().fg(Color::Red));
    assert_eq!(bench.said(&buffer), "\x1b[H\x1b[0;31ma  b\x1b[?25l");
    buffer.set_string(1, 0, "xy", Style::new().fg(Color::Red));
    bench.show(&buffer);
    buffer.set_string(1, 0, "  ", Style::new());
    assert_eq!(bench.said(&buffer), "\x08\x08  ", "blanks in red are blanks");
}

#[test]
fn bold_goes_without_taking_dim_along_and_the_shorter_way_is_taken() {
    let mut bench = Bench::new(4, 1);
    let (bold, dim) = (Modifier::BOLD, Modifier::DIM);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 1));
    buffer.set_string(0, 0, "a", Style::new().fg(Color::Red).add_modifier(bold | dim));
    buffer.set_string(1, 0, "b", Style::new().fg(Color::Red).add_modifier(dim));
    buffer.set_string(2, 0, "c", Style::new());
    assert_eq!(bench.said(&buffer), "\x1b[H\x1b[0;1;2;31ma\x1b[22;2mb\x1b[mc\x1b[?25l");
}

#[test]
fn a_list_that_scrolls_is_moved_by_the_terminal() {
    let mut bench = Bench::new(80, 24);
    let list = |from: usize| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
        buffer.set_string(0, 0, format!("Nodes {from}"), Style::new().add_modifier(Modifier::BOLD));
        for y in 1..23 {
            let at = from + usize::from(y);
            let style = if y == 22 { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
            let line =
                format!("web-{at:04} {:>20} {:<40}", at * 7919 % 10_007, ["online", "lost", "idle"][at % 3]);
            buffer.set_string(0, y, line, style);
        }
        buffer.set_string(0, 23, "j down", Style::new().fg(Color::DarkGray));
        buffer
    };
    bench.show(&list(0));
    for (from, most) in [(1, 260), (2, 260), (1, 260), (6, 700), (500, 1400)] {
        let bytes = bench.show(&list(from)).len();
        assert!(bytes <= most, "{bytes} bytes to scroll to {from}");
    }
}

#[test]
fn a_new_size_is_painted_from_nothing() {
    let mut bench = Bench::new(10, 2);
    bench.show(&plain(10, &["one", "two"]));
    bench.terminal.backend_mut().resize(Size::new(6, 3));
    bench.term.resize(Dims(Size::new(6, 3)));
    bench.show(&plain(6, &["one", "two", "three"]));
}

#[test]
fn characters_of_many_parts_are_not_remembered_for_ever() {
    let mut bench = Bench::new(10, 1);
    let letter = |at: u32| format!("{}\u{301}\u{302}\u{303}\u{304}", char::from_u32(0x4e00 + at).unwrap());
    for at in 0..2_000 {
        bench.show(&plain(10, &[&format!("a{}{}", letter(at), letter(at + 1))]));
    }
    assert!(bench.terminal.backend().wanted.long() < 700);
}

/// A change of a screen.
#[derive(Clone, Debug)]
enum Change {
    Text(u16, u16, String, Style),
    Ground(u16, u16, u16, Style),
    Roll(isize),
    Blank,
}

fn style() -> impl Strategy<Value = Style> {
    let color = || {
        prop_oneof![
            Just(Color::Reset),
            Just(Color::Red),
            Just(Color::DarkGray),
            Just(Color::White),
            any::<u8>().prop_map(Color::Indexed),
            any::<[u8; 3]>().prop_map(|[r, g, b]| Color::Rgb(r, g, b)),
        ]
    };
    let modifiers = prop_oneof![
        3 => Just(Modifier::empty()),
        1 => proptest::sample::subsequence(
            vec![
                Modifier::BOLD,
                Modifier::DIM,
                Modifier::ITALIC,
                Modifier::UNDERLINED,
                Modifier::REVERSED,
                Modifier::CROSSED_OUT,
            ],
            0..4,
        )
        .prop_map(|all| all.into_iter().collect()),
    ];
    (color(), color(), modifiers)
        .prop_map(|(fg, bg, modifiers): (_, _, Modifier)| Style::new().fg(fg).bg(bg).add_modifier(modifiers))
}

fn change() -> impl Strategy<Value = Change> {
    let text = prop_oneof!["[ -~]{1,30}", "[a 日本語é─●]{1,12}", " {1,20}", "e\u{301}{1,4}x"];
    prop_oneof![
        6 => (0u16..40, 0u16..12, text, style()).prop_map(|(x, y, text, style)| Change::Text(x, y, text, style)),
        1 => (0u16..40, 0u16..12, 1u16..40, style()).prop_map(|(x, y, cells, style)| Change::Ground(x, y, cells, style)),
        2 => (-5isize..=5).prop_map(Change::Roll),
        1 => Just(Change::Blank),
    ]
}

fn apply(screen: &mut Buffer, change: &Change) {
    match change {
        Change::Text(x, y, text, style) => {
            crate::paint::text(screen, *x, *y, 40, text, *style, "");
            // A wide character that lost its other half is none any more.
            for y in 0..screen.area.height {
                for x in 0..screen.area.width - 1 {
                    let wide = ratatui::buffer::CellWidth::cell_width(screen[(x, y)].symbol()) > 1;
                    if wide && screen[(x + 1, y)].symbol() != " " {
                        screen[(x, y)].set_symbol("?");
                    }
                }
                let last = (screen.area.width - 1, y);
                if ratatui::buffer::CellWidth::cell_width(screen[last].symbol()) > 1 {
                    screen[last].set_symbol("?");
                }
            }
        }
        Change::Ground(x, y, cells, style) => {
            screen.set_style(Rect::new(*x, *y, *cells, 1).intersection(screen.area), *style);
        }
        Change::Roll(by) => {
            let old = screen.clone();
            for y in 1..11u16 {
                let from = (i32::from(y) - 1 + i32::try_from(*by).unwrap()).rem_euclid(10) + 1;
                for x in 0..screen.area.width {
                    screen[(x, y)] = old[(x, u16::try_from(from).unwrap())].clone();
                }
            }
        }
        Change::Blank => screen.reset(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]
    #[test]
    fn a_terminal_shows_what_was_drawn_whatever_was_there(
        frames in proptest::collection::vec(proptest::collection::vec(change(), 1..12), 1..12)
    ) {
        let mut bench = Bench::new(40, 12);
        let mut screen = Buffer::empty(Rect::new(0, 0, 40, 12));
        for frame in &frames {
            frame.iter().for_each(|change| apply(&mut screen, change));
            bench.show(&screen);
            prop_assert!(bench.show(&screen).is_empty(), "a second time there is nothing to say");
        }
    }
}
