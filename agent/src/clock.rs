//! The machine's clocks: the one that people set, and the one that nobody can.

use std::sync::LazyLock;
use std::time::Instant;

use pilothouse_protocol::Millis;

/// Now, UTC.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where the agent asks the machine for the time")]
pub fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Milliseconds since this process first asked. Unlike [`now`] it never jumps: for how long something takes.
#[must_use]
pub fn ticks() -> Millis {
    static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
    Millis(i64::try_from(FIRST.elapsed().as_millis()).unwrap_or(i64::MAX))
}

/// Another machine's clock, as it was told once: how far this one's is off, or is set meanwhile, does not matter.
#[derive(Clone, Copy, Debug)]
pub struct Remote {
    told: Millis,
    at: Millis,
}

impl Remote {
    /// It was told just now.
    #[must_use]
    pub fn told(now: Millis) -> Self {
        Self { told: now, at: ticks() }
    }

    /// What it shows now.
    #[must_use]
    pub fn now(self) -> Millis {
        Millis(self.told.0.saturating_add(ticks().since(self.at)))
    }
}
