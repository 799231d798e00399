//! Draws the history.

use pilothouse_kit::paint;
use pilothouse_kit::table::{Column, RowLook, TableView};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::state::Commands;
use super::table::{COLUMNS, cells, shown};
use crate::mirror::Freshness;
use crate::screen::Cx;
use crate::screens::rows::{awaited, freshness, status, untold, wrapped};

/// Lower than this, only the table is drawn.
const LOW: u16 = 8;

impl Commands {
    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let history = &cx.mirror.commands;
        let mut body = area;
        if area.height >= LOW {
            let sort = COLUMNS.get(self.list.sort.0).map_or("", |column| column.title);
            status(frame, inset(Rect { height: 1, ..area }), cx, &self.list, history.len(), "command", sort);
            body = Rect { y: area.y + 1, height: area.height - 1, ..area };
        }
        let said = freshness(&history.freshness, cx).filter(|_| !history.is_empty() && body.height > 2);
        if let Some((role, text)) = said {
            body.height -= 1;
            let line = inset(Rect { y: body.bottom(), height: 1, ..body });
            let (style, ellipsis) = (cx.theme.style(role), cx.theme.symbols().ellipsis);
            paint::text(frame.buffer_mut(), line.x, line.y, line.width, &text, style, ellipsis);
        }
        let rows = self.list.shown();
        let columns = shown(body.width, self.list.first_column > 0);
        let heads: Vec<Column<'_>> = columns.iter().map(|&at| COLUMNS[at]).collect();
        let sorted = columns.iter().position(|&at| at == self.list.sort.0);
        let empty = self.empty(cx);
        let table = TableView {
            columns: &heads,
            rows: rows.len(),
            top: self.list.window(TableView::body_height(body)),
            cursor: self.list.row(),
            first_column: self.list.first_column,
            sort: sorted.map(|at| (at, self.list.sort.1)),
            empty: &empty,
        };
        let dim = history.freshness != Freshness::Fresh;
        table.draw(frame, body, cx.theme, !self.list.typing, |row| {
            let command = rows.get(row).and_then(|&at| history.nth(at as usize));
            let cells = command.map_or_else(Vec::new, |command| cells(command, cx));
            (
                RowLook { marked: false, dim },
                columns.iter().filter_map(|&at| cells.get(at).cloned()).collect(),
            )
        });
    }

    /// What an empty list says: what to do about it.
    fn empty(&self, cx: &Cx<'_>) -> String {
        let history = &cx.mirror.commands;
        if !history.is_empty() {
            return "No command matches.\nEsc shows the others again.".to_owned();
        }
        match &history.freshness {
            Freshness::Failed { why } => untold("its commands", why),
            Freshness::Loading | Freshness::Stale { .. } => awaited("the history", cx),
            Freshness::Fresh => match cx.mirror.caller.why_denied("ssm:SendCommand") {
                Some(why) => {
                    let why = wrapped(&format!("You may not run anything: {why}"));
                    format!("Nothing was run yet that you may see.\n\n{why}")
                }
                None => "Nothing was run yet.\n\nMark nodes with Space and press r: what is run stands here."
                    .to_owned(),
            },
        }
    }
}

/// A blank column on each side.
fn inset(area: Rect) -> Rect {
    if area.width < 3 {
        return area;
    }
    Rect { x: area.x + 1, width: area.width - 2, ..area }
}
