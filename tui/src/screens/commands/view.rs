//! Draws the history.

use pilothouse_kit::part::{down, inset};
use pilothouse_kit::table::RowLook;
use pilothouse_kit::theme::Role;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::state::Commands;
use super::table::{COLUMNS, cells, shown};
use crate::mirror::Freshness;
use crate::screen::Cx;
use crate::screens::rows::{Rows, Table, above_freshness, awaited, pieces, status, untold, wrapped};

/// Lower than this, only the table is drawn.
const LOW: u16 = 8;

impl Commands {
    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let history = &cx.mirror.commands;
        let mut body = area;
        if area.height >= LOW {
            let sort = COLUMNS.get(self.list.sort.0).map_or("", |column| column.title);
            let all = self.rows(cx).len();
            status(frame, inset(Rect { height: 1, ..area }), cx, &self.list, all, "command", sort);
            body = Rect { y: area.y + 1, height: area.height - 1, ..area };
        }
        if !history.is_empty() {
            body = above_freshness(frame, body, cx, &history.freshness);
        }
        body = self.above_standing(frame, body, cx);
        let drawn = shown(body.width, self.list.first_column > 0);
        let table = Table { columns: &COLUMNS, drawn, focused: true, empty: &self.empty(cx) };
        let rows = self.rows(cx);
        let look = RowLook { marked: false, dim: history.freshness != Freshness::Fresh };
        self.list.draw(frame, body, cx.theme, &table, |at| Some((look, cells(rows.command(at)?, cx))));
    }

    /// Draws how it stands with what is older in the last line, if that must be said. Returns what is left to the list.
    fn above_standing(&self, frame: &mut Frame<'_>, area: Rect, cx: &Cx<'_>) -> Rect {
        let said = match (&self.older.trouble, self.older.asked) {
            (Some(why), _) => (Role::Warn, why.clone()),
            (None, Some(_)) => (Role::Info, format!("looking further back{}", cx.theme.symbols().ellipsis)),
            (None, None) => return area,
        };
        if area.height < 3 {
            return area;
        }
        let left = Rect { height: area.height - 1, ..area };
        pieces(frame, inset(down(area, left.height)), cx.theme, &[said]);
        left
    }

    /// What an empty list says: what to do about it.
    fn empty(&self, cx: &Cx<'_>) -> String {
        let history = &cx.mirror.commands;
        if !history.is_empty() && self.older.asked.is_some() {
            return format!("Looking further back{}", cx.theme.symbols().ellipsis);
        }
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
