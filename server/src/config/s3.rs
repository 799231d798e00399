//! `[s3]`: where output is delivered to that a command wants in a bucket.

use std::path::PathBuf;

use serde::Deserialize;

use super::SettingsError;
use crate::internal::BucketAddress;

/// A store of objects that speaks S3.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Settings {
    /// `https://…`; AWS's own if absent.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Its region, where a command does not name one.
    #[serde(default = "region")]
    pub region: String,
    /// The access key that may write there.
    pub access_key_id: String,
    /// A file that holds its secret.
    pub secret_access_key_file: PathBuf,
    /// Whether an endpoint of `http://…` is meant.
    #[serde(default)]
    pub allow_http: bool,
}

fn region() -> String {
    String::from("us-east-1")
}

impl S3Settings {
    /// As those are told it who tell where output is.
    pub(crate) fn address(&self) -> BucketAddress {
        BucketAddress { endpoint: self.endpoint.clone(), region: self.region.clone() }
    }

    /// Whether they can be used.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let range = |key, value: &str, must, holds: bool| match holds {
            true => Ok(()),
            false => Err(SettingsError::Range { key, value: value.to_owned(), must }),
        };
        let is_plain = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_graphic());
        range("s3.access_key_id", &self.access_key_id, "an access key's id", is_plain(&self.access_key_id))?;
        range(
            "s3.region",
            &self.region,
            "a region's name, such as us-east-1",
            super::is_region(&self.region),
        )?;
        let Some(endpoint) = &self.endpoint else { return Ok(()) };
        let host = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
        let is_url =
            host.is_some_and(|host| !host.is_empty() && !host.starts_with('/') && !host.contains('@'));
        range("s3.endpoint", endpoint, "http:// or https://, and a host", is_url && is_plain(endpoint))?;
        let is_meant = self.allow_http || endpoint.starts_with("https://");
        range("s3.endpoint", endpoint, "https://, or s3.allow_http = true", is_meant)
    }
}
