//! Draws the chart, the axis, and a bar per node for those in sight.

use pilothouse_api::protocol::InvocationState;
use pilothouse_api::topics::InvocationView;
use pilothouse_kit::part::{down, inset, right_of, row};
use pilothouse_kit::theme::Role;
use pilothouse_kit::{chart, paint};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::super::nodes::empty;
use super::{Chart, Timeline};
use crate::look;
use crate::mirror::{CommandDetail, Freshness};
use crate::screen::Cx;
use crate::screens::rows::status;
use crate::{times, words};

/// Cells for names, and for what stands before the chart.
const NAMES: u16 = 20;
/// Cells for how long it took.
const TOOK: u16 = 9;
/// Lines of the chart where there is room.
const HIGH: u16 = 5;
/// Lower than this, the chart is a line.
const LOW: u16 = 14;
/// Cells between two marks of the axis.
const MARK: u16 = 14;

impl Timeline {
    pub(in super::super) fn draw(
        &self,
        cx: &Cx<'_>,
        frame: &mut Frame<'_>,
        area: Rect,
        detail: &CommandDetail,
    ) {
        let area = inset(area);
        let names = NAMES.min(area.width / 4);
        let lanes =
            Rect { width: right_of(area, names).width.saturating_sub(TOOK + 1), ..right_of(area, names) };
        let high = if area.height < LOW { 1 } else { HIGH };
        self.draw_chart(cx, frame, Rect { height: high.min(area.height), ..area }, lanes);
        self.draw_ends(cx, frame, row(area, high), lanes);
        self.draw_axis(cx, frame, row(area, high + 1), lanes);
        let list = down(area, high + 2);
        let sort = if self.list.sort.0 == super::BEGUN { "begun" } else { "sorted" };
        status(frame, row(list, 0), cx, &self.list, detail.len(), "node", sort);
        self.draw_rows(cx, frame, down(list, 1), names, lanes, detail);
    }

    /// How many were under way at each moment.
    fn draw_chart(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, lanes: Rect) {
        let (theme, most) = (cx.theme, self.chart.most());
        let muted = theme.style(Role::TextMuted);
        let ellipsis = theme.symbols().ellipsis;
        let label = format!("most {}", words::grouped(most.into()));
        paint::text(frame.buffer_mut(), area.x, area.y, lanes.x - area.x, &label, muted, ellipsis);
        if area.height > 1 {
            let label = format!("now {}", words::grouped(self.chart.now.into()));
            let last = area.bottom() - 1;
            paint::text(frame.buffer_mut(), area.x, last, lanes.x - area.x, &label, muted, ellipsis);
        }
        let style = theme.style(Role::StateRunning);
        for column in 0..lanes.width {
            let bins = &self.chart.under_way[..];
            let Some(bins) = bins.get(Chart::bins(column, lanes.width)) else { continue };
            let value = bins.iter().copied().max().unwrap_or(0);
            let eighths = u64::from(value) * u64::from(area.height) * 8 / u64::from(most.max(1));
            // One among ten thousand is seen.
            let eighths = eighths.max(u64::from(value > 0));
            for line in 0..area.height {
                let below = u64::from(area.height - 1 - line) * 8;
                let height = eighths.saturating_sub(below).min(8);
                let Some(sign) = height.checked_sub(1).and_then(|at| theme.symbols().spark.get(at as usize))
                else {
                    continue;
                };
                paint::text(frame.buffer_mut(), lanes.x + column, area.y + line, 1, sign, style, "");
            }
        }
    }

    /// When they ended; what did not end well stands out.
    fn draw_ends(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, line: Rect, lanes: Rect) {
        if line.is_empty() {
            return;
        }
        let (theme, symbols) = (cx.theme, cx.theme.symbols());
        let muted = theme.style(Role::TextMuted);
        paint::text(frame.buffer_mut(), line.x, line.y, lanes.x - line.x, "ended", muted, symbols.ellipsis);
        for column in 0..lanes.width {
            let bins = Chart::bins(column, lanes.width);
            let sum = |of: &[u32]| of.get(bins.clone()).map_or(0, |bins| bins.iter().sum::<u32>());
            let (sign, role) = match (sum(&self.chart.failed), sum(&self.chart.ended)) {
                (0, 0) => continue,
                (0, _) => (symbols.bullet, Role::StateOk),
                _ => (symbols.failed, Role::StateFailed),
            };
            paint::text(frame.buffer_mut(), lanes.x + column, line.y, 1, sign, theme.style(role), "");
        }
    }

    fn draw_axis(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, line: Rect, lanes: Rect) {
        if line.is_empty() {
            return;
        }
        let style = cx.theme.style(Role::Border);
        let rule = cx.theme.symbols().hline.repeat(usize::from(lanes.width));
        paint::text(frame.buffer_mut(), lanes.x, line.y, lanes.width, &rule, style, "");
        for column in (0..lanes.width.saturating_sub(8)).step_by(usize::from(MARK)) {
            let ms = self.chart.span * i64::from(column) / i64::from(lanes.width.max(1));
            let since = self.chart.begin.since(self.chart.asked).max(0) + ms;
            let mark = format!("{}+{}", cx.theme.symbols().vline, times::span(since));
            let muted = cx.theme.style(Role::TextMuted);
            paint::text(frame.buffer_mut(), lanes.x + column, line.y, MARK - 1, &mark, muted, "");
        }
    }

    fn draw_rows(
        &self,
        cx: &Cx<'_>,
        frame: &mut Frame<'_>,
        area: Rect,
        names: u16,
        lanes: Rect,
        detail: &CommandDetail,
    ) {
        let shown = self.list.shown();
        if shown.is_empty() {
            for (n, line) in (0..area.height).zip(empty(detail).lines()) {
                let muted = cx.theme.style(Role::TextMuted);
                let place = row(area, n);
                paint::text(frame.buffer_mut(), place.x, place.y, place.width, line, muted, "");
            }
            return;
        }
        let top = self.list.window(usize::from(area.height));
        for (y, at) in (area.y..area.bottom()).zip(top..shown.len()) {
            let Some(run) = shown.get(at).and_then(|at| detail.runs().get(*at as usize)) else { continue };
            let line = Rect { y, height: 1, ..area };
            let selected = self.list.row() == Some(at);
            self.draw_row(cx, frame, line, (names, lanes), (run, detail, selected));
        }
        let bar = Rect { x: area.right() - 1, width: 1, ..area };
        chart::scrollbar(frame.buffer_mut(), bar, cx.theme, top, usize::from(area.height), shown.len());
    }

    fn draw_name(
        &self,
        cx: &Cx<'_>,
        frame: &mut Frame<'_>,
        line: Rect,
        (run, detail, selected): (&InvocationView, &CommandDetail, bool),
    ) {
        let (theme, symbols) = (cx.theme, cx.theme.symbols());
        let role = if detail.freshness == Freshness::Fresh { Role::Text } else { Role::TextMuted };
        let style = if selected { theme.selected(role) } else { theme.style(role) };
        let buffer = frame.buffer_mut();
        if selected {
            paint::clear(buffer, line, style);
        }
        let sign = match () {
            () if self.list.hand.marks.contains(&run.instance_id) => symbols.mark,
            () if selected => symbols.cursor,
            () => " ",
        };
        paint::text(buffer, line.x, line.y, 1, sign, theme.style(Role::Accent), "");
        let name = detail.name(run);
        paint::text(buffer, line.x + 1, line.y, line.width.saturating_sub(2), name, style, symbols.ellipsis);
    }

    fn draw_row(
        &self,
        cx: &Cx<'_>,
        frame: &mut Frame<'_>,
        line: Rect,
        (names, lanes): (u16, Rect),
        (run, detail, selected): (&InvocationView, &CommandDetail, bool),
    ) {
        let (theme, symbols) = (cx.theme, cx.theme.symbols());
        let look = look::invocation(run.state, symbols);
        self.draw_name(cx, frame, Rect { width: names, ..line }, (run, detail, selected));
        let buffer = frame.buffer_mut();
        let now = cx.mirror.server_time(cx.now);
        let ink = theme.style(look.role);
        let Some((from, cells)) = self.chart.cells(run, now, lanes.width) else {
            paint::text(buffer, lanes.x, line.y, lanes.width, &look.text(), ink, symbols.ellipsis);
            return;
        };
        let bar = match run.state {
            InvocationState::Success => symbols.bar_full,
            state if state.is_terminal() => look.symbol,
            _ => symbols.bar_empty,
        };
        let bar = bar.repeat(usize::from(cells));
        paint::text(buffer, lanes.x + from, line.y, cells, &bar, ink, "");
        let took = run.started_at.map(|at| times::span(run.finished_at.unwrap_or(now).since(at)));
        let muted = theme.style(Role::TextMuted);
        let end = Rect { x: lanes.right() + 1, width: TOOK - 1, ..line };
        paint::text_right(buffer, end.x, end.y, end.width, &took.unwrap_or_default(), muted, "");
    }
}
