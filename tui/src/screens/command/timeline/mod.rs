//! When each node began and ended: how many were under way at each moment, and a bar per node.
//!
//! In: the runs of a command. Out: a chart in so many bins whatever the number of nodes, rows of a list, cells. The bins are counted
//! when runs change, never when it is drawn.
//! Never here: why a run stands as it does.

mod view;

use pilothouse_api::protocol::{CommandId, InstanceId, InvocationState, Millis};
use pilothouse_api::topics::InvocationView;

use super::nodes::{BEGUN, Runs};
use crate::mirror::CommandDetail;
use crate::screen::Cx;
use crate::screens::rows::List;

/// Bins of the chart.
pub const BINS: usize = 400;
/// The shortest span that is shown, in milliseconds.
const SHORTEST: i64 = 1_000;

/// The tab.
#[derive(Clone, Debug)]
pub struct Timeline {
    command: CommandId,
    /// The runs, in the order in which they were begun.
    pub list: List<InstanceId>,
    chart: Chart,
    counted: Option<(u64, i64)>,
}

/// How many runs were under way, and how many ended badly, in each bin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chart {
    /// When the command was asked for: from then on time is told.
    asked: Millis,
    /// Where it begins: with the first run.
    begin: Millis,
    /// How long it is, in milliseconds.
    span: i64,
    /// The most runs under way at once, in each bin.
    under_way: Vec<u32>,
    /// Runs that ended, in each bin.
    ended: Vec<u32>,
    /// Of these, those that did not end well.
    failed: Vec<u32>,
    /// Under way at the end.
    now: u32,
}

impl Timeline {
    pub(super) fn new(command: CommandId) -> Self {
        Self { command, list: List::new((BEGUN, false), ""), chart: Chart::default(), counted: None }
    }

    pub(super) fn told(&mut self, cx: &Cx<'_>) {
        let Some(rows) = Runs::of(&self.command, cx) else { return };
        self.list.refresh(&rows);
        let Some((asked, begin, span)) = extent(rows.detail, cx) else { return };
        // While it goes on the span grows with every look; it is worth counting again when that is to be seen.
        let grown = span / (self.chart.span / 64).max(1);
        let counted = Some((rows.detail.generation(), grown));
        if self.counted != counted {
            self.chart = Chart::of(rows.detail.runs(), begin, span);
            self.chart.asked = asked;
            let span = self.chart.span;
            self.counted = Some((rows.detail.generation(), span / (span / 64).max(1)));
        }
    }
}

/// When it was asked for; when its first run began, and how long from then on to its end, or till now.
fn extent(detail: &CommandDetail, cx: &Cx<'_>) -> Option<(Millis, Millis, i64)> {
    let command = detail.command.as_ref()?;
    let end = if command.state.is_terminal() {
        command.finished_at.max(detail.last_finish()).unwrap_or(command.requested_at)
    } else {
        cx.mirror.server_time(cx.now)
    };
    let begin = detail.first_start().unwrap_or(command.requested_at);
    Some((command.requested_at, begin, end.since(begin).max(SHORTEST)))
}

impl Chart {
    fn of(runs: &[InvocationView], begin: Millis, span: i64) -> Self {
        let mut chart = Self {
            asked: begin,
            begin,
            span,
            under_way: vec![0; BINS],
            ended: vec![0; BINS],
            failed: vec![0; BINS],
            now: 0,
        };
        let mut changes: Vec<(usize, i32)> = Vec::with_capacity(runs.len() * 2);
        for run in runs {
            let Some(started) = run.started_at else { continue };
            changes.push((chart.bin(started), 1));
            if let Some(at) = run.finished_at {
                let bin = chart.bin(at);
                changes.push((bin, -1));
                chart.ended[bin] += 1;
                chart.failed[bin] += u32::from(run.state != InvocationState::Success);
            }
        }
        let (mut begun, mut over) = (vec![0_u32; BINS], vec![0_u32; BINS]);
        for (bin, change) in changes {
            if change > 0 { begun[bin] += 1 } else { over[bin] += 1 }
        }
        for bin in 0..BINS {
            // What begins and ends within a bin was under way in it.
            let in_it = chart.now + begun[bin];
            chart.under_way[bin] = in_it;
            chart.now = in_it.saturating_sub(over[bin]);
        }
        chart
    }

    fn bin(&self, at: Millis) -> usize {
        let offset = at.since(self.begin).clamp(0, self.span);
        let bin = i128::from(offset) * BINS as i128 / i128::from(self.span.max(1));
        usize::try_from(bin).unwrap_or(0).min(BINS - 1)
    }

    /// The most under way at once.
    fn most(&self) -> u32 {
        self.under_way.iter().copied().max().unwrap_or(0)
    }

    /// The bins that a column of so many stands for.
    fn bins(column: u16, columns: u16) -> std::ops::Range<usize> {
        let (column, columns) = (usize::from(column), usize::from(columns.max(1)));
        let from = column * BINS / columns;
        from..((column + 1) * BINS / columns).max(from + 1).min(BINS)
    }

    /// The cells, from a column on, that a run takes of so many columns; nothing if it was not begun.
    fn cells(&self, run: &InvocationView, now: Millis, columns: u16) -> Option<(u16, u16)> {
        let cell = |at: Millis| {
            let offset = at.since(self.begin).clamp(0, self.span);
            let cell = i128::from(offset) * i128::from(columns) / i128::from(self.span.max(1));
            u16::try_from(cell).unwrap_or(columns).min(columns.saturating_sub(1))
        };
        let from = cell(run.started_at?);
        let to = cell(run.finished_at.unwrap_or(now));
        Some((from, to.max(from) - from + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::fixtures::{NOW, run};
    use InvocationState as S;

    fn over(n: usize, from: i64, to: i64, state: S) -> InvocationView {
        let at = |ms| Some(Millis(NOW.0 + ms));
        InvocationView { started_at: at(from), finished_at: at(to), ..run(1, n, state) }
    }

    #[test]
    fn what_is_under_way_is_counted_in_bins_whatever_the_number_of_nodes() {
        let runs: Vec<_> = (0..10_000).map(|n| over(n, 0, 40_000, S::Success)).collect();
        let chart = Chart::of(&runs, NOW, 40_000);
        assert_eq!((chart.under_way.len(), chart.most(), chart.now), (BINS, 10_000, 0));
        assert_eq!(chart.ended.iter().sum::<u32>(), 10_000);
        assert_eq!(chart.failed.iter().sum::<u32>(), 0);
    }

    #[test]
    fn what_begins_and_ends_at_once_is_seen_and_what_failed_is_told_apart() {
        let runs = [over(0, 10_000, 10_001, S::Failed), over(1, 20_000, 40_000, S::Success)];
        let chart = Chart::of(&runs, NOW, 40_000);
        assert_eq!((chart.under_way[100], chart.under_way[101], chart.under_way[200]), (1, 0, 1));
        assert_eq!((chart.failed[100], chart.ended[100], chart.ended[BINS - 1]), (1, 1, 1));
        assert_eq!(chart.cells(&runs[0], NOW, 80), Some((20, 1)));
        assert_eq!(chart.cells(&runs[1], NOW, 80), Some((40, 40)));
        assert_eq!(chart.cells(&run(1, 3, S::Pending), NOW, 80), None);
    }

    #[test]
    fn what_lies_outside_is_drawn_at_the_edge_and_a_clock_that_jumped_breaks_nothing() {
        let wild = over(0, -9_000_000, i64::MAX - NOW.0, S::Success);
        let chart = Chart::of(std::slice::from_ref(&wild), NOW, 40_000);
        assert_eq!(chart.cells(&wild, NOW, 80), Some((0, 80)));
        assert_eq!(chart.under_way[0], 1);
    }

    #[test]
    fn every_bin_belongs_to_a_column_whatever_the_width() {
        for columns in [1, 7, 60, 400, 900] {
            let last = Chart::bins(columns - 1, columns);
            assert_eq!((Chart::bins(0, columns).start, last.end), (0, BINS), "{columns}");
        }
    }
}
