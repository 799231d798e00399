//! Draws a record: what it is in two lines, then all of it.

use pilothouse_kit::theme::Role;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::super::table::{is_refused, resources};
use super::{Asking, Content, Record, Source};
use crate::screen::Cx;
use crate::screens::rows::{Said, pieces};
use crate::times;

impl Record {
    pub(in super::super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let mut body = area;
        if let Some(asking) = self.asking.as_ref().filter(|_| body.height > 1) {
            body.height -= 1;
            let line = Rect { y: body.bottom(), height: 1, ..body };
            let (label, placeholder, field) = match asking {
                Asking::Search(field) => ("/ ", "look for a text or a regular expression", field),
                Asking::Save(field) => ("save to ", "a new file", field),
            };
            field.view(frame, line, cx.theme, label, placeholder, true);
        }
        if body.height > 6 {
            self.draw_head(cx, frame, Rect { height: 3, ..body });
            body = Rect { y: body.y + 3, height: body.height - 3, ..body };
        }
        self.pager.view(frame, body, cx.theme, &Source(self.lines()));
    }

    /// What is said while it is not there.
    fn awaited(&self, cx: &Cx<'_>) -> Said {
        match &self.content {
            Content::Failed(why) => (Role::Bad, why.clone()),
            _ => (Role::Info, format!("reading record {}{}", self.seq, cx.theme.symbols().ellipsis)),
        }
    }

    fn draw_head(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let bullet = cx.theme.symbols().bullet;
        let line = |n: u16| Rect { y: area.y + n, height: 1, ..area };
        let Content::Read { view, hash, .. } = &self.content else {
            pieces(frame, line(0), cx.theme, &[self.awaited(cx)]);
            return;
        };
        let (sign, role) = if is_refused(view) {
            (cx.theme.symbols().failed, Role::StateFailed)
        } else {
            (cx.theme.symbols().ok, Role::StateOk)
        };
        let mut first: Vec<Said> = vec![
            (role, format!("{sign} {}", view.outcome)),
            (Role::TextStrong, view.operation.clone()),
            (Role::TextMuted, "by".to_owned()),
            (Role::TextStrong, view.who.clone()),
            (Role::TextMuted, format!("from {}", view.source)),
        ];
        let resources = resources(view, &cx.mirror.nodes);
        if !resources.is_empty() {
            first.push((Role::TextMuted, "on".to_owned()));
            first.push((Role::Text, resources));
        }
        pieces(frame, line(0), cx.theme, &first);
        let exact = times::exact(view.at, cx);
        let chained = hash.get(..16).unwrap_or(hash);
        let second = if view.note.is_empty() {
            vec![(Role::TextMuted, format!("{exact} {bullet} record {} {bullet} hash {chained}", self.seq))]
        } else {
            vec![(Role::TextMuted, format!("{exact} {bullet}")), (Role::Text, view.note.clone())]
        };
        pieces(frame, line(1), cx.theme, &second);
    }
}
