//! The environment: `PILOTHOUSE_<KEY>`, sections as `PILOTHOUSE_TLS__KEY`, the root credentials, and master keys.

use std::collections::HashMap;

use super::SettingsError;
use crate::credentials::RootCredentials;
use crate::secrets::MasterKeyring;

const PREFIX: &str = "PILOTHOUSE_";
const ROOT_ID: &str = "PILOTHOUSE_ROOT_ACCESS_KEY_ID";
const ROOT_SECRET: &str = "PILOTHOUSE_ROOT_SECRET_ACCESS_KEY";
const MASTER_KEY: &str = "PILOTHOUSE_MASTER_KEY";

/// Variables with our prefix that are no settings of the server: they are the logs', the agent's, the cockpit's, the client's.
const NOT_OURS: &[&str] = &[
    "PILOTHOUSE_LOG",
    "PILOTHOUSE_CONFIG",
    "PILOTHOUSE_PROFILE",
    "PILOTHOUSE_ENDPOINT",
    "PILOTHOUSE_CA",
    "PILOTHOUSE_CA_FINGERPRINT",
    "PILOTHOUSE_THEME",
    "PILOTHOUSE_ASCII",
    "PILOTHOUSE_MOUSE",
    "PILOTHOUSE_TIMES",
    "PILOTHOUSE_TYPED_FROM",
    "PILOTHOUSE_ACCESS_KEY_ID",
    "PILOTHOUSE_SECRET_ACCESS_KEY",
    "PILOTHOUSE_SESSION_TOKEN",
    "PILOTHOUSE_ACTIVATION_CODE",
    ROOT_ID,
    ROOT_SECRET,
    MASTER_KEY,
];
/// Beginnings of such variables.
const NOT_OURS_FROM: &[&str] =
    &["PILOTHOUSE_AGENT_", "PILOTHOUSE_COCKPIT_", "PILOTHOUSE_TEST_", "PILOTHOUSE_BENCH_"];

/// The settings in an environment.
pub(super) fn source(environment: &HashMap<String, String>) -> config::Environment {
    let ours = environment
        .iter()
        .filter(|(name, _)| name.starts_with(PREFIX) && !NOT_OURS.contains(&name.as_str()))
        .filter(|(name, _)| !NOT_OURS_FROM.iter().any(|start| name.starts_with(start)))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    config::Environment::with_prefix("PILOTHOUSE").prefix_separator("_").separator("__").source(Some(ours))
}

/// The root credentials in an environment.
pub(super) fn root(environment: &HashMap<String, String>) -> Result<Option<RootCredentials>, SettingsError> {
    let given = |name| environment.get(name).filter(|value| !value.is_empty());
    match (given(ROOT_ID), given(ROOT_SECRET)) {
        (Some(id), Some(secret)) => Ok(Some(RootCredentials::new(id, secret)?)),
        (None, None) => Ok(None),
        (Some(_), None) => Err(SettingsError::Half { given: ROOT_ID, missing: ROOT_SECRET }),
        (None, Some(_)) => Err(SettingsError::Half { given: ROOT_SECRET, missing: ROOT_ID }),
    }
}

/// The master keys in an environment.
pub(super) fn master_keys(
    environment: &HashMap<String, String>,
) -> Result<Option<MasterKeyring>, SettingsError> {
    let given = environment.get(MASTER_KEY).filter(|value| !value.is_empty());
    Ok(given.map(|text| MasterKeyring::parse(text)).transpose()?)
}
