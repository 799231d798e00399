//! The machine's clock.

use pilothouse_protocol::Millis;

/// Now, UTC.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where the agent asks the machine for the time")]
pub fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
