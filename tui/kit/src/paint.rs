//! Putting text into cells without a detour: what every widget here draws with.
//!
//! In: a buffer, a place, text from anywhere. Out: cells; nothing outside the buffer is touched, nothing is allocated for
//! plain text. Never here: layout, meaning.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::safe;
use crate::theme::{Role, Theme};

/// Lays the ground of the whole screen, or of a part of it: what [`Role::Text`] says. Does nothing where the theme leaves the
/// terminal's own.
pub fn ground(buffer: &mut Buffer, area: Rect, theme: &Theme) {
    cover(buffer, area, theme.style(Role::Text));
}

/// Lays a style over an area.
pub fn cover(buffer: &mut Buffer, area: Rect, style: Style) {
    if style != Style::default() {
        buffer.set_style(area, style);
    }
}

/// Blanks an area and gives it a style: what was there is gone.
pub fn clear(buffer: &mut Buffer, area: Rect, style: Style) {
    let area = area.intersection(buffer.area);
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            let cell = &mut buffer[(x, y)];
            cell.reset();
            cell.set_style(style);
        }
    }
}

/// Draws text from `x` on into at most `cells` cells, made visible and cut with `ellipsis`. Returns the cells it took.
pub fn text(
    buffer: &mut Buffer,
    x: u16,
    y: u16,
    cells: u16,
    text: &str,
    style: Style,
    ellipsis: &str,
) -> u16 {
    let cells = room(buffer, x, y, cells);
    if cells == 0 {
        return 0;
    }
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return ascii(buffer, x, y, cells, text, style, ellipsis);
    }
    let text = safe::cut(text, usize::from(cells), ellipsis);
    graphemes(buffer, x, y, cells, &text, style)
}

/// Like [`text`], with the text at the right end of exactly `cells` cells.
pub fn text_right(buffer: &mut Buffer, x: u16, y: u16, cells: u16, text: &str, style: Style, ellipsis: &str) {
    let width = u16::try_from(safe::width(text)).unwrap_or(u16::MAX);
    let before = cells.saturating_sub(width);
    self::text(buffer, x + before, y, cells - before, text, style, ellipsis);
}

/// Draws pieces of text one after the other. Returns the cells they took.
pub fn pieces(
    buffer: &mut Buffer,
    x: u16,
    y: u16,
    cells: u16,
    pieces: &[(&str, Style)],
    ellipsis: &str,
) -> u16 {
    let mut used = 0;
    for (piece, style) in pieces {
        used += text(buffer, x + used, y, cells - used, piece, *style, ellipsis);
    }
    used
}

/// How many of `cells` cells from `x` on are in the buffer.
fn room(buffer: &Buffer, x: u16, y: u16, cells: u16) -> u16 {
    let area = buffer.area;
    if y < area.top() || y >= area.bottom() || x < area.left() {
        return 0;
    }
    cells.min(area.right().saturating_sub(x))
}

/// Printable ASCII: a byte is a cell.
fn ascii(buffer: &mut Buffer, x: u16, y: u16, cells: u16, text: &str, style: Style, ellipsis: &str) -> u16 {
    let cut = text.len() > usize::from(cells);
    let kept = if cut { usize::from(cells).saturating_sub(ellipsis.width()) } else { text.len() };
    let from = buffer.index_of(x, y);
    for (cell, byte) in buffer.content[from..].iter_mut().zip(text.bytes().take(kept)) {
        if byte == b' ' {
            cell.set_symbol(" ");
        } else {
            cell.set_char(char::from(byte));
        }
        cell.set_style(style);
    }
    let mut used = u16::try_from(kept).unwrap_or(cells);
    if cut && ellipsis.width() <= usize::from(cells) {
        used += graphemes(buffer, x + used, y, cells - used, ellipsis, style);
    }
    used
}

/// Visible text of any kind.
fn graphemes(buffer: &mut Buffer, x: u16, y: u16, cells: u16, text: &str, style: Style) -> u16 {
    let mut used = 0;
    for letter in text.graphemes(true) {
        let width = u16::try_from(letter.width()).unwrap_or(u16::MAX);
        if width == 0 {
            continue;
        }
        if width > cells - used {
            break;
        }
        buffer[(x + used, y)].set_symbol(letter).set_style(style);
        for hidden in 1..width {
            let cell = &mut buffer[(x + used + hidden, y)];
            cell.reset();
            cell.set_style(style);
        }
        used += width;
    }
    used
}
