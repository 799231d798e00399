//! Draws a sheet in a box over the room.

use pilothouse_kit::part::{self, right_of};
use pilothouse_kit::theme::Role;
use pilothouse_kit::{input, overlay, paint, safe};
use ratatui::Frame;
use ratatui::layout::{Rect, Size};

use super::{Sheet, Value, Word};
use crate::screen::Cx;

/// Cells of a label.
const LABEL: u16 = 16;
/// Cells of the box, where there is room.
const WIDTH: u16 = 88;

impl<W: Word> Sheet<W> {
    /// Draws it; with `busy` its button waits for the server.
    pub fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, busy: bool) {
        let width = WIDTH.min(area.width);
        let wrapped = |text: &str| safe::wrap(text, usize::from(width.saturating_sub(6)));
        let mut above: Vec<String> = self.notes.iter().flat_map(|note| wrapped(note)).collect();
        if !above.is_empty() {
            above.push(String::new());
        }
        let below = self.trouble.as_deref().map_or_else(Vec::new, wrapped);
        let rows = above.len() + self.fields.len() + below.len();
        let height = u16::try_from(rows + 6).unwrap_or(u16::MAX);
        let inner = overlay::popup(frame, area, cx.theme, &self.title, Size { width, height });
        let row = |n: usize| part::row(inner, u16::try_from(n).unwrap_or(u16::MAX));
        let say = |frame: &mut Frame<'_>, area: Rect, role: Role, text: &str| {
            let place = right_of(area, 2);
            let style = cx.theme.style(role);
            let ellipsis = cx.theme.symbols().ellipsis;
            paint::text(frame.buffer_mut(), place.x, place.y, place.width, text, style, ellipsis);
        };
        for (n, line) in above.iter().enumerate().filter(|(n, _)| !row(*n).is_empty()) {
            say(frame, row(n), Role::TextMuted, line);
        }
        let mut at = above.len();
        for n in 0..self.fields.len() {
            self.draw_field(cx, frame, row(at + n), n);
        }
        at += self.fields.len() + 1;
        let (role, hint) = self.hint();
        if !row(at).is_empty() {
            say(frame, row(at), role, &hint);
        }
        for (n, line) in below.iter().enumerate().filter(|(n, _)| !row(at + 1 + n).is_empty()) {
            say(frame, row(at + 1 + n), Role::Bad, line);
        }
        self.draw_button(cx, frame, row(at + 2 + below.len()), busy);
    }

    /// What the field that has the keys is for, or what is wrong with it.
    fn hint(&self) -> (Role, String) {
        let Some((word, value)) = self.fields.get(self.at) else {
            return (Role::TextMuted, "Enter does it, Esc leaves it".to_owned());
        };
        let typed = matches!(value, Value::Line(line) if !line.is_empty());
        match self.wrong(self.at).filter(|_| self.tried || typed) {
            Some(wrong) => (Role::InputError, wrong),
            None => (Role::TextMuted, word.hint().to_owned()),
        }
    }

    fn draw_field(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, n: usize) {
        let Some((word, value)) = self.fields.get(n).filter(|_| !area.is_empty()) else { return };
        let (theme, here) = (cx.theme, self.at == n);
        let body = input::label(frame, area, theme, word.label(), LABEL, here);
        match value {
            Value::Line(line) => line.view(frame, body, theme, "", word.placeholder(), here),
            Value::One { options, at } => {
                let role = if here { Role::Accent } else { Role::Overlay };
                let more =
                    if here { format!("(arrows: {} of {})", at + 1, options.len()) } else { String::new() };
                let said =
                    [(role, options.get(*at).map_or("", String::as_str)), (Role::TextMuted, more.as_str())];
                let mut x = body.x;
                for (role, text) in said {
                    let room = body.right().saturating_sub(x);
                    let style = theme.style(role);
                    x += 1 + paint::text(
                        frame.buffer_mut(),
                        x,
                        body.y,
                        room,
                        text,
                        style,
                        theme.symbols().ellipsis,
                    );
                }
            }
        }
    }

    fn draw_button(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, busy: bool) {
        if area.is_empty() {
            return;
        }
        let (place, theme) = (right_of(area, 2), cx.theme);
        if busy {
            let said = format!("{}{}", self.button, theme.symbols().ellipsis);
            paint::text(
                frame.buffer_mut(),
                place.x,
                place.y,
                place.width,
                &said,
                theme.style(Role::Info),
                "",
            );
        } else if self.at >= self.fields.len() {
            let used = overlay::buttons(frame.buffer_mut(), place, theme, &[self.button], 0);
            let keys = [("Enter", "does it"), ("Esc", "leaves it")];
            overlay::key_bar(frame.buffer_mut(), right_of(place, used), theme, &keys);
        } else {
            let (said, style) = (format!("[ {} ]", self.button), theme.style(Role::TextMuted));
            let used = paint::text(frame.buffer_mut(), place.x, place.y, place.width, &said, style, "");
            let way = if self.fields.len() == 1 { "does it" } else { "goes on" };
            let keys = [("Enter", way), ("Esc", "leaves it")];
            overlay::key_bar(frame.buffer_mut(), right_of(place, used + 2), theme, &keys);
        }
    }
}
