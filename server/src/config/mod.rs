//! Settings: a file, then the environment (`PILOTHOUSE_…`), then flags; the later wins. A key that is not known is an error that
//! names it.
//!
//! In: paths and the environment, as values. Out: [`Settings`], checked. Secrets come from the environment or from the data
//! directory, never from the file.
//!
//! Never here: opening, binding, anything that the settings are used for.

mod environment;
mod error;
mod limits;
mod outputs;
mod parameters;
mod s3;
mod tls;
mod webhooks;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

pub use error::SettingsError;
pub use limits::Limits;
pub use outputs::OutputSettings;
pub use parameters::ParameterSettings;
pub use s3::S3Settings;
pub(crate) use tls::is_name;
pub use tls::{TlsFiles, TlsSetting, Way};
pub use webhooks::WebhookSettings;

use crate::credentials::RootCredentials;
use crate::cx::Rules;
use crate::secrets::MasterKeyring;

/// The SQLite file in the data directory.
pub const DATABASE_FILE: &str = "pilothouse.db";
/// The folder of what is attached to documents in the data directory.
pub const BLOBS: &str = "blobs";
/// The folder of nodes' output in the data directory.
pub const OUTPUTS: &str = "outputs";
/// The file in the data directory that a running server holds locked.
pub const LOCK: &str = "lock";

/// Settings of a server.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where database, output, credentials and lock live; one server at a time.
    pub data_dir: PathBuf,
    /// Where operators and agents come in.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// URL of the database (`sqlite:PATH` or `postgres://…`); `DATA_DIR/pilothouse.db` if absent.
    pub database: Option<String>,
    /// The account that everything belongs to: 12 digits.
    pub account_id: String,
    /// The region that is written into the credentials file; requests work in the region of their signature.
    pub region: String,
    /// Whether plain HTTP beyond loopback is allowed.
    pub allow_plain: bool,
    /// Where the certificate comes from. If absent: [`Settings::way`].
    pub tls: Option<TlsSetting>,
    /// Names by which the server is called, besides those that it knows itself: its own authority puts them into its
    /// certificate.
    #[serde(deserialize_with = "tls::names")]
    pub tls_names: Vec<String>,
    /// Seconds between an agent's heartbeats.
    pub heartbeat_seconds: u32,
    /// Seconds of silence after which a node is ConnectionLost.
    pub connection_lost_after_seconds: u32,
    /// Unacknowledged output bytes that one agent may have on the way.
    pub output_window_bytes: u64,
    /// The longest time, in seconds, for which an environment can be armed.
    pub arming_max_seconds: u32,
    /// Seconds after which a request for approval is of no use any more.
    pub approval_expires_seconds: u32,
    /// Days after which records of the audit trail are removed; 0 keeps them for ever.
    pub audit_retention_days: u32,
    /// How much one client gets.
    pub limits: Limits,
    /// What is kept of output.
    pub outputs: OutputSettings,
    /// Where output is delivered to that a command wants in a bucket.
    pub s3: Option<S3Settings>,
    /// What is kept of parameters.
    pub parameters: ParameterSettings,
    /// Who can be notified of what becomes of commands, by name.
    pub webhooks: BTreeMap<String, WebhookSettings>,
    /// Root credentials that are given; otherwise those in `DATA_DIR/credentials`, made at the first start.
    #[serde(skip)]
    pub root: Option<RootCredentials>,
    /// Master keys that are given; otherwise those in `DATA_DIR/master.key`, made at the first start.
    #[serde(skip)]
    pub master_keys: Option<MasterKeyring>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the database's URL, which may hold a password.
        f.debug_struct("Settings")
            .field("data_dir", &self.data_dir)
            .field("listen", &self.listen)
            .field("region", &self.region)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: default_data_dir(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8440)),
            database: None,
            account_id: String::from("000000000000"),
            region: String::from("us-east-1"),
            allow_plain: false,
            tls: None,
            tls_names: Vec::new(),
            heartbeat_seconds: 15,
            connection_lost_after_seconds: 60,
            output_window_bytes: 1024 * 1024,
            arming_max_seconds: 3600,
            approval_expires_seconds: 24 * 3600,
            audit_retention_days: 365,
            limits: Limits::default(),
            outputs: OutputSettings::default(),
            s3: None,
            parameters: ParameterSettings::default(),
            webhooks: BTreeMap::new(),
            root: None,
            master_keys: None,
        }
    }
}

fn address<'de, D: Deserializer<'de>>(value: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(value)?;
    let is_none = "is no IP address and port (such as 127.0.0.1:8440 or [::]:8440)";
    text.parse().map_err(|_| D::Error::custom(format!("{text:?} {is_none}")))
}

/// `pilothouse-server` below the user's state directory.
fn default_data_dir() -> PathBuf {
    use etcetera::BaseStrategy as _;
    let state = etcetera::choose_base_strategy().ok().and_then(|dirs| dirs.state_dir());
    state.unwrap_or_else(|| PathBuf::from("/var/lib")).join("pilothouse-server")
}

impl Settings {
    /// What local mode and tests start from: loopback, a free port, everything below `data_dir`.
    #[must_use]
    pub fn local(data_dir: PathBuf) -> Self {
        Self { data_dir, listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..Self::default() }
    }

    /// Reads the settings. `flags` win over `environment`, which wins over `file`.
    ///
    /// # Errors
    /// When the file is not there or not TOML, a key is not known, or a value is out of its range.
    pub fn read(
        file: Option<&Path>,
        environment: &HashMap<String, String>,
        flags: &[(&str, Option<String>)],
    ) -> Result<Self, SettingsError> {
        let mut builder = config::Config::builder();
        if let Some(path) = file {
            builder = builder.add_source(config::File::from(path).format(config::FileFormat::Toml));
        }
        builder = builder.add_source(environment::source(environment));
        for (name, value) in flags {
            builder = builder.set_override_option(*name, value.clone())?;
        }
        let mut settings: Self = builder.build()?.try_deserialize()?;
        settings.root = environment::root(environment)?;
        settings.master_keys = environment::master_keys(environment)?;
        settings.check()?;
        Ok(settings)
    }

    /// Whether the values can be used.
    ///
    /// # Errors
    /// When one is out of its range.
    pub fn check(&self) -> Result<(), SettingsError> {
        let range = |key, value: &str, must, holds: bool| {
            if holds { Ok(()) } else { Err(SettingsError::Range { key, value: value.to_owned(), must }) }
        };
        let account = &self.account_id;
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        range("account_id", account, "12 digits", is_account)?;
        range("region", &self.region, "a region's name, such as us-east-1", is_region(&self.region))?;
        for name in &self.tls_names {
            range(
                "tls_names",
                name,
                "host names (ops.example, *.ops.example) and IP addresses",
                is_name(name),
            )?;
        }
        let beat = self.heartbeat_seconds;
        range("heartbeat_seconds", &beat.to_string(), "1 to 3600", (1..=3600).contains(&beat))?;
        let silence = self.connection_lost_after_seconds;
        let is_patient = silence >= beat;
        range(
            "connection_lost_after_seconds",
            &silence.to_string(),
            "at least heartbeat_seconds",
            is_patient,
        )?;
        let window = self.output_window_bytes;
        let fits = (16 * 1024..=64 * 1024 * 1024).contains(&window);
        range("output_window_bytes", &window.to_string(), "16 KiB to 64 MiB", fits)?;
        let (armed, waiting) = (self.arming_max_seconds, self.approval_expires_seconds);
        let is_short = (30..=8 * 3600).contains(&armed);
        range("arming_max_seconds", &armed.to_string(), "30 to 28800 (8 hours)", is_short)?;
        let is_bounded = (60..=30 * 86_400).contains(&waiting);
        range("approval_expires_seconds", &waiting.to_string(), "60 to 2592000 (30 days)", is_bounded)?;
        let days = self.audit_retention_days;
        let is_a_time = days <= 36_500;
        range("audit_retention_days", &days.to_string(), "0 (for ever) to 36500 (100 years)", is_a_time)?;
        self.check_sections()
    }

    fn check_sections(&self) -> Result<(), SettingsError> {
        self.outputs.check()?;
        self.s3.as_ref().map_or(Ok(()), S3Settings::check)?;
        self.parameters.check()?;
        self.webhooks.iter().try_for_each(|(name, webhook)| webhook.check(name))?;
        self.limits.check()
    }

    /// Bounds that operations keep to.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Rules {
            arming_max_seconds: i64::from(self.arming_max_seconds),
            approval_expires_seconds: i64::from(self.approval_expires_seconds),
            keep_deleted_parameters_seconds: i64::from(self.parameters.keep_deleted_days) * 86_400,
        }
    }

    /// URL of the database.
    #[must_use]
    pub fn database_url(&self) -> String {
        self.database.clone().unwrap_or_else(|| sqlite_below(&self.data_dir))
    }
}

/// URL of the SQLite database in a data directory.
pub(crate) fn sqlite_below(data_dir: &Path) -> String {
    format!("sqlite:{}", data_dir.join(DATABASE_FILE).display())
}

/// Whether it looks like the name of a region: any such name is one.
pub(crate) fn is_region(name: &str) -> bool {
    (2..=32).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("server.toml");
        std::fs::write(&file, text).unwrap();
        (dir, file)
    }

    #[test]
    fn flags_win_over_the_environment_which_wins_over_the_file() {
        let (_dir, file) = written("listen = \"127.0.0.1:1\"\nregion = \"eu-a-1\"\nheartbeat_seconds = 3\n");
        let environment =
            environment(&[("PILOTHOUSE_REGION", "eu-b-1"), ("PILOTHOUSE_LISTEN", "127.0.0.1:2")]);
        let flags = [("listen", Some(String::from("127.0.0.1:3"))), ("data_dir", None)];
        let settings = Settings::read(Some(&file), &environment, &flags).unwrap();
        assert_eq!(settings.listen.port(), 3);
        assert_eq!((settings.region.as_str(), settings.heartbeat_seconds), ("eu-b-1", 3));
    }

    #[test]
    fn a_misspelt_key_is_named_wherever_it_stands() {
        let (_dir, file) = written("lisen = \"127.0.0.1:1\"\n");
        let error = Settings::read(Some(&file), &HashMap::new(), &[]).unwrap_err().to_string();
        assert!(error.contains("lisen"), "{error}");
        let misspelt = environment(&[("PILOTHOUSE_LISEN", "127.0.0.1:1")]);
        let error = Settings::read(None, &misspelt, &[]).unwrap_err().to_string();
        assert!(error.contains("lisen"), "{error}");
        let (_dir, file) = written("[tls]\ncertificate = \"a\"\nkey = \"b\"\nciphers = \"c\"\n");
        let error = Settings::read(Some(&file), &HashMap::new(), &[]).unwrap_err().to_string();
        assert!(error.contains("ciphers"), "{error}");
    }

    #[test]
    fn what_is_meant_for_other_programs_is_no_key_of_ours() {
        let theirs = environment(&[
            ("PILOTHOUSE_LOG", "debug"),
            ("PILOTHOUSE_AGENT_SERVER", "http://x"),
            ("PILOTHOUSE_PROFILE", "prod"),
            ("PILOTHOUSE_ENDPOINT", "http://x"),
            ("PILOTHOUSE_CA", "/ca.pem"),
            ("PILOTHOUSE_CA_FINGERPRINT", "sha256:7f"),
            ("PILOTHOUSE_TYPED_FROM", "3"),
            ("PATH", "/bin"),
        ]);
        assert_eq!(Settings::read(None, &theirs, &[]).unwrap().region, "us-east-1");
    }

    #[test]
    fn numbers_and_texts_that_look_like_numbers_come_from_the_environment_as_they_are() {
        let given = environment(&[
            ("PILOTHOUSE_ACCOUNT_ID", "012345678901"),
            ("PILOTHOUSE_HEARTBEAT_SECONDS", "7"),
            ("PILOTHOUSE_ALLOW_PLAIN", "true"),
            ("PILOTHOUSE_TLS__CERTIFICATE", "/c.pem"),
            ("PILOTHOUSE_TLS__KEY", "/k.pem"),
        ]);
        let settings = Settings::read(None, &given, &[]).unwrap();
        assert_eq!(settings.account_id, "012345678901");
        assert_eq!((settings.heartbeat_seconds, settings.allow_plain), (7, true));
        let files = TlsFiles { certificate: "/c.pem".into(), key: "/k.pem".into() };
        assert_eq!(settings.way(), Way::Given(&files));
        let given =
            environment(&[("PILOTHOUSE_TLS", "auto"), ("PILOTHOUSE_TLS_NAMES", "ops.example, 10.0.0.5")]);
        let settings = Settings::read(None, &given, &[]).unwrap();
        assert_eq!((settings.way(), settings.tls_names.len()), (Way::Own, 2));
    }

    #[test]
    fn tls_is_auto_or_a_table_and_its_names_are_names() {
        let read = |text: &str| {
            let (_dir, file) = written(text);
            Settings::read(Some(&file), &HashMap::new(), &[])
        };
        let auto = read("tls = \"auto\"\ntls_names = [\"ops.example\", \"fd00::5\"]\n").unwrap();
        assert_eq!((auto.way(), auto.tls_names.len()), (Way::Own, 2));
        let error = read("tls = \"on\"\n").unwrap_err().to_string();
        assert!(error.contains("auto") && error.contains("certificate"), "{error}");
        let error = read("tls_names = [\"https://ops.example\"]\n").unwrap_err().to_string();
        assert!(error.contains("tls_names") && error.contains("https://ops.example"), "{error}");
    }

    #[test]
    fn the_sample_file_holds_every_key_with_its_default() {
        let sample = include_str!("../../../assets/config/server.toml");
        let is_key = |line: &str| line.starts_with('[') || line.split(' ').nth(1) == Some("=");
        let uncommented: String = sample
            .lines()
            .filter_map(|line| line.strip_prefix("# ").filter(|line| is_key(line)))
            .map(|line| format!("{line}\n"))
            .collect();
        let (_dir, file) = written(&uncommented);
        let shown = Settings::read(Some(&file), &HashMap::new(), &[]).unwrap();
        assert!(shown.tls == Some(TlsSetting::Auto) && shown.database.is_some(), "{uncommented}");
        let usual =
            Settings { tls: None, database: None, data_dir: shown.data_dir.clone(), ..Settings::default() };
        let text = |settings: &Settings| {
            let Settings { listen, account_id, region, allow_plain, tls_names, heartbeat_seconds, .. } =
                settings;
            let Settings { connection_lost_after_seconds, output_window_bytes, limits, .. } = settings;
            let Settings {
                arming_max_seconds,
                approval_expires_seconds,
                audit_retention_days,
                parameters,
                ..
            } = settings;
            format!(
                "{parameters:?} {audit_retention_days} {arming_max_seconds} {approval_expires_seconds} {listen} {account_id} {region} {allow_plain} {tls_names:?} {heartbeat_seconds} {connection_lost_after_seconds} {output_window_bytes} {limits:?}"
            )
        };
        assert_eq!(text(&shown), text(&usual));
    }

    #[test]
    fn a_host_name_is_no_address_to_listen_on() {
        let named = environment(&[("PILOTHOUSE_LISTEN", "localhost:8440")]);
        let error = Settings::read(None, &named, &[]).unwrap_err().to_string();
        assert!(error.contains("localhost:8440") && error.contains("127.0.0.1:8440"), "{error}");
    }

    #[test]
    fn half_of_the_root_credentials_is_an_error() {
        let half = environment(&[("PILOTHOUSE_ROOT_ACCESS_KEY_ID", "PILO2222222222222222")]);
        let error = Settings::read(None, &half, &[]).unwrap_err().to_string();
        assert!(error.contains("PILOTHOUSE_ROOT_SECRET_ACCESS_KEY"), "{error}");
    }

    #[test]
    fn a_password_in_the_database_url_is_not_shown() {
        let mut settings = Settings::local(PathBuf::from("/x"));
        settings.database = Some(String::from("postgres://pilot:hunter2@db/x"));
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
