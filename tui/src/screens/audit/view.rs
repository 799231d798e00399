//! Draws the trail.

use pilothouse_kit::part::inset;
use pilothouse_kit::safe;
use pilothouse_kit::table::RowLook;
use pilothouse_kit::theme::Role;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::state::Audit;
use super::table::{COLUMNS, WHEN, cells, is_refused, shown};
use crate::mirror::{Freshness, Trail};
use crate::screen::Cx;
use crate::screens::rows::{Said, Table, awaited, freshness, pieces, status};
use crate::times;

/// Lower than this, only the table is drawn.
const LOW: u16 = 8;
/// Cells of a line of why there is nothing.
const WHY: usize = 64;
/// From this height on, why a call ended as it did has two lines.
const TALL: u16 = 16;

impl Audit {
    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        if let Some(record) = &self.record {
            return record.draw(cx, frame, inset(area));
        }
        let mut body = area;
        if area.height >= LOW {
            let sort = COLUMNS.get(self.list.sort.0).map_or("", |column| column.title);
            let all = self.told(cx).map_or(0, Trail::len) + self.older.records.len();
            let head = inset(Rect { height: 1, ..area });
            status(frame, head, cx, &self.list, all, "record", sort);
            let foot = if area.height >= TALL { 3 } else { 2 };
            body = Rect { y: area.y + 1, height: area.height - 1 - foot, ..area };
            self.draw_foot(cx, frame, inset(Rect { y: body.bottom(), height: foot, ..area }));
        }
        self.draw_table(cx, frame, body);
    }

    fn told<'a>(&self, cx: &Cx<'a>) -> Option<&'a Trail> {
        cx.mirror.trail(&self.applied)
    }

    fn draw_table(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let drawn = shown(area.width, self.list.first_column > 0);
        let table = Table { columns: &COLUMNS, drawn, focused: true, empty: &self.empty(cx) };
        let dim = self.told(cx).is_none_or(|trail| trail.freshness != Freshness::Fresh);
        let (look, calls) = (RowLook { marked: false, dim }, self.rows(cx));
        self.list.draw(frame, area, cx.theme, &table, |at| Some((look, cells(calls.at(at)?, cx))));
    }

    /// Why the call under the cursor ended as it did; below, how the list stands to what comes.
    fn draw_foot(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let line = |n: u16| Rect { y: area.y + n, height: 1, ..area };
        let last = area.height - 1;
        let mut standing = self.standing(cx);
        if let Some(call) = self.call(cx) {
            let role = if is_refused(call) { Role::Bad } else { Role::Text };
            let mut why = safe::wrap(&call.note, usize::from(area.width));
            if why.len() > usize::from(last) && last > 0 {
                // The rest follows the last line, where it is cut.
                let rest = why.split_off(usize::from(last) - 1).join(" ");
                why.push(rest);
            }
            for (n, text) in (0..last).zip(why) {
                pieces(frame, line(n), cx.theme, &[(role, text)]);
            }
            let bullet = cx.theme.symbols().bullet;
            let exact = times::exact(call.at, cx);
            standing.push((Role::TextMuted, format!("{bullet} {exact} {bullet} {}", call.permission)));
        }
        pieces(frame, line(last), cx.theme, &standing);
    }

    fn standing(&self, cx: &Cx<'_>) -> Vec<Said> {
        let symbols = cx.theme.symbols();
        let mut said: Vec<Said> = Vec::new();
        if self.wanted != self.applied {
            said.push((Role::Info, format!("asking the server{}", symbols.ellipsis)));
        } else if let Some(trail) = self.told(cx)
            && let Some(stale) = freshness(&trail.freshness, cx)
        {
            // Why it is not told stands in the list.
            said.extend(Some(stale).filter(|(role, _)| *role != Role::Bad));
        } else if self.follows() {
            said.push((Role::Good, format!("{} following", symbols.online)));
        } else if self.list.sort == (WHEN, true) {
            said.push((Role::Warn, "not following: f goes on".to_owned()));
        } else {
            said.push((Role::TextMuted, "sorted otherwise: f follows what comes".to_owned()));
        }
        if self.writes_only {
            said.push((Role::Chip, " changes only ".to_owned()));
        }
        if self.older.asked.is_some() {
            said.push((Role::Info, format!("reading older records{}", symbols.ellipsis)));
        } else if let Some(trouble) = &self.older.trouble {
            said.push((Role::Warn, trouble.clone()));
        } else if self.older.done {
            said.push((Role::TextMuted, format!("{} this is all there is", symbols.bullet)));
        }
        said
    }

    /// What an empty list says: what to do about it.
    fn empty(&self, cx: &Cx<'_>) -> String {
        let Some(trail) = self.told(cx) else { return awaited("the audit trail", cx) };
        let filtered = !self.list.filter.is_empty() || self.list.faults || self.writes_only;
        match &trail.freshness {
            Freshness::Failed { why } => {
                let why = safe::wrap(why, WHY).join("\n");
                format!("The server does not tell of its audit trail:\n\n{why}")
            }
            Freshness::Loading | Freshness::Stale { .. } => awaited("the audit trail", cx),
            Freshness::Fresh if filtered => {
                "No call matches.\nEsc takes the filter away; what comes and matches is shown.".to_owned()
            }
            Freshness::Fresh => "Nothing was recorded yet.".to_owned(),
        }
    }
}
