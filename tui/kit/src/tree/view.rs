//! Drawing the rows in sight, as a table whose first column is the tree.

use std::hash::Hash;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::rows::{Kind, Row};
use super::{ROOT, Standing, Tree};
use crate::table::{Cell, Column, RowLook, TableView};
use crate::theme::{Role, Theme};

/// How a tree is shown.
#[derive(Clone, Copy, Debug)]
pub struct TreeView<'a> {
    /// From left to right; the first is the tree.
    pub columns: &'a [Column<'a>],
    /// So many columns that are not pinned are scrolled out to the left.
    pub first_column: usize,
    /// What is said when there is nothing; may have several lines.
    pub empty: &'a str,
}

/// Cells of a row: how it stands out, and its cells; the first is what it is called.
pub type RowsLike<'b> = (RowLook, Vec<Cell<'b>>);

impl<K: Clone + Eq + Hash> Tree<K> {
    /// Draws it; `item` is asked for each item in sight.
    pub fn view<'b>(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        theme: &Theme,
        focused: bool,
        how: &TreeView<'_>,
        mut item: impl FnMut(&K) -> RowsLike<'b>,
    ) {
        let height = TableView::body_height(area.intersection(frame.area()));
        self.height.set(height);
        let top = self.window(height);
        let table = TableView {
            columns: how.columns,
            rows: self.rows.len(),
            top,
            cursor: (!self.rows.is_empty()).then_some(self.cursor),
            first_column: how.first_column,
            sort: None,
            empty: how.empty,
        };
        table.draw(frame, area, theme, focused, |at| {
            let row = self.rows[at];
            let indent = "  ".repeat(usize::from(self.depth(row)));
            match self.key_of(row) {
                Some(key) => {
                    let (look, mut cells) = item(key);
                    if let Some(name) = cells.first_mut() {
                        name.text = format!("{indent}{} {}", self.sign(row, theme), name.text).into();
                    }
                    (look, cells)
                }
                None => self.draw_said(row, &indent, theme),
            }
        });
    }

    /// The first row in sight, moved so that the cursor is in sight.
    fn window(&self, height: usize) -> usize {
        let most = self.rows.len().saturating_sub(height);
        let top = self.top.get().min(most).min(self.cursor);
        let top = top.max((self.cursor + 1).saturating_sub(height.max(1)));
        self.top.set(top);
        top
    }

    fn sign(&self, row: Row, theme: &Theme) -> &'static str {
        let (node, symbols) = (self.node(row.node), theme.symbols());
        match (node.branch, node.open) {
            (false, _) => " ",
            (true, false) => symbols.closed,
            (true, true) => symbols.open,
        }
    }

    /// A row that is no item.
    fn draw_said<'b>(&self, row: Row, indent: &str, theme: &Theme) -> RowsLike<'b> {
        let (node, ellipsis) = (self.node(row.node), theme.symbols().ellipsis);
        let (role, text) = match row.kind {
            Kind::Item => (Role::Text, String::new()),
            Kind::Reading => (Role::TextMuted, format!("loading{ellipsis}")),
            Kind::More if node.standing == Standing::ReadingMore => {
                (Role::TextMuted, format!("loading more{ellipsis}"))
            }
            Kind::More => (Role::TextMuted, format!("more{ellipsis}")),
            Kind::Nothing => (Role::TextMuted, "nothing".to_owned()),
            Kind::Failed => match &node.standing {
                Standing::Failed(why) => (Role::Bad, format!("{} {why}", theme.symbols().failed)),
                _ => (Role::Bad, String::new()),
            },
        };
        let indent = if row.node == ROOT { "" } else { indent };
        (RowLook::default(), vec![Cell::of(role, format!("{indent}  {text}"))])
    }
}
