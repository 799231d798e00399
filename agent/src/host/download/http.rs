//! Files of web servers.

use std::error::Error;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Response, StatusCode};
use url::Url;

use super::landing::{Landing, PartialFile};
use super::{Login, MAX_BYTES, shown};
use crate::host::Incoming as _;

/// Redirects that are followed.
const REDIRECTS: usize = 5;
/// How long a connection may take to come up.
const CONNECT: Duration = Duration::from_secs(20);
/// How long a server may be silent in the middle of a file.
const SILENCE: Duration = Duration::from_secs(60);

/// A request for one file.
pub(super) struct Get<'a> {
    pub(super) url: &'a Url,
    pub(super) login: Option<&'a Login>,
    pub(super) is_insecure: bool,
    pub(super) headers: Vec<(&'static str, String)>,
}

/// HTTP clients, made when they are needed first: one that stays on protected ways, one that need not.
#[derive(Debug, Default)]
pub(in crate::host) struct Client {
    secure: OnceLock<reqwest::Client>,
    insecure: OnceLock<reqwest::Client>,
}

impl Client {
    fn get(&self, is_insecure: bool) -> Result<&reqwest::Client, String> {
        let made = if is_insecure { &self.insecure } else { &self.secure };
        if let Some(client) = made.get() {
            return Ok(client);
        }
        let client = reqwest::Client::builder()
            .user_agent(concat!("pilothouse-agent/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .redirect(Policy::custom(move |attempt| follow(attempt, is_insecure)))
            .build()
            .map_err(|error| causes(&error))?;
        Ok(made.get_or_init(|| client))
    }

    /// Fetches one file into its place.
    pub(super) async fn file(
        &self,
        get: &Get<'_>,
        to: &Landing,
        sha256: Option<&str>,
    ) -> Result<PathBuf, String> {
        if get.url.scheme() != "https" && !get.is_insecure {
            return Err(String::from(
                "the way there is not protected: use https, or set allowInsecureDownload to true",
            ));
        }
        let mut request = self.get(get.is_insecure)?.get(get.url.clone());
        if let Some(Login { name, password }) = get.login {
            request = request.basic_auth(name, Some(password.text()));
        }
        for (name, value) in &get.headers {
            request = request.header(*name, value);
        }
        let response = request.send().await.map_err(|error| causes(&error))?;
        if response.status() != StatusCode::OK {
            return Err(format!("{} answers {}", shown(response.url()), response.status()));
        }
        let path = to.file(&file_name(get.url))?;
        take(response, &path, sha256).await?;
        Ok(path)
    }
}

/// Takes a file's bytes, and keeps them if they are all there and the right ones.
async fn take(mut response: Response, path: &std::path::Path, sha256: Option<&str>) -> Result<(), String> {
    let too_long = || format!("it is longer than the limit of {MAX_BYTES} bytes");
    let length = response.content_length();
    if length.is_some_and(|length| length > MAX_BYTES) {
        return Err(too_long());
    }
    let mut file = Box::new(PartialFile::begin(path)?);
    let (mut hash, mut came) = (Context::new(&SHA256), 0u64);
    loop {
        let piece = response.chunk().await.map_err(|error| {
            let of = length.map(|length| format!(" of {length}")).unwrap_or_default();
            format!(
                "the download was cut after {came}{of} bytes, and nothing of it was kept: {}",
                causes(&error)
            )
        })?;
        let Some(piece) = piece else { break };
        came += piece.len() as u64;
        if came > MAX_BYTES {
            return Err(too_long());
        }
        hash.update(&piece);
        file.write(&piece).await?;
    }
    let found = hex::encode(hash.finish());
    if let Some(wanted) = sha256.filter(|wanted| !wanted.eq_ignore_ascii_case(&found)) {
        return Err(format!("its SHA-256 is {found}, not {wanted}: nothing of it was kept"));
    }
    file.keep().await
}

fn follow(attempt: Attempt<'_>, is_insecure: bool) -> reqwest::redirect::Action {
    if attempt.previous().len() > REDIRECTS {
        return attempt.error(format!("there were more than {REDIRECTS} redirects"));
    }
    if attempt.url().scheme() != "https" && !is_insecure {
        let where_to = shown(attempt.url());
        return attempt.error(format!("it is redirected to {where_to}, which is not protected"));
    }
    attempt.follow()
}

/// What a file is called by its URL.
fn file_name(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    percent_decoded(last)
}

/// A part of a path, as people read it. What is no UTF-8 then stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| hex::decode(after.get(..2)?).ok()).flatten();
        match escaped {
            Some(byte) => {
                bytes.extend(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// An error with what is behind it, without the URL: that is said already.
fn causes(error: &reqwest::Error) -> String {
    let mut said = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        said.push(cause.to_string());
        next = cause.source();
    }
    match said.last() {
        Some(last) if error.is_timeout() => format!("it took too long: {last}"),
        Some(last) => last.clone(),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_the_last_part_of_its_path() {
        let name = |url: &str| file_name(&url.parse().unwrap());
        assert_eq!(name("https://example.org/a/b%20c.sh?x=1"), "b c.sh");
        assert_eq!(name("https://example.org/a/"), "");
        assert_eq!(name("https://example.org/a/..%2fetc"), "../etc");
        assert_eq!(name("https://example.org/%ff%"), "%ff%");
    }
}
