//! Settings: `config.toml` in the user's config directory, then the environment (`PILOTHOUSE_…`), then flags; the later wins. A key
//! that is not known is an error that names it.
//!
//! In: paths, the environment and flags, as values. Out: [`Settings`], and from them whom to speak to ([`profile`]), how things
//! look ([`themes`], [`environment`]) and which keys do what ([`keys`]). Secrets stand in files of AWS's format or in the
//! environment, never here.
//! Never here: connecting, drawing, the process's own environment.

pub mod environment;
pub mod keys;
pub mod profile;
pub mod themes;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pilothouse_client::Fingerprint;
use serde::Deserialize;

use crate::screen::Times;
use profile::Profile;

/// The settings' file, below the config directory.
pub const FILE: &str = "config.toml";

/// Settings of the cockpit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The profile to use when none is asked for.
    pub profile: Option<String>,
    /// The server's URL, in place of a profile's.
    pub endpoint: Option<String>,
    /// The region, in place of a profile's.
    pub region: Option<String>,
    /// PEM file of authorities to trust, in place of a profile's.
    pub ca: Option<PathBuf>,
    /// The only authority to trust, by its fingerprint (`sha256:…`), in place of a profile's.
    pub ca_fingerprint: Option<Fingerprint>,
    /// The theme to begin with.
    pub theme: String,
    /// Whether to draw with ASCII alone.
    pub ascii: bool,
    /// Whether the mouse is captured.
    pub mouse: bool,
    /// How instants are shown.
    pub times: Shown,
    /// From this many nodes on, a mutation asks for the count to be typed.
    pub typed_from: usize,
    /// The keymap file; relative to the config directory.
    pub keys: PathBuf,
    /// Where log lines go; nowhere if absent.
    pub log: Option<PathBuf>,
    /// Servers by name.
    pub profiles: BTreeMap<String, Profile>,
}

/// [`Times`], as it is written in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Shown {
    /// As distance from now.
    #[default]
    Relative,
    /// In this machine's zone.
    Local,
    /// In UTC.
    Utc,
}

impl TryFrom<String> for Shown {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "relative" => Ok(Self::Relative),
            "local" => Ok(Self::Local),
            "utc" => Ok(Self::Utc),
            _ => Err(format!("times is {text:?}, and must be relative, local or utc")),
        }
    }
}

impl From<Shown> for Times {
    fn from(shown: Shown) -> Self {
        match shown {
            Shown::Relative => Self::Relative,
            Shown::Local => Self::Local,
            Shown::Utc => Self::Utc,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            profile: None,
            endpoint: None,
            region: None,
            ca: None,
            ca_fingerprint: None,
            theme: String::from("terminal"),
            ascii: false,
            mouse: false,
            times: Shown::Relative,
            typed_from: 10,
            keys: PathBuf::from("keys.toml"),
            log: None,
            profiles: BTreeMap::new(),
        }
    }
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file, a variable or a flag is wrong.
    #[error("the settings in {} cannot be used: {why}", .file.display())]
    Wrong {
        /// The file that was read.
        file: PathBuf,
        /// The cause.
        why: config::ConfigError,
    },
    /// A file cannot be read.
    #[error("{} cannot be read: {why}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The cause.
        why: std::io::Error,
    },
    /// A file is no TOML, or not what it should be.
    #[error("{} cannot be used: {why}", .path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
        /// The cause.
        why: String,
    },
    /// There is no such profile.
    #[error("there is no profile {name:?} in the settings; there are: {}", list(.known))]
    NoProfile {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A profile without a server.
    #[error("profile {0:?} names no endpoint")]
    NoEndpoint(String),
    /// There is no such theme.
    #[error("{0}")]
    Theme(String),
    /// The key to speak with cannot be found.
    #[error(transparent)]
    Credentials(#[from] pilothouse_client::CredentialsError),
    /// There is no key anywhere.
    #[error(
        "there is no access key for {endpoint}: set PILOTHOUSE_ACCESS_KEY_ID and PILOTHOUSE_SECRET_ACCESS_KEY, or name a \
         credentials_file (the server writes one into its data directory) in the profile"
    )]
    NoKey {
        /// Whom it was for.
        endpoint: String,
    },
}

fn list(names: &[String]) -> String {
    if names.is_empty() { String::from("none") } else { names.join(", ") }
}

/// The settings that the environment may give; other `PILOTHOUSE_…` variables are the server's, the agent's or the client's.
const IN_ENVIRONMENT: [&str; 10] = [
    "profile",
    "endpoint",
    "region",
    "ca",
    "ca_fingerprint",
    "theme",
    "ascii",
    "mouse",
    "times",
    "typed_from",
];

impl Settings {
    /// Reads the settings. `variable` looks a name up in the environment; `flags` win over everything.
    ///
    /// # Errors
    /// When a file is not TOML, a key is not known, or a value is of the wrong kind.
    pub fn read(
        file: &Path,
        variable: impl Fn(&str) -> Option<String>,
        flags: &[(&str, Option<String>)],
    ) -> Result<Self, SettingsError> {
        let wrong = |why| SettingsError::Wrong { file: file.to_owned(), why };
        let source = config::File::from(file).format(config::FileFormat::Toml).required(false);
        let mut builder = config::Config::builder().add_source(source);
        let from_environment =
            |key: &str| variable(&format!("PILOTHOUSE_{}", key.to_uppercase())).filter(|it| !it.is_empty());
        let flag = |key: &str| flags.iter().find(|(name, _)| *name == key).and_then(|(_, it)| it.clone());
        for key in IN_ENVIRONMENT {
            builder = builder.set_override_option(key, from_environment(key)).map_err(wrong)?;
        }
        for (key, value) in flags {
            builder = builder.set_override_option(*key, value.clone()).map_err(wrong)?;
        }
        let mut settings: Self = builder.build().and_then(config::Config::try_deserialize).map_err(wrong)?;
        // A server is meant as a whole: whoever names an address is not to send it the key of the usual profile, nor to see that
        // one's name above it, and the other way round.
        let layers = [
            (from_environment("profile"), from_environment("endpoint")),
            (flag("profile"), flag("endpoint")),
        ];
        if let Some((profile, endpoint)) =
            layers.into_iter().rfind(|(profile, endpoint)| profile.is_some() || endpoint.is_some())
        {
            (settings.profile, settings.endpoint) = (profile, endpoint);
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        text: &str,
        variables: &[(&str, &str)],
        flags: &[(&str, Option<String>)],
    ) -> Result<Settings, SettingsError> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(FILE);
        std::fs::write(&file, text).unwrap();
        let variable =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Settings::read(&file, variable, flags)
    }

    #[test]
    fn flags_win_over_the_environment_which_wins_over_the_file() {
        let file = "theme = \"dark\"\nregion = \"eu-a-1\"\nprofile = \"a\"\n";
        let variables = [("PILOTHOUSE_THEME", "light"), ("PILOTHOUSE_REGION", "eu-b-1")];
        let settings =
            read(file, &variables, &[("region", Some("eu-c-1".into())), ("profile", None)]).unwrap();
        assert_eq!((settings.theme.as_str(), settings.region.as_deref()), ("light", Some("eu-c-1")));
        assert_eq!(settings.profile.as_deref(), Some("a"));
    }

    #[test]
    fn an_address_given_by_hand_is_not_spoken_to_as_the_usual_profile() {
        let file = "profile = \"ops\"\n[profiles.ops]\nendpoint = \"http://ops\"\n";
        let of = |variables: &[(&str, &str)], flags: &[(&str, Option<String>)]| {
            let settings = read(file, variables, flags).unwrap();
            (settings.profile, settings.endpoint)
        };
        let other = Some(String::from("http://other"));
        let ops = Some(String::from("ops"));
        assert_eq!(of(&[], &[]), (ops.clone(), None));
        assert_eq!(of(&[], &[("profile", None), ("endpoint", other.clone())]), (None, other.clone()));
        let exported = [("PILOTHOUSE_ENDPOINT", "http://other")];
        assert_eq!(of(&exported, &[]), (None, other.clone()));
        assert_eq!(of(&exported, &[("profile", ops.clone())]), (ops.clone(), None));
        let both = [("profile", ops.clone()), ("endpoint", other.clone())];
        assert_eq!(of(&[], &both), (ops, other), "a tunnel to it, for example");
    }

    #[test]
    fn a_misspelt_key_is_named_also_inside_a_profile() {
        let error = read("thme = \"dark\"\n", &[], &[]).unwrap_err().to_string();
        assert!(error.contains("thme"), "{error}");
        let error = read("[profiles.x]\nendpiont = \"http://x\"\n", &[], &[]).unwrap_err().to_string();
        assert!(error.contains("endpiont"), "{error}");
    }

    #[test]
    fn times_that_are_none_are_named_with_those_there_are() {
        let error = read("times = \"zulu\"\n", &[], &[]).unwrap_err().to_string();
        assert!(error.contains("\"zulu\"") && error.contains("utc"), "{error}");
        assert_eq!(read("times = \"utc\"\n", &[], &[]).unwrap().times, Shown::Utc);
    }

    #[test]
    fn switches_come_from_the_environment_and_other_programs_variables_are_left_alone() {
        let variables =
            [("PILOTHOUSE_ASCII", "true"), ("PILOTHOUSE_TYPED_FROM", "3"), ("PILOTHOUSE_LISTEN", "x")];
        let settings = read("", &variables, &[]).unwrap();
        assert!(settings.ascii && settings.typed_from == 3);
    }

    #[test]
    fn without_a_file_everything_has_its_default() {
        let settings = Settings::read(Path::new("/no/such/config.toml"), |_| None, &[]).unwrap();
        assert_eq!((settings.theme.as_str(), settings.mouse), ("terminal", false));
    }
}
