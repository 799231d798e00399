//! Draws a request.

use pilothouse_api::approvals::{Approval as Asked, ApprovalState};
use pilothouse_kit::theme::Role;
use pilothouse_kit::{overlay, paint, safe};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::sheet::{SheetLine, folded, label_cells, targets, what};
use super::state::{Approval, Pane};
use crate::mirror::Freshness;
use crate::requests::{is_own, made, touches};
use crate::screen::Cx;
use crate::screens::rows::{Said, awaited, freshness, pieces};
use crate::{look, spans, times};

/// From this width on, the targets stand beside what runs.
const WIDE: u16 = 100;

impl Approval {
    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let area = if area.width > 40 { Rect { x: area.x + 1, width: area.width - 2, ..area } } else { area };
        let (Some(request), Some(contents)) = (self.standing(cx), self.contents(cx)) else {
            return self.draw_unknown(cx, frame, area);
        };
        let mut head = vec![first_line(request, contents, cx), asked_line(request, cx)];
        let why = format!("why an approval: {}", request.why);
        let wide = usize::from(area.width);
        head.extend(safe::wrap(&why, wide).into_iter().take(3).map(|line| vec![(Role::TextMuted, line)]));
        head.extend(self.outcome_lines(request, cx, wide));
        let mut rest = area;
        for said in &head {
            pieces(frame, row(rest, 0), cx.theme, said);
            rest = down(rest, 1);
        }
        let foot = 2.min(rest.height);
        let body = Rect { height: rest.height - foot, ..rest };
        self.draw_panes(contents, cx, frame, body);
        self.draw_foot(request, cx, frame, down(rest, body.height));
    }

    fn draw_unknown(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let said = match &self.trouble {
            Some(trouble) => trouble.clone(),
            None => awaited("the request", cx),
        };
        let lines = said.lines().flat_map(|line| safe::wrap(line, usize::from(area.width)));
        for (y, line) in (0..area.height).zip(lines) {
            pieces(frame, row(area, y), cx.theme, &[(Role::TextMuted, line)]);
        }
    }

    /// How it stands, once it was decided, and what went wrong here.
    fn outcome_lines(&self, request: &Asked, cx: &Cx<'_>, wide: usize) -> Vec<Vec<Said>> {
        let mut lines = Vec::new();
        if let (Some(by), Some(at)) = (&request.decided_by, request.decided_at) {
            let look = look::approval(request.state, cx.theme.symbols());
            let when = times::instant(cx.mirror.local_time(at), cx);
            let mut said = vec![(look.role, decided(request, by, &when))];
            if !request.decision_comment.is_empty() {
                said.push((Role::Text, format!("\u{201c}{}\u{201d}", request.decision_comment)));
            }
            lines.push(said);
        }
        if !request.outcome.is_empty() {
            let outcome = safe::wrap(&format!("outcome: {}", request.outcome), wide);
            let role = if made(request).is_some() { Role::Good } else { Role::Bad };
            let last = outcome.len().saturating_sub(1);
            for (at, line) in outcome.into_iter().enumerate() {
                let mut said = vec![(role, line)];
                if at == last && made(request).is_some() {
                    said.push((Role::KeyChord, "Enter".to_owned()));
                    said.push((Role::KeyDoc, "goes there".to_owned()));
                }
                lines.push(said);
            }
        }
        if let Some(trouble) = &self.trouble {
            lines.extend(safe::wrap(trouble, wide).into_iter().map(|line| vec![(Role::Bad, line)]));
        }
        lines
    }

    fn draw_panes(&self, contents: &Asked, cx: &Cx<'_>, frame: &mut Frame<'_>, body: Rect) {
        let (runs, places) = (what(contents), targets(contents));
        let title = touches(contents);
        if body.width >= WIDE {
            let left = Rect { width: body.width * 3 / 5, ..body };
            let right = Rect { x: left.right() + 1, width: body.width - left.width - 1, ..body };
            self.draw_pane(Pane::What, "What will run", &runs, cx, frame, left);
            self.draw_pane(Pane::Targets, &title, &places, cx, frame, right);
        } else if self.pane == Pane::What {
            let title = format!("What will run (Tab: {title})");
            self.draw_pane(Pane::What, &title, &runs, cx, frame, body);
        } else {
            let title = format!("{title} (Tab: what will run)");
            self.draw_pane(Pane::Targets, &title, &places, cx, frame, body);
        }
    }

    fn draw_pane(
        &self,
        pane: Pane,
        title: &str,
        lines: &[SheetLine],
        cx: &Cx<'_>,
        frame: &mut Frame<'_>,
        area: Rect,
    ) {
        let role = if self.pane == pane { Role::BorderFocus } else { Role::Border };
        let inner = overlay::border(frame.buffer_mut(), area, cx.theme, title, role);
        if inner.is_empty() {
            return;
        }
        let (width, height) = (usize::from(inner.width), usize::from(inner.height));
        let (lines, scroll, label) = match pane {
            Pane::What => (folded(lines, width), &self.what, label_cells()),
            Pane::Targets => {
                let widest = lines.iter().map(|line| safe::width(&line.label)).max().unwrap_or(0);
                (lines.to_vec(), &self.targets, widest.min(width / 2))
            }
        };
        scroll.size.set((lines.len(), height));
        let top = scroll.top.min(lines.len().saturating_sub(height));
        let seen = &lines[top..(top + height).min(lines.len())];
        draw_lines(pane, seen, u16::try_from(label).unwrap_or(u16::MAX), cx, frame, inner);
        let more = lines.len() - top - seen.len();
        if more > 0 {
            let said = format!(" {more} more {} ", cx.theme.symbols().sort_down);
            let (y, style) = (area.bottom() - 1, cx.theme.style(role));
            paint::text_right(frame.buffer_mut(), area.x, y, area.width - 1, &said, style, "");
        }
    }

    /// The comment, and what one can do.
    fn draw_foot(&self, request: &Asked, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        if area.height < 2 || request.state.is_over() {
            return;
        }
        if is_own(request, cx) {
            let said = [(Role::Warn, "you asked for it; somebody else must decide".to_owned())];
            pieces(frame, row(area, 0), cx.theme, &said);
            return;
        }
        if self.deciding.is_some() {
            let said = (Role::Info, format!("telling the server{}", cx.theme.symbols().ellipsis));
            pieces(frame, row(area, 0), cx.theme, &[said]);
        } else if !request.may_decide {
            let said = (Role::TextMuted, "it is not yours to decide".to_owned());
            pieces(frame, row(area, 0), cx.theme, &[said]);
        } else {
            let hint = "for who asked; c writes it";
            self.comment.view(frame, row(area, 0), cx.theme, "comment  ", hint, self.typing);
        }
    }
}

/// Labels in a column of that many cells, and what they are labels of. The name of an environment stands over its targets.
fn draw_lines(pane: Pane, lines: &[SheetLine], label: u16, cx: &Cx<'_>, frame: &mut Frame<'_>, inner: Rect) {
    let (theme, ellipsis) = (cx.theme, cx.theme.symbols().ellipsis);
    let label = label.min(inner.width);
    let named = theme.style(if pane == Pane::What { Role::TextMuted } else { Role::Text });
    for (y, line) in (inner.y..inner.bottom()).zip(lines) {
        let mut x = inner.x;
        if pane == Pane::What || !line.label.is_empty() {
            paint::text(frame.buffer_mut(), x, y, label, &line.label, named, ellipsis);
            x += label + 1;
        }
        let cells = inner.right().saturating_sub(x);
        paint::text(frame.buffer_mut(), x, y, cells, &line.text, theme.style(line.role), ellipsis);
    }
}

/// How it stands, what it is, how long it waits.
fn first_line(request: &Asked, contents: &Asked, cx: &Cx<'_>) -> Vec<Said> {
    let look = look::approval(request.state, cx.theme.symbols());
    let targets = touches(contents);
    let waits_here = request.may_decide && !request.state.is_over();
    let role = if waits_here { Role::Warn } else { look.role };
    let mut said =
        vec![(role, look.text()), (Role::TextStrong, format!("{} on {targets}", request.operation))];
    for environment in &request.environments {
        said.push((look::env(environment), environment.clone()));
    }
    if !request.state.is_over() {
        let left = request.expires_at.since(cx.mirror.server_time(cx.now));
        let role = if left < 300_000 { Role::Warn } else { Role::TextMuted };
        said.push((role, format!("expires in {}", spans::left(left))));
    }
    said.extend(
        freshness(&cx.mirror.approvals.freshness, cx)
            .filter(|_| cx.mirror.approvals.freshness != Freshness::Fresh),
    );
    said
}

/// Who decided, and for whom it then ran.
fn decided(request: &Asked, by: &str, when: &str) -> String {
    let asker = &request.requested_by;
    match request.state {
        ApprovalState::Executed => format!("approved by {by} {when}; it ran in the name of {asker}"),
        ApprovalState::Stopped => format!("approved by {by} {when}; it did not run"),
        ApprovalState::Withdrawn => format!("taken back by {by} {when}"),
        ApprovalState::Rejected => format!("rejected by {by} {when}"),
        _ => format!("approved by {by} {when}; it runs in the name of {asker}"),
    }
}

fn asked_line(request: &Asked, cx: &Cx<'_>) -> Vec<Said> {
    let when = times::instant(cx.mirror.local_time(request.requested_at), cx);
    let mut said = vec![(Role::Text, format!("{} asks, {when}", request.requested_by))];
    if !request.reason.is_empty() {
        said.push((Role::TextStrong, format!("\u{201c}{}\u{201d}", request.reason)));
    }
    said
}

/// The `n`th line of an area; empty if it has none.
fn row(area: Rect, n: u16) -> Rect {
    if n >= area.height {
        return Rect { height: 0, ..area };
    }
    Rect { y: area.y + n, height: 1, ..area }
}

fn down(area: Rect, by: u16) -> Rect {
    let by = by.min(area.height);
    Rect { y: area.y + by, height: area.height - by, ..area }
}
