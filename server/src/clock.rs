//! Time and chance, as values that are passed in: tests decide what time it is and what is drawn.

use std::sync::Arc;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use pilothouse_protocol::{CommandId, InstanceId, Millis};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, UTC.
    fn now(&self) -> Millis;
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
    fn now(&self) -> Millis {
        Millis(jiff::Timestamp::now().as_millisecond())
    }
}

/// Draws random bytes.
pub trait Chance: Send + Sync {
    /// Fills `bytes` with unpredictable bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator.
#[derive(Debug)]
pub struct SystemChance(SystemRandom);

impl Default for SystemChance {
    fn default() -> Self {
        Self(SystemRandom::new())
    }
}

impl Chance for SystemChance {
    #[expect(
        clippy::expect_used,
        reason = "without randomness no key, nonce or id is safe: stopping is the only right answer"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        self.0.fill(bytes).expect("the operating system gives no random bytes");
    }
}

/// Shorthands over [`Chance`].
#[derive(Clone)]
pub struct Dice(pub Arc<dyn Chance>);

impl Dice {
    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes);
        bytes
    }

    /// A random (version 4) UUID in lower case.
    #[must_use]
    pub fn uuid(&self) -> String {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid().to_string()
    }

    /// A UUID in lower case that tells a time and is otherwise random (version 7); one that does not where the time is before 1970.
    #[must_use]
    pub fn uuid_at(&self, at: Millis) -> String {
        let Ok(millis) = u64::try_from(at.0) else { return self.uuid() };
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid().to_string()
    }

    /// A new command's id.
    ///
    /// # Panics
    /// Never: a UUID is a command id.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a UUID in lower case is a command id by definition")]
    pub fn command_id(&self) -> CommandId {
        self.uuid().parse().expect("a UUID")
    }

    /// A new node's id.
    #[must_use]
    pub fn instance_id(&self) -> InstanceId {
        InstanceId::from_random(self.bytes())
    }
}
