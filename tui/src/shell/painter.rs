//! What goes to the terminal: cells as few bytes, one write per frame, none when nothing changed.
//!
//! ratatui tells which cells changed; this knows what stands on the screen, where the cursor is and which pen it holds, so it
//! moves by the shortest sequence, prints over short gaps, erases the blank end of a line at once, and says nothing twice.

use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// Unchanged cells that are printed again rather than jumped over: a jump takes at least as many bytes.
const GAP: u16 = 4;
/// From this many blank cells on, the end of a line is erased rather than printed.
const ERASE: usize = 4;

/// Modifiers with the codes that switch them on and off.
const MODIFIERS: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// How the terminal draws what is printed next.
#[derive(Clone, Copy, Default, PartialEq)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Pen {
    fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// Whether a blank printed with it looks like an erased cell.
    fn erases(self) -> bool {
        let seen = Modifier::UNDERLINED | Modifier::REVERSED | Modifier::CROSSED_OUT;
        self.bg == Color::Reset && !self.modifier.intersects(seen)
    }
}

/// A backend that collects a frame and writes it at once.
pub struct Painter<W: Write> {
    out: W,
    bytes: Vec<u8>,
    written: u64,
    shown: Buffer,
    pen: Option<Pen>,
    at: Option<Position>,
    cursor: Option<bool>,
}

impl<W: Write> Painter<W> {
    /// A painter of a terminal of this size; nothing is known of what stands there.
    pub fn new(out: W, size: Size) -> Self {
        let shown = Buffer::empty(Rect::from((Position::ORIGIN, size)));
        Self { out, bytes: Vec::new(), written: 0, shown, pen: None, at: None, cursor: None }
    }

    /// The terminal has this size now.
    pub fn resize(&mut self, size: Size) {
        self.shown = Buffer::empty(Rect::from((Position::ORIGIN, size)));
        (self.pen, self.at) = (None, None);
    }

    /// Bytes that went out so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Sends an escape sequence that moves nothing and draws nothing, such as a bell.
    ///
    /// # Errors
    /// When the terminal does not take it.
    pub fn send(&mut self, sequence: &str) -> io::Result<()> {
        self.bytes.extend_from_slice(sequence.as_bytes());
        self.flush()
    }

    fn go(&mut self, to: Position) {
        let Some(at) = self.at else { return self.jump(to) };
        if at == to {
            return;
        }
        if to.y == at.y && to.x > at.x {
            let gap = to.x - at.x;
            if gap <= GAP && self.print_gap(at, to) {
                return;
            }
            if gap == 1 {
                self.bytes.extend_from_slice(b"\x1b[C");
            } else {
                self.push(format_args!("\x1b[{gap}C"));
            }
        } else if to.x == 0 && to.y == at.y + 1 {
            self.bytes.extend_from_slice(b"\r\n");
        } else {
            return self.jump(to);
        }
        self.at = Some(to);
    }

    fn jump(&mut self, to: Position) {
        self.push(format_args!("\x1b[{};{}H", to.y + 1, to.x + 1));
        self.at = Some(to);
    }

    /// Prints again what stands between, if the pen is right for it.
    fn print_gap(&mut self, from: Position, to: Position) -> bool {
        let before = self.bytes.len();
        for x in from.x..to.x {
            let cell = &self.shown[(x, from.y)];
            if Some(Pen::of(cell)) != self.pen || cell.symbol().len() != 1 {
                self.bytes.truncate(before);
                return false;
            }
            self.bytes.extend_from_slice(cell.symbol().as_bytes());
        }
        self.at = Some(to);
        true
    }

    fn take(&mut self, pen: Pen) {
        if self.pen == Some(pen) {
            return;
        }
        let (old, reset) = match self.pen {
            Some(old) if pen != Pen::default() => (old, false),
            _ => (Pen::default(), true),
        };
        let mut codes = Codes { bytes: &mut self.bytes, any: false };
        codes.bytes.extend_from_slice(b"\x1b[");
        if reset && pen != Pen::default() {
            codes.put(0);
        }
        codes.modifiers(old.modifier, pen.modifier);
        if pen.fg != old.fg {
            codes.colour(pen.fg, 30);
        }
        if pen.bg != old.bg {
            codes.colour(pen.bg, 40);
        }
        self.bytes.push(b'm');
        self.pen = Some(pen);
    }

    fn print(&mut self, to: Position, cell: &Cell) {
        self.go(to);
        self.take(Pen::of(cell));
        let symbol = cell.symbol();
        self.bytes.extend_from_slice(symbol.as_bytes());
        let width = if symbol.len() == 1 { 1 } else { u16::try_from(symbol.width()).unwrap_or(1) };
        let x = to.x.saturating_add(width);
        // At the right edge terminals differ in where the cursor is.
        self.at = (x < self.shown.area.width).then_some(Position::new(x, to.y));
    }

    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a Vec cannot fail.
        let _ = self.bytes.write_fmt(text);
    }
}

/// The parameters of one SGR sequence.
struct Codes<'a> {
    bytes: &'a mut Vec<u8>,
    any: bool,
}

impl Codes<'_> {
    fn put(&mut self, code: u8) {
        let separator = if std::mem::replace(&mut self.any, true) { ";" } else { "" };
        // Writing to a Vec cannot fail.
        let _ = write!(self.bytes, "{separator}{code}");
    }

    fn modifiers(&mut self, old: Modifier, new: Modifier) {
        let mut standing = old;
        let mut off = 0;
        for (modifier, _, code) in MODIFIERS {
            if old.contains(modifier) && !new.contains(modifier) && off != code {
                self.put(code);
                off = code;
                // One code switches off both of a pair.
                for (other, _, same) in MODIFIERS {
                    if same == code {
                        standing.remove(other);
                    }
                }
            }
        }
        for (modifier, code, _) in MODIFIERS {
            if new.contains(modifier) && !standing.contains(modifier) {
                self.put(code);
            }
        }
    }

    /// `base` is 30 for the foreground, 40 for the background.
    fn colour(&mut self, colour: Color, base: u8) {
        let named = match colour {
            Color::Reset => 9,
            Color::Black => 0,
            Color::Red => 1,
            Color::Green => 2,
            Color::Yellow => 3,
            Color::Blue => 4,
            Color::Magenta => 5,
            Color::Cyan => 6,
            Color::Gray => 7,
            Color::DarkGray => 60,
            Color::LightRed => 61,
            Color::LightGreen => 62,
            Color::LightYellow => 63,
            Color::LightBlue => 64,
            Color::LightMagenta => 65,
            Color::LightCyan => 66,
            Color::White => 67,
            Color::Indexed(index) => {
                [base + 8, 5, index].into_iter().for_each(|code| self.put(code));
                return;
            }
            Color::Rgb(r, g, b) => {
                [base + 8, 2, r, g, b].into_iter().for_each(|code| self.put(code));
                return;
            }
        };
        self.put(base + named);
    }
}

impl<W: Write> Backend for Painter<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let cells: Vec<(u16, u16, &Cell)> = content.filter(|(x, y, _)| self.shown.area.contains((*x, *y).into())).collect();
        let last = self.shown.area.width.saturating_sub(1);
        let mut i = 0;
        while let Some(&(x, y, cell)) = cells.get(i) {
            let to = Position::new(x, y);
            let blanks = cells[i..]
                .iter()
                .enumerate()
                .take_while(|(n, (bx, by, it))| {
                    *by == y && usize::from(*bx) == usize::from(x) + n && it.symbol() == " " && Pen::of(it).erases()
                })
                .count();
            if blanks >= ERASE && cells[i + blanks - 1].0 == last {
                self.go(to);
                self.take(Pen::default());
                self.bytes.extend_from_slice(b"\x1b[K");
                for (bx, by, it) in &cells[i..i + blanks] {
                    self.shown[(*bx, *by)] = (*it).clone();
                }
                i += blanks;
                continue;
            }
            self.print(to, cell);
            self.shown[(x, y)] = cell.clone();
            i += 1;
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.cursor != Some(false) {
            self.bytes.extend_from_slice(b"\x1b[?25l");
            self.cursor = Some(false);
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.cursor != Some(true) {
            self.bytes.extend_from_slice(b"\x1b[?25h");
            self.cursor = Some(true);
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.at.unwrap_or(Position::ORIGIN))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.at != Some(position) {
            self.jump(position);
        }
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.bytes.extend_from_slice(b"\x1b[m\x1b[2J");
        self.shown.reset();
        (self.pen, self.at) = (Some(Pen::default()), None);
        Ok(())
    }

    fn clear_region(&mut self, _: ClearType) -> io::Result<()> {
        self.clear()
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.shown.area.as_size())
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.shown.area.as_size(), pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        self.written += self.bytes.len() as u64;
        let written = self.out.write_all(&self.bytes).and_then(|()| self.out.flush());
        self.bytes.clear();
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::Terminal;
    use ratatui::style::Style;
    use ratatui::text::{Line, Span};

    fn terminal() -> Terminal<Painter<Vec<u8>>> {
        Terminal::new(Painter::new(Vec::new(), Size::new(20, 3))).unwrap()
    }

    /// What was written to show these lines.
    fn show(terminal: &mut Terminal<Painter<Vec<u8>>>, lines: &[Line<'_>]) -> String {
        terminal.backend_mut().out.clear();
        terminal
            .draw(|frame| {
                for (line, row) in lines.iter().zip(frame.area().rows()) {
                    frame.render_widget(line, row);
                }
            })
            .unwrap();
        String::from_utf8(terminal.backend().out.clone()).unwrap()
    }

    #[test]
    fn a_frame_that_changes_nothing_writes_nothing() {
        let mut terminal = terminal();
        show(&mut terminal, &["web-01 online".into()]);
        assert_eq!(show(&mut terminal, &["web-01 online".into()]), "");
    }

    #[test]
    fn a_short_gap_is_printed_over_and_a_long_one_is_jumped() {
        let mut terminal = terminal();
        show(&mut terminal, &["a..b............c".into()]);
        assert_eq!(show(&mut terminal, &["A..B............C".into()]), "\x1b[1;1HA..B\x1b[12CC");
    }

    #[test]
    fn the_blank_end_of_a_line_is_erased() {
        let mut terminal = terminal();
        show(&mut terminal, &["web-01 is a long name".into()]);
        assert_eq!(show(&mut terminal, &["web-01".into()]), "\x1b[1;7H\x1b[K");
    }

    #[test]
    fn a_pen_is_taken_once_and_put_back_with_one_sequence() {
        let mut terminal = terminal();
        let red = Style::new().red().bold();
        let said = show(&mut terminal, &[Line::styled("ab", red), Line::styled("cd", red), "e".into()]);
        assert_eq!(said, "\x1b[1;1H\x1b[0;1;31mab\x1b[2;1Hcd\x1b[3;1H\x1b[me\x1b[?25l");
    }

    #[test]
    fn bold_goes_without_taking_dim_along() {
        let mut terminal = terminal();
        let both = Style::new().bold().dim();
        let said = show(&mut terminal, &[Line::from_iter([Span::styled("a", both), Span::styled("b", Style::new().dim())])]);
        assert!(said.contains("\x1b[0;1;2ma\x1b[22;2mb"), "{said:?}");
    }

    #[test]
    fn a_wide_character_moves_the_cursor_by_two() {
        let mut terminal = terminal();
        let said = show(&mut terminal, &["語x".into()]);
        assert!(said.contains("語x"), "{said:?}");
    }
}
