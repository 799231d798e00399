//! What a step may have of the server: documents, packages and blobs, by the right of whoever sent the command.

use std::path::Path;

use async_trait::async_trait;
use pilothouse_document::Resolved;
use pilothouse_protocol::PackageAnswer;

/// A document that the server gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its name.
    pub name: String,
    /// The version that was meant, as a number.
    pub version: String,
    /// Its text, JSON.
    pub content: String,
    /// What `{{ssm:…}}` in it stands for.
    pub resolved: Resolved,
}

/// The machine, as packages tell machines apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// Such as `debian`, `ubuntu` or `windows`.
    pub platform: String,
    /// Such as `12`.
    pub release: String,
    /// Such as `x86_64` or `arm64`.
    pub architecture: String,
}

/// The server's library. What is asked for while there is no link is asked for when there is one again; there is an end to the
/// waiting.
#[async_trait]
pub trait Library: Send + Sync {
    /// A Command document; the default version if none is said.
    ///
    /// # Errors
    /// For people: why it is not given.
    async fn document(&self, name: &str, version: Option<&str>) -> Result<Given, String>;

    /// The file of a package that fits a machine.
    ///
    /// # Errors
    /// For people: why it is not given.
    async fn package(
        &self,
        name: &str,
        version: Option<&str>,
        system: &System,
    ) -> Result<PackageAnswer, String>;

    /// Fetches a blob that an earlier answer named. The file is there whole, with these bytes, or not at all.
    ///
    /// # Errors
    /// For people: why it is not there.
    async fn fetch_blob(&self, sha256: &str, to: &Path) -> Result<(), String>;
}
