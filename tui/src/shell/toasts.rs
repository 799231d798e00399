//! Short words that go away by themselves.

use pilothouse_api::protocol::Millis;

use crate::effect::Level;

/// The most that are shown at a time; the oldest go first.
const MAX: usize = 5;
/// Longer texts are cut: what needs more room needs a place of its own.
const MAX_CHARS: usize = 400;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// How much it matters.
    pub level: Level,
    /// What it says, made harmless.
    pub text: String,
    until: Millis,
}

/// Those that are shown now, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct Toasts {
    list: Vec<Toast>,
}

impl Toasts {
    /// Says something. The same words again only stay longer.
    pub fn say(&mut self, level: Level, text: impl AsRef<str>, now: Millis) {
        let text: String = pilothouse_kit::safe::visible(text.as_ref()).chars().take(MAX_CHARS).collect();
        self.list.retain(|toast| toast.text != text);
        self.list.push(Toast { level, text, until: now.plus_seconds(seconds(level)) });
        if self.list.len() > MAX {
            self.list.remove(0);
        }
    }

    /// Takes away those whose time is over, and says whether there were any.
    pub fn expire(&mut self, now: Millis) -> bool {
        let before = self.list.len();
        self.list.retain(|toast| toast.until > now);
        self.list.len() != before
    }

    /// Takes all away, and says whether there were any.
    pub fn dismiss(&mut self) -> bool {
        let any = !self.list.is_empty();
        self.list.clear();
        any
    }

    /// When the next one goes.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Millis> {
        self.list.iter().map(|toast| toast.until).min()
    }

    /// Those that are shown.
    #[must_use]
    pub fn list(&self) -> &[Toast] {
        &self.list
    }
}

fn seconds(level: Level) -> i64 {
    match level {
        Level::Info | Level::Good => 4,
        Level::Warn => 8,
        Level::Error => 15,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toast_goes_by_itself_and_an_error_stays_longer() {
        let mut toasts = Toasts::default();
        toasts.say(Level::Info, "copied", Millis(0));
        toasts.say(Level::Error, "no route", Millis(0));
        assert_eq!(toasts.next_expiry(), Some(Millis(4_000)));
        assert!(toasts.expire(Millis(4_000)));
        assert_eq!(toasts.list().len(), 1);
        assert!(!toasts.expire(Millis(5_000)));
    }

    #[test]
    fn the_same_words_are_not_shown_twice() {
        let mut toasts = Toasts::default();
        toasts.say(Level::Warn, "no tab 4", Millis(0));
        toasts.say(Level::Warn, "no tab 4", Millis(1_000));
        assert_eq!(toasts.list().len(), 1);
        assert_eq!(toasts.next_expiry(), Some(Millis(9_000)));
    }

    #[test]
    fn what_a_node_said_is_made_harmless() {
        let mut toasts = Toasts::default();
        toasts.say(Level::Error, "name \x1b[2J", Millis(0));
        assert!(!toasts.list()[0].text.contains('\x1b'));
    }
}
