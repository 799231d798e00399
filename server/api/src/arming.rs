//! Timed arming: the right to change an environment, taken for minutes with a reason, seen by everyone, enforced by the server.

use pilothouse_protocol::Millis;
use serde::{Deserialize, Serialize};

use crate::validate::Violations;

/// The longest arming, in seconds.
pub const MAX_ARMED_SECONDS: i64 = 8 * 3600;

/// The code of the fault that a caller gets who lacks nothing but an arming; [`missing`] reads which from its message.
pub const ARMING_REQUIRED: &str = "ArmingRequiredException";
/// What stands between the environments and the reason in the message of [`ARMING_REQUIRED`].
const FIRST: &str = " must be armed first: ";

/// The message of a call that lacks nothing but an arming of these environments.
#[must_use]
pub fn required<'a>(environments: impl IntoIterator<Item = &'a str>, why: &str) -> String {
    let environments: Vec<&str> = environments.into_iter().collect();
    format!("{}{FIRST}{why}", environments.join(", "))
}

/// The environments that the message of [`ARMING_REQUIRED`] says must be armed.
#[must_use]
pub fn missing(message: &str) -> Vec<&str> {
    message.split_once(FIRST).map(|(environments, _)| environments.split(", ").collect()).unwrap_or_default()
}

/// Arms an environment for the caller. Arming what is armed gives it the new time and reason.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Arm {
    /// The environment, such as `prod`.
    pub environment: String,
    /// For how long: 30 to [`MAX_ARMED_SECONDS`].
    pub seconds: i64,
    /// Why; everyone sees it.
    pub reason: String,
}

impl Arm {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("environment", &self.environment, 1, 256);
        v.range("seconds", Some(self.seconds), 30, MAX_ARMED_SECONDS);
        v.length("reason", self.reason.trim(), 3, 256);
    }
}

/// An environment that somebody has armed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Arming {
    /// The environment.
    pub environment: String,
    /// By whom, `root` or `user/…`: a person, whatever role it was in.
    pub principal: String,
    /// Why.
    pub reason: String,
    /// Since when, in milliseconds since 1970.
    pub since: Millis,
    /// Until when.
    pub until: Millis,
}

/// The arming.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ArmResult {
    /// As everyone sees it.
    pub arming: Arming,
}

/// Ends the caller's arming of an environment before its time; nothing if there is none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Disarm {
    /// The environment.
    pub environment: String,
}

impl Disarm {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.length("environment", &self.environment, 1, 256);
    }
}

/// Lists who has armed what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListArmings {}

impl ListArmings {
    #[expect(clippy::unused_self, reason = "there is nothing to check")]
    pub(crate) fn check(&self, _: &mut Violations) {}
}

/// Who has armed what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListArmingsResult {
    /// The next to end first.
    pub armings: Vec<Arming>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_be_armed_can_be_read_from_the_refusal() {
        let message = required(["prod", "prod-eu"], "policy careful line 3: it must be armed first: really");
        assert_eq!(missing(&message), ["prod", "prod-eu"]);
        assert_eq!(missing("no policy permits it"), Vec::<&str>::new());
    }
}
