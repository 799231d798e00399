//! The one table for every list. Virtual: it asks for the rows that are in sight, and costs by them alone.
//!
//! In: columns, how many rows there are, which is first in sight and which the cursor is on; a row's cells when asked.
//! Out: cells on a frame. Text may come from anywhere, it is made safe here.
//! Never here: rows that are not in sight, sorting, filtering, keys.

use std::borrow::Cow;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::chart;
use crate::paint;
use crate::theme::{Role, Theme};

/// How wide a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// So many cells.
    Fixed(u16),
    /// At least `min` cells; what is left over is shared by weight.
    Flex {
        /// In cells.
        min: u16,
        /// Its share, against the other weights.
        weight: u16,
    },
}

/// Where the text stands in its column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// Words.
    #[default]
    Left,
    /// Numbers.
    Right,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column<'a> {
    /// What stands over it.
    pub title: &'a str,
    /// How wide it is.
    pub width: Width,
    /// Where its text stands.
    pub align: Align,
    /// Whether it stays when the others are scrolled sideways.
    pub pinned: bool,
}

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

/// Cells before the first column: the mark, and a blank.
const GUTTER: u16 = 2;
/// From this width on there is place for two blanks between columns.
const WIDE: u16 = 100;

/// A column that is in sight.
#[derive(Clone, Copy, Debug)]
struct Place {
    column: usize,
    x: u16,
    cells: u16,
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
        let places = self.places(area);
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

    /// Where the columns stand. The last cell belongs to the scrollbar.
    fn places(&self, area: Rect) -> Vec<Place> {
        let pinned = self.columns.iter().filter(|column| column.pinned).count();
        let scrolled = self.first_column.min((self.columns.len() - pinned).saturating_sub(1));
        let mut hidden = 0;
        let shown = self.columns.iter().enumerate().filter(|(_, column)| {
            hidden += usize::from(!column.pinned);
            column.pinned || hidden > scrolled
        });
        let mut places: Vec<Place> =
            shown.map(|(at, column)| Place { column: at, x: 0, cells: column.width.least() }).collect();
        let room = area.width.saturating_sub(GUTTER + 1);
        let gap = if area.width < WIDE { 1 } else { 2 };
        self.share(&mut places, room, gap);
        let (mut x, end) = (area.x.saturating_add(GUTTER), area.right().saturating_sub(1));
        for place in &mut places {
            place.x = x.min(end);
            place.cells = place.cells.min(end - place.x);
            x = x.saturating_add(place.cells + gap);
        }
        places.retain(|place| place.cells > 0);
        places
    }

    /// Gives what is left over to the columns that take it, by weight.
    fn share(&self, places: &mut [Place], room: u16, gap: u16) {
        let gaps = u16::try_from(places.len().saturating_sub(1)).unwrap_or(u16::MAX);
        let least: u32 =
            places.iter().map(|place| u32::from(place.cells)).sum::<u32>() + u32::from(gaps) * u32::from(gap);
        let mut left = u32::from(room).saturating_sub(least);
        let mut weights: u32 =
            places.iter().map(|place| u32::from(self.columns[place.column].width.weight())).sum();
        for place in places {
            let weight = u32::from(self.columns[place.column].width.weight());
            if weight > 0 {
                let more = left * weight / weights;
                place.cells = place.cells.saturating_add(u16::try_from(more).unwrap_or(u16::MAX));
                left -= more;
                weights -= weight;
            }
        }
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

impl Width {
    const fn least(self) -> u16 {
        match self {
            Self::Fixed(cells) => cells,
            Self::Flex { min, .. } => min,
        }
    }

    const fn weight(self) -> u16 {
        match self {
            Self::Fixed(_) => 0,
            Self::Flex { weight, .. } => weight,
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
