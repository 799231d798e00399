//! Several lines of text being typed, such as a script.
//!
//! In: keys, pasted text. Out: the text; cells with line numbers. Editing is the textarea crate's, drawing is ours, so that
//! nothing invisible in a pasted script stays invisible. Never here: what the text means.

use std::cell::Cell;

use crossterm::event::{KeyEvent, KeyEventKind};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use serde::{Deserialize, Serialize};
use tui_textarea::{CursorMove, TextArea};

use crate::paint;
use crate::safe;
use crate::theme::{Role, Theme};

/// At most so many bytes; what is typed or pasted beyond is not taken. A document may have 64 KiB.
pub const LIMIT: usize = 64 * 1024;

/// Several lines of text with a cursor in them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Area {
    editor: TextArea<'static>,
    bytes: usize,
    /// First line and first cell in sight; moved by drawing so that the cursor stays in sight.
    top: Cell<usize>,
    left: Cell<usize>,
}

impl From<String> for Area {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<Area> for String {
    fn from(area: Area) -> Self {
        area.text()
    }
}

impl PartialEq for Area {
    fn eq(&self, other: &Self) -> bool {
        self.editor.lines() == other.editor.lines()
    }
}

impl Eq for Area {}

impl Area {
    /// An area that holds `text`, the cursor behind it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut area = Self::default();
        area.set(text);
        area
    }

    /// Holds `text` from now on, the cursor behind it; what was typed before cannot be brought back.
    pub fn set(&mut self, text: &str) {
        let text = clean(text);
        self.editor = TextArea::from(text.split('\n'));
        self.editor.move_cursor(CursorMove::Bottom);
        self.editor.move_cursor(CursorMove::End);
        self.bytes = text.len();
    }

    /// What was typed, its lines with a line feed between.
    #[must_use]
    pub fn text(&self) -> String {
        self.editor.lines().join("\n")
    }

    /// Whether nothing but blanks was typed.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.editor.lines().iter().all(|line| line.trim().is_empty())
    }

    /// The lines, at least one.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        self.editor.lines()
    }

    /// The line and the character that the cursor is on, from 0.
    #[must_use]
    pub fn cursor(&self) -> (usize, usize) {
        let cursor = self.editor.cursor();
        (cursor.0, cursor.1)
    }

    /// Puts the cursor on a character of a line, both from 0; behind the end it stays at the end.
    pub fn go(&mut self, line: usize, column: usize) {
        let short = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        self.editor.cancel_selection();
        self.editor.move_cursor(CursorMove::Jump(short(line), short(column)));
    }

    /// Takes a key; says whether the text is another now.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        if key.kind == KeyEventKind::Release {
            return false;
        }
        let changed = self.editor.input(key);
        if changed {
            self.measure();
            if self.bytes > LIMIT {
                self.editor.undo();
                self.measure();
            }
        }
        changed
    }

    /// Takes pasted text, or nothing of it if there is no room for all; says whether it was taken.
    pub fn paste(&mut self, text: &str) -> bool {
        let text = clean(text);
        if self.bytes + text.len() > LIMIT {
            return false;
        }
        let changed = self.editor.insert_str(text);
        self.measure();
        changed
    }

    fn measure(&mut self) {
        let lines = self.editor.lines();
        self.bytes = lines.iter().map(String::len).sum::<usize>() + lines.len() - 1;
    }

    /// Draws it, scrolled so that the cursor is in sight.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        self.view_marked(frame, area, theme, focused, |_| None);
    }

    /// The same, with lines that stand out: `mark` is asked for each line in sight, by its number from 0. Such a line and
    /// its number look like that role.
    pub fn view_marked(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        theme: &Theme,
        focused: bool,
        mark: impl Fn(usize) -> Option<Role>,
    ) {
        let area = area.intersection(frame.area());
        if area.is_empty() {
            return;
        }
        let lines = self.editor.lines();
        let (row, column) = self.cursor();
        let numbers = u16::try_from(lines.len().to_string().len()).unwrap_or(1).max(2) + 1;
        let numbers = if area.width > numbers * 3 { numbers } else { 0 };
        let body = Rect { x: area.x + numbers, width: area.width - numbers, ..area };
        let before = lines.get(row).map_or("", |line| &line[..byte_at(line, column)]);
        let at = safe::width(before);
        let top = follow(&self.top, row, usize::from(body.height));
        let left = follow(&self.left, at, usize::from(body.width));
        let buffer = frame.buffer_mut();
        for (y, (number, line)) in (body.y..body.bottom()).zip(lines.iter().enumerate().skip(top)) {
            if numbers > 0 {
                let said = (number + 1).to_string();
                let style = theme.style(mark(number).unwrap_or(Role::TextMuted));
                paint::text_right(buffer, area.x, y, numbers - 1, &said, style, "");
            }
            let row = Rect { y, height: 1, ..body };
            self.draw_line(buffer, row, theme, (number, line), left);
            if let Some(role) = mark(number) {
                let shown = u16::try_from(safe::width(line).saturating_sub(left)).unwrap_or(row.width);
                let part = Rect { width: shown.min(row.width), ..row };
                paint::cover(buffer, part, theme.style(role));
            }
        }
        if focused {
            draw_cursor(buffer, theme, body, (at - left, row - top));
        }
    }

    fn draw_line(&self, buffer: &mut Buffer, row: Rect, theme: &Theme, line: (usize, &String), left: usize) {
        let (number, text) = line;
        let seen = safe::visible(text);
        let (pad, shown) = safe::skip(&seen, left);
        let pad = u16::try_from(pad).unwrap_or(0);
        let x = row.x + pad.min(row.width);
        paint::text(buffer, x, row.y, row.width.saturating_sub(pad), shown, theme.style(Role::Input), "");
        if let Some((from, to)) = self.selected(number, text) {
            let cells = |byte: usize| safe::width(&text[..byte]).saturating_sub(left);
            let (from, to) = (cells(from), cells(to).min(usize::from(row.width)));
            let from = u16::try_from(from).unwrap_or(row.width).min(row.width);
            let to = u16::try_from(to).unwrap_or(row.width).max(from);
            let part = Rect { x: row.x + from, width: to - from, ..row };
            paint::cover(buffer, part, Style::new().patch(theme.style(Role::Selection)));
        }
    }

    /// Which bytes of a line are selected.
    fn selected(&self, number: usize, line: &str) -> Option<(usize, usize)> {
        let (from, to) = self.editor.selection_range()?;
        if !(from.0..=to.0).contains(&number) {
            return None;
        }
        let begin = if number == from.0 { byte_at(line, from.1) } else { 0 };
        let end = if number == to.0 { byte_at(line, to.1) } else { line.len() };
        Some((begin, end))
    }
}

fn draw_cursor(buffer: &mut Buffer, theme: &Theme, body: Rect, (right, down): (usize, usize)) {
    let cells = |n: usize| u16::try_from(n).unwrap_or(0);
    if let Some(cell) = buffer.cell_mut((body.x + cells(right), body.y + cells(down))) {
        cell.set_style(theme.style(Role::Input).add_modifier(Modifier::REVERSED));
    }
}

/// Line ends are line feeds; other control characters but tabs have no business in a script.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|char| matches!(char, '\n' | '\t') || !char.is_control()).collect()
}

fn byte_at(line: &str, char: usize) -> usize {
    line.char_indices().nth(char).map_or(line.len(), |(at, _)| at)
}

/// Moves the beginning of a window of `size` so that `at` is in it.
fn follow(from: &Cell<usize>, at: usize, size: usize) -> usize {
    let begin = from.get().min(at).max((at + 1).saturating_sub(size.max(1)));
    from.set(begin);
    begin
}

#[cfg(test)]
mod tests;
