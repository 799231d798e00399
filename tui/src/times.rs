//! Instants, spans and sizes as people read them; every room writes them alike.
//!
//! In: milliseconds and bytes as the server tells them. Out: short texts; a relative one is at most 12 cells wide.
//! Never here: a clock. What is "now" stands in [`Cx`].

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pilothouse_api::protocol::Millis;

use crate::screen::{Cx, Times};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How long ago it was, in the largest unit that says enough: `12 s ago`, `3 m ago`, `in 40 s`; `now` within a second.
#[must_use]
pub fn ago(at: Millis, cx: &Cx<'_>) -> String {
    let past = cx.now.since(at);
    let distance = match past.saturating_abs() {
        ms if ms < SECOND => return "now".to_owned(),
        ms if ms < MINUTE => format!("{} s", ms / SECOND),
        ms if ms < HOUR => format!("{} m", ms / MINUTE),
        ms if ms < 2 * DAY => format!("{} h", ms / HOUR),
        ms => format!("{} d", ms / DAY),
    };
    if past < 0 { format!("in {distance}") } else { format!("{distance} ago") }
}

/// The instant as the user wants instants: a distance, or the clock of this machine or of UTC. A day that is not today's is
/// told by its date.
#[must_use]
pub fn instant(at: Millis, cx: &Cx<'_>) -> String {
    let (zone, mark) = match cx.times {
        Times::Relative => return ago(at, cx),
        Times::Local => (TimeZone::system(), ""),
        Times::Utc => (TimeZone::UTC, "Z"),
    };
    let (Some(then), Some(now)) = (zoned(at, &zone), zoned(cx.now, &zone)) else { return "never".to_owned() };
    let form = if then.date() == now.date() {
        "%H:%M:%S"
    } else if then.date().year() == now.date().year() {
        "%m-%d %H:%M"
    } else {
        "%Y-%m-%d"
    };
    format!("{}{mark}", then.strftime(form))
}

/// The whole instant with its zone, for where there is room: `2026-11-23 12:00:00 UTC`.
#[must_use]
pub fn exact(at: Millis, cx: &Cx<'_>) -> String {
    let zone = if cx.times == Times::Utc { TimeZone::UTC } else { TimeZone::system() };
    zoned(at, &zone).map_or_else(|| "never".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%S %Z").to_string())
}

/// The time of day to the millisecond, 12 cells wide: `12:00:00.000`.
#[must_use]
pub fn clock(at: Millis, cx: &Cx<'_>) -> String {
    let zone = if cx.times == Times::Utc { TimeZone::UTC } else { TimeZone::system() };
    zoned(at, &zone).map_or_else(String::new, |at| at.strftime("%H:%M:%S%.3f").to_string())
}

/// A span of milliseconds in its two largest units: `850 ms`, `1.2 s`, `3 m 04 s`, `2 h 05 m`, `3 d 04 h`.
#[must_use]
pub fn span(ms: i64) -> String {
    match ms.max(0) {
        ms if ms < SECOND => format!("{ms} ms"),
        ms if ms < MINUTE => format!("{}.{} s", ms / SECOND, ms % SECOND / 100),
        ms if ms < HOUR => format!("{} m {:02} s", ms / MINUTE, ms % MINUTE / SECOND),
        ms if ms < DAY => format!("{} h {:02} m", ms / HOUR, ms % HOUR / MINUTE),
        ms => format!("{} d {:02} h", ms / DAY, ms % DAY / HOUR),
    }
}

/// About that span of milliseconds, in one unit: `40 s`, `25 m`, `3 h`, `2 d`.
#[must_use]
pub fn rough(ms: i64) -> String {
    match ms.max(0) {
        ms if ms < MINUTE => format!("{} s", ms / SECOND),
        ms if ms < HOUR => format!("{} m", ms / MINUTE),
        ms if ms < 2 * DAY => format!("{} h", ms / HOUR),
        ms => format!("{} d", ms / DAY),
    }
}

/// A size in binary units with at most one decimal: `512 B`, `1.5 KiB`, `8 GiB`.
#[must_use]
pub fn bytes(size: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let step = (1..=6_u32).rev().find(|step| size >= 1 << (10 * step));
    let Some(step) = step else { return format!("{size} B") };
    let tenths = (u128::from(size) * 10) >> (10 * step);
    let unit = UNITS[step as usize - 1];
    if tenths % 10 == 0 || tenths >= 1000 {
        format!("{} {unit}", tenths / 10)
    } else {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    }
}

fn zoned(at: Millis, zone: &TimeZone) -> Option<jiff::ZonedDateTime> {
    Some(Timestamp::from_millisecond(at.0).ok()?.to_zoned_datetime(zone.clone()))
}

#[cfg(test)]
mod tests {
    use pilothouse_kit::theme::{Depth, Theme};
    use ratatui::layout::Size;

    use super::*;
    use crate::mirror::Mirror;
    use crate::screens::fixtures::NOW;

    fn said(times: Times, of: impl Fn(&Cx<'_>) -> String) -> String {
        let (mirror, theme) = (Mirror::default(), Theme::builtin("dark", Depth::True).unwrap());
        of(&Cx { mirror: &mirror, theme: &theme, now: NOW, size: Size::new(80, 24), times, typed_from: 10 })
    }

    #[test]
    fn a_distance_is_told_in_the_largest_unit_that_says_enough() {
        for (ms, text) in [
            (0, "now"),
            (999, "now"),
            (12_500, "12 s ago"),
            (3 * MINUTE + 4_000, "3 m ago"),
            (26 * HOUR, "26 h ago"),
            (9 * DAY, "9 d ago"),
            (-40_000, "in 40 s"),
        ] {
            assert_eq!(said(Times::Relative, |cx| instant(Millis(NOW.0 - ms), cx)), text);
        }
        assert_eq!(said(Times::Relative, |cx| ago(Millis(i64::MIN), cx)), "106751991167 d ago");
    }

    #[test]
    fn a_clock_tells_the_date_only_when_it_is_not_todays() {
        for (ms, text) in [(MINUTE, "11:59:00Z"), (3 * DAY, "11-20 12:00Z"), (400 * DAY, "2025-10-19Z")] {
            assert_eq!(said(Times::Utc, |cx| instant(Millis(NOW.0 - ms), cx)), text);
        }
        assert_eq!(said(Times::Utc, |cx| exact(NOW, cx)), "2026-11-23 12:00:00 UTC");
        assert_eq!(said(Times::Utc, |cx| instant(Millis(i64::MAX), cx)), "never");
    }

    #[test]
    fn a_span_has_two_units_at_most() {
        let spans = [850, 1_250, 184_000, 2 * HOUR + 5 * MINUTE, 3 * DAY + 4 * HOUR, -5];
        assert_eq!(spans.map(span), ["850 ms", "1.2 s", "3 m 04 s", "2 h 05 m", "3 d 04 h", "0 ms"]);
    }

    #[test]
    fn a_size_is_short_and_never_overflows() {
        let sizes = [0, 1023, 1024, 1536, 8 << 30, 1_000 << 20, u64::MAX];
        assert_eq!(sizes.map(bytes), ["0 B", "1023 B", "1 KiB", "1.5 KiB", "8 GiB", "1000 MiB", "15.9 EiB"]);
    }
}
