//! The one table for every list. Virtual: it asks for the rows that are in sight, and costs by them alone.
//!
//! In: columns, how many rows there are, which is first in sight and which the cursor is on; a row's cells when asked.
//! Out: cells on a frame. Text may come from anywhere, it is made safe here.
//! Never here: rows that are not in sight, sorting, filtering, keys.

mod columns;

use std::borrow::Cow;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use self::columns::Place;
pub use self::columns::{Align, Column, Width, fits};
use crate::chart;
use crate::paint;
use crate::theme::{Role, Theme};

/// One cell of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell<'a> {
    /// As it came.
    pub text: Cow<'a, str>,
    /// [`Role::Text`] takes the row's own look.
    pub role: Role,
}

impl<'a> Cell<'a> {
    /// Text in the row's own look.
    pub fn new(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), role: Role::Text }
    }

    /// Text with a meaning.
    pub fn of(role: Role, text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), role }
    }
}

/// How a row stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowLook {
    /// It is marked.
    pub marked: bool,
    /// It may be overlooked, or is not certain.
    pub dim: bool,
}

/// A list, as it is now.
#[derive(Clone, Copy, Debug)]
pub struct TableView<'a> {
    /// From left to right; pinned ones first.
    pub columns: &'a [Column<'a>],
    /// How many rows there are.
    pub rows: usize,
    /// The first in sight.
    pub top: usize,
    /// The row under the cursor.
    pub cursor: Option<usize>,
    /// So many columns that are not pinned are scrolled out to the left.
    pub first_column: usize,
    /// By which column it is sorted, and whether backwards.
    pub sort: Option<(usize, bool)>,
    /// What is said when there are no rows; may have several lines.
    pub empty: &'a str,
}

impl TableView<'_> {
    /// How many rows are in sight in an area: all but the head.
    #[must_use]
    pub fn body_height(area: Rect) -> usize {
        usize::from(area.height.saturating_sub(1))
    }

    /// Draws it; `row` is asked for each row in sight, once, from above.
    pub fn draw<'b>(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        theme: &Theme,
        focused: bool,
        mut row: impl FnMut(usize) -> (RowLook, Vec<Cell<'b>>),
    ) {
        let area = area.intersection(frame.area());
        if area.is_empty() {
            return;
        }
        let buffer = frame.buffer_mut();
        let places = columns::places(self.columns, self.first_column, area);
        self.draw_head(buffer, area, theme, &places);
        let body = Rect { y: area.y + 1, height: area.height - 1, ..area };
        if self.rows == 0 {
            self.draw_empty(buffer, body, theme);
            return;
        }
        let last = self.rows.min(self.top + usize::from(body.height));
        for (y, at) in (body.y..).zip(self.top..last) {
            let (look, cells) = row(at);
            let line = Rect { y, height: 1, ..body };
            let pen = Pen::new(theme, look, self.cursor == Some(at), focused);
            self.draw_row(buffer, line, &pen, &places, &cells);
        }
        let bar = Rect { x: body.right() - 1, width: 1, ..body };
        chart::scrollbar(buffer, bar, theme, self.top, usize::from(body.height), self.rows);
    }

    fn draw_head(&self, buffer: &mut Buffer, area: Rect, theme: &Theme, places: &[Place]) {
        let symbols = theme.symbols();
        let (plain, sorted) = (theme.style(Role::Title), theme.style(Role::Accent));
        for place in places {
            let column = &self.columns[place.column];
            let direction = self.sort.filter(|(by, _)| *by == place.column).map(|(_, backwards)| backwards);
            let style = if direction.is_some() { sorted } else { plain };
            let sign = match direction {
                Some(false) => symbols.sort_up,
                Some(true) => symbols.sort_down,
                None => "",
            };
            let room = place.cells.saturating_sub(u16::from(direction.is_some()));
            let width = u16::try_from(crate::safe::width(column.title)).unwrap_or(room).min(room);
            let x = match column.align {
                Align::Left => place.x,
                Align::Right => place.x + (room - width),
            };
            paint::text(buffer, x, area.y, width, column.title, style, symbols.ellipsis);
            paint::text(buffer, x + width, area.y, place.cells - width, sign, style, "");
        }
        let muted = theme.style(Role::Accent);
        if self.first_column > 0 {
            paint::text(buffer, area.x, area.y, 1, symbols.more_left, muted, "");
        }
        let all_shown = places.last().is_none_or(|place| place.column + 1 == self.columns.len());
        if !all_shown {
            paint::text(buffer, area.right() - 1, area.y, 1, symbols.more_right, muted, "");
        }
    }

    fn draw_row(&self, buffer: &mut Buffer, line: Rect, pen: &Pen<'_>, places: &[Place], cells: &[Cell<'_>]) {
        let ellipsis = pen.theme.symbols().ellipsis;
        let whole = Rect { width: line.width.saturating_sub(1), ..line };
        if pen.selected {
            paint::clear(buffer, whole, pen.theme.selected(Role::Text));
        }
        if let Some((sign, style)) = pen.gutter() {
            paint::text(buffer, line.x, line.y, 1, sign, style, "");
        }
        for place in places {
            let Some(cell) = cells.get(place.column) else { continue };
            let style = pen.style(cell.role);
            match self.columns[place.column].align {
                Align::Left => {
                    paint::text(buffer, place.x, line.y, place.cells, &cell.text, style, ellipsis);
                }
                Align::Right => {
                    paint::text_right(buffer, place.x, line.y, place.cells, &cell.text, style, ellipsis);
                }
            }
        }
    }

    fn draw_empty(&self, buffer: &mut Buffer, body: Rect, theme: &Theme) {
        let from = body.y + body.height / 3;
        for (y, said) in (from..body.bottom()).zip(self.empty.lines()) {
            let width = u16::try_from(crate::safe::width(said)).unwrap_or(u16::MAX).min(body.width);
            let x = body.x + (body.width - width) / 2;
            paint::text(buffer, x, y, width, said, theme.style(Role::TextMuted), theme.symbols().ellipsis);
        }
    }
}

/// How one row is written.
struct Pen<'a> {
    theme: &'a Theme,
    look: RowLook,
    cursor: bool,
    /// The cursor is on it, and the keys go to this table.
    selected: bool,
}

impl<'a> Pen<'a> {
    fn new(theme: &'a Theme, look: RowLook, cursor: bool, focused: bool) -> Self {
        Self { theme, look, cursor, selected: cursor && focused }
    }

    fn gutter(&self) -> Option<(&'static str, Style)> {
        let symbols = self.theme.symbols();
        if self.look.marked {
            Some((symbols.mark, self.style(Role::Mark)))
        } else {
            self.cursor.then(|| (symbols.cursor, self.style(Role::Accent)))
        }
    }

    fn style(&self, role: Role) -> Style {
        let role = match role {
            Role::Text if self.look.dim => Role::TextMuted,
            Role::Text if self.look.marked => Role::Mark,
            other => other,
        };
        match role {
            _ if self.selected => self.theme.selected(role),
            // The ground is there already.
            Role::Text => Style::default(),
            other => self.theme.style(other),
        }
    }
}

#[cfg(test)]
mod tests;
