//! Spans of time as people type them and as they run out: `10m`, `9:41`.
//!
//! In: texts, milliseconds. Out: seconds, texts. Never here: a clock.

use pilothouse_api::arming::MAX_ARMED_SECONDS;

/// The shortest arming, in seconds.
const SHORTEST: i64 = 30;

/// A text that is no time for which something is armed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSpan {
    /// It is no span at all.
    #[error("{0:?} is no time: try 10m, 90s or 1h")]
    Unknown(String),
    /// The server takes no such time.
    #[error("it is armed for 30 seconds at least, and for 8 hours at most")]
    Outside,
}

/// The seconds that a text such as `10m`, `90s`, `1h` or `15` (minutes) means, as far as something can be armed for so long.
///
/// # Errors
/// When it means none.
pub fn seconds(text: &str) -> Result<i64, BadSpan> {
    let text = text.trim();
    let unknown = || BadSpan::Unknown(text.chars().take(40).collect());
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: i64 = digits.parse().map_err(|_| unknown())?;
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "s" | "sec" => 1,
        "" | "m" | "min" => 60,
        "h" => 3600,
        _ => return Err(unknown()),
    };
    let seconds = number.saturating_mul(unit);
    if (SHORTEST..=MAX_ARMED_SECONDS).contains(&seconds) { Ok(seconds) } else { Err(BadSpan::Outside) }
}

/// What is left of a span of milliseconds, as a clock that runs down: `9:41`, `1:02:03`. It shows `0:00` at the very end only.
#[must_use]
pub fn left(ms: i64) -> String {
    let seconds = ms.max(0).saturating_add(999) / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A span of seconds in words: `10 min`, `90 s`, `2 h`.
#[must_use]
pub fn words(seconds: i64) -> String {
    match seconds {
        s if s % 3600 == 0 => format!("{} h", s / 3600),
        s if s % 60 == 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_typed_with_its_unit_or_in_minutes() {
        for (text, wanted) in [("10m", 600), ("90s", 90), ("1h", 3600), (" 15 ", 900), ("5min", 300)] {
            assert_eq!(seconds(text), Ok(wanted), "{text}");
        }
        assert_eq!(seconds("soon"), Err(BadSpan::Unknown("soon".to_owned())));
        assert_eq!(seconds(""), Err(BadSpan::Unknown(String::new())));
        assert_eq!((seconds("10s"), seconds("9h")), (Err(BadSpan::Outside), Err(BadSpan::Outside)));
        assert_eq!(seconds("99999999999999999h"), Err(BadSpan::Outside));
    }

    #[test]
    fn a_clock_that_runs_down_shows_zero_only_at_the_end() {
        assert_eq!(
            (left(581_000), left(1), left(0), left(-5)),
            ("9:41".into(), "0:01".into(), "0:00".into(), "0:00".into())
        );
        assert_eq!(
            (left(3_723_000), words(600), words(90)),
            ("1:02:03".into(), "10 min".into(), "90 s".into())
        );
    }
}
