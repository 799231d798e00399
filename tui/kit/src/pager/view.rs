//! Drawing what is in sight.

use std::ops::Range;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{Lines, Pager, PagerLine, json, wrap};
use crate::chart;
use crate::paint;
use crate::safe;
use crate::theme::{Role, Theme};

/// Where the parts of a line stand.
struct Layout {
    time: Rect,
    prefix: Rect,
    text: Rect,
    bar: Rect,
}

impl Layout {
    /// Text has the last word: prefix and time go when there is no place for both.
    fn new(area: Rect, time: u16, prefix: u16) -> Self {
        let bar = Rect { x: area.right() - 1, width: 1, ..area };
        let room = area.width - 1;
        let prefix = if prefix + 12 <= room { prefix } else { room / 4 };
        let time = if time + prefix + 20 <= room { time } else { 0 };
        let column = |x: u16, width: u16| Rect { x, width, ..area };
        let gap = |cells: u16| cells + u16::from(cells > 0);
        let text = area.x + gap(time) + gap(prefix);
        Self {
            time: column(area.x, time),
            prefix: column(area.x + gap(time), prefix),
            text: column(text, bar.x.saturating_sub(text)),
            bar,
        }
    }
}

impl Pager {
    /// Draws the lines that are in sight.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, lines: &impl Lines) {
        let area = area.intersection(frame.area());
        if area.is_empty() {
            return;
        }
        let time = if self.times { lines.time_cells() } else { 0 };
        let layout = Layout::new(area, time, lines.prefix_cells());
        self.seen.set(Size { width: layout.text.width, height: area.height });
        let (top, row) = self.place(lines);
        let buffer = frame.buffer_mut();
        let (mut y, mut skipped) = (area.y, row);
        for at in top..lines.len() {
            if y >= area.bottom() {
                break;
            }
            y += self.draw_line(buffer, y, theme, &layout, (at, &lines.line(at)), skipped);
            skipped = 0;
        }
        self.draw_bar(buffer, layout.bar, theme, lines, top);
    }

    /// Where in the whole text we are.
    fn draw_bar(&self, buffer: &mut Buffer, bar: Rect, theme: &Theme, lines: &impl Lines, top: usize) {
        let here = lines.len();
        let (before, all) = lines.whole();
        let (before, all) = (number(before), number(all).max(number(before) + here));
        // A wrapped line may be in sight in part.
        let hidden = self.end(lines) != (0, 0);
        let seen = if hidden { self.in_sight(lines).len().min(here - 1) } else { here };
        chart::scrollbar(buffer, bar, theme, before + top, seen, all);
    }

    /// Draws a line from its row `skipped` on; returns how many rows that took.
    fn draw_line(
        &self,
        buffer: &mut Buffer,
        y: u16,
        theme: &Theme,
        layout: &Layout,
        (at, line): (usize, &PagerLine<'_>),
        skipped: usize,
    ) -> u16 {
        if skipped == 0 {
            draw_margin(buffer, y, theme, layout, line);
        }
        let mut ink = Ink::new(theme, line.role.map_or(Style::default(), |role| theme.style(role)));
        if self.on == Some(at) {
            ink.hit = ink.hit.add_modifier(Modifier::REVERSED);
        }
        let apart = if self.json { json::rows(&line.text) } else { None };
        let Some(rows) = apart else {
            return self.draw_text(buffer, y, theme, layout.text, &mut ink, &line.text, skipped);
        };
        let (mut drawn, mut skipped) = (0, skipped);
        for row in rows {
            let of_row = if self.wrap { wrap::rows(&row, usize::from(layout.text.width)) } else { 1 };
            if skipped >= of_row {
                skipped -= of_row;
            } else if y + drawn < layout.text.bottom() {
                drawn += self.draw_text(buffer, y + drawn, theme, layout.text, &mut ink, &row, skipped);
                skipped = 0;
            }
        }
        drawn.max(1)
    }

    /// Draws a text from its row `skipped` on; returns how many rows that took.
    #[expect(
        clippy::too_many_arguments,
        reason = "where, with what, what: a struct of them would be read once"
    )]
    fn draw_text(
        &self,
        buffer: &mut Buffer,
        y: u16,
        theme: &Theme,
        text: Rect,
        ink: &mut Ink,
        said: &str,
        skipped: usize,
    ) -> u16 {
        let seen = safe::visible(said);
        ink.hits = self.search.as_ref().map_or_else(Vec::new, |search| search.hits(&seen));
        if !self.wrap {
            self.draw_unwrapped(buffer, y, theme, text, ink, &seen);
            return 1;
        }
        let mut drawn = 0;
        for piece in wrap::pieces(&seen, usize::from(text.width)).into_iter().skip(skipped) {
            ink.row(buffer, Rect { y: y + drawn, height: 1, ..text }, &seen, piece, 0);
            drawn += 1;
            if y + drawn >= text.bottom() {
                break;
            }
        }
        drawn
    }

    /// Draws what is in sight of a line that is not wrapped, with a sign when there is more of it.
    fn draw_unwrapped(&self, buffer: &mut Buffer, y: u16, theme: &Theme, text: Rect, ink: &Ink, seen: &str) {
        ink.row(buffer, Rect { y, height: 1, ..text }, seen, 0..seen.len(), self.left);
        let end = self.left + usize::from(text.width);
        if text.width > 1 && seen.len() > end && safe::width(seen) > end {
            let muted = theme.style(Role::TextMuted);
            paint::text(buffer, text.right() - 1, y, 1, theme.symbols().ellipsis, muted, "");
        }
    }
}

/// Draws when a line was said, and by whom.
fn draw_margin(buffer: &mut Buffer, y: u16, theme: &Theme, layout: &Layout, line: &PagerLine<'_>) {
    let (muted, ellipsis) = (theme.style(Role::TextMuted), theme.symbols().ellipsis);
    paint::text(buffer, layout.time.x, y, layout.time.width, &line.time, muted, ellipsis);
    let style = line.prefix_role.map_or(muted, |role| theme.style(role));
    paint::text(buffer, layout.prefix.x, y, layout.prefix.width, &line.prefix, style, ellipsis);
}

/// What a line is written with.
struct Ink {
    plain: Style,
    hit: Style,
    escape: Style,
    hits: Vec<Range<usize>>,
}

impl Ink {
    fn new(theme: &Theme, plain: Style) -> Self {
        let over = |role: Role| plain.patch(theme.style(role));
        Self { plain, hit: over(Role::Match), escape: over(Role::Escape), hits: Vec::new() }
    }

    /// Writes a piece of visible text into a row, without its first `left` cells.
    fn row(&self, buffer: &mut Buffer, row: Rect, seen: &str, piece: Range<usize>, left: usize) {
        if self.hits.is_empty() && seen.is_ascii() {
            let shown = &seen[(piece.start + left).min(piece.end)..piece.end];
            paint::text(buffer, row.x, row.y, row.width, shown, self.plain, "");
            return;
        }
        let mut hits = self.hits.iter().filter(|hit| hit.end > piece.start).peekable();
        let mut at = 0;
        for (byte, letter) in seen[piece.clone()].grapheme_indices(true) {
            let byte = piece.start + byte;
            let width = letter.width();
            while hits.next_if(|hit| hit.end <= byte).is_some() {}
            let style = if hits.peek().is_some_and(|hit| hit.start <= byte) {
                self.hit
            } else if is_picture(letter) {
                self.escape
            } else {
                self.plain
            };
            let from = at;
            at += width;
            let Some(cells) = from.checked_sub(left) else { continue };
            let Some(room) = usize::from(row.width).checked_sub(cells).filter(|&room| width <= room) else {
                return;
            };
            let x = row.x + u16::try_from(cells).unwrap_or(0);
            debug_assert!(room > 0 || width == 0, "there is a cell for what has a width");
            paint::text(buffer, x, row.y, u16::try_from(width).unwrap_or(0), letter, style, "");
        }
    }
}

fn number(lines: u64) -> usize {
    usize::try_from(lines).unwrap_or(usize::MAX / 2).min(usize::MAX / 2)
}

/// A control character made visible.
fn is_picture(letter: &str) -> bool {
    letter.starts_with(|char| matches!(char, '\u{2400}'..='\u{2421}'))
}
