//! AWS JSON's timestamp: epoch seconds as a number with a fraction.

use pilothouse_protocol::Millis;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant that travels as epoch seconds (`1550173814.717`). Reading also takes the ISO 8601 text that some clients send
/// only where an operation says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub Millis);

impl From<Millis> for Timestamp {
    fn from(at: Millis) -> Self {
        Self(at)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0.as_epoch_seconds())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float cast saturates, and dates beyond 285,000 years are refused later"
    )]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Ok(Self(Millis((seconds * 1000.0).round() as i64)))
    }
}
