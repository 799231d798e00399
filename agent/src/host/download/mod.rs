//! Downloads: files from elsewhere, bounded in size and time, each of them there whole or not at all.
//!
//! In: where from ([`Origin`]) and where to ([`Landing`]). Out: the path of the file or folder, or for people what was to be
//! fetched and why it is not there. What comes is written beside its place and moved into it when it is whole and verified.
//!
//! Never here: what a document says about downloads, what becomes of the files.

mod git;
mod http;
mod landing;
mod s3;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;
use zeroize::Zeroizing;

use super::Incoming as _;
pub(super) use http::Client;
pub use landing::Landing;
pub(super) use landing::PartialFile;

/// The largest file, in bytes.
const MAX_BYTES: u64 = 4 << 30;
/// How long a download may take altogether.
const MAX_TIME: Duration = Duration::from_secs(3600);

/// A secret that a download is made with. Wiped from memory when it goes, and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// This text is a secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A name with a password or token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Who.
    pub name: String,
    /// With what.
    pub password: Secret,
}

/// Where files come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// One file of a web server.
    Http {
        /// Where it is.
        url: Url,
        /// By HTTP's Basic scheme.
        login: Option<Login>,
        /// Whether the way there, or a redirect, may be unprotected.
        is_insecure: bool,
        /// What the file must be: its SHA-256 in hexadecimal digits.
        sha256: Option<String>,
    },
    /// A repository, or one of its files or folders.
    Git(Repository),
    /// A text that is at hand already.
    Text {
        /// The file's name.
        name: String,
        /// What is in it.
        text: String,
    },
    /// One object of a store that speaks S3.
    S3 {
        /// Where the object is, bucket and key in its path.
        url: Url,
        /// By whose right; anonymously if there is none.
        keys: Option<Keys>,
        /// What the object must be: its SHA-256 in hexadecimal digits.
        sha256: Option<String>,
    },
}

/// A Git repository, and what of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Where it is, as Git takes it.
    pub url: String,
    /// Which state of it.
    pub revision: Revision,
    /// One of its files or folders; all of it if none.
    pub path: Option<String>,
    /// Who asks, of servers that speak HTTP.
    pub login: Option<Login>,
    /// Whether a server is taken for the right one whatever SSH key it shows.
    pub trusts_any_host: bool,
}

/// A state of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// What its server takes for the newest.
    Head,
    /// The newest of a branch or tag.
    Branch(String),
    /// A commit.
    Commit(String),
}

/// Keys of a store that speaks S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Which.
    pub access_key_id: String,
    /// What requests are signed with.
    pub secret_access_key: Secret,
    /// Of temporary keys.
    pub session_token: Option<Secret>,
    /// The region that requests are signed for.
    pub region: String,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { url, .. } | Self::S3 { url, .. } => f.write_str(&shown(url)),
            Self::Git(repository) => f.write_str(&repository.shown()),
            Self::Text { name, .. } => f.write_str(name),
        }
    }
}

/// A URL without what may be secret in it.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    let _ = url.set_password(None);
    let _ = url.set_username("");
    if url.query().is_some() {
        url.set_query(Some("…"));
    }
    url.to_string().replace("%E2%80%A6", "…")
}

/// Fetches.
///
/// # Errors
/// For people: what, and why not.
pub(super) async fn fetch(client: &Client, from: &Origin, to: &Landing) -> Result<PathBuf, String> {
    let work = async {
        match from {
            Origin::Http { url, login, is_insecure, sha256 } => {
                let get =
                    http::Get { url, login: login.as_ref(), is_insecure: *is_insecure, headers: Vec::new() };
                client.file(&get, to, sha256.as_deref()).await
            }
            Origin::S3 { url, keys, sha256 } => {
                let headers =
                    keys.as_ref().map(|keys| s3::signed(url, keys)).transpose()?.unwrap_or_default();
                let get = http::Get { url, login: None, is_insecure: url.scheme() == "http", headers };
                client.file(&get, to, sha256.as_deref()).await
            }
            Origin::Git(repository) => git::fetch(repository, to).await,
            Origin::Text { name, text } => {
                let path = to.file(name)?;
                let mut file = Box::new(PartialFile::begin(&path)?);
                file.write(text.as_bytes()).await?;
                file.keep().await?;
                Ok(path)
            }
        }
    };
    match tokio::time::timeout(MAX_TIME, work).await {
        Ok(done) => done.map_err(|why| format!("{from} could not be downloaded: {why}")),
        Err(_) => Err(format!("{from} did not come within {} s", MAX_TIME.as_secs())),
    }
}

/// The text of a file of at most `most` bytes.
///
/// # Errors
/// For people: why not.
pub(super) async fn read_text(path: &Path, most: usize) -> Result<String, String> {
    use tokio::io::AsyncReadExt as _;
    let failed = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let file = tokio::fs::File::open(path).await.map_err(failed)?;
    if !file.metadata().await.map_err(failed)?.is_file() {
        return Err(format!("{} is no file", path.display()));
    }
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes).await.map_err(failed)?;
    if bytes.len() > most {
        return Err(format!("{} is longer than {most} bytes", path.display()));
    }
    String::from_utf8(bytes).map_err(|_| format!("{} is no UTF-8 text", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_in_a_url_is_not_shown() {
        let url = "https://me:s3cret@example.org/a%20b?sig=s3cret".parse().unwrap();
        let origin = Origin::Http { url, login: None, is_insecure: false, sha256: None };
        assert_eq!(origin.to_string(), "https://example.org/a%20b?…");
        assert_eq!(format!("{:?}", Secret::new("s3cret".into())), "***");
    }
}
