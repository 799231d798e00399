//! Draws the inbox.

use pilothouse_api::approvals::{Approval, ApprovalState};
use pilothouse_kit::table::{Column, RowLook, TableView};
use pilothouse_kit::theme::Role;
use pilothouse_kit::{paint, safe};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::state::Inbox;
use super::table::{COLUMNS, cells, shown};
use crate::mirror::Freshness;
use crate::requests::{is_own, touches};
use crate::screen::Cx;
use crate::screens::rows::{Said, awaited, freshness, pieces, status, untold};
use crate::{look, spans};

/// Lower than this, only the table is drawn.
const LOW: u16 = 8;
/// From this height on, what is said of the request under the cursor stands below the table.
const TALL: u16 = 16;
/// Lines of that.
const FOOT: u16 = 3;

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
        if area.height >= TALL
            && let Some(request) = self.request(cx)
        {
            body.height -= FOOT;
            draw_foot(request, cx, frame, inset(Rect { y: body.bottom(), height: FOOT, ..area }));
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

/// Why who asks wants it, and why it takes somebody else.
fn draw_foot(request: &Approval, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
    let line = |n: u16| Rect { y: area.y + n, height: 1, ..area };
    let mut first = vec![(Role::TextMuted, format!("{} on {}", request.operation, touches(request)))];
    if !request.reason.is_empty() {
        first.push((Role::Text, format!("\u{201c}{}\u{201d}", request.reason)));
    }
    pieces(frame, line(0), cx.theme, &first);
    let mut why = safe::wrap(&request.why, usize::from(area.width));
    if why.len() > 2 {
        // The rest follows the last line, where it is cut.
        let rest = why.split_off(1).join(" ");
        why.push(rest);
    }
    for (n, text) in (1..FOOT).zip(why) {
        pieces(frame, line(n), cx.theme, &[(Role::TextMuted, text)]);
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
