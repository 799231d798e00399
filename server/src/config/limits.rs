//! `[limits]`: how much one client gets of the server.

use serde::Deserialize;

use super::SettingsError;

/// Limits of each client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Requests of a principal per second that fill its bucket; 0 is no limit.
    pub requests_per_second: u32,
    /// Requests that a full bucket holds.
    pub request_burst: u32,
    /// Requests of one key from one address in work at a time.
    pub requests_in_flight: u32,
    /// Event streams of a principal at a time.
    pub streams: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { requests_per_second: 100, request_burst: 400, requests_in_flight: 64, streams: 128 }
    }
}

impl Limits {
    /// Whether anything could be served within them.
    pub(super) fn check(self) -> Result<(), SettingsError> {
        let at_least_one = [
            ("limits.request_burst", self.request_burst),
            ("limits.requests_in_flight", self.requests_in_flight),
            ("limits.streams", self.streams),
        ];
        match at_least_one.into_iter().find(|(_, value)| *value == 0) {
            None => Ok(()),
            Some((key, _)) => Err(SettingsError::Range { key, value: String::from("0"), must: "at least 1" }),
        }
    }
}
