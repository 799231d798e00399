//! Numbers as lengths: stacked bars, gauges, sparklines, scrollbars.
//!
//! In: numbers with their roles. Out: cells in one row or column. Never here: where the numbers come from.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::paint;
use crate::theme::{Role, Theme};

/// Shares `cells` among `parts` by their size, so that the lengths add up to `cells` and a part that is not zero is never
/// without a cell while there are enough: one failure among ten thousand is seen.
#[must_use]
pub fn share(parts: &[u64], cells: u16) -> Vec<u16> {
    let total: u128 = parts.iter().map(|&part| u128::from(part)).sum();
    if total == 0 {
        return vec![0; parts.len()];
    }
    let exact = |part: u64| u128::from(part) * u128::from(cells);
    let mut lengths: Vec<u16> =
        parts.iter().map(|&part| u16::try_from(exact(part) / total).unwrap_or(cells)).collect();
    for (length, &part) in lengths.iter_mut().zip(parts) {
        *length = (*length).max(u16::from(part > 0));
    }
    // Rounding and the guaranteed cells are settled where they are seen least: with the longest.
    let mut sum: i64 = lengths.iter().map(|&length| i64::from(length)).sum();
    while sum != i64::from(cells) {
        let Some(longest) = lengths.iter_mut().max() else { break };
        if sum < i64::from(cells) {
            let missing = u16::try_from(i64::from(cells) - sum).unwrap_or(0);
            *longest += missing;
            sum += i64::from(missing);
        } else {
            *longest -= 1;
            sum -= 1;
        }
    }
    lengths
}

/// A bar of parts one behind the other, each as long as its share of all.
pub fn stacked(buffer: &mut Buffer, area: Rect, theme: &Theme, parts: &[(Role, u64)]) {
    let sizes: Vec<u64> = parts.iter().map(|(_, size)| *size).collect();
    let lengths = share(&sizes, area.width);
    let segments: Vec<(Role, u16)> = parts.iter().map(|(role, _)| *role).zip(lengths).collect();
    self::segments(buffer, area, theme, &segments);
}

/// A bar of parts one behind the other, each so many cells long; what is left of the area is empty.
pub fn segments(buffer: &mut Buffer, area: Rect, theme: &Theme, segments: &[(Role, u16)]) {
    let symbols = theme.symbols();
    let mut x = area.x;
    for (role, cells) in segments {
        let cells = (*cells).min(area.right().saturating_sub(x));
        let style = theme.style(*role);
        let sign = match role {
            // Waiting is the part that is not there yet.
            Role::StateWaiting => symbols.bar_empty,
            // Without colours the parts are told apart by their signs.
            Role::StateOk if style.fg.is_none() => symbols.ok,
            Role::StateRunning if style.fg.is_none() => symbols.running,
            Role::StateFailed if style.fg.is_none() => symbols.failed,
            Role::StateTimedOut if style.fg.is_none() => symbols.timed_out,
            Role::StateCancelled if style.fg.is_none() => symbols.cancelled,
            _ => symbols.bar_full,
        };
        fill(buffer, Rect { x, width: cells, ..area }, sign, style);
        x += cells;
    }
    let rest = Rect { x, width: area.right().saturating_sub(x), ..area };
    fill(buffer, rest, symbols.bar_empty, theme.style(Role::TextMuted));
}

/// How much of a whole: `done` of `total`.
pub fn gauge(buffer: &mut Buffer, area: Rect, theme: &Theme, role: Role, done: u64, total: u64) {
    let done = done.min(total);
    let cells = u128::from(done) * u128::from(area.width) / u128::from(total.max(1));
    segments(buffer, area, theme, &[(role, u16::try_from(cells).unwrap_or(area.width))]);
}

/// The last values as heights, the newest at the right end.
pub fn sparkline(buffer: &mut Buffer, area: Rect, theme: &Theme, role: Role, values: &[u64]) {
    let shown = &values[values.len().saturating_sub(usize::from(area.width))..];
    let most = shown.iter().copied().max().unwrap_or(0).max(1);
    let width = u16::try_from(shown.len()).unwrap_or(area.width);
    for (x, value) in (area.right() - width..).zip(shown) {
        let height = u128::from(*value) * 7 / u128::from(most);
        let sign = theme.symbols().spark[usize::try_from(height).unwrap_or(7).min(7)];
        paint::text(buffer, x, area.y, 1, sign, theme.style(role), "");
    }
}

/// Where in `all` lines the `seen` from `top` on are; nothing where all are in sight.
pub fn scrollbar(buffer: &mut Buffer, area: Rect, theme: &Theme, top: usize, seen: usize, all: usize) {
    if all <= seen || area.is_empty() {
        return;
    }
    let track = usize::from(area.height);
    let thumb = (track * seen / all).clamp(1, track);
    let most = all - seen;
    // The ends are shown only when they are reached.
    let free = track - thumb;
    let at = match top.min(most) {
        0 => 0,
        top if top == most => free,
        top => (free * top / most).clamp(usize::from(free > 1), free.saturating_sub(1)),
    };
    let rows = Rect {
        y: area.y + u16::try_from(at).unwrap_or(0),
        height: u16::try_from(thumb).unwrap_or(1),
        width: 1,
        ..area
    };
    for y in rows.top()..rows.bottom() {
        paint::text(buffer, rows.x, y, 1, theme.symbols().vline, theme.style(Role::Scrollbar), "");
    }
}

fn fill(buffer: &mut Buffer, area: Rect, sign: &str, style: Style) {
    let area = area.intersection(buffer.area);
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            buffer[(x, y)].set_symbol(sign).set_style(style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_among_ten_thousand_is_seen() {
        assert_eq!(share(&[9_999, 1, 0], 40), [39, 1, 0]);
        assert_eq!(share(&[1, 1, 1], 10), [3, 3, 4]);
        assert_eq!(share(&[0, 0], 10), [0, 0]);
        assert_eq!(share(&[5, 5, 5], 2).iter().sum::<u16>(), 2, "more parts than cells");
        assert_eq!(share(&[u64::MAX, u64::MAX], 10), [5, 5]);
    }
}
