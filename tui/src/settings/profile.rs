//! Whom to speak to, and as whom.

use std::path::{Path, PathBuf};

use pilothouse_client::{Authority, Credentials, Endpoint, Fingerprint};
use serde::Deserialize;

use super::environment::Environment;
use super::{Settings, SettingsError};

/// The region when nothing says another.
const REGION: &str = "us-east-1";

/// The section of a credentials file when nothing says another.
const SECTION: &str = "default";

/// A server, and as whom to speak to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Profile {
    /// The server's URL.
    pub endpoint: Option<String>,
    /// The region to work in.
    pub region: Option<String>,
    /// PEM file of authorities to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// The only authority to trust, by its fingerprint (`sha256:…`); goes before `ca`.
    pub ca_fingerprint: Option<Fingerprint>,
    /// A file in AWS's shared-credentials format; if absent, that of `AWS_SHARED_CREDENTIALS_FILE`, else `~/.aws/credentials`.
    pub credentials_file: Option<PathBuf>,
    /// The section in that file; if absent, `AWS_PROFILE`'s where no file is named either, else `default`.
    pub credentials_profile: Option<String>,
    /// What the title bar warns of: `prod`, `staging`, `dev`, or another word.
    pub environment: Option<String>,
}

/// What the cockpit works with.
#[expect(clippy::large_enum_variant, reason = "there is one, made at the start")]
#[derive(Clone, Debug)]
pub enum Chosen {
    /// A server and an agent of our own, in this process.
    Local,
    /// A server somewhere.
    Remote {
        /// Where, and as whom.
        endpoint: Endpoint,
        /// What the title bar says of it.
        environment: Environment,
    },
}

/// Whom the settings mean. `variable` looks a name up in the environment; `~` is `home`.
///
/// # Errors
/// When the profile does not exist or names no server, or there is no key to speak with.
pub fn choose(
    settings: &Settings,
    variable: impl Fn(&str) -> Option<String>,
    home: &Path,
) -> Result<Chosen, SettingsError> {
    // An address that was given by hand is meant instead of the usual profile.
    let profile = match (&settings.endpoint, &settings.profile) {
        (_, Some(name)) => Some((name.clone(), find(settings, name)?)),
        (Some(_), None) => None,
        (None, None) => return Ok(Chosen::Local),
    };
    let (name, profile) = profile.unwrap_or_default();
    let url = settings.endpoint.clone().or_else(|| profile.endpoint.clone());
    let url = url.ok_or_else(|| SettingsError::NoEndpoint(name.clone()))?;
    let environment = match &profile.environment {
        Some(word) => Environment::named(word, &name),
        None if name.is_empty() => Environment::named(host(&url), ""),
        None => Environment::named(&name, host(&url)),
    };
    let given = |file: &Option<PathBuf>, fingerprint| {
        Authority::given(file.as_ref().map(|path| expand(path, home)), fingerprint)
    };
    let by_hand = given(&settings.ca, settings.ca_fingerprint);
    let endpoint = Endpoint {
        ca: by_hand.or_else(|| given(&profile.ca, profile.ca_fingerprint)),
        credentials: credentials(&profile, &url, variable, home)?,
        region: settings.region.clone().or(profile.region).unwrap_or_else(|| REGION.to_owned()),
        url,
    };
    Ok(Chosen::Remote { endpoint, environment })
}

fn find(settings: &Settings, name: &str) -> Result<Profile, SettingsError> {
    settings.profiles.get(name).cloned().ok_or_else(|| SettingsError::NoProfile {
        name: name.to_owned(),
        known: settings.profiles.keys().cloned().collect(),
    })
}

/// A profile that names a file means that file; otherwise the environment comes first, as with the aws CLI.
fn credentials(
    profile: &Profile,
    endpoint: &str,
    variable: impl Fn(&str) -> Option<String>,
    home: &Path,
) -> Result<Credentials, SettingsError> {
    if let Some(file) = &profile.credentials_file {
        let section = profile.credentials_profile.as_deref().unwrap_or(SECTION);
        return Ok(Credentials::from_file(&expand(file, home), section)?);
    }
    if profile.credentials_profile.is_none()
        && let Some(credentials) = Credentials::from_environment(&variable)?
    {
        return Ok(credentials);
    }
    let filled = |name| variable(name).filter(|value| !value.is_empty());
    let usual = filled("AWS_SHARED_CREDENTIALS_FILE")
        .map_or_else(|| home.join(".aws/credentials"), |path| expand(Path::new(&path), home));
    if usual.is_file() {
        let section = profile.credentials_profile.clone().or_else(|| filled("AWS_PROFILE"));
        return Ok(Credentials::from_file(&usual, section.as_deref().unwrap_or(SECTION))?);
    }
    Err(SettingsError::NoKey { endpoint: endpoint.to_owned() })
}

fn expand(path: &Path, home: &Path) -> PathBuf {
    path.strip_prefix("~").map_or_else(|_| path.to_owned(), |rest| home.join(rest))
}

/// The host and port in a URL.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(profile: Option<&str>, endpoint: Option<&str>, profiles: &[(&str, Profile)]) -> Settings {
        Settings {
            profile: profile.map(Into::into),
            endpoint: endpoint.map(Into::into),
            profiles: profiles.iter().map(|(name, profile)| ((*name).to_owned(), profile.clone())).collect(),
            ..Settings::default()
        }
    }

    fn keys(name: &str) -> Option<String> {
        ["PILOTHOUSE_ACCESS_KEY_ID", "PILOTHOUSE_SECRET_ACCESS_KEY"].contains(&name).then(|| "key".to_owned())
    }

    fn prod() -> Profile {
        Profile {
            endpoint: Some("https://ops.example:8440".into()),
            region: Some("eu-a-1".into()),
            environment: Some("prod".into()),
            ..Profile::default()
        }
    }

    #[test]
    fn nothing_asked_for_is_local_mode() {
        let chosen = choose(&settings(None, None, &[("x", prod())]), keys, Path::new("/h")).unwrap();
        assert!(matches!(chosen, Chosen::Local));
    }

    #[test]
    fn a_profile_gives_everything_and_flags_win() {
        let mut settings = settings(Some("x"), None, &[("x", prod())]);
        settings.region = Some("eu-b-1".into());
        let Chosen::Remote { endpoint, environment } = choose(&settings, keys, Path::new("/h")).unwrap()
        else {
            panic!("not local")
        };
        assert_eq!((endpoint.url.as_str(), endpoint.region.as_str()), ("https://ops.example:8440", "eu-b-1"));
        assert_eq!((environment.word(), environment.place()), ("PROD", "x"));
    }

    #[test]
    fn an_authority_that_is_given_by_hand_is_meant_instead_of_the_profiles() {
        let pinned = format!("sha256:{}", "7f".repeat(32)).parse().unwrap();
        let profile = Profile { ca_fingerprint: Some(pinned), ..prod() };
        let mut settings = settings(Some("x"), None, &[("x", profile)]);
        let authority = |settings: &Settings| match choose(settings, keys, Path::new("/h")).unwrap() {
            Chosen::Remote { endpoint, .. } => endpoint.ca,
            Chosen::Local => panic!("not local"),
        };
        assert_eq!(authority(&settings), Some(Authority::Fingerprint(pinned)));
        settings.ca = Some("~/ca.pem".into());
        assert_eq!(authority(&settings), Some(Authority::File("/h/ca.pem".into())));
    }

    #[test]
    fn a_profile_that_does_not_exist_is_named_with_those_that_do() {
        let error = choose(&settings(Some("y"), None, &[("x", prod())]), keys, Path::new("/h"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("\"y\"") && error.contains("there are: x"), "{error}");
    }

    #[test]
    fn without_a_key_it_is_said_where_one_could_stand() {
        let error =
            choose(&settings(None, Some("http://h:1"), &[]), |_| None, Path::new("/no/home")).unwrap_err();
        assert!(error.to_string().contains("PILOTHOUSE_ACCESS_KEY_ID"), "{error}");
    }

    #[test]
    fn the_lines_that_a_server_prints_for_the_aws_cli_are_enough() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("elsewhere");
        std::fs::write(&file, "[ops]\naws_access_key_id = AKIDOPS\naws_secret_access_key = s\n").unwrap();
        let variable = |name: &str| match name {
            "AWS_SHARED_CREDENTIALS_FILE" => Some(file.display().to_string()),
            "AWS_PROFILE" => Some("ops".to_owned()),
            _ => None,
        };
        let chosen = choose(&settings(None, Some("http://h:1"), &[]), variable, home.path()).unwrap();
        let Chosen::Remote { endpoint, .. } = chosen else { panic!("not local") };
        assert_eq!(endpoint.credentials.access_key_id(), "AKIDOPS");
    }

    #[test]
    fn a_profile_that_names_a_file_is_not_overruled_by_the_environment() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(
            home.path().join("c"),
            "[ops]\naws_access_key_id = AKIDFILE\naws_secret_access_key = s\n",
        )
        .unwrap();
        let profile = Profile {
            credentials_file: Some("~/c".into()),
            credentials_profile: Some("ops".into()),
            ..prod()
        };
        let Chosen::Remote { endpoint, .. } =
            choose(&settings(Some("x"), None, &[("x", profile)]), keys, home.path()).unwrap()
        else {
            panic!("not local")
        };
        assert_eq!(endpoint.credentials.access_key_id(), "AKIDFILE");
    }
}
