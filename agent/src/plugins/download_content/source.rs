//! What `sourceInfo` says, by the kind of source. Source: User Guide, "aws:downloadContent".

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::host::Origin;
use crate::host::download::{Keys, Login, Repository, Revision, Secret};

/// The kinds of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum SourceKind {
    #[serde(rename = "HTTP")]
    Http,
    Git,
    GitHub,
    S3,
    #[serde(rename = "SSMDocument")]
    Document,
}

/// A source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Something that the machine fetches.
    Elsewhere(Origin),
    /// A document that the server gives.
    Document { name: String, version: Option<String> },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HttpInfo {
    url: String,
    #[serde(default)]
    auth_method: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    allow_insecure_download: Value,
    /// Ours: what the file must be.
    #[serde(default)]
    sha256: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GitInfo {
    repository: String,
    #[serde(default)]
    get_options: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default, rename = "privateSSHKey")]
    private_ssh_key: String,
    #[serde(default)]
    skip_host_key_checking: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GitHubInfo {
    owner: String,
    repository: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    get_options: String,
    #[serde(default)]
    token_info: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct S3Info {
    path: String,
    /// Ours, as all that follows: where the store is; AWS's own is in the path's URL.
    #[serde(default)]
    endpoint: String,
    #[serde(default)]
    region: String,
    #[serde(default)]
    access_key_id: String,
    #[serde(default)]
    secret_access_key: String,
    #[serde(default)]
    session_token: String,
    #[serde(default)]
    sha256: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentInfo {
    name: String,
}

impl Source {
    /// Reads `sourceInfo`, a map or its JSON as text.
    ///
    /// # Errors
    /// For people: what is wrong with it.
    pub(super) fn read(kind: SourceKind, info: &Value) -> Result<Self, String> {
        let info = match info {
            Value::String(text) => {
                serde_json::from_str(text).map_err(|error| format!("sourceInfo is not JSON: {error}"))?
            }
            info => info.clone(),
        };
        // The text may hold what AWS's agent would have asked the store for on its own.
        if info.to_string().contains("{{ssm-secure:") || info.to_string().contains("{{ ssm-secure:") {
            return Err(String::from(
                "{{ssm-secure:…}} is not given to nodes: set the node up so that it may download without it",
            ));
        }
        match kind {
            SourceKind::Http => http(parsed(info)?),
            SourceKind::Git => git(parsed(info)?),
            SourceKind::GitHub => github(parsed(info)?),
            SourceKind::S3 => s3(parsed(info)?),
            SourceKind::Document => {
                let DocumentInfo { name } = parsed(info)?;
                Ok(match name.rsplit_once(':') {
                    Some((short, version))
                        if version.starts_with('$') || version.bytes().all(|b| b.is_ascii_digit()) =>
                    {
                        Self::Document { name: short.to_owned(), version: Some(version.to_owned()) }
                    }
                    _ => Self::Document { name, version: None },
                })
            }
        }
    }
}

fn parsed<I: DeserializeOwned>(info: Value) -> Result<I, String> {
    serde_json::from_value(info).map_err(|error| format!("sourceInfo is wrong: {error}"))
}

fn is_true(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true")))
}

fn login(name: String, password: String) -> Option<Login> {
    (!name.is_empty() || !password.is_empty()).then(|| Login { name, password: Secret::new(password) })
}

fn checksum(sha256: String) -> Result<Option<String>, String> {
    match sha256.len() {
        0 => Ok(None),
        64 if sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) => Ok(Some(sha256)),
        _ => Err(format!("sha256 must have 64 hexadecimal digits, not {sha256:?}")),
    }
}

fn url(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|error| format!("{text:?} is no URL: {error}"))?;
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err(format!("{text:?} is no URL of a web server"))
    }
}

fn http(info: HttpInfo) -> Result<Source, String> {
    let login = match info.auth_method.as_str() {
        "" | "None" => None,
        "Basic" => login(info.username, info.password),
        "Digest" => {
            return Err(String::from("authMethod Digest is not known to this agent: use Basic, over https"));
        }
        other => return Err(format!("authMethod must be None or Basic, not {other:?}")),
    };
    let is_insecure = is_true(&info.allow_insecure_download);
    let (url, sha256) = (url(&info.url)?, checksum(info.sha256)?);
    Ok(Source::Elsewhere(Origin::Http { url, login, is_insecure, sha256 }))
}

fn revision(options: &str) -> Result<Revision, String> {
    let options = options.trim();
    let (key, value) = options.split_once(':').unwrap_or((options, ""));
    match (key.trim(), value.trim()) {
        ("", "") => Ok(Revision::Head),
        ("branch", branch) if !branch.is_empty() => Ok(Revision::Branch(branch.to_owned())),
        ("commitID", commit) if !commit.is_empty() => Ok(Revision::Commit(commit.to_owned())),
        _ => Err(format!("getOptions must be branch:NAME or commitID:SHA, not {options:?}")),
    }
}

fn git(info: GitInfo) -> Result<Source, String> {
    if !info.private_ssh_key.is_empty() {
        return Err(String::from(
            "privateSSHKey is not taken from documents: put the key where the node's own ssh finds it",
        ));
    }
    Ok(Source::Elsewhere(Origin::Git(Repository {
        url: info.repository,
        revision: revision(&info.get_options)?,
        path: None,
        login: login(info.username, info.password),
        trusts_any_host: is_true(&info.skip_host_key_checking),
    })))
}

fn github(info: GitHubInfo) -> Result<Source, String> {
    let is_name = |text: &str| {
        !text.is_empty() && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it))
    };
    if !is_name(&info.owner) || !is_name(&info.repository) {
        return Err(format!("{}/{} is no repository of GitHub", info.owner, info.repository));
    }
    Ok(Source::Elsewhere(Origin::Git(Repository {
        url: format!("https://github.com/{}/{}.git", info.owner, info.repository),
        revision: revision(&info.get_options)?,
        path: Some(info.path).filter(|path| !path.trim_matches('/').is_empty()),
        login: (!info.token_info.is_empty())
            .then(|| Login { name: String::from("x-access-token"), password: Secret::new(info.token_info) }),
        trusts_any_host: false,
    })))
}

fn s3(info: S3Info) -> Result<Source, String> {
    let url = if info.endpoint.is_empty() {
        url(&info.path)?
    } else {
        let mut url = url(&info.endpoint)?;
        let path = url_path(&info.path);
        url.set_path(&format!("{}/{}", url.path().trim_end_matches('/'), path.trim_start_matches('/')));
        url
    };
    if url.path().ends_with('/') {
        return Err(format!("{} is a folder: name one object", info.path));
    }
    let keys = (!info.access_key_id.is_empty()).then(|| Keys {
        access_key_id: info.access_key_id,
        secret_access_key: Secret::new(info.secret_access_key),
        session_token: (!info.session_token.is_empty()).then(|| Secret::new(info.session_token)),
        region: if info.region.is_empty() { String::from("us-east-1") } else { info.region },
    });
    Ok(Source::Elsewhere(Origin::S3 { url, keys, sha256: checksum(info.sha256)? }))
}

/// Bucket and key, from a path that may be a URL of its own.
fn url_path(path: &str) -> String {
    let of_url = path.strip_prefix("s3:/").map(str::to_owned);
    of_url.or_else(|| url(path).ok().map(|url| url.path().to_owned())).unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn origin(kind: SourceKind, info: Value) -> Result<Origin, String> {
        match Source::read(kind, &info)? {
            Source::Elsewhere(origin) => Ok(origin),
            Source::Document { name, .. } => panic!("{name}"),
        }
    }

    #[test]
    fn a_file_of_a_web_server_comes_with_a_login_and_a_checksum() {
        let info = json!({"url": "https://example.org/a", "authMethod": "Basic", "username": "me", "password": "s3cret",
            "sha256": "ab".repeat(32)});
        let Ok(Origin::Http { login: Some(login), is_insecure: false, sha256: Some(_), .. }) =
            origin(SourceKind::Http, json!(info.to_string()))
        else {
            panic!("not read")
        };
        assert_eq!((login.name.as_str(), login.password), ("me", Secret::new("s3cret".into())));
        for wrong in [
            json!({"url": "file:///etc/passwd"}),
            json!({"url": "https://x/", "authMethod": "Digest"}),
            json!({"url": "https://x/", "sha256": "abc"}),
            json!({"url": "https://x/", "pasword": "x"}),
            json!({"url": "https://x/", "password": "{{ssm-secure:x}}"}),
            json!("{"),
        ] {
            assert!(origin(SourceKind::Http, wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_repository_comes_by_branch_or_commit() {
        let of = |options: &str| {
            origin(SourceKind::Git, json!({"repository": "git@host:a/b.git", "getOptions": options}))
        };
        let revision = |options: &str| match of(options) {
            Ok(Origin::Git(it)) => it.revision,
            other => panic!("{other:?}"),
        };
        assert_eq!(revision(""), Revision::Head);
        assert_eq!(revision("branch:release/1"), Revision::Branch("release/1".into()));
        assert_eq!(revision("commitID: abc1234"), Revision::Commit("abc1234".into()));
        assert!(of("tag:x").is_err() && of("branch:").is_err());
        let hub = json!({"owner": "o", "repository": "r", "path": "scripts/a.sh", "tokenInfo": "t"});
        let Ok(Origin::Git(hub)) = origin(SourceKind::GitHub, hub) else { panic!("not read") };
        assert_eq!(
            (hub.url.as_str(), hub.path.as_deref()),
            ("https://github.com/o/r.git", Some("scripts/a.sh"))
        );
        assert!(origin(SourceKind::GitHub, json!({"owner": "o/../x", "repository": "r"})).is_err());
    }

    #[test]
    fn an_object_is_found_by_its_url_or_at_the_endpoint_that_is_given() {
        let at = |info: Value| match origin(SourceKind::S3, info) {
            Ok(Origin::S3 { url, .. }) => url.to_string(),
            other => panic!("{other:?}"),
        };
        let url = "https://s3.amazonaws.com/bucket/a.sh";
        assert_eq!(at(json!({"path": url})), url);
        assert_eq!(
            at(json!({"path": url, "endpoint": "http://minio:9000"})),
            "http://minio:9000/bucket/a.sh"
        );
        assert_eq!(
            at(json!({"path": "bucket/a b.sh", "endpoint": "http://minio:9000/"})),
            "http://minio:9000/bucket/a%20b.sh"
        );
        assert!(origin(SourceKind::S3, json!({"path": "https://s3.amazonaws.com/bucket/"})).is_err());
    }

    #[test]
    fn a_document_comes_by_name_and_version() {
        let read = |name: &str| Source::read(SourceKind::Document, &json!({ "name": name })).unwrap();
        let document = |name: &str, version: Option<&str>| Source::Document {
            name: name.into(),
            version: version.map(str::to_owned),
        };
        assert_eq!(read("site:3"), document("site", Some("3")));
        assert_eq!(read("site"), document("site", None));
    }
}
