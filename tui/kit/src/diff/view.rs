//! Drawing the lines in sight.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::lines::Line;
use super::{Diff, WIDE, words};
use crate::part::right_of;
use crate::strip::{self, Looks};
use crate::theme::{Role, Theme};
use crate::{chart, paint};

/// What a line is drawn as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Same,
    Gone,
    New,
}

impl Side {
    const fn sign(self) -> &'static str {
        match self {
            Self::Same => " ",
            Self::Gone => "-",
            Self::New => "+",
        }
    }

    const fn role(self) -> Role {
        match self {
            Self::Same => Role::Text,
            Self::Gone => Role::Bad,
            Self::New => Role::Good,
        }
    }
}

impl Diff {
    /// Draws the lines in sight.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let area = area.intersection(frame.area());
        if area.is_empty() {
            return;
        }
        self.is_beside.set(self.wants_beside.unwrap_or(area.width >= WIDE));
        self.height.set(usize::from(area.height));
        let shown = self.shown();
        let top = self.top.get().min(shown.len().saturating_sub(usize::from(area.height)));
        self.top.set(top);
        let buffer = frame.buffer_mut();
        let body = Rect { width: area.width - 1, ..area };
        for (y, line) in (body.y..body.bottom()).zip(&shown[top..]) {
            self.draw(buffer, Rect { y, height: 1, ..body }, theme, *line);
        }
        let bar = Rect { x: area.right() - 1, width: 1, ..area };
        chart::scrollbar(buffer, bar, theme, top, usize::from(area.height), shown.len());
    }

    fn draw(&self, buffer: &mut Buffer, row: Rect, theme: &Theme, line: Line) {
        let half = row.width.saturating_sub(1) / 2;
        let one = Rect { width: half, ..row };
        let other = right_of(row, half + 1);
        match line {
            Line::Fold(_, lines) => draw_fold(buffer, row, theme, lines),
            Line::Same(before, after) if self.is_beside.get() => {
                self.draw_text(buffer, one, theme, Side::Same, before, None);
                self.draw_text(buffer, other, theme, Side::Same, after, None);
                draw_middle(buffer, one, theme);
            }
            Line::Pair(before, after) => {
                if let Some(before) = before {
                    self.draw_text(buffer, one, theme, Side::Gone, before, after);
                }
                if let Some(after) = after {
                    self.draw_text(buffer, other, theme, Side::New, after, before);
                }
                draw_middle(buffer, one, theme);
            }
            Line::Same(_, after) => self.draw_text(buffer, row, theme, Side::Same, after, None),
            Line::Gone(before, other) => self.draw_text(buffer, row, theme, Side::Gone, before, other),
            Line::New(after, other) => self.draw_text(buffer, row, theme, Side::New, after, other),
        }
    }

    /// Number, sign and text of a line, with the words that are not in the other one.
    fn draw_text(
        &self,
        buffer: &mut Buffer,
        row: Rect,
        theme: &Theme,
        side: Side,
        number: usize,
        other: Option<usize>,
    ) {
        let most = self.before.len().max(self.after.len());
        let digits = u16::try_from(most.to_string().len()).unwrap_or(1).max(2);
        let digits = if row.width > (digits + 3) * 2 { digits } else { 0 };
        let plain = theme.style(side.role());
        if digits > 0 {
            let said = (number + 1).to_string();
            let muted = theme.style(Role::TextMuted);
            paint::text_right(buffer, row.x, row.y, digits, &said, muted, "");
        }
        let sign = row.x + digits + u16::from(digits > 0);
        paint::text(buffer, sign, row.y, 1, side.sign(), plain, "");
        let gutter = (digits + u16::from(digits > 0) + 2).min(row.width);
        // The last cell says that there is more.
        let place = Rect { x: row.x + gutter, width: (row.width - gutter).saturating_sub(1), ..row };
        let text = self.text(side, number);
        let looks: Looks = other
            .map(|other| self.differing(side, number, other))
            .unwrap_or_default()
            .into_iter()
            .map(|range| (range, plain.add_modifier(Modifier::BOLD | Modifier::UNDERLINED)))
            .collect();
        // Only what differs is bold.
        let rest = if looks.is_empty() { plain } else { plain.remove_modifier(Modifier::BOLD) };
        let ink = (rest, theme.style(Role::Escape));
        if strip::draw(buffer, place, text, self.left.get(), ink, &looks) {
            let muted = theme.style(Role::TextMuted);
            paint::text(buffer, place.right(), row.y, 1, theme.symbols().more_right, muted, "");
        }
    }

    fn text(&self, side: Side, number: usize) -> &str {
        let lines = if side == Side::Gone { &self.before } else { &self.after };
        lines.get(number).map_or("", String::as_str)
    }

    fn differing(&self, side: Side, number: usize, other: usize) -> Vec<std::ops::Range<usize>> {
        let found = match side {
            Side::Gone => words::differing(&self.before[number], &self.after[other]).map(|it| it.0),
            Side::New => words::differing(&self.before[other], &self.after[number]).map(|it| it.1),
            Side::Same => None,
        };
        found.unwrap_or_default()
    }
}

fn draw_middle(buffer: &mut Buffer, one: Rect, theme: &Theme) {
    let style = theme.style(Role::Border);
    paint::text(buffer, one.right(), one.y, 1, theme.symbols().vline, style, "");
}

fn draw_fold(buffer: &mut Buffer, row: Rect, theme: &Theme, lines: usize) {
    let (line, muted) = (theme.symbols().hline, theme.style(Role::TextMuted));
    let said = format!("{line}{line} {lines} equal lines {line}{line}");
    paint::text(buffer, row.x, row.y, row.width, &said, muted, "");
}
