//! Drawing what is in sight.

use std::ops::Range;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::fold::Row;
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

/// What lines are drawn with.
struct Ink<'a> {
    theme: &'a Theme,
    marks: &'a [Mark],
    /// Brackets that belong together.
    pair: Option<(Place, Place)>,
}

impl<'a> Ink<'a> {
    fn marks_of(&self, line: usize) -> impl Iterator<Item = &'a Mark> {
        self.marks.iter().filter(move |mark| mark.line == line)
    }
}

impl Code {
    /// Draws it, scrolled so that the cursor is in sight.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        self.view_marked(frame, area, theme, focused, &[]);
    }

    /// The same with marks; what is said of lines stands below, that of the cursor's line first. A mark that says nothing
    /// is said elsewhere.
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
        self.height.set(usize::from(plan.text.height));
        let (rows, cursor) = self.rows(plan.text);
        let buffer = frame.buffer_mut();
        let pair = self.pair().filter(|_| focused);
        for (y, row) in (plan.text.y..plan.text.bottom()).zip(rows) {
            let ink = Ink { theme, marks, pair };
            self.draw_number(buffer, Rect { y, height: 1, ..plan.gutter }, &ink, row);
            self.draw_line(buffer, Rect { y, height: 1, ..plan.text }, &ink, row);
        }
        for (y, (role, note)) in (plan.notes.y..plan.notes.bottom()).zip(notes) {
            let ellipsis = theme.symbols().ellipsis;
            paint::text(buffer, plan.notes.x, y, plan.notes.width, &note, theme.style(role), ellipsis);
        }
        if focused {
            draw_cursor(buffer, theme, plan.text, cursor);
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

    fn draw_number(&self, buffer: &mut Buffer, place: Rect, ink: &Ink<'_>, row: Row) {
        if place.is_empty() {
            return;
        }
        let theme = ink.theme;
        let gravity = ink.marks_of(row.line).map(|mark| mark.gravity).max();
        let role = match gravity {
            Some(gravity) => gravity.role(),
            None if row.line == self.cursor.line => Role::Accent,
            None => Role::TextMuted,
        };
        let style = theme.style(role);
        if row.begins {
            let said = (row.line + 1).to_string();
            paint::text_right(buffer, place.x + 1, place.y, place.width - 2, &said, style, "");
        }
        if let Some(gravity) = gravity.filter(|_| row.begins) {
            paint::text(buffer, place.x, place.y, 1, sign(gravity, theme), style, "");
        }
        if row.left > 0 && row.begins && !self.text.line(row.line).is_empty() {
            let muted = theme.style(Role::TextMuted);
            paint::text(buffer, place.right() - 1, place.y, 1, theme.symbols().more_left, muted, "");
        }
    }

    fn draw_line(&self, buffer: &mut Buffer, place: Rect, ink: &Ink<'_>, row: Row) {
        let (theme, left, number) = (ink.theme, row.left, row.line);
        let place = Rect { width: row.cells.min(place.width), ..place };
        let line = self.text.line(number);
        let looks: Looks =
            self.parts(number).into_iter().map(|(range, role)| (range, theme.style(role))).collect();
        let plain = (theme.style(Role::Input), theme.style(Role::Escape));
        let more = strip::draw(buffer, place, line, left, plain, &looks);
        let mut cover = |range, style| strip::cover(buffer, place, line, left, range, style);
        for mark in ink.marks_of(number) {
            let style = theme.style(mark.gravity.role()).add_modifier(Modifier::UNDERLINED);
            cover(self.marked(mark), style);
        }
        for bracket in ink.pair.into_iter().flat_map(|(one, other)| [one, other]) {
            if bracket.line == number {
                let style = Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
                cover(bracket.byte..bracket.byte + 1, style);
            }
        }
        for hit in self.hits(line) {
            cover(hit, theme.style(Role::Match));
        }
        if let Some(selected) = self.selected_in(number) {
            cover(selected, theme.style(Role::Selection));
        }
        if more && !self.folds {
            let muted = theme.style(Role::TextMuted);
            paint::text(buffer, place.right(), place.y, 1, theme.symbols().more_right, muted, "");
        }
    }

    /// The bytes of a line that are selected.
    fn selected_in(&self, number: usize) -> Option<Range<usize>> {
        let (from, to) = self.selection().filter(|(from, to)| (from.line..=to.line).contains(&number))?;
        let begin = if number == from.line { from.byte } else { 0 };
        let end = if number == to.line { to.byte } else { self.text.line(number).len() };
        Some(begin..end)
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
        let mut marks: Vec<&Mark> = marks.iter().filter(|mark| !mark.message.is_empty()).collect();
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

fn draw_cursor(buffer: &mut Buffer, theme: &Theme, text: Rect, (down, right): (usize, usize)) {
    let cells = |n: usize| u16::try_from(n).unwrap_or(0);
    if let Some(cell) = buffer.cell_mut((text.x + cells(right), text.y + cells(down))) {
        cell.set_style(theme.style(Role::Input).add_modifier(Modifier::REVERSED));
    }
}
