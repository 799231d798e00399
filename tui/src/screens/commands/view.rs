//! Draws the history.

use pilothouse_kit::part::inset;
use pilothouse_kit::table::RowLook;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::state::Commands;
use super::table::{COLUMNS, cells, shown};
use crate::mirror::Freshness;
use crate::screen::Cx;
use crate::screens::rows::{Table, above_freshness, awaited, status, untold, wrapped};

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
        if !history.is_empty() {
            body = above_freshness(frame, body, cx, &history.freshness);
        }
        let drawn = shown(body.width, self.list.first_column > 0);
        let table = Table { columns: &COLUMNS, drawn, focused: true, empty: &self.empty(cx) };
        let look = RowLook { marked: false, dim: history.freshness != Freshness::Fresh };
        self.list.draw(frame, body, cx.theme, &table, |at| Some((look, cells(history.nth(at)?, cx))));
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
