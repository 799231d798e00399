//! Draws a form in a box over the room.

use pilothouse_kit::part::{self, right_of};
use pilothouse_kit::theme::Role;
use pilothouse_kit::{input, overlay, safe};
use ratatui::Frame;
use ratatui::layout::{Rect, Size};

use super::{Field, Form, Value};
use crate::screen::Cx;
use crate::screens::rows::{Said, pieces};

/// Cells of a label.
const LABEL: u16 = 14;
/// Cells of the box, where there is room.
const WIDTH: u16 = 88;

impl Form {
    pub(in super::super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, busy: bool) {
        let width = WIDTH.min(area.width);
        let trouble = self.trouble.as_deref().unwrap_or_default();
        let trouble = safe::wrap(trouble, usize::from(width.saturating_sub(6)));
        let told = if self.trouble.is_some() { trouble.len() } else { 0 };
        let shown: Vec<(usize, &Field)> =
            self.fields.iter().enumerate().filter(|(_, field)| self.matters(field)).collect();
        let height = u16::try_from(shown.len() + told + 6).unwrap_or(u16::MAX);
        let inner = overlay::popup(frame, area, cx.theme, &self.kind.title(), Size { width, height });
        let row = |n: usize| part::row(inner, u16::try_from(n).unwrap_or(u16::MAX));
        for (n, (at, field)) in shown.iter().enumerate() {
            self.draw_field(cx, frame, row(n), *at, field);
        }
        let hint = row(shown.len() + 1);
        pieces(frame, right_of(hint, 2), cx.theme, &[self.hint()]);
        for (n, line) in trouble.into_iter().take(told).enumerate() {
            pieces(frame, right_of(row(shown.len() + 2 + n), 2), cx.theme, &[(Role::Bad, line)]);
        }
        self.draw_button(cx, frame, row(shown.len() + 3 + told), busy);
    }

    /// What the field that has the keys is for, or what is wrong with it.
    fn hint(&self) -> Said {
        let Some(field) = self.fields.get(self.at) else {
            return (Role::TextMuted, "Enter does it, Esc leaves it".to_owned());
        };
        let typed = matches!(&field.value, Value::Line(line) if !line.is_empty());
        match self.wrong(field).filter(|_| self.tried || typed) {
            Some(wrong) => (Role::InputError, wrong),
            None => (Role::TextMuted, field.name.hint().to_owned()),
        }
    }

    fn draw_field(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, at: usize, field: &Field) {
        if area.is_empty() {
            return;
        }
        let (theme, here) = (cx.theme, self.at == at);
        let body = input::label(frame, area, theme, field.name.label(), LABEL, here);
        match &field.value {
            Value::Line(line) => line.view(frame, body, theme, "", field.name.placeholder(), here),
            Value::One { options, at } => {
                let option = options.get(*at).map_or("", String::as_str);
                let said = [
                    (if here { Role::Accent } else { Role::Overlay }, option.to_owned()),
                    (Role::TextMuted, if here { arrows(*at, options.len()) } else { String::new() }),
                ];
                pieces(frame, body, theme, &said);
            }
            Value::Several { options, marked, at } => {
                pieces(frame, body, theme, &several(options, marked, here.then_some(*at)));
            }
        }
    }

    fn draw_button(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, busy: bool) {
        if area.is_empty() {
            return;
        }
        let place = right_of(area, 2);
        let label = self.kind.button();
        if busy {
            let said = format!("{label}{}", cx.theme.symbols().ellipsis);
            pieces(frame, place, cx.theme, &[(Role::Info, said)]);
        } else if self.at >= self.fields.len() {
            let used = overlay::buttons(frame.buffer_mut(), place, cx.theme, &[label], 0);
            let keys = [("Enter", "does it"), ("Esc", "leaves it")];
            overlay::key_bar(frame.buffer_mut(), right_of(place, used), cx.theme, &keys);
        } else {
            let used = pieces(frame, place, cx.theme, &[(Role::TextMuted, format!("[ {label} ]"))]);
            let keys = [("Enter", "goes on"), ("Esc", "leaves it")];
            overlay::key_bar(frame.buffer_mut(), right_of(place, used + 2), cx.theme, &keys);
        }
    }
}

/// Which ways there is more to choose.
fn arrows(at: usize, all: usize) -> String {
    format!("(arrows: {} of {all})", at + 1)
}

fn several(options: &[String], marked: &[bool], cursor: Option<usize>) -> Vec<Said> {
    if options.is_empty() {
        return vec![(Role::TextMuted, "there are none yet".to_owned())];
    }
    // The one under the cursor is in sight: what stands before it goes when there are many.
    let from = cursor.map_or(0, |at| at.saturating_sub(3));
    let all = options.iter().zip(marked).enumerate().skip(from);
    all.map(|(at, (option, marked))| {
        let role = match (cursor == Some(at), *marked) {
            (true, _) => Role::Accent,
            (false, true) => Role::Overlay,
            (false, false) => Role::TextMuted,
        };
        (role, format!("[{}] {option}", if *marked { "x" } else { " " }))
    })
    .collect()
}
