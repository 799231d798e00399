//! Lists to choose from.

use std::borrow::Cow;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use super::{ground, popup};
use crate::chart;
use crate::input::Line;
use crate::paint;
use crate::safe;
use crate::theme::{Role, Theme};

/// Something to choose.
#[derive(Clone, Debug, Default)]
pub struct Item<'a> {
    /// What it says.
    pub label: Cow<'a, str>,
    /// More about it, muted.
    pub detail: Cow<'a, str>,
    /// Its key, at the right end.
    pub keys: Cow<'a, str>,
    /// Why it cannot be chosen now; it is greyed with this.
    pub disabled: Option<Cow<'a, str>>,
    /// Which characters of the label a search hit, in order.
    pub hits: Vec<usize>,
}

/// Draws a list to choose from, scrolled so that the cursor is in sight. `item` is asked for what is in sight alone.
pub fn list<'b>(
    frame: &mut Frame<'_>,
    area: Rect,
    theme: &Theme,
    rows: usize,
    cursor: usize,
    mut item: impl FnMut(usize) -> Item<'b>,
) {
    let area = area.intersection(frame.area());
    if area.is_empty() {
        return;
    }
    let buffer = frame.buffer_mut();
    let height = usize::from(area.height);
    let top = (cursor + 1).saturating_sub(height).min(rows.saturating_sub(height));
    for (y, at) in (area.y..area.bottom()).zip(top..rows) {
        let line = Rect { y, height: 1, width: area.width.saturating_sub(1), ..area };
        draw_item(buffer, line, theme, &item(at), at == cursor);
    }
    let bar = Rect { x: area.right() - 1, width: 1, ..area };
    chart::scrollbar(buffer, bar, theme, top, height, rows);
}

fn draw_item(buffer: &mut Buffer, line: Rect, theme: &Theme, item: &Item<'_>, selected: bool) {
    let symbols = theme.symbols();
    let look =
        |role: Role| if selected { theme.selected(role) } else { ground(theme).patch(theme.style(role)) };
    if selected {
        paint::clear(buffer, line, look(Role::Text));
        paint::text(buffer, line.x, line.y, 1, symbols.cursor, look(Role::Accent), "");
    }
    let (x, cells) = (line.x + 2.min(line.width), line.width.saturating_sub(2));
    let keys = u16::try_from(safe::width(&item.keys)).unwrap_or(cells);
    let keys = if keys.saturating_add(12) > cells { 0 } else { keys };
    // A blank keeps it apart from the scrollbar.
    let margin = u16::from(keys > 0);
    paint::text(buffer, line.right() - keys - margin, line.y, keys, &item.keys, look(Role::KeyChord), "");
    let cells = cells - keys - 2 * margin;
    let disabled = item.disabled.as_ref();
    let label = look(if disabled.is_some() { Role::TextMuted } else { Role::Overlay });
    let used = paint::text(buffer, x, line.y, cells, &item.label, label, symbols.ellipsis);
    // Where characters and cells are not the same, letters are not picked out.
    if safe::width(&item.label) == item.label.chars().count() {
        let hits = item.hits.iter().filter_map(|&at| u16::try_from(at).ok()).filter(|&at| at < used);
        hits.for_each(|at| {
            buffer[(x + at, line.y)].set_style(look(Role::Match));
        });
    }
    let more = disabled.unwrap_or(&item.detail);
    if !more.is_empty() && used + 4 < cells {
        let style = look(if disabled.is_some() { Role::Warn } else { Role::TextMuted });
        paint::text(buffer, x + used + 2, line.y, cells - used - 2, more, style, symbols.ellipsis);
    }
}

/// What a picker shows.
#[derive(Clone, Copy, Debug)]
pub struct Picker<'a> {
    /// What is chosen.
    pub title: &'a str,
    /// What was typed to narrow it down; `None` if it cannot be narrowed.
    pub line: Option<&'a Line>,
    /// What stands in the empty line.
    pub placeholder: &'a str,
    /// How many items there are.
    pub rows: usize,
    /// Which has the focus.
    pub cursor: usize,
    /// What is said when there are none.
    pub empty: &'a str,
}

/// Draws a list to choose from in a box in the middle of `area`, with a line to narrow it down.
pub fn picker<'b>(
    frame: &mut Frame<'_>,
    area: Rect,
    theme: &Theme,
    picker: &Picker<'_>,
    mut item: impl FnMut(usize) -> Item<'b>,
) {
    let head = if picker.line.is_some() { 2 } else { 0 };
    // A list that is narrowed keeps its place while it shrinks.
    let most = (area.height / 2).clamp(6, 24);
    let rows =
        if picker.line.is_some() { most } else { u16::try_from(picker.rows).unwrap_or(most).clamp(1, most) };
    let size = Size { width: (area.width * 3 / 4).clamp(24, 96), height: rows + head + 2 };
    let inner = popup(frame, area, theme, picker.title, size);
    if inner.is_empty() {
        return;
    }
    let mut body = inner;
    if let Some(line) = picker.line {
        line.view(frame, Rect { height: 1, ..inner }, theme, "> ", picker.placeholder, true);
        body =
            Rect { y: inner.y + head.min(inner.height), height: inner.height.saturating_sub(head), ..inner };
    }
    if picker.rows == 0 && !body.is_empty() {
        let muted = theme.style(Role::TextMuted);
        let ellipsis = theme.symbols().ellipsis;
        paint::text(
            frame.buffer_mut(),
            body.x + 2,
            body.y,
            body.width.saturating_sub(2),
            picker.empty,
            muted,
            ellipsis,
        );
    }
    if picker.cursor < picker.rows
        && let here = item(picker.cursor)
        && let Some(why) = here.disabled.as_deref()
        && !is_whole(&here, why, body.width)
    {
        body.height -= reason(frame, body, theme, why);
    }
    list(frame, body, theme, picker.rows, picker.cursor, item);
}

/// Whether there is room in a line of a list for all of why it cannot be chosen.
fn is_whole(item: &Item<'_>, why: &str, cells: u16) -> bool {
    let keys = if item.keys.is_empty() { 0 } else { safe::width(&item.keys) + 2 };
    // The cursor's column before, the scrollbar behind.
    2 + safe::width(&item.label) + 2 + safe::width(why) + keys < usize::from(cells)
}

/// Draws at the foot of a list why the line under the cursor cannot be chosen, whole. Returns the rows it took.
fn reason(frame: &mut Frame<'_>, body: Rect, theme: &Theme, why: &str) -> u16 {
    let lines = safe::wrap(why, usize::from(body.width.saturating_sub(3)));
    let height = u16::try_from(lines.len() + 1).unwrap_or(u16::MAX);
    // The list is more than its reasons.
    if height > body.height / 2 {
        return 0;
    }
    let style = ground(theme).patch(theme.style(Role::Warn));
    for (y, line) in (body.bottom() + 1 - height..body.bottom()).zip(&lines) {
        let cells = body.width.saturating_sub(2);
        paint::text(frame.buffer_mut(), body.x + 2, y, cells, line, style, theme.symbols().ellipsis);
    }
    height
}
