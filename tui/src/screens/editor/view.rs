//! Draws the text with what is wrong with it, and how it stands to what the server has; over it what is asked before saving.

use pilothouse_kit::part::{down, inset};
use pilothouse_kit::theme::Role;
use pilothouse_kit::{overlay, paint, safe};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::state::Editor;
use crate::screen::Cx;
use crate::screens::rows::{Said, awaited, pieces, untold};
use crate::words;

/// From this width on, findings stand beside the text too, as a list.
const WIDE: u16 = 130;
/// Cells of that list.
const SIDE: u16 = 50;

impl Editor {
    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        if area.height < 3 {
            return self.code.view(frame, area, cx.theme, self.typing);
        }
        let head = inset(Rect { height: 1, ..area });
        let body = down(area, 1);
        if self.is_begun() {
            pieces(frame, head, cx.theme, &self.standing(cx));
            match &self.compared {
                Some(diff) => diff.view(frame, inset(body), cx.theme),
                None => self.draw_text(cx, frame, body),
            }
        } else {
            self.draw_nothing(cx, frame, body);
        }
        if let Some(sheet) = &self.sheet {
            sheet.draw(cx, frame, area, self.saving.is_some());
        }
    }

    fn draw_text(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let mut body = area;
        if let Some(line) = self.looking.as_ref().filter(|_| body.height > 3) {
            line.view(
                frame,
                inset(Rect { height: 1, ..body }),
                cx.theme,
                "/ ",
                "what to look for in the text",
                true,
            );
            body = down(body, 1);
        }
        let marks = self.check.marks();
        if body.width >= WIDE && !(marks.is_empty() && self.check.answer.parameters.is_empty()) {
            let side = Rect { x: body.right() - SIDE, width: SIDE, ..body };
            body.width -= SIDE;
            self.draw_side(cx, frame, side);
        }
        let role = if self.typing { Role::BorderFocus } else { Role::Border };
        let title =
            if self.typing { "Ctrl-s saves, Ctrl-g next finding, Esc leaves the text" } else { "e writes" };
        let inner = overlay::border(frame.buffer_mut(), body, cx.theme, title, role);
        let focused = self.sheet.is_none() && self.looking.is_none();
        self.code.view_marked(frame, inner, cx.theme, focused, &marks);
    }

    /// What is wrong, or what it would take.
    fn draw_side(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let findings = self.check.findings();
        let title = if findings.is_empty() { "It takes" } else { "Findings" };
        let inner = overlay::border(frame.buffer_mut(), area, cx.theme, title, Role::Border);
        let (mut lines, cells): (Vec<Said>, usize) = (Vec::new(), usize::from(inner.width));
        let here = self.code.cursor().0 + 1;
        for finding in findings {
            let role = if finding.line == here { Role::Bad } else { Role::Text };
            let said = format!("{}:{} {}", finding.line, finding.column, finding.message);
            lines.extend(safe::wrap(&said, cells).into_iter().map(|line| (role, line)));
        }
        for parameter in &self.check.answer.parameters {
            let default = match &parameter.default_value {
                Some(default) => format!(" = {default}"),
                None => ", required".to_owned(),
            };
            let said = format!("{} ({}){default}", parameter.name, parameter.r#type);
            lines.extend(safe::wrap(&said, cells).into_iter().map(|line| (Role::TextStrong, line)));
            let about = parameter.description.as_deref().unwrap_or_default();
            lines.extend(safe::wrap(about, cells).into_iter().map(|line| (Role::TextMuted, line)));
        }
        for (y, (role, line)) in (inner.y..inner.bottom()).zip(&lines) {
            let style = cx.theme.style(*role);
            paint::text(
                frame.buffer_mut(),
                inner.x,
                y,
                inner.width,
                line,
                style,
                cx.theme.symbols().ellipsis,
            );
        }
    }

    /// That the text comes, why it does not, or that one is to be chosen.
    fn draw_nothing(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let said = match (self.origin.text.is_new(), self.origin.text.trouble()) {
            (true, _) if self.is_new() => "A new document.\n\nt chooses what it begins with.".to_owned(),
            (_, Some(why)) if cx.mirror.link.is_live() => untold("this text", why),
            _ => awaited("the text", cx),
        };
        let style = cx.theme.style(Role::TextMuted);
        for (y, line) in (area.y + area.height / 3..area.bottom()).zip(said.lines()) {
            let indent = area.width.saturating_sub(u16::try_from(safe::width(line)).unwrap_or(u16::MAX)) / 2;
            paint::text(frame.buffer_mut(), area.x + indent, y, area.width - indent, line, style, "");
        }
    }

    /// What it is, and how it stands to what the server has.
    fn standing(&self, cx: &Cx<'_>) -> Vec<Said> {
        let symbols = cx.theme.symbols();
        let mut said: Vec<Said> = Vec::new();
        if let Some(diff) = &self.compared {
            let newest = self.origin.theirs.value().map_or("", |it| &it.document_version);
            let (gone, new) = diff.counts();
            said.push((Role::TextStrong, format!("version {newest} {} what is written here", symbols.arrow)));
            said.push((Role::Bad, format!("-{gone}")));
            said.push((Role::Good, format!("+{new}")));
            said.push((Role::TextMuted, format!("{} n next change, f folds, Esc closes it", symbols.bullet)));
            return said;
        }
        said.push((Role::TextStrong, format!("{} {}", self.kind, self.format().name())));
        said.push(self.saved_said(symbols.ellipsis));
        said.push(self.checked_said(cx));
        if let Some(newer) = self.origin.newer() {
            said.push((
                Role::Warn,
                format!("{} version {newer} was saved meanwhile, c compares", symbols.bullet),
            ));
        }
        if !cx.mirror.link.is_live() {
            said.push((Role::Warn, format!("{} no link: it stays here", symbols.bullet)));
        }
        let (bytes, limit) = (self.code.bytes(), self.code.limit());
        if bytes > limit / 2 {
            said.push((
                Role::TextMuted,
                format!("{} {} of {} KiB", symbols.bullet, bytes.div_ceil(1024), limit / 1024),
            ));
        }
        said
    }

    fn saved_said(&self, ellipsis: &str) -> Said {
        if self.saving.is_some() {
            (Role::Info, format!("saving{ellipsis}"))
        } else if self.is_new() {
            (Role::Warn, "not saved yet".to_owned())
        } else if self.is_unsaved() {
            (Role::Warn, "changed".to_owned())
        } else {
            match self.origin.replaces.as_deref() {
                Some(version) => (Role::TextMuted, format!("saved, newest {version}")),
                None => (Role::TextMuted, "saved".to_owned()),
            }
        }
    }

    fn checked_said(&self, cx: &Cx<'_>) -> Said {
        let symbols = cx.theme.symbols();
        let plain = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let findings = self.check.findings().len();
        if let Some(trouble) = &self.check.trouble {
            (Role::Warn, format!("not looked at: {trouble}"))
        } else if !self.check.is_of(self.code.revision()) {
            (Role::Info, format!("looking at it{}", symbols.ellipsis))
        } else if findings > 0 {
            (Role::Bad, format!("{} {}", symbols.failed, words::count(plain(findings), "error")))
        } else {
            (Role::Good, format!("{} valid", symbols.ok))
        }
    }
}
