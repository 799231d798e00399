//! Draws what is known of a thing.

use pilothouse_kit::theme::Role;
use pilothouse_kit::{overlay, paint, safe};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::super::state::Access;
use super::super::table::resource;
use super::{Line, lines};
use crate::screen::Cx;

/// Cells of a label.
const LABEL: u16 = 10;

impl Access {
    pub(in super::super) fn draw_detail(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let Some(thing) = self.thing(cx) else { return };
        let role = if self.detail.focused { Role::BorderFocus } else { Role::Border };
        let title = resource(thing.name(), &cx.mirror.nodes);
        let inner = overlay::border(frame.buffer_mut(), area, cx.theme, title, role);
        if inner.is_empty() {
            return;
        }
        let mut rows: Vec<(bool, Line)> = Vec::new();
        let (mut at, mut cursor) = (0, 0);
        let last = self.items(cx).len().saturating_sub(1);
        for line in lines(thing, self, cx) {
            let here = self.detail.focused && line.item.is_some() && at == self.detail.row.min(last);
            at += usize::from(line.item.is_some());
            for (n, line) in broken(line, inner.width).into_iter().enumerate() {
                if here && n == 0 {
                    cursor = rows.len();
                }
                rows.push((here && n == 0, line));
            }
        }
        let height = usize::from(inner.height);
        // What the cursor is on is in sight, with a line of what comes after.
        let top = (cursor + 2).saturating_sub(height).min(rows.len().saturating_sub(height));
        for (y, (here, line)) in (inner.y..inner.bottom()).zip(rows.iter().skip(top)) {
            draw_line(cx, frame, Rect { y, height: 1, ..inner }, line, *here);
        }
    }
}

/// A line in as many rows as it needs; code keeps its blanks.
fn broken(line: Line, width: u16) -> Vec<Line> {
    let indent = if line.label.is_empty() { u16::from(line.item.is_some()) * 2 } else { LABEL };
    let cells = usize::from(width.saturating_sub(indent));
    if safe::width(&line.text) <= cells || cells < 8 {
        return vec![line];
    }
    let pieces = if line.role == Role::TextCode {
        safe::fold(&line.text, cells)
    } else {
        safe::wrap(&line.text, cells)
    };
    let pieces = pieces.into_iter().enumerate();
    let rows = pieces.map(|(n, text)| match n {
        0 => Line { text, ..line.clone() },
        _ => Line { label: "", item: None, role: line.role, text: " ".repeat(usize::from(indent)) + &text },
    });
    rows.collect()
}

fn draw_line(cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, line: &Line, here: bool) {
    let (theme, symbols) = (cx.theme, cx.theme.symbols());
    let buffer = frame.buffer_mut();
    let (mut x, mut cells) = (area.x, area.width);
    if !line.label.is_empty() {
        paint::text(buffer, x, area.y, LABEL - 1, line.label, theme.style(Role::TextMuted), symbols.ellipsis);
        (x, cells) = (x + LABEL.min(cells), cells.saturating_sub(LABEL));
    }
    if line.item.is_some() {
        let style = if here { theme.selected(Role::Accent) } else { theme.style(Role::TextMuted) };
        let sign = if here { symbols.cursor } else { symbols.bullet };
        if here {
            paint::clear(buffer, area, theme.selected(Role::Text));
        }
        paint::text(buffer, x, area.y, 1, sign, style, "");
        (x, cells) = (x + 2.min(cells), cells.saturating_sub(2));
    }
    let style = if here { theme.selected(line.role) } else { theme.style(line.role) };
    paint::text(buffer, x, area.y, cells, &line.text, style, symbols.ellipsis);
}
