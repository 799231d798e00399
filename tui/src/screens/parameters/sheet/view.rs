//! Draws the sheet: name and type, the value, and below it what else there is.

use pilothouse_kit::part::{inset, right_of, row};
use pilothouse_kit::theme::Role;
use pilothouse_kit::{input, overlay, safe};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::field::{Field, Held, What, language_name};
use super::{Kind, Sheet};
use crate::screen::Cx;
use crate::screens::parameters::value::mask;
use crate::screens::rows::{Said, pieces};
use crate::{spans, words};

/// Cells of a label.
const LABEL: u16 = 18;
/// The fewest lines of the value.
const FEWEST: u16 = 5;

impl Sheet {
    pub(in super::super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let area = inset(area);
        pieces(frame, row(area, 0), cx.theme, &self.standing(cx));
        let shown: Vec<(usize, &Field)> =
            self.fields.iter().enumerate().filter(|(_, field)| self.matters(field)).collect();
        let head: Vec<_> =
            shown.iter().filter(|(_, it)| matches!(it.what, What::Name | What::Type)).collect();
        let rest: Vec<_> = shown
            .iter()
            .filter(|(_, it)| !matches!(it.what, What::Name | What::Type | What::Value))
            .collect();
        let lines = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let (above, below) = (lines(head.len()), lines(rest.len()));
        for (n, (at, field)) in head.into_iter().enumerate() {
            self.draw_field(cx, frame, row(area, 1 + lines(n)), *at, field);
        }
        let room = area.height.saturating_sub(above + 3);
        let below = below.min(room.saturating_sub(FEWEST));
        let text = Rect { y: area.y + 1 + above, height: room - below, ..area };
        self.draw_text(cx, frame, text.intersection(area));
        // Where there is no room for all, those about the one that has the keys are seen.
        let here = rest.iter().position(|(at, _)| *at == self.at).unwrap_or(0);
        let from = (here + 1).saturating_sub(usize::from(below));
        for (y, (at, field)) in (text.bottom()..text.bottom() + below).zip(rest.into_iter().skip(from)) {
            self.draw_field(cx, frame, Rect { y, height: 1, ..area }, *at, field);
        }
        let last = area.height.saturating_sub(1);
        let (role, said) = self.hint(cx);
        let said = safe::cut(&said, usize::from(area.width), cx.theme.symbols().ellipsis).into_owned();
        pieces(frame, row(area, last), cx.theme, &[(role, said)]);
    }

    /// What it is, and how it stands.
    fn standing(&self, cx: &Cx<'_>) -> Vec<Said> {
        let symbols = cx.theme.symbols();
        let title = match self.kind {
            Kind::New => "New parameter".to_owned(),
            Kind::Edit(Some(version)) => format!("New version after {version}"),
            Kind::Edit(None) => "New version".to_owned(),
        };
        let mut said: Vec<Said> = vec![(Role::TextStrong, title)];
        if self.asked.is_some() {
            said.push((Role::Info, format!("putting it{}", symbols.ellipsis)));
        } else if self.fetching.is_some() {
            said.push((Role::Info, format!("reading the old value{}", symbols.ellipsis)));
        } else if self.is_changed() {
            said.push((Role::Warn, "not put yet".to_owned()));
        }
        let size = words::count(u64::try_from(self.code.bytes()).unwrap_or(u64::MAX), "byte");
        said.push((
            Role::TextMuted,
            format!("{} {size}, {}", symbols.bullet, language_name(self.code.language())),
        ));
        match self.malformed() {
            Some(_) => said.push((Role::Bad, format!("{} malformed", symbols.failed))),
            None if language_name(self.code.language()) != "plain text" && !self.code.is_blank() => {
                said.push((Role::Good, format!("{} well formed", symbols.ok)));
            }
            None => {}
        }
        if let Some(left) = self.left(cx.now) {
            said.push((Role::Warn, format!("{} seen for {}", symbols.bullet, spans::left(left))));
        }
        said
    }

    /// What is wrong, or what the field that has the keys is for.
    fn hint(&self, cx: &Cx<'_>) -> Said {
        if let Some(warned) = &self.warned {
            return (Role::Warn, warned.clone());
        }
        let Some(field) = self.here() else { return (Role::Text, String::new()) };
        match &self.refused {
            Some((what, why)) if what.is_none_or(|what| what == field.what) => {
                return (Role::Bad, format!("not put: {why}"));
            }
            _ => {}
        }
        let begun = match &field.held {
            Held::Line(line) => !line.is_empty() && !line.text().ends_with('/'),
            _ => false,
        };
        match self.wrong(field, cx.now).filter(|_| self.tried || begun) {
            Some(wrong) => (Role::InputError, wrong),
            None if field.what == What::Value && self.is_secret() => {
                let old = if self.kind == Kind::New { "" } else { ", Ctrl-o brings the old value in" };
                (Role::TextMuted, format!("Ctrl-s puts it, Ctrl-r shows it for 30 s{old}"))
            }
            None => (Role::TextMuted, field.what.hint().to_owned()),
        }
    }

    fn draw_field(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, at: usize, field: &Field) {
        if area.is_empty() {
            return;
        }
        let (theme, here) = (cx.theme, self.at == at);
        let body = input::label(frame, area, theme, field.what.label(), LABEL, here);
        match &field.held {
            Held::Line(line) => line.view(frame, body, theme, "", field.what.placeholder(), here),
            Held::One(options, at) => {
                let option = options.get(*at).copied().unwrap_or_default().to_owned();
                let arrows =
                    if here { format!("(arrows: {} of {})", at + 1, options.len()) } else { String::new() };
                let role = if here { Role::Accent } else { Role::Text };
                pieces(frame, body, theme, &[(role, option), (Role::TextMuted, arrows)]);
            }
            Held::Fixed(text) => {
                pieces(frame, body, theme, &[(Role::Text, text.clone())]);
            }
            Held::Text => {}
        }
        if self.tried && self.wrong(field, cx.now).is_some() {
            pieces(
                frame,
                Rect { width: 1, ..right_of(area, LABEL - 2) },
                theme,
                &[(Role::Bad, theme.symbols().failed.to_owned())],
            );
        }
    }

    fn draw_text(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        if area.height < 2 {
            return;
        }
        let here = self.is_in_text();
        let role = if here { Role::BorderFocus } else { Role::Border };
        let inner = overlay::border(frame.buffer_mut(), area, cx.theme, "Value", role);
        if self.is_seen() {
            return self.code.view_marked(frame, inner, cx.theme, here, &self.marks());
        }
        let said = if self.code.bytes() == 0 {
            (Role::TextMuted, "nothing is typed yet; what is typed is not shown".to_owned())
        } else {
            let lines = words::count(u64::try_from(self.code.lines().len()).unwrap_or(u64::MAX), "line");
            (Role::Text, format!("{}  {lines}, not shown", mask(cx)))
        };
        pieces(frame, row(inner, 0), cx.theme, &[said]);
        if self.malformed().is_some() {
            let said = "it is malformed: Ctrl-r shows where".to_owned();
            pieces(frame, row(inner, 1), cx.theme, &[(Role::Bad, said)]);
        }
    }
}
