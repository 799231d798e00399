//! What is wrong with settings.

use crate::credentials::CredentialsError;
use crate::secrets::KeyringError;

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file or variable is wrong.
    #[error("the settings cannot be used: {0}")]
    Wrong(String),
    /// A value is out of its range.
    #[error("the settings cannot be used: {key} is {value:?}, and must be {must}")]
    Range {
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        must: &'static str,
    },
    /// Half of the root credentials.
    #[error("{given} is set and {missing} is not: the root credentials need both")]
    Half {
        /// The variable that is set.
        given: &'static str,
        /// The one that is not.
        missing: &'static str,
    },
    /// Root credentials that cannot be used.
    #[error("the root credentials that the environment gives cannot be used")]
    Root(#[from] CredentialsError),
    /// Master keys that cannot be used.
    #[error("PILOTHOUSE_MASTER_KEY cannot be used: {0}")]
    MasterKeys(#[from] KeyringError),
}

impl From<config::ConfigError> for SettingsError {
    fn from(error: config::ConfigError) -> Self {
        Self::Wrong(error.to_string())
    }
}
