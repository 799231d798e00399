//! Draws who is compared with whom, and the lines in sight.

use pilothouse_api::folding::{DiffKind, DiffLine, DiffOutputResult, DiffSide};
use pilothouse_api::protocol::Stream;
use pilothouse_kit::diff::differing;
use pilothouse_kit::part::{down, inset, right_of, row};
use pilothouse_kit::strip::{self, Looks};
use pilothouse_kit::theme::Role;
use pilothouse_kit::{chart, paint};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::DiffTab;
use super::rows::Row;
use crate::screen::Cx;
use crate::screens::rows::{Said, awaited, pieces, wrapped};
use crate::words;

/// From this width on, they stand side by side.
const WIDE: u16 = 120;

impl DiffTab {
    pub(in super::super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let Some(answer) = self.answer.value() else {
            let said = match (&self.right, self.answer.trouble()) {
                (None, _) => {
                    "Nothing is compared yet: c on a group or a node compares it with what most say.\n\
                              While all nodes say the same, there is nothing to compare."
                        .to_owned()
                }
                (Some(_), Some(why)) => wrapped(why),
                (Some(_), None) => awaited("the comparison", cx),
            };
            for (n, line) in (1..area.height).zip(said.lines()) {
                pieces(frame, inset(row(area, n)), cx.theme, &[(Role::TextMuted, line.to_owned())]);
            }
            return;
        };
        self.is_beside.set(self.beside.unwrap_or(area.width >= WIDE));
        self.draw_title(answer, cx, frame, inset(area));
        let body = inset(down(area, 2));
        self.height.set(usize::from(body.height));
        let shown = self.shown();
        let top = self.top.get().min(self.last_top());
        self.top.set(top);
        let lines = Rect { width: body.width.saturating_sub(1), ..body };
        for (y, at) in (body.y..body.bottom()).zip(top..shown.len()) {
            let place = Rect { y, height: 1, ..lines };
            self.draw_one(frame.buffer_mut(), place, cx, answer, shown[at]);
        }
        let bar = Rect { x: body.right().saturating_sub(1), width: 1, ..body };
        chart::scrollbar(frame.buffer_mut(), bar, cx.theme, top, usize::from(body.height), shown.len());
        if shown.is_empty() {
            let same = vec![(Role::Good, format!("They say the same: {}.", lines_of(answer.equal)))];
            pieces(frame, row(body, 1), cx.theme, &same);
        }
    }

    /// Who is compared with whom, and how much differs.
    fn draw_title(&self, answer: &DiffOutputResult, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let bullet = cx.theme.symbols().bullet;
        let left = vec![(Role::Bad, "-".to_owned()), (Role::Title, side(&answer.left))];
        let right = vec![(Role::Good, "+".to_owned()), (Role::Title, side(&answer.right))];
        let half = area.width / 2;
        pieces(frame, Rect { width: half.saturating_sub(1), ..row(area, 0) }, cx.theme, &left);
        pieces(frame, right_of(row(area, 0), half), cx.theme, &right);
        let count = |kind| answer.lines.iter().filter(|line| line.kind == kind).count();
        let (gone, came) = (count(DiffKind::Removed), count(DiffKind::Added));
        let mut said: Vec<Said> = vec![
            (Role::TextMuted, format!("{} equal", lines_of(answer.equal))),
            (Role::Bad, format!("{bullet} -{gone}")),
            (Role::Good, format!("+{came}")),
        ];
        if answer.truncated {
            said.push((Role::Warn, format!("{bullet} there is more than is told here")));
        }
        let without = self.ignored();
        if !without.is_empty() {
            said.push((Role::Chip, format!(" without {without} ")));
        }
        if !answer.left.is_over || !answer.right.is_over {
            said.push((Role::Info, format!("{bullet} so far: it is compared again while they run")));
        }
        if let Some(why) = self.answer.trouble() {
            said.push((Role::Bad, format!("{bullet} {why}")));
        }
        pieces(frame, row(area, 1), cx.theme, &said);
    }

    fn draw_one(&self, buffer: &mut Buffer, place: Rect, cx: &Cx<'_>, answer: &DiffOutputResult, drawn: Row) {
        let (theme, lines) = (cx.theme, &answer.lines);
        let beside = self.is_beside.get();
        let half = place.width.saturating_sub(1) / 2;
        let (one, other) = (Rect { width: half, ..place }, right_of(place, half + 1));
        let (left, right) = if beside { (one, other) } else { (place, place) };
        match drawn {
            Row::Stream(_) | Row::Gap(_) => return draw_rule(buffer, place, cx, drawn),
            Row::Same(at) => {
                self.draw_line(buffer, left, cx, &lines[at], None, lines[at].left);
                if beside {
                    self.draw_line(buffer, right, cx, &lines[at], None, lines[at].right);
                }
            }
            Row::Removed(at, other) => {
                self.draw_line(buffer, left, cx, &lines[at], other.map(|at| &lines[at]), lines[at].left);
            }
            Row::Added(at, other) => {
                self.draw_line(buffer, right, cx, &lines[at], other.map(|at| &lines[at]), lines[at].right);
            }
            Row::Pair(gone, came) => {
                self.draw_line(buffer, left, cx, &lines[gone], Some(&lines[came]), lines[gone].left);
                self.draw_line(buffer, right, cx, &lines[came], Some(&lines[gone]), lines[came].right);
            }
        }
        if beside {
            let border = theme.style(Role::Border);
            paint::text(buffer, one.right(), one.y, 1, theme.symbols().vline, border, "");
        }
    }

    /// Number, sign and text of a line, with the words that are not in the other one.
    fn draw_line(
        &self,
        buffer: &mut Buffer,
        place: Rect,
        cx: &Cx<'_>,
        line: &DiffLine,
        other: Option<&DiffLine>,
        number: Option<u32>,
    ) {
        const DIGITS: u16 = 6;
        let theme = cx.theme;
        let (sign, role) = match line.kind {
            DiffKind::Same => (" ", Role::Text),
            DiffKind::Removed => ("-", Role::Bad),
            DiffKind::Added => ("+", Role::Good),
        };
        let plain = theme.style(role);
        let digits = if place.width > DIGITS * 3 { DIGITS } else { 0 };
        if digits > 0 {
            let number = number.map_or_else(String::new, |number| number.to_string());
            paint::text_right(buffer, place.x, place.y, digits, &number, theme.style(Role::TextMuted), "");
        }
        paint::text(buffer, place.x + digits + 1, place.y, 1, sign, plain, "");
        let text = right_of(place, digits + 3);
        let text = Rect { width: text.width.saturating_sub(1), ..text };
        let looks = looks(line, other, plain);
        // Only what differs is bold.
        let rest = if looks.is_empty() { plain } else { plain.remove_modifier(Modifier::BOLD) };
        let ink = (rest, theme.style(Role::Escape));
        if strip::draw(buffer, text, &line.text, self.left_cells, ink, &looks) {
            let muted = theme.style(Role::TextMuted);
            paint::text(buffer, text.right(), place.y, 1, theme.symbols().more_right, muted, "");
        }
    }
}

/// A line that tells which stream begins, or how many equal lines are left out.
fn draw_rule(buffer: &mut Buffer, place: Rect, cx: &Cx<'_>, drawn: Row) {
    let hline = cx.theme.symbols().hline;
    let (said, role) = match drawn {
        Row::Stream(Stream::Stderr) => ("standard error".to_owned(), Role::Title),
        Row::Gap(gap) => (format!("{} equal", lines_of(gap)), Role::TextMuted),
        _ => ("standard output".to_owned(), Role::Title),
    };
    let said = format!("{hline}{hline} {said} {hline}{hline}");
    paint::text(buffer, place.x, place.y, place.width, &said, cx.theme.style(role), "");
}

/// The words of a line that are not in the one in whose place it stands.
fn looks(line: &DiffLine, other: Option<&DiffLine>, plain: Style) -> Looks {
    let ranges = match (line.kind, other) {
        (DiffKind::Removed, Some(other)) => differing(&line.text, &other.text).map(|it| it.0),
        (DiffKind::Added, Some(other)) => differing(&other.text, &line.text).map(|it| it.1),
        _ => None,
    };
    let look = plain.add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
    ranges.unwrap_or_default().into_iter().map(|range| (range, look)).collect()
}

/// `web-02 and 1 more`: whose it is, and how many say the same.
fn side(side: &DiffSide) -> String {
    if side.is_over { side.title.clone() } else { format!("{} (so far)", side.title) }
}

fn lines_of(n: u32) -> String {
    words::count(n.into(), "line")
}
