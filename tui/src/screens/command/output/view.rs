//! Draws the output pane: a line that says what it is, then the lines themselves, and a field while one is typed into.

use pilothouse_kit::theme::Role;
use pilothouse_kit::{paint, safe};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::{Asking, Pane, Source};
use crate::mirror::{Freshness, Output};
use crate::screen::Cx;
use crate::screens::rows::{Said, freshness, pieces};
use crate::words;

/// The lines begin where the names of the nodes do in the list.
const INSET: u16 = 2;

impl Pane {
    /// `title` says whose output it is, `more` of whom exactly where there is room; `silence` is said while there is none.
    pub(in super::super) fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        source: &Source<'_>,
        (title, more, silence): (&str, &str, &str),
        focused: bool,
    ) {
        if area.is_empty() {
            return;
        }
        let cx = source.cx;
        self.draw_title(frame, Rect { height: 1, ..area }, source, (title, more), focused);
        let inset = INSET.min(area.width / 8);
        let mut body =
            Rect { x: area.x + inset, y: area.y + 1, width: area.width - inset, height: area.height - 1 };
        if let Some(asking) = self.asking.as_ref().filter(|_| body.height > 0) {
            body.height -= 1;
            let line = Rect { y: body.bottom(), height: 1, ..body };
            match asking {
                Asking::Search(field) => {
                    field.view(frame, line, cx.theme, "/ ", "look for a text or a regular expression", true);
                }
                Asking::Save(field) => field.view(frame, line, cx.theme, "save to ", "a new file", true),
            }
        }
        if source.output.is_none_or(Output::is_empty) {
            let y = body.y + body.height / 3;
            let width = u16::try_from(safe::width(silence)).unwrap_or(u16::MAX).min(body.width);
            let x = body.x + (body.width - width) / 2;
            let (style, ellipsis) = (cx.theme.style(Role::TextMuted), cx.theme.symbols().ellipsis);
            if y < body.bottom() {
                paint::text(frame.buffer_mut(), x, y, width, silence, style, ellipsis);
            }
            return;
        }
        self.pager.view(frame, body, cx.theme, source);
    }

    fn draw_title(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        source: &Source<'_>,
        (title, more): (&str, &str),
        focused: bool,
    ) {
        let (cx, theme, symbols) = (source.cx, source.cx.theme, source.cx.theme.symbols());
        let border = theme.style(if focused { Role::BorderFocus } else { Role::Border });
        let rule = symbols.hline.repeat(usize::from(area.width));
        paint::text(frame.buffer_mut(), area.x, area.y, area.width, &rule, border, "");

        let cells = |text: &str| u16::try_from(safe::width(text)).unwrap_or(u16::MAX);
        let said = self.facts(source, cx);
        let facts =
            said.iter().fold(1_u16, |sum, (_, text)| sum.saturating_add(cells(text)).saturating_add(1));
        let room = area.width.saturating_sub(4);
        let long = format!(" {title} {} {more} ", symbols.bullet);
        let fits = !more.is_empty() && cells(&long).saturating_add(facts) <= room;
        let title = if fits { long } else { format!(" {title} ") };
        let named = cells(&title).min(room);
        let style = theme.style(if focused { Role::Accent } else { Role::Title });
        paint::text(frame.buffer_mut(), area.x + 2, area.y, named, &title, style, symbols.ellipsis);
        if facts.saturating_add(named) <= room && facts > 1 {
            let x = area.right() - facts - 2;
            paint::text(frame.buffer_mut(), x, area.y, facts, &" ".repeat(usize::from(facts)), border, "");
            pieces(frame, Rect { x: x + 1, width: facts - 1, ..area }, theme, &said);
        }
    }

    /// How much there is, how it is shown, and whether it can be trusted.
    fn facts(&self, source: &Source<'_>, cx: &Cx<'_>) -> Vec<Said> {
        let Some(output) = source.output else { return Vec::new() };
        let mut said: Vec<Said> = Vec::new();
        if let Some(search) = self.pager.search() {
            said.push((Role::Chip, format!(" / {} ", search.pattern())));
        }
        said.extend(freshness(&output.freshness, cx).filter(|_| output.freshness != Freshness::Loading));
        let bullet = cx.theme.symbols().bullet;
        said.push((Role::TextMuted, format!("{} {bullet}", words::count(output.len() as u64, "line"))));
        if self.pager.wraps() {
            said.push((Role::TextMuted, format!("wrapped {bullet}")));
        }
        said.push(match (output.is_complete(), self.pager.follows()) {
            (true, _) => (Role::TextMuted, "complete".to_owned()),
            (false, true) => (Role::Good, "following".to_owned()),
            (false, false) => (Role::Warn, "not following".to_owned()),
        });
        said
    }
}
