//! Draws the room: the tabs, the head, the tab that is shown.

use pilothouse_kit::part::{down, inset, row};
use pilothouse_kit::theme::Role;
use pilothouse_kit::{paint, safe};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::head::{FULL, SHORT};
use super::state::Command;
use crate::mirror::{CommandDetail, Freshness};
use crate::route::CommandTab;
use crate::screen::Cx;
use crate::screens::rows::{Said, freshness, pieces, untold};
use crate::words;

/// Lower than this, the head is a line.
const LOW: u16 = 12;
/// Lower than this, the head is short in every tab.
const MIDDLE: u16 = 18;

impl CommandTab {
    const fn title(self) -> &'static str {
        match self {
            Self::Summary => "Summary",
            Self::Nodes => "Nodes",
            Self::Output => "Output",
            Self::Diff => "Diff",
            Self::Timeline => "Timeline",
        }
    }
}

impl Command {
    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        if area.is_empty() {
            return;
        }
        let Some(detail) = self.detail(cx) else {
            pieces(frame, inset(area), cx.theme, &[(Role::Info, "loading".to_owned())]);
            return;
        };
        if let (Freshness::Failed { why }, None) = (&detail.freshness, &detail.command) {
            let said = untold("this command", why);
            for (n, line) in (0..area.height).zip(said.lines()) {
                pieces(frame, inset(row(area, n)), cx.theme, &[(Role::Text, line.to_owned())]);
            }
            return;
        }
        self.draw_tabs(cx, frame, inset(row(area, 0)), detail);
        let head = self.head_lines(area.height);
        let place = inset(Rect { height: head.min(area.height.saturating_sub(1)), ..down(area, 1) });
        self.draw_head(cx, frame, place, detail);
        let mut body = down(area, 1 + head);
        if let Some(limits) = &self.limits {
            let hint = "two numbers or percentages: 50 10%";
            limits.line.view(frame, inset(row(body, 0)), cx.theme, "at a time, errors allowed: ", hint, true);
            let wrong = limits.wrong.clone().unwrap_or_default();
            pieces(frame, inset(row(body, 1)), cx.theme, &[(Role::InputError, wrong)]);
            body = down(body, 2);
        }
        match self.tab() {
            CommandTab::Summary => self.summary.draw(cx, frame, body),
            CommandTab::Nodes => self.draw_nodes(cx, frame, body, detail),
            CommandTab::Output => self.output.draw(cx, frame, body),
            CommandTab::Diff => self.diff.draw(cx, frame, body),
            CommandTab::Timeline => self.timeline.draw(cx, frame, body, detail),
        }
    }

    fn head_lines(&self, height: u16) -> u16 {
        match self.tab() {
            _ if self.zoom => 0,
            _ if height < LOW => 1,
            CommandTab::Summary if height >= MIDDLE => FULL,
            _ => SHORT,
        }
    }

    fn draw_tabs(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, detail: &CommandDetail) {
        let mut said: Vec<Said> = Vec::new();
        for (number, tab) in (1..).zip(CommandTab::ALL) {
            let role = if tab == self.tab() { Role::Chip } else { Role::TextMuted };
            let title = if area.width < 60 && tab != self.tab() { "" } else { tab.title() };
            said.push((role, format!(" {number} {title} ").replace("  ", " ")));
        }
        // What lives on that was killed is said wherever one looks.
        if detail.alarms() > 0 {
            let nodes = words::count(detail.alarms().into(), "node");
            said.push((Role::Bad, format!("{} survivors on {nodes}", cx.theme.symbols().failed)));
        }
        if self.gathering.is_some() {
            said.push((Role::Info, format!("its nodes are asked for{}", cx.theme.symbols().ellipsis)));
        }
        let mut left = area;
        if let Some((role, text)) = freshness(&detail.freshness, cx) {
            let (style, ellipsis) = (cx.theme.style(role), cx.theme.symbols().ellipsis);
            paint::text_right(frame.buffer_mut(), area.x, area.y, area.width, &text, style, ellipsis);
            let taken = u16::try_from(safe::width(&text) + 2).unwrap_or(u16::MAX);
            left.width = area.width.saturating_sub(taken);
        }
        pieces(frame, left, cx.theme, &said);
    }
}
