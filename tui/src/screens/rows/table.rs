//! A list as a table: those of its rows that are shown, in those of its columns for which there is room.

use pilothouse_kit::table::{Cell, Column, RowLook, TableView};
use pilothouse_kit::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::list::List;

/// What a list is drawn with.
pub struct Table<'a> {
    /// All columns of the list, by the numbers by which it is sorted.
    pub columns: &'a [Column<'a>],
    /// Numbers of those that are drawn.
    pub drawn: &'a [usize],
    /// Whether the list has the keys.
    pub focused: bool,
    /// What is said when no row is shown.
    pub empty: &'a str,
}

impl<K: Ord + Clone> List<K> {
    /// Draws the rows shown. `row` is asked for those in sight, by position, and gives a cell for each column of the list.
    pub fn draw<'b>(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        theme: &Theme,
        table: &Table<'_>,
        row: impl Fn(usize) -> Option<(RowLook, Vec<Cell<'b>>)>,
    ) {
        let Table { columns, drawn, focused, empty } = *table;
        let shown = self.shown();
        let heads: Vec<Column<'_>> = drawn.iter().map(|&column| columns[column]).collect();
        let sorted = drawn.iter().position(|&column| column == self.sort.0);
        let view = TableView {
            columns: &heads,
            rows: shown.len(),
            top: self.window(TableView::body_height(area)),
            cursor: self.row(),
            first_column: self.first_column,
            sort: sorted.map(|at| (at, self.sort.1)),
            empty,
        };
        view.draw(frame, area, theme, focused && !self.typing, |at| {
            let (look, mut cells) = shown.get(at).and_then(|&at| row(at as usize)).unwrap_or_default();
            let cell =
                |&column: &usize| cells.get_mut(column).map(|cell| std::mem::replace(cell, Cell::new("")));
            (look, drawn.iter().filter_map(cell).collect())
        });
    }
}
