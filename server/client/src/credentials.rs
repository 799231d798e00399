//! Whom to speak as: an access key, from the environment or from a file in AWS's shared-credentials format.

use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// An access key. The secret is wiped from memory when the last copy goes and is never shown.
#[derive(Clone)]
pub struct Credentials {
    access_key_id: String,
    secret_access_key: Zeroizing<String>,
    session_token: Option<Zeroizing<String>>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({}, secret ***)", self.access_key_id)
    }
}

/// Why there are no credentials.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file cannot be read.
    #[error("the credentials file {} cannot be read: {why}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The cause.
        why: std::io::Error,
    },
    /// The file has no such section.
    #[error("{} has no profile [{profile}]; it has: {}", .path.display(), list(.known))]
    NoProfile {
        /// Which file.
        path: PathBuf,
        /// Which profile.
        profile: String,
        /// What it has.
        known: Vec<String>,
    },
    /// Half of a key.
    #[error("{origin} gives {given} but not {missing}: both are needed")]
    Half {
        /// Where.
        origin: String,
        /// What is there.
        given: &'static str,
        /// What is not.
        missing: &'static str,
    },
}

fn list(names: &[String]) -> String {
    if names.is_empty() { String::from("none") } else { names.join(", ") }
}

/// The names under which the environment may hold a key, in order of preference.
const IN_ENVIRONMENT: [[&str; 3]; 2] = [
    ["PILOTHOUSE_ACCESS_KEY_ID", "PILOTHOUSE_SECRET_ACCESS_KEY", "PILOTHOUSE_SESSION_TOKEN"],
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"],
];

impl Credentials {
    /// A long-lived key.
    #[must_use]
    pub fn new(access_key_id: impl Into<String>, secret_access_key: impl Into<String>) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            secret_access_key: Zeroizing::new(secret_access_key.into()),
            session_token: None,
        }
    }

    /// A session's key, with its token.
    #[must_use]
    pub fn session(
        access_key_id: impl Into<String>,
        secret_access_key: impl Into<String>,
        session_token: impl Into<String>,
    ) -> Self {
        let session_token = Some(Zeroizing::new(session_token.into()));
        Self { session_token, ..Self::new(access_key_id, secret_access_key) }
    }

    /// The public half.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The secret half: for who signs by other means than this crate.
    #[must_use]
    pub fn secret_access_key(&self) -> &str {
        &self.secret_access_key
    }

    pub(crate) fn session_token(&self) -> Option<&str> {
        self.session_token.as_ref().map(|token| token.as_str())
    }

    /// The key in the environment: `PILOTHOUSE_ACCESS_KEY_ID` and `PILOTHOUSE_SECRET_ACCESS_KEY`, else AWS's own names.
    /// `variable` looks a name up, such as `|name| std::env::var(name).ok()`.
    ///
    /// # Errors
    /// When only half of a key is there.
    pub fn from_environment(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, CredentialsError> {
        for [id_name, secret_name, token_name] in IN_ENVIRONMENT {
            let filled = |name| variable(name).filter(|value| !value.is_empty());
            let half =
                |given, missing| CredentialsError::Half { origin: "the environment".into(), given, missing };
            match (filled(id_name), filled(secret_name)) {
                (None, None) => {}
                (Some(_), None) => return Err(half(id_name, secret_name)),
                (None, Some(_)) => return Err(half(secret_name, id_name)),
                (Some(id), Some(secret)) => {
                    let session_token = filled(token_name).map(Zeroizing::new);
                    return Ok(Some(Self { session_token, ..Self::new(id, secret) }));
                }
            }
        }
        Ok(None)
    }

    /// The key of a profile in a file of AWS's shared-credentials format.
    ///
    /// # Errors
    /// When the file cannot be read, has no such profile, or holds half of a key.
    pub fn from_file(path: &Path, profile: &str) -> Result<Self, CredentialsError> {
        let text = std::fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|why| CredentialsError::Unreadable { path: path.to_owned(), why })?;
        Self::parse(&text, path, profile)
    }

    fn parse(text: &str, path: &Path, profile: &str) -> Result<Self, CredentialsError> {
        let mut known = Vec::new();
        let mut here = false;
        let (mut id, mut secret, mut token) = (None, None, None);
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
                let name = name.trim();
                here = name == profile;
                known.push(name.to_owned());
            } else if let (true, Some((key, value))) = (here, line.split_once('=')) {
                let value = Some(value.trim().to_owned());
                match key.trim() {
                    "aws_access_key_id" => id = value,
                    "aws_secret_access_key" => secret = value,
                    "aws_session_token" => token = value,
                    _ => {}
                }
            }
        }
        if !known.iter().any(|name| name == profile) {
            return Err(CredentialsError::NoProfile {
                path: path.to_owned(),
                profile: profile.to_owned(),
                known,
            });
        }
        let half = |given, missing| CredentialsError::Half {
            origin: format!("profile [{profile}] of {}", path.display()),
            given,
            missing,
        };
        let id = id.ok_or_else(|| half("no aws_access_key_id", "aws_access_key_id"))?;
        let secret = secret.ok_or_else(|| half("aws_access_key_id", "aws_secret_access_key"))?;
        Ok(Self { session_token: token.map(Zeroizing::new), ..Self::new(id, secret) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# made by the server\n[default]\naws_access_key_id = AKIA1\naws_secret_access_key=s=1\n\n\
                        [prod]\n aws_access_key_id = AKIA2 \naws_secret_access_key = s2\naws_session_token = t\n[half]\naws_access_key_id = AKIA3\n";

    fn parse(profile: &str) -> Result<Credentials, CredentialsError> {
        Credentials::parse(FILE, Path::new("/data/credentials"), profile)
    }

    #[test]
    fn each_profile_has_its_own_key() {
        let default = parse("default").unwrap();
        assert_eq!((default.access_key_id(), default.secret_access_key()), ("AKIA1", "s=1"));
        let prod = parse("prod").unwrap();
        assert_eq!((prod.access_key_id(), prod.session_token()), ("AKIA2", Some("t")));
    }

    #[test]
    fn a_profile_that_is_not_there_is_told_with_those_that_are() {
        let said = parse("stage").unwrap_err().to_string();
        assert_eq!(said, "/data/credentials has no profile [stage]; it has: default, prod, half");
    }

    #[test]
    fn half_a_key_is_an_error_and_not_an_unsigned_request() {
        assert!(parse("half").unwrap_err().to_string().contains("aws_secret_access_key"));
        let only_id = |name: &str| (name == "AWS_ACCESS_KEY_ID").then(|| "AKIA".to_owned());
        assert!(Credentials::from_environment(only_id).is_err());
    }

    #[test]
    fn our_own_variables_win_over_those_of_aws() {
        let both = |name: &str| Some(format!("{name}-value"));
        let found = Credentials::from_environment(both).unwrap().unwrap();
        assert_eq!(found.access_key_id(), "PILOTHOUSE_ACCESS_KEY_ID-value");
        assert!(Credentials::from_environment(|_| None).unwrap().is_none());
    }

    #[test]
    fn the_secret_is_not_shown() {
        assert_eq!(format!("{:?}", Credentials::new("AKIA", "hush")), "Credentials(AKIA, secret ***)");
    }
}
