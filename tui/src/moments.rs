//! Points in time as people type them and as locators carry them: `2026-11-01`, `2026-11-01 14:30`, `3d` (ago).
//!
//! In: texts, and what is now. Out: instants. Never here: a clock, how instants are shown.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use pilothouse_api::protocol::Millis;

/// A text that is no point in the past.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMoment {
    /// It is none at all.
    #[error("{0:?} is no point in time: try 2026-11-01, 2026-11-01 14:30, or 3d for three days ago")]
    Unknown(String),
    /// Nobody knows what will be.
    #[error("that is not past yet")]
    Future,
}

/// The instant that a text means: a date (its beginning), a date with a time, both in this machine's zone unless they end in `Z`;
/// or how long ago it was (`90s`, `30m`, `12h`, `3d`, `2w`).
///
/// # Errors
/// When it means none, or one that is not past.
pub fn read(text: &str, now: Millis) -> Result<Millis, BadMoment> {
    let text = text.trim().trim_start_matches('@').trim_end_matches(" ago");
    let at = instant(text)
        .or_else(|| ago(text, now))
        .ok_or_else(|| BadMoment::Unknown(text.chars().take(40).collect()))?;
    if at > now { Err(BadMoment::Future) } else { Ok(at) }
}

fn instant(text: &str) -> Option<Millis> {
    let (civil, zone) = match text.strip_suffix(['Z', 'z']) {
        Some(civil) => (civil, TimeZone::UTC),
        None => (text, TimeZone::system()),
    };
    let civil = civil.trim().replace(' ', "T");
    let date = civil.parse::<Date>().map(|date| date.to_datetime(jiff::civil::Time::midnight()));
    let date = if civil.contains('T') { civil.parse::<DateTime>() } else { date };
    let at = zone.to_timestamp(date.ok()?).ok()?;
    Some(Millis(at.as_millisecond()))
}

fn ago(text: &str, now: Millis) -> Option<Millis> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: i64 = digits.parse().ok().filter(|n| *n >= 0)?;
    let unit = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    let span = SignedDuration::from_secs(number.saturating_mul(unit));
    let then = Timestamp::from_millisecond(now.0).ok()?.checked_sub(span).ok()?;
    Some(Millis(then.as_millisecond()))
}

/// The instant as a locator carries it, to the second: `2026-11-01T00:00:00Z`.
#[must_use]
pub fn written(at: Millis) -> String {
    let second = at.0.div_euclid(1000).saturating_mul(1000);
    Timestamp::from_millisecond(second).map_or_else(|_| "0".to_owned(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::fixtures::NOW;

    #[test]
    fn a_date_a_time_and_a_distance_mean_points_in_the_past() {
        let day = 86_400_000;
        assert_eq!(read("2026-11-22T12:00:00Z", NOW), Ok(Millis(NOW.0 - day)));
        assert_eq!(read("@2026-11-22 12:00Z", NOW), Ok(Millis(NOW.0 - day)));
        assert_eq!(read(" 1d ago", NOW), Ok(Millis(NOW.0 - day)));
        assert_eq!(read("90s", NOW), Ok(Millis(NOW.0 - 90_000)));
        assert!(read("2026-11-01", NOW).is_ok());
    }

    #[test]
    fn what_is_none_or_not_past_is_said() {
        assert_eq!(read("soon", NOW), Err(BadMoment::Unknown("soon".to_owned())));
        assert_eq!(read("", NOW), Err(BadMoment::Unknown(String::new())));
        assert_eq!(read("2027-01-01", NOW), Err(BadMoment::Future));
        assert!(read("9999999999999999999d", NOW).is_err() && read("-3d", NOW).is_err());
    }

    #[test]
    fn a_locator_brings_the_instant_back() {
        assert_eq!(written(NOW), "2026-11-23T12:00:00Z");
        assert_eq!(read(&written(Millis(NOW.0 - 5_000)), NOW), Ok(Millis(NOW.0 - 5_000)));
    }
}
