//! Draws the inbox.

use pilothouse_api::approvals::ApprovalState;
use pilothouse_kit::paint;
use pilothouse_kit::table::{Column, RowLook, TableView};
use pilothouse_kit::theme::Role;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::state::Inbox;
use super::table::{COLUMNS, cells, shown};
use crate::mirror::Freshness;
use crate::requests::is_own;
use crate::screen::Cx;
use crate::screens::rows::{Said, awaited, freshness, pieces, status, untold};
use crate::{look, spans};

/// Lower than this, only the table is drawn.
const LOW: u16 = 8;

impl Inbox {
    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let requests = &cx.mirror.approvals;
        let mut body = area;
        if area.height >= LOW {
            let sort = COLUMNS.get(self.list.sort.0).map_or("", |column| column.title);
            pieces(frame, inset(Rect { height: 1, ..area }), cx.theme, &head(cx));
            let line = inset(Rect { y: area.y + 1, height: 1, ..area });
            status(frame, line, cx, &self.list, requests.len(), "request", sort);
            body = Rect { y: area.y + 2, height: area.height - 2, ..area };
        }
        let said = freshness(&requests.freshness, cx).filter(|_| !requests.is_empty() && body.height > 2);
        if let Some((role, text)) = said {
            body.height -= 1;
            let line = inset(Rect { y: body.bottom(), height: 1, ..body });
            let (style, ellipsis) = (cx.theme.style(role), cx.theme.symbols().ellipsis);
            paint::text(frame.buffer_mut(), line.x, line.y, line.width, &text, style, ellipsis);
        }
        self.draw_table(cx, frame, body);
    }

    fn draw_table(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, body: Rect) {
        let requests = &cx.mirror.approvals;
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
        let dim = requests.freshness != Freshness::Fresh;
        table.draw(frame, body, cx.theme, !self.list.typing, |row| {
            let request = rows.get(row).and_then(|&at| requests.nth(at as usize));
            let cells = request.map_or_else(Vec::new, |request| cells(request, cx));
            let over = request.is_some_and(|request| request.state.is_over());
            (
                RowLook { marked: false, dim: dim || over },
                columns.iter().filter_map(|&at| cells.get(at).cloned()).collect(),
            )
        });
    }

    /// What an empty list says: what to do about it.
    fn empty(&self, cx: &Cx<'_>) -> String {
        let requests = &cx.mirror.approvals;
        if !requests.is_empty() {
            return "No request matches.\nEsc shows the others again.".to_owned();
        }
        match &requests.freshness {
            Freshness::Failed { why } => untold("requests", why),
            Freshness::Loading | Freshness::Stale { .. } => awaited("the requests", cx),
            Freshness::Fresh => {
                "Nothing waits for a decision.\n\nWhat a policy lets through only with somebody else's yes \
                                 stands here."
                    .to_owned()
            }
        }
    }
}

/// What waits for whom, and who has armed what.
fn head(cx: &Cx<'_>) -> Vec<Said> {
    let requests = &cx.mirror.approvals;
    let mut said = Vec::new();
    match requests.to_decide().count() {
        0 => said.push((Role::TextMuted, "nothing waits for you".to_owned())),
        1 => said.push((Role::Warn, "1 request waits for you".to_owned())),
        n => said.push((Role::Warn, format!("{n} requests wait for you"))),
    }
    let own = requests.iter().filter(|it| it.state == ApprovalState::Pending && is_own(it, cx)).count();
    if own > 0 {
        said.push((Role::Text, format!("{own} of yours wait{}", if own == 1 { "s" } else { "" })));
    }
    let now = cx.mirror.server_time(cx.now);
    for arming in cx.mirror.armings.at(now).take(3) {
        let left = spans::left(arming.until.since(now));
        let bullet = cx.theme.symbols().bullet;
        let text = format!("{bullet} {} armed by {} {left}", arming.environment, arming.principal);
        said.push((look::env(&arming.environment), text));
    }
    said
}

/// A blank column on each side.
fn inset(area: Rect) -> Rect {
    if area.width < 3 {
        return area;
    }
    Rect { x: area.x + 1, width: area.width - 2, ..area }
}
