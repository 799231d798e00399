//! The value of one version: open, or sealed and shown for a while. What was shown is forgotten when it is hidden; whoever wants to
//! see it again asks the server again, which writes that down.

use pilothouse_api::protocol::Millis;

use crate::effect::Secret;

/// So long a sealed value is shown, in milliseconds.
pub(super) const SHOWN_FOR: i64 = 30_000;
/// What stands in the place of what is sealed, whatever its length.
pub(super) const MASK: &str = "••••••••";
/// The same where only plain letters are drawn.
const PLAIN_MASK: &str = "********";

/// What stands in the place of what is sealed.
pub(super) fn mask(cx: &crate::screen::Cx<'_>) -> &'static str {
    if cx.theme.symbols().ellipsis.is_ascii() { PLAIN_MASK } else { MASK }
}

/// What runs down while something secret is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Countdown {
    until: Millis,
    /// When it is drawn anew.
    next: Millis,
}

impl Countdown {
    pub(super) fn begin(now: Millis) -> Self {
        let until = Millis(now.0.saturating_add(SHOWN_FOR));
        Self { until, next: Millis(now.0.saturating_add(1000)) }
    }

    /// Time passed; says whether it still runs.
    pub(super) fn tick(&mut self, now: Millis) -> bool {
        let left = self.until.since(now);
        self.next = Millis(now.0.saturating_add((left - 1).max(0) % 1000 + 1));
        left > 0
    }

    /// When it wants to be told that time passed.
    pub(super) const fn next(self) -> Millis {
        self.next
    }

    /// Milliseconds that are left.
    pub(super) fn left(self, now: Millis) -> i64 {
        self.until.since(now).max(0)
    }
}

/// What is known of a value. `Debug` never shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Value {
    /// Nothing yet.
    #[default]
    Unasked,
    /// No secret.
    Open(Secret),
    /// A secret, hidden.
    Sealed,
    /// A secret, asked for to be shown.
    Opening(u32),
    /// A secret, shown for a while.
    Shown(Secret, Countdown),
    /// The server did not tell it.
    Failed(String),
}

impl Value {
    /// The value, while it may be seen.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Open(text) | Self::Shown(text, _) => Some(text.reveal()),
            _ => None,
        }
    }

    /// Shows it from now on.
    pub(super) fn show(&mut self, text: Secret, now: Millis) {
        *self = Self::Shown(text, Countdown::begin(now));
    }

    /// Hides what is secret; what was shown is wiped.
    pub(super) fn hide(&mut self) {
        if let Self::Shown(..) | Self::Opening(_) = self {
            *self = Self::Sealed;
        }
    }

    /// Time passed.
    pub(super) fn tick(&mut self, now: Millis) {
        if let Self::Shown(_, countdown) = self
            && !countdown.tick(now)
        {
            *self = Self::Sealed;
        }
    }

    /// When it wants to be told that time passed.
    pub(super) fn wakes_at(&self) -> Option<Millis> {
        if let Self::Shown(_, countdown) = self { Some(countdown.next()) } else { None }
    }

    /// Milliseconds for which it is still shown.
    pub(super) fn left(&self, now: Millis) -> Option<i64> {
        if let Self::Shown(_, countdown) = self { Some(countdown.left(now)) } else { None }
    }

    /// Whether a secret is shown.
    pub(super) const fn is_shown(&self) -> bool {
        matches!(self, Self::Shown(..))
    }

    /// Whether it was asked for under this ticket, to be shown.
    pub(super) fn awaits(&self, ticket: u32) -> bool {
        *self == Self::Opening(ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_for_half_a_minute_and_never_in_debug() {
        let mut value = Value::Sealed;
        value.show(Secret::new("hunter2".to_owned()), Millis(1_000));
        assert!(!format!("{value:?}").contains("hunter2"));
        assert_eq!((value.text(), value.wakes_at()), (Some("hunter2"), Some(Millis(2_000))));
        value.tick(Millis(30_400));
        assert_eq!((value.left(Millis(30_400)), value.wakes_at()), (Some(600), Some(Millis(31_000))));
        value.tick(Millis(31_000));
        assert_eq!((value.text(), value.wakes_at()), (None, None));
        assert_eq!(value, Value::Sealed);
    }

    #[test]
    fn hiding_leaves_what_is_no_secret() {
        let mut open = Value::Open(Secret::new("eu".to_owned()));
        open.hide();
        assert_eq!(open.text(), Some("eu"));
        let mut opening = Value::Opening(3);
        opening.hide();
        assert_eq!(
            (opening.awaits(3), opening),
            (false, Value::Sealed),
            "an answer that comes later is not shown"
        );
    }
}
