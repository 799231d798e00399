//! `[webhooks.NAME]`: who is notified of what becomes of commands, by the name that commands know.

use std::path::PathBuf;

use pilothouse_api::validate::is_name;
use serde::Deserialize;

use super::SettingsError;

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Where notifications are posted: `https://…`, or `http://…` where that is enough.
    pub url: String,
    /// A file that holds the secret by which they are signed; unsigned if absent.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
}

impl WebhookSettings {
    /// Whether name and URL can be used.
    pub(super) fn check(&self, name: &str) -> Result<(), SettingsError> {
        if !is_name(name) {
            let must = "1 to 128 letters, digits and _-.";
            return Err(SettingsError::Range { key: "webhooks", value: name.to_owned(), must });
        }
        let host = self.url.strip_prefix("https://").or_else(|| self.url.strip_prefix("http://"));
        let is_url =
            host.is_some_and(|host| !host.is_empty() && !host.starts_with('/') && !host.contains('@'));
        if is_url {
            return Ok(());
        }
        // Without what it is: a URL may have a secret in it.
        let must = "http:// or https://, a host, and no user name or password before it";
        Err(SettingsError::Range { key: "webhooks.url", value: format!("that of {name}"), must })
    }
}
