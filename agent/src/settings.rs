//! Settings: file, then environment (`PILOTHOUSE_AGENT_…`), then flags. A key that is not known is an error that names it.
//!
//! In: a path, the environment, flags. Out: [`Settings`]. Never here: what they are good for.

use std::path::{Path, PathBuf};

use pilothouse_trust::{Authority, Fingerprint};
use serde::Deserialize;

use crate::identity::AUTHORITY;

/// What the environment's names begin with.
const PREFIX: &str = "PILOTHOUSE_AGENT";

/// Settings of the agent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The server's URL.
    pub server: Option<String>,
    /// Where identity, ledger and spools live.
    pub data_dir: PathBuf,
    /// PEM file of authorities to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// The only authority to trust, by its fingerprint (`sha256:…`); goes before `ca`.
    pub ca_fingerprint: Option<Fingerprint>,
    /// Whether plain HTTP beyond loopback is allowed.
    pub allow_plain: bool,
    /// Jobs that run at a time.
    pub concurrency: usize,
    /// Bytes of output that are kept on disk for one job until the server has them; all jobs may take 16 times that.
    pub spool_bytes: u64,
    /// The command, for `/bin/sh`, that reboots this machine when a script asks for it; the platform's own if none is given.
    pub reboot_command: Option<String>,
    /// Seconds that a reboot waits for what else runs on this machine.
    pub reboot_patience_seconds: u64,
    /// Seconds in which a new version of the agent must have been let in by the server; otherwise the old one goes on.
    pub update_patience_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            server: None,
            data_dir: default_data_dir(),
            ca: None,
            ca_fingerprint: None,
            allow_plain: false,
            concurrency: 8,
            spool_bytes: 64 * 1024 * 1024,
            reboot_command: None,
            reboot_patience_seconds: 300,
            update_patience_seconds: 120,
        }
    }
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file or variable is wrong.
    #[error("the settings cannot be used: {0}")]
    Wrong(String),
}

impl From<config::ConfigError> for SettingsError {
    fn from(error: config::ConfigError) -> Self {
        Self::Wrong(error.to_string())
    }
}

/// `pilothouse-agent` below the user's state directory.
fn default_data_dir() -> PathBuf {
    use etcetera::BaseStrategy;
    let state = etcetera::choose_base_strategy().ok().and_then(|dirs| dirs.state_dir());
    state.unwrap_or_else(|| PathBuf::from("/var/lib")).join("pilothouse-agent")
}

impl Settings {
    /// Reads the settings. `flags` win over everything; without `file`, `DATA_DIR/agent.toml` is read if it is there.
    ///
    /// # Errors
    /// When the file is not there or not TOML, or a key is not known.
    pub fn read(file: Option<&Path>, flags: &[(&str, Option<String>)]) -> Result<Self, SettingsError> {
        let flag =
            |name: &str| flags.iter().find(|(key, _)| *key == name).and_then(|(_, value)| value.clone());
        let given = flag("data_dir").or_else(|| std::env::var(format!("{PREFIX}_DATA_DIR")).ok());
        let data_dir = given.map_or_else(default_data_dir, PathBuf::from);
        let source = match file {
            Some(path) => config::File::from(path).required(true),
            None => config::File::from(data_dir.join("agent.toml")).required(false),
        }
        .format(config::FileFormat::Toml);
        let mut builder = config::Config::builder()
            .add_source(source)
            .add_source(config::Environment::with_prefix(PREFIX).prefix_separator("_").try_parsing(true));
        for (name, value) in flags {
            builder = builder.set_override_option(*name, value.clone())?;
        }
        Ok(builder.build()?.try_deserialize()?)
    }

    /// The only authority to trust that the settings name, if they do.
    #[must_use]
    pub fn authority(&self) -> Option<Authority> {
        Authority::given(self.ca.clone(), self.ca_fingerprint)
    }

    /// The same, or the one that was pinned when this machine was registered.
    #[must_use]
    pub fn known_authority(&self) -> Option<Authority> {
        let kept = self.data_dir.join(AUTHORITY);
        self.authority().or_else(|| kept.exists().then_some(Authority::File(kept)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("agent.toml");
        std::fs::write(&file, "").unwrap();
        (dir, file)
    }

    #[test]
    fn a_misspelt_key_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("agent.toml");
        std::fs::write(&file, "sevrer = \"http://x\"\n").unwrap();
        let error = Settings::read(Some(&file), &[]).unwrap_err().to_string();
        assert!(error.contains("sevrer"), "{error}");
    }

    #[test]
    fn half_a_fingerprint_is_named() {
        let (_dir, file) = empty();
        let flags = [("ca_fingerprint", Some("sha256:7f".into()))];
        let error = Settings::read(Some(&file), &flags).unwrap_err().to_string();
        assert!(error.contains("sha256:7f") && error.contains("64 hexadecimal digits"), "{error}");
    }

    #[test]
    fn flags_win_over_the_file_whatever_it_is_called() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pilothouse-agent.conf");
        std::fs::write(&file, "server = \"http://a\"\nconcurrency = 3\n").unwrap();
        let settings = Settings::read(Some(&file), &[("server", Some("http://b".into()))]).unwrap();
        assert_eq!((settings.server.as_deref(), settings.concurrency), (Some("http://b"), 3));
    }
}
