//! Drawing what is in sight.

use std::cell::Cell;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{Code, Gravity, Mark, Place, State};
use crate::strip::{self, Looks};
use crate::theme::{Role, Theme};
use crate::{paint, safe};

/// Lower than this, what is said of lines has no place of its own.
const LOW: u16 = 6;

/// Where the parts of it stand.
struct Plan {
    /// Sign, number, and a blank; empty where there is no room.
    gutter: Rect,
    text: Rect,
    notes: Rect,
}

impl Code {
    /// Draws it, scrolled so that the cursor is in sight.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        self.view_marked(frame, area, theme, focused, &[]);
    }

    /// The same with marks; what is said of lines stands below, that of the cursor's line first.
    pub fn view_marked(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        theme: &Theme,
        focused: bool,
        marks: &[Mark],
    ) {
        let area = area.intersection(frame.area());
        if area.is_empty() {
            return;
        }
        let notes = if area.height >= LOW { self.notes(marks, area, theme) } else { Vec::new() };
        let plan = self.plan(area, notes.len());
        let line = self.text.line(self.cursor.line);
        let at = strip::cell_of(line, self.cursor.byte);
        self.height.set(usize::from(plan.text.height));
        let top = follow(&self.top, self.cursor.line, usize::from(plan.text.height), self.lines().len());
        let left = follow(&self.left, at, usize::from(plan.text.width), usize::MAX);
        let buffer = frame.buffer_mut();
        let pair = self.pair().filter(|_| focused);
        for (y, number) in (plan.text.y..plan.text.bottom()).zip(top..self.lines().len()) {
            self.draw_number(buffer, Rect { y, height: 1, ..plan.gutter }, theme, number, marks, left);
            self.draw_line(buffer, Rect { y, height: 1, ..plan.text }, theme, number, marks, left, pair);
        }
        for (y, (role, note)) in (plan.notes.y..plan.notes.bottom()).zip(notes) {
            let ellipsis = theme.symbols().ellipsis;
            paint::text(buffer, plan.notes.x, y, plan.notes.width, &note, theme.style(role), ellipsis);
        }
        if focused {
            let (right, down) = (at - left, self.cursor.line - top);
            draw_cursor(buffer, theme, plan.text, right, down);
        }
    }

    fn plan(&self, area: Rect, notes: usize) -> Plan {
        let notes = u16::try_from(notes).unwrap_or(0);
        let body = Rect { height: area.height - notes, ..area };
        let digits = u16::try_from(self.lines().len().to_string().len()).unwrap_or(1).max(2);
        let gutter = if area.width > (digits + 2) * 3 { digits + 2 } else { 0 };
        // The last cell says that there is more to the right.
        let more = u16::from(area.width > gutter + 1);
        Plan {
            gutter: Rect { width: gutter, ..body },
            text: Rect { x: body.x + gutter, width: body.width - gutter - more, ..body },
            notes: Rect { y: body.bottom(), height: notes, ..area },
        }
    }

    fn draw_number(
        &self,
        buffer: &mut Buffer,
        place: Rect,
        theme: &Theme,
        number: usize,
        marks: &[Mark],
        left: usize,
    ) {
        if place.is_empty() {
            return;
        }
        let symbols = theme.symbols();
        let gravity = marks.iter().filter(|mark| mark.line == number).map(|mark| mark.gravity).max();
        let role = match gravity {
            Some(gravity) => gravity.role(),
            None if number == self.cursor.line => Role::Accent,
            None => Role::TextMuted,
        };
        let style = theme.style(role);
        let said = (number + 1).to_string();
        paint::text_right(buffer, place.x + 1, place.y, place.width - 2, &said, style, "");
        if let Some(gravity) = gravity {
            paint::text(buffer, place.x, place.y, 1, sign(gravity, theme), style, "");
        }
        if left > 0 && !self.text.line(number).is_empty() {
            let muted = theme.style(Role::TextMuted);
            paint::text(buffer, place.right() - 1, place.y, 1, symbols.more_left, muted, "");
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what one line is drawn with")]
    fn draw_line(
        &self,
        buffer: &mut Buffer,
        row: Rect,
        theme: &Theme,
        number: usize,
        marks: &[Mark],
        left: usize,
        pair: Option<(Place, Place)>,
    ) {
        let line = self.text.line(number);
        let looks: Looks =
            self.parts(number).into_iter().map(|(range, role)| (range, theme.style(role))).collect();
        let ink = (theme.style(Role::Input), theme.style(Role::Escape));
        let more = strip::draw(buffer, row, line, left, ink, &looks);
        let mut cover = |range, style| strip::cover(buffer, row, line, left, range, style);
        for mark in marks.iter().filter(|mark| mark.line == number) {
            let style = theme.style(mark.gravity.role()).add_modifier(Modifier::UNDERLINED);
            cover(self.marked(mark), style);
        }
        for place in pair.into_iter().flat_map(|(one, other)| [one, other]) {
            if place.line == number {
                cover(
                    place.byte..place.byte + 1,
                    Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
                );
            }
        }
        for hit in self.hits(line) {
            cover(hit, theme.style(Role::Match));
        }
        if let Some((from, to)) =
            self.selection().filter(|(from, to)| (from.line..=to.line).contains(&number))
        {
            let begin = if number == from.line { from.byte } else { 0 };
            let end = if number == to.line { to.byte } else { line.len() };
            cover(begin..end, theme.style(Role::Selection));
        }
        if more {
            let muted = theme.style(Role::TextMuted);
            paint::text(buffer, row.right(), row.y, 1, theme.symbols().more_right, muted, "");
        }
    }

    /// The parts of a line. Lines before it are read as far as none was since they changed.
    pub(super) fn parts(&self, number: usize) -> super::language::Parts {
        let mut open = self.open.borrow_mut();
        if open.is_empty() {
            open.push(State::Closed);
        }
        while open.len() <= number {
            let at = open.len() - 1;
            let (_, left) = self.language.read(open[at], self.text.line(at));
            open.push(left);
        }
        let (parts, left) = self.language.read(open[number], self.text.line(number));
        if open.len() == number + 1 {
            open.push(left);
        }
        parts
    }

    /// What is said below: of the cursor's line first, then of those behind it, then of those before.
    fn notes(&self, marks: &[Mark], area: Rect, theme: &Theme) -> Vec<(Role, String)> {
        let room = usize::from(area.height / 4).max(1);
        let here = self.cursor.line;
        let mut marks: Vec<&Mark> = marks.iter().collect();
        marks.sort_by_key(|mark| (mark.line != here, mark.line < here, mark.line, mark.column));
        let mut notes = Vec::new();
        for mark in marks {
            let place = match mark.column {
                Some(column) => format!("{}:{}", mark.line + 1, column + 1),
                None => (mark.line + 1).to_string(),
            };
            let said = format!("{} {place} {}", sign(mark.gravity, theme), mark.message.replace('\n', " "));
            let lines = safe::wrap(&said, usize::from(area.width));
            // The others are told in a line each.
            let whole = if mark.line == here { lines.len() } else { 1 };
            notes.extend(lines.into_iter().take(whole).map(|line| (mark.gravity.role(), line)));
            if notes.len() >= room {
                break;
            }
        }
        notes.truncate(room);
        notes
    }
}

fn sign(gravity: Gravity, theme: &Theme) -> &'static str {
    match gravity {
        Gravity::Error => theme.symbols().failed,
        Gravity::Warning => "!",
        Gravity::Hint => theme.symbols().bullet,
    }
}

fn draw_cursor(buffer: &mut Buffer, theme: &Theme, text: Rect, right: usize, down: usize) {
    let cells = |n: usize| u16::try_from(n).unwrap_or(0);
    // At the end of a line that fills its row, the cursor is behind it.
    if let Some(cell) = buffer.cell_mut((text.x + cells(right), text.y + cells(down))) {
        cell.set_style(theme.style(Role::Input).add_modifier(Modifier::REVERSED));
    }
}

/// Moves the beginning of a window of `size` so that `at` is in it, and it does not end behind all there is.
fn follow(from: &Cell<usize>, at: usize, size: usize, all: usize) -> usize {
    let size = size.max(1);
    let begin = from.get().min(at).max((at + 1).saturating_sub(size)).min(all.saturating_sub(size));
    from.set(begin);
    begin
}
