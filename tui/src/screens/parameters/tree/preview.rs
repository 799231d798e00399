//! Draws what is known of what the cursor is on.

use pilothouse_kit::overlay;
use pilothouse_kit::part::{down, row};
use pilothouse_kit::theme::Role;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::super::facts;
use super::super::happened;
use super::super::naming;
use super::state::{Key, Parameters};
use crate::screen::Cx;
use crate::screens::rows::{Said, pieces};
use crate::times;

impl Parameters {
    pub(super) fn draw_preview(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let title = self.on().map_or("", |key| match key {
            Key::Folder(path) => path,
            Key::Parameter(name) => naming::leaf(name),
        });
        let inner = overlay::border(frame.buffer_mut(), area, cx.theme, title, Role::Border);
        match self.on() {
            Some(Key::Parameter(name)) => self.draw_parameter(cx, frame, inner, name),
            Some(Key::Folder(path)) => self.draw_folder(cx, frame, inner, path),
            None => {}
        }
    }

    fn draw_parameter(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, name: &str) {
        let mut lines: Vec<facts::Fact> = vec![("Name", vec![(Role::Text, name.to_owned())])];
        if self.at.is_none() {
            lines.push(("Value", facts::value(&self.preview, cx)));
        }
        match self.row() {
            Some(it) => lines.extend(facts::of_row(it, cx)),
            None => lines
                .push(("", vec![(Role::Warn, "it was there; its version of then is not kept".to_owned())])),
        }
        lines.extend(facts::of_dossier(&self.preview));
        lines.extend(self.row().map(facts::about).unwrap_or_default());
        let used = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        facts::draw(cx, frame, area, &lines);
        let rest = down(area, used.saturating_add(1));
        if self.at.is_some() || rest.height < 2 {
            return;
        }
        pieces(frame, row(rest, 0), cx.theme, &[(Role::Title, "Versions".to_owned())]);
        for (n, line) in (1..rest.height).zip(facts::versions(&self.preview, cx)) {
            pieces(frame, row(rest, n), cx.theme, &line);
        }
    }

    fn draw_folder(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, path: &str) {
        let is_here = |name: &str| self.at.is_none() && naming::is_below(name, path);
        let events = cx.mirror.parameters.recent().filter(|event| is_here(&event.name));
        let mut lines: Vec<Vec<Said>> = events
            .map(|event| {
                vec![
                    (Role::TextMuted, format!("{:<9}", times::instant(event.at, cx))),
                    (Role::Text, event.name.clone()),
                    (happened::role(event.operation), happened::words(event)),
                ]
            })
            .take(usize::from(area.height))
            .collect();
        if lines.is_empty() && self.at.is_some() {
            lines.push(vec![(
                Role::TextMuted,
                "Enter opens it as it was; C compares it with now.".to_owned(),
            )]);
        } else if lines.is_empty() {
            lines.push(vec![(Role::TextMuted, "Nothing happened below it since you look.".to_owned())]);
            lines.push(Vec::new());
            for said in [
                "Enter opens it    a  new parameter here",
                "c  copy it        m  move it",
                "w  to a file      i  from a file",
            ] {
                lines.push(vec![(Role::TextMuted, said.to_owned())]);
            }
        }
        for (n, line) in (0..area.height).zip(lines) {
            pieces(frame, row(area, n), cx.theme, &line);
        }
    }
}
