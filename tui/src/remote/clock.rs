//! The one place that looks at the clock; everything else is told the time.

use std::time::{SystemTime, UNIX_EPOCH};

use pilothouse_api::protocol::Millis;

/// The time.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is where the cockpit's time comes from")]
pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
