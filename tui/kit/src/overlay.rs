//! What lies over a screen: boxes, questions, lists to choose from, toasts.
//!
//! In: plain state of the caller's and where to draw. Out: cells; what was under them is gone.
//! Never here: keys, the state itself, what a choice means.

use std::borrow::Cow;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::style::{Modifier, Style};

use crate::chart;
use crate::input::Line;
use crate::paint;
use crate::safe;
use crate::theme::{Role, Theme};

/// Clears a box of `size` (the frame included) in the middle of `area`, draws its border and title, and returns its inside.
/// A box that is too big is made to fit.
pub fn popup(frame: &mut Frame<'_>, area: Rect, theme: &Theme, title: &str, size: Size) -> Rect {
    let area = area.intersection(frame.area());
    let (width, height) = (size.width.min(area.width), size.height.min(area.height));
    // A little above the middle: there the eye is.
    let (x, y) = (area.x + (area.width - width) / 2, area.y + (area.height - height) * 2 / 5);
    boxed(frame, Rect { x, y, width, height }, theme, title)
}

/// Clears `area`, draws its border and title, and returns its inside.
pub fn boxed(frame: &mut Frame<'_>, area: Rect, theme: &Theme, title: &str) -> Rect {
    let area = area.intersection(frame.area());
    let buffer = frame.buffer_mut();
    paint::clear(buffer, area, ground(theme));
    border(buffer, area, theme, title, Role::BorderFocus)
}

/// Draws border and title round an area, and returns its inside with a blank column on each side.
pub fn border(buffer: &mut Buffer, area: Rect, theme: &Theme, title: &str, role: Role) -> Rect {
    let area = area.intersection(buffer.area);
    if area.width < 2 || area.height < 2 {
        return Rect { width: 0, height: 0, ..area };
    }
    let (set, style) = (theme.symbols().border, theme.style(role));
    let (left, right, top, bottom) = (area.left(), area.right() - 1, area.top(), area.bottom() - 1);
    for x in left + 1..right {
        buffer[(x, top)].set_symbol(set.horizontal_top).set_style(style);
        buffer[(x, bottom)].set_symbol(set.horizontal_bottom).set_style(style);
    }
    for y in top + 1..bottom {
        buffer[(left, y)].set_symbol(set.vertical_left).set_style(style);
        buffer[(right, y)].set_symbol(set.vertical_right).set_style(style);
    }
    buffer[(left, top)].set_symbol(set.top_left).set_style(style);
    buffer[(right, top)].set_symbol(set.top_right).set_style(style);
    buffer[(left, bottom)].set_symbol(set.bottom_left).set_style(style);
    buffer[(right, bottom)].set_symbol(set.bottom_right).set_style(style);
    if !title.is_empty() && area.width > 6 {
        let title = safe::cut(title, usize::from(area.width - 6), theme.symbols().ellipsis);
        paint::text(
            buffer,
            left + 2,
            top,
            area.width - 4,
            &format!(" {title} "),
            theme.style(Role::Title),
            "",
        );
    }
    let margin = u16::from(area.width > 4);
    Rect { x: left + 1 + margin, y: top + 1, width: area.width - 2 - 2 * margin, height: area.height - 2 }
}

fn ground(theme: &Theme) -> Style {
    theme.style(Role::Text).patch(theme.style(Role::Overlay))
}

/// How a question is answered.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// By one key.
    Key,
    /// By one of two buttons.
    Buttons {
        /// Whether the focus is on yes; it begins on cancel.
        yes: bool,
    },
    /// By typing this.
    Typed {
        /// What must be typed.
        wanted: &'a str,
        /// What was typed so far.
        line: &'a Line,
    },
}

/// A question before something that hurts.
#[derive(Clone, Copy, Debug)]
pub struct Confirm<'a> {
    /// What is about to happen, as a question.
    pub title: &'a str,
    /// What it touches, line by line.
    pub card: &'a [String],
    /// How it is answered.
    pub answer: Answer<'a>,
}

/// Draws a question in the middle of `area`.
pub fn confirm(frame: &mut Frame<'_>, area: Rect, theme: &Theme, question: &Confirm<'_>) {
    let widest = question.card.iter().map(|line| safe::width(line)).max().unwrap_or(0);
    let wanted = widest.max(safe::width(question.title) + 2).clamp(44, 76) + 4;
    let width = u16::try_from(wanted).unwrap_or(80).min(area.width);
    let card_rows = u16::try_from(question.card.len()).unwrap_or(u16::MAX);
    let extra = match question.answer {
        Answer::Typed { .. } => 3,
        Answer::Key | Answer::Buttons { .. } => 1,
    };
    let height = card_rows.saturating_add(2 + 2 + extra).min(area.height);
    let inner = popup(frame, area, theme, question.title, Size { width, height });
    if inner.is_empty() {
        return;
    }
    let answer_at = inner.bottom().saturating_sub(extra).max(inner.y);
    let card = Rect { y: inner.y, height: answer_at - inner.y, ..inner };
    card_lines(frame.buffer_mut(), card, theme, question.card);
    answer(frame, Rect { y: answer_at, height: inner.bottom() - answer_at, ..inner }, theme, question.answer);
}

/// Says how many lines there was no place for.
fn card_lines(buffer: &mut Buffer, area: Rect, theme: &Theme, lines: &[String]) {
    let ellipsis = theme.symbols().ellipsis;
    let rows = usize::from(area.height);
    let cut = lines.len() > rows;
    let shown = if cut { rows.saturating_sub(1) } else { lines.len() };
    for (y, line) in (area.y..).zip(&lines[..shown]) {
        paint::text(buffer, area.x, y, area.width, line, theme.style(Role::Overlay), ellipsis);
    }
    if cut && rows > 0 {
        let said = format!("{ellipsis} and {} more lines", lines.len() - shown);
        paint::text(buffer, area.x, area.bottom() - 1, area.width, &said, theme.style(Role::Warn), ellipsis);
    }
}

fn answer(frame: &mut Frame<'_>, area: Rect, theme: &Theme, answer: Answer<'_>) {
    match answer {
        Answer::Key => key_bar(frame.buffer_mut(), area, theme, &[("y", "yes"), ("Esc", "no")]),
        Answer::Buttons { yes } => {
            let used = buttons(frame.buffer_mut(), area, theme, &["Cancel", "Yes"], usize::from(yes));
            let rest = Rect { x: area.x + used, width: area.width - used, ..area };
            key_bar(frame.buffer_mut(), rest, theme, &[("Tab", "switch"), ("Enter", "choose")]);
        }
        Answer::Typed { wanted, line } => {
            let said = format!("Type {wanted} to go on, Esc to leave it.");
            let ellipsis = theme.symbols().ellipsis;
            let first = Rect { height: 1.min(area.height), ..area };
            paint::text(
                frame.buffer_mut(),
                first.x,
                first.y,
                first.width,
                &said,
                theme.style(Role::Warn),
                ellipsis,
            );
            if area.height > 1 {
                let at = Rect { y: area.bottom() - 1, height: 1, ..area };
                line.view(frame, at, theme, "> ", "", true);
            }
        }
    }
}

/// Buttons in a row, one of which has the focus. Returns the cells they took, with a gap behind them.
pub fn buttons(buffer: &mut Buffer, area: Rect, theme: &Theme, labels: &[&str], focus: usize) -> u16 {
    let mut used = 0;
    for (at, label) in labels.iter().enumerate() {
        let (label, style) = if at == focus {
            (format!("[ {label} ]"), theme.selected(Role::TextStrong))
        } else {
            (format!("  {label}  "), theme.style(Role::TextMuted))
        };
        used += paint::text(buffer, area.x + used, area.y, area.width - used, &label, style, "");
        used = used.saturating_add(2).min(area.width);
    }
    used
}

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
    paint::text(buffer, line.right() - keys, line.y, keys, &item.keys, look(Role::KeyChord), "");
    let cells = cells - keys - u16::from(keys > 0);
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
    item: impl FnMut(usize) -> Item<'b>,
) {
    let head = if picker.line.is_some() { 2 } else { 0 };
    // A list that is narrowed keeps its place while it shrinks.
    let rows = if picker.line.is_some() { 14 } else { u16::try_from(picker.rows.clamp(1, 18)).unwrap_or(18) };
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
    list(frame, body, theme, picker.rows, picker.cursor, item);
}

/// Draws lines of text in a box in the middle of `area`, as wide as they need.
pub fn card(frame: &mut Frame<'_>, area: Rect, theme: &Theme, title: &str, lines: &[(Role, String)]) {
    let widest =
        lines.iter().map(|(_, line)| safe::width(line)).max().unwrap_or(0).max(safe::width(title) + 2);
    let width = u16::try_from(widest + 4).unwrap_or(u16::MAX);
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let inner = popup(frame, area, theme, title, Size { width, height });
    let ellipsis = theme.symbols().ellipsis;
    for (y, (role, line)) in (inner.y..inner.bottom()).zip(lines) {
        paint::text(frame.buffer_mut(), inner.x, y, inner.width, line, theme.style(*role), ellipsis);
    }
}

/// Draws what goes away by itself in the lower right corner of `area`, the newest last.
pub fn toasts(frame: &mut Frame<'_>, area: Rect, theme: &Theme, toasts: &[(Role, &str)]) {
    let area = area.intersection(frame.area());
    let buffer = frame.buffer_mut();
    let ellipsis = theme.symbols().ellipsis;
    let most = area.width.saturating_sub(2).min(72);
    for (above, (role, said)) in toasts.iter().rev().enumerate() {
        let Some(y) = u16::try_from(above).ok().and_then(|above| area.bottom().checked_sub(above + 1)) else {
            return;
        };
        if y < area.y || most < 4 {
            return;
        }
        let said = safe::cut(said, usize::from(most - 4), ellipsis);
        let width = u16::try_from(safe::width(&said)).unwrap_or(most) + 4;
        let line = Rect { x: area.right() - width, y, width, height: 1 };
        let bar = theme.style(Role::Bar);
        paint::clear(buffer, line, theme.style(Role::Text).patch(bar));
        let style = theme.style(*role).remove_modifier(Modifier::REVERSED);
        let sign = theme.symbols().bar_full;
        paint::text(buffer, line.x, y, 1, sign, style, "");
        paint::text(buffer, line.x + 2, y, line.width - 3, &said, bar, ellipsis);
    }
}

/// Draws keys and what they do in one row, as many as there is place for.
pub fn key_bar(buffer: &mut Buffer, area: Rect, theme: &Theme, keys: &[(&str, &str)]) {
    if area.is_empty() {
        return;
    }
    let (chord, doc) = (theme.style(Role::KeyChord), theme.style(Role::KeyDoc));
    let mut x = area.x;
    for (key, does) in keys {
        let width = u16::try_from(safe::width(key) + 1 + safe::width(does)).unwrap_or(u16::MAX);
        if width > area.right() - x {
            return;
        }
        x += paint::text(buffer, x, area.y, width, key, chord, "") + 1;
        x += paint::text(buffer, x, area.y, width, does, doc, "") + 2;
        x = x.min(area.right());
    }
}

/// Draws a chip, such as a filter in force, or the environment: a role without a ground is reversed. Returns the cells it
/// took.
pub fn chip(buffer: &mut Buffer, x: u16, y: u16, cells: u16, theme: &Theme, role: Role, said: &str) -> u16 {
    let said = safe::cut(said, usize::from(cells.saturating_sub(2)), theme.symbols().ellipsis);
    let style = theme.style(Role::Text).patch(theme.style(role));
    let grounded = theme.style(role).bg.is_some();
    let style = if grounded { style } else { style.add_modifier(Modifier::REVERSED) };
    paint::text(buffer, x, y, cells, &format!(" {said} "), style, "")
}

#[cfg(test)]
mod tests;
