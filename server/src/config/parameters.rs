//! `[parameters]`: what is kept of parameters.

use serde::Deserialize;

use super::SettingsError;

/// What is kept of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ParameterSettings {
    /// Days for which the versions of deleted parameters are kept, for who asks for the past; 0 keeps none.
    pub keep_deleted_days: u32,
}

impl Default for ParameterSettings {
    fn default() -> Self {
        Self { keep_deleted_days: 30 }
    }
}

impl ParameterSettings {
    /// Whether it is a time.
    pub(super) fn check(self) -> Result<(), SettingsError> {
        let days = self.keep_deleted_days;
        if days <= 36_500 {
            return Ok(());
        }
        let must = "0 (none) to 36500 (100 years)";
        Err(SettingsError::Range { key: "parameters.keep_deleted_days", value: days.to_string(), must })
    }
}
