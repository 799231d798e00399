//! What goes to the terminal: as few bytes as it takes, one write per frame, none when nothing changed.
//!
//! In: the cells that ratatui found changed, the size of the terminal. Out: bytes. It knows what stands on the screen, where
//! the cursor is and which pen it holds, so it scrolls what only moved, moves by the shortest sequence, prints over short
//! gaps, erases the blank end of a row at once, does not change the colour of a blank, and says nothing twice.
//! Never here: what anything means, reading the terminal.

mod moves;
mod pen;
mod scroll;
mod slot;

use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use self::pen::Pen;
use self::slot::{Grid, Slot};

/// Unchanged cells that are printed again rather than jumped over: a jump takes at least as many bytes.
const GAP: usize = 3;
/// From this many blank cells on, the end of a row is erased rather than printed.
const ERASE: usize = 4;
/// A frame of more bytes than this is marked as one update, so that no terminal shows half of it.
const LARGE: usize = 2048;
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";
/// From this many changed rows on, it is worth looking whether something only moved.
const MOVED: usize = 6;

/// A backend that collects a frame and writes it at once.
#[derive(Debug)]
pub struct Painter<W: Write> {
    out: W,
    bytes: Vec<u8>,
    written: u64,
    /// What stands on the screen, and what shall stand there.
    shown: Grid,
    wanted: Grid,
    /// Rows in which they differ.
    dirty: Vec<bool>,
    /// `None`: not known.
    pen: Option<Pen>,
    at: Option<Position>,
    cursor: Option<bool>,
}

impl<W: Write> Painter<W> {
    /// A painter of a terminal of this size, which is blank.
    pub fn new(out: W, size: Size) -> Self {
        Self {
            out,
            bytes: Vec::new(),
            written: 0,
            shown: Grid::new(size),
            wanted: Grid::new(size),
            dirty: vec![false; usize::from(size.height)],
            pen: None,
            at: None,
            cursor: None,
        }
    }

    /// The terminal has this size now; nothing is known of what stands there until it is cleared.
    pub fn resize(&mut self, size: Size) {
        self.shown = Grid::new(size);
        self.wanted = Grid::new(size);
        self.dirty = vec![false; usize::from(size.height)];
        (self.pen, self.at) = (None, None);
    }

    /// Bytes that went out so far.
    pub const fn written(&self) -> u64 {
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

    /// Takes over what changed.
    fn take<'a>(&mut self, content: impl Iterator<Item = (u16, u16, &'a Cell)>) {
        self.wanted.forget(&mut self.shown);
        for (x, y, cell) in content {
            if self.wanted.put(x, y, cell) {
                self.dirty[usize::from(y)] = true;
            }
        }
    }

    /// What only moved up or down is moved on the screen.
    fn scroll(&mut self) {
        let Some(scroll) = scroll::find(&self.shown, &self.wanted, &self.dirty) else { return };
        self.pick_up(Pen::default());
        scroll.write(&mut self.bytes);
        self.at = Some(Position::ORIGIN);
        scroll.apply(&mut self.shown);
        self.dirty[scroll.rows()].fill(true);
    }

    fn paint_row(&mut self, y: u16) {
        let (mut x, width) = (0, self.wanted.width());
        // From here on everything is blank, and erasing leaves just that.
        let blank_from = self.wanted.blank_end(y);
        while x < width {
            if self.same(x, y) {
                x += 1;
                continue;
            }
            let rest = (x..width).filter(|&x| !self.same(x, y)).take(ERASE).count();
            if x >= blank_from && rest >= ERASE {
                self.go(x, y);
                self.pick_up(Pen::default());
                self.bytes.extend_from_slice(b"\x1b[K");
                return;
            }
            let slot = self.wanted.at(x, y);
            if slot.is_hidden() {
                // The wide character before it covers it, and must be printed for that.
                x += 1;
                continue;
            }
            self.go(x, y);
            self.print(y, x, slot);
            x += slot.width();
        }
    }

    fn same(&self, x: usize, y: u16) -> bool {
        self.shown.at(x, y) == self.wanted.at(x, y)
    }

    fn print(&mut self, y: u16, x: usize, slot: Slot) {
        self.pick_up(self.pen_for(slot));
        let width = slot.width();
        self.wanted.write_glyph(slot, &mut self.bytes);
        // At the right edge, and after what terminals do not agree on, it is not known where the cursor is.
        let known = x + width < self.wanted.width() && slot.is_agreed_on();
        self.at = known.then(|| Position::new(clamp(x + width), y));
    }

    /// The pen to print it with: for a blank, the one in hand if that will do.
    fn pen_for(&self, slot: Slot) -> Pen {
        match self.pen {
            Some(pen) if slot.is_blank() => pen.for_blank(slot.pen()),
            _ => slot.pen(),
        }
    }

    /// Moves the cursor.
    fn go(&mut self, x: usize, y: u16) {
        let to = Position::new(clamp(x), y);
        if self.at == Some(to) || self.print_gap(x, y) {
            return;
        }
        moves::write(&mut self.bytes, self.at, to);
        self.at = Some(to);
    }

    /// Prints again what stands between, if the pen is right for it.
    fn print_gap(&mut self, x: usize, y: u16) -> bool {
        let (Some(at), Some(pen)) = (self.at, self.pen) else { return false };
        let from = usize::from(at.x);
        if at.y != y || x < from || x - from > GAP {
            return false;
        }
        let fits = |slot: Slot| slot.is_ascii() && self.pen_for(slot) == pen;
        if !(from..x).all(|x| fits(self.wanted.at(x, y))) {
            return false;
        }
        for x in from..x {
            let slot = self.wanted.at(x, y);
            self.wanted.write_glyph(slot, &mut self.bytes);
        }
        self.at = Some(Position::new(clamp(x), y));
        true
    }

    fn pick_up(&mut self, pen: Pen) {
        if self.pen != Some(pen) {
            pen.write(&mut self.bytes, self.pen);
            self.pen = Some(pen);
        }
    }
}

fn clamp(x: usize) -> u16 {
    u16::try_from(x).unwrap_or(u16::MAX)
}

impl<W: Write> Backend for Painter<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let begin = self.bytes.len();
        self.take(content);
        if self.dirty.iter().filter(|dirty| **dirty).count() >= MOVED {
            self.scroll();
        }
        for y in 0..self.wanted.height() {
            if std::mem::take(&mut self.dirty[usize::from(y)]) {
                self.paint_row(y);
                self.shown.copy_row(&self.wanted, y);
            }
        }
        if self.bytes.len() - begin > LARGE {
            self.bytes.splice(begin..begin, BEGIN.iter().copied());
            self.bytes.extend_from_slice(END);
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
        let to = position.into();
        if self.at != Some(to) {
            moves::write(&mut self.bytes, self.at, to);
            self.at = Some(to);
        }
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.bytes.extend_from_slice(b"\x1b[m\x1b[2J");
        let size = self.size()?;
        self.resize(size);
        self.pen = Some(Pen::default());
        Ok(())
    }

    /// Clears everything: what ratatui then draws is all there shall be.
    fn clear_region(&mut self, _: ClearType) -> io::Result<()> {
        self.clear()
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.wanted.size())
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.wanted.size(), pixels: Size::ZERO })
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
mod tests;
