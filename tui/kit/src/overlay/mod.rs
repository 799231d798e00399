//! What lies over a screen: boxes, questions, lists to choose from, toasts.
//!
//! In: plain state of the caller's and where to draw. Out: cells; what was under them is gone.
//! Never here: keys, the state itself, what a choice means.

mod confirm;
mod picker;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::style::{Modifier, Style};

pub use self::confirm::{Answer, Confirm, buttons, confirm};
pub use self::picker::{Item, Picker, list, picker};
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

/// The most rows of one that goes away by itself.
const TOAST_ROWS: usize = 4;

/// Draws what goes away by itself in the lower right corner of `area`, the newest last; what is too long for a row takes more.
pub fn toasts(frame: &mut Frame<'_>, area: Rect, theme: &Theme, toasts: &[(Role, &str)]) {
    let area = area.intersection(frame.area());
    let buffer = frame.buffer_mut();
    let ellipsis = theme.symbols().ellipsis;
    let most = area.width.saturating_sub(2).min(72);
    if most < 8 {
        return;
    }
    let mut bottom = area.bottom();
    for (role, said) in toasts.iter().rev() {
        let lines = rows(said, usize::from(most - 4), ellipsis);
        let widest = lines.iter().map(|line| safe::width(line)).max().unwrap_or(0);
        let width = u16::try_from(widest).unwrap_or(most) + 4;
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let Some(top) = bottom.checked_sub(height).filter(|top| *top >= area.y) else { return };
        let place = Rect { x: area.right() - width, y: top, width, height };
        let bar = theme.style(Role::Bar);
        paint::clear(buffer, place, theme.style(Role::Text).patch(bar));
        let style = theme.style(*role).remove_modifier(Modifier::REVERSED);
        let sign = theme.symbols().bar_full;
        for (y, line) in (top..bottom).zip(&lines) {
            paint::text(buffer, place.x, y, 1, sign, style, "");
            paint::text(buffer, place.x + 2, y, width - 3, line, bar, ellipsis);
        }
        bottom = top;
    }
}

/// A text in as few rows as it needs; what there is no room for is cut.
fn rows(said: &str, cells: usize, ellipsis: &str) -> Vec<String> {
    if safe::width(said) <= cells {
        return vec![said.to_owned()];
    }
    let mut lines = safe::wrap(said, cells);
    if lines.len() > TOAST_ROWS {
        // The rest follows the last row, where it is cut.
        let rest = lines.split_off(TOAST_ROWS - 1).join(" ");
        lines.push(rest);
    }
    lines.iter().map(|line| safe::cut(line, cells, ellipsis).into_owned()).collect()
}

/// Draws keys and what they do in one row, as many as there is place for.
pub fn key_bar(buffer: &mut Buffer, area: Rect, theme: &Theme, keys: &[(&str, &str)]) {
    key_bar_of(buffer, area, theme, keys.iter().map(|(key, does)| (*key, *does, true)));
}

/// As [`key_bar`], with whether each key is allowed: one that is not is muted.
pub fn key_bar_of<'a>(
    buffer: &mut Buffer,
    area: Rect,
    theme: &Theme,
    keys: impl Iterator<Item = (&'a str, &'a str, bool)>,
) {
    if area.is_empty() {
        return;
    }
    let mut x = area.x;
    for (key, does, is_allowed) in keys {
        let roles = if is_allowed { [Role::KeyChord, Role::KeyDoc] } else { [Role::TextMuted; 2] };
        let [chord, doc] = roles.map(|role| theme.style(role));
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
