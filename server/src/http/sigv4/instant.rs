//! When a request was signed, and whether that is now.

use http::request::Parts;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use pilothouse_api::Fault;
use pilothouse_protocol::Millis;

use super::faults;

const FORM: &str = "%Y%m%dT%H%M%SZ";

/// The value of `x-amz-date`.
pub(super) fn read(head: &Parts) -> Result<String, Fault> {
    let value = head.headers.get("x-amz-date").and_then(|value| value.to_str().ok());
    value.map(|text| text.trim().to_owned()).ok_or_else(|| {
        faults::incomplete(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
        )
    })
}

/// Whether the instant is of the scope's day, and no further from `now` than `skew_ms`.
pub(super) fn check(instant: &str, day: &str, now: Millis, skew_ms: i64) -> Result<(), Fault> {
    let signed = parse(instant).ok_or_else(|| {
        let shown: String = instant.chars().take(32).collect();
        faults::incomplete(format!("Date must be in ISO-8601 'basic format'. Got '{shown}'."))
    })?;
    if instant.get(..8) != Some(day) {
        let shown: String = day.chars().take(16).collect();
        return Err(faults::invalid(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{shown}' != '{}', \
             from '{instant}'.",
            instant.get(..8).unwrap_or_default()
        )));
    }
    let (earliest, latest) = (Millis(now.0 - skew_ms), Millis(now.0 + skew_ms));
    let minutes = skew_ms / 60_000;
    if signed < earliest {
        return Err(faults::invalid(format!(
            "Signature expired: {instant} is now earlier than {} ({} - {minutes} min.)",
            show(earliest),
            show(now)
        )));
    }
    if signed > latest {
        return Err(faults::invalid(format!(
            "Signature not yet current: {instant} is still later than {} ({} + {minutes} min.)",
            show(latest),
            show(now)
        )));
    }
    Ok(())
}

fn parse(text: &str) -> Option<Millis> {
    let civil = DateTime::strptime(FORM, text).ok()?;
    let at = TimeZone::UTC.to_timestamp(civil).ok()?;
    Some(Millis(at.as_millisecond()))
}

fn show(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map_or_else(|_| at.0.to_string(), |at| at.strftime(FORM).to_string())
}
