//! Draws a policy's text, and what is found in it.

use pilothouse_kit::theme::Role;
use pilothouse_kit::{overlay, paint, safe};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::Paper;
use super::check::is_error;
use crate::screen::Cx;
use crate::screens::rows::{Said, pieces};
use crate::words;

/// From this width on, findings stand beside the text.
const WIDE: u16 = 110;

impl Paper {
    pub(in super::super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        if area.height < 3 {
            return self.code.view(frame, area, cx.theme, self.typing);
        }
        pieces(frame, Rect { height: 1, ..area }, cx.theme, &self.standing(cx));
        let body = Rect { y: area.y + 1, height: area.height - 1, ..area };
        let wide = body.width >= WIDE;
        let lines = self.lines(if wide { body.width * 2 / 5 - 6 } else { body.width - 4 });
        let (text, found) = split(body, lines.len());
        let role = if self.typing { Role::BorderFocus } else { Role::Border };
        let title = if self.typing { "Tab next finding, Ctrl-s saves, Esc leaves the text" } else { "" };
        let inner = overlay::border(frame.buffer_mut(), text, cx.theme, title, role);
        self.code.view_marked(frame, inner, cx.theme, true, &self.marks());
        if let Some(found) = found {
            let inner = overlay::border(frame.buffer_mut(), found, cx.theme, "Findings", Role::Border);
            let ellipsis = cx.theme.symbols().ellipsis;
            for (y, (role, line)) in (inner.y..inner.bottom()).zip(&lines) {
                paint::text(
                    frame.buffer_mut(),
                    inner.x,
                    y,
                    inner.width,
                    line,
                    cx.theme.style(*role),
                    ellipsis,
                );
            }
        }
    }

    /// What it is, and how it stands to what the server has.
    fn standing(&self, cx: &Cx<'_>) -> Vec<Said> {
        let symbols = cx.theme.symbols();
        let errors = self.check.findings.iter().filter(|finding| is_error(finding)).count();
        let count = |n: usize, what: &str| words::count(u64::try_from(n).unwrap_or(u64::MAX), what);
        let mut said: Vec<Said> = vec![(Role::TextStrong, self.name.clone())];
        if self.ready_made {
            said.push((Role::Chip, " ready-made, read only ".to_owned()));
            said.push((Role::TextMuted, "c copies it under a new name".to_owned()));
            return said;
        }
        said.push(if self.saving.is_some() {
            (Role::Info, format!("saving{}", symbols.ellipsis))
        } else if self.is_new() {
            (Role::Warn, "not saved yet".to_owned())
        } else if self.is_unsaved() {
            (Role::Warn, "changed".to_owned())
        } else {
            (Role::TextMuted, "saved".to_owned())
        });
        said.push(if let Some(trouble) = &self.check.trouble {
            (Role::Warn, format!("not looked at: {trouble}"))
        } else if !self.is_checked() {
            (Role::Info, format!("looking at it{}", symbols.ellipsis))
        } else if errors > 0 {
            (Role::Bad, format!("{} {}", symbols.failed, count(errors, "error")))
        } else if self.check.findings.is_empty() {
            (Role::Good, format!("{} valid", symbols.ok))
        } else {
            (Role::Warn, format!("{} valid, {}", symbols.ok, count(self.check.findings.len(), "warning")))
        });
        if let Some(who) = self.elsewhere() {
            said.push((Role::Warn, format!("{} {who} saved another text meanwhile", symbols.bullet)));
        }
        if !self.typing {
            said.push((Role::TextMuted, format!("{} e changes it", symbols.bullet)));
        }
        said
    }

    /// Why it was refused, then each finding with its place and how to mend it.
    fn lines(&self, cells: u16) -> Vec<Said> {
        let cells = usize::from(cells.max(20));
        let mut lines: Vec<Said> = Vec::new();
        let mut say = |role: Role, text: &str, indent: &str| {
            for line in text.lines().flat_map(|line| safe::wrap(line, cells)) {
                lines.push((role, format!("{indent}{line}")));
            }
        };
        if let Some(refused) = &self.refused {
            say(Role::Bad, &format!("not saved: {refused}"), "");
        }
        for finding in &self.check.findings {
            let role = if is_error(finding) { Role::Bad } else { Role::Warn };
            say(role, &format!("{}:{} {}", finding.line, finding.column, finding.message), "");
            if let Some(help) = &finding.help {
                say(Role::TextMuted, help, "  ");
            }
        }
        lines
    }
}

/// Where the text stands and where so many lines about it, if there are any: beside it, or below.
fn split(body: Rect, lines: usize) -> (Rect, Option<Rect>) {
    if lines == 0 {
        return (body, None);
    }
    if body.width >= WIDE {
        let text = Rect { width: body.width * 3 / 5, ..body };
        return (text, Some(Rect { x: text.right() + 1, width: body.width - text.width - 1, ..body }));
    }
    let height = u16::try_from(lines + 2).unwrap_or(u16::MAX).min(body.height / 2);
    let text = Rect { height: body.height - height, ..body };
    (text, Some(Rect { y: text.bottom(), height, ..body }))
}
