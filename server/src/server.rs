//! A server: every room wired together. What `main` runs, and what local mode and tests start in their own process.

use std::fs::{self, File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pilothouse_api::Fault;
use pilothouse_api::about::Protection;
use pilothouse_store::outputs::{FileOutputs, OutputError};
use pilothouse_store::{Store, StoreError};
use pilothouse_trust::Fingerprint;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::access::{Access, Keyring, Watch};
use crate::audit::{AnchorFile, AuditTrail, ChainError, ChainKey, Scribe};
use crate::clock::{Clock as _, Dice, SystemChance, SystemClock};
use crate::config::{Settings, SettingsError, Way, is_name};
use crate::credentials::{self, CredentialsError, RootCredentials};
use crate::cx::{Call, Ports};
use crate::door::Door;
use crate::doorbell::Doorbell;
use crate::gateway::{Gateway, LinkSettings, Registry};
use crate::http::{self, Closer, Front};
use crate::internal::ForgetLinks;
use crate::scheduler::{Scheduler, TrailUpkeep};
use crate::secrets::{OpenError, Secrets};
use crate::tls::{self, Names, Tending, Tls, TlsError, Vault};

/// How long connections, and then what they left to be written, may take at the end.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The data directory cannot be made or locked.
    #[error("the data directory {} cannot be used: {why}", .path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// The cause.
        why: io::Error,
    },
    /// Another server uses the data directory.
    #[error("another server uses the data directory {}: stop it, or give this one a directory of its own", .0.display())]
    Locked(PathBuf),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The output store cannot be opened.
    #[error(transparent)]
    Outputs(#[from] OutputError),
    /// There are no root credentials.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The master keys do not fit what the database holds.
    #[error(transparent)]
    Secrets(#[from] OpenError),
    /// The address cannot be listened on.
    #[error("{listen} cannot be listened on: {why}")]
    Bind {
        /// The address.
        listen: SocketAddr,
        /// The cause.
        why: io::Error,
    },
    /// The audit trail cannot be written.
    #[error(transparent)]
    Audit(#[from] ChainError),
    /// What a former run left could not be put in order.
    #[error("the state of the former run could not be put in order: {0}")]
    Recover(Fault),
}

/// A running server. Dropping it stops serving at once; [`Server::stop`] stops in order.
pub struct Server {
    url: String,
    public_url: String,
    authority: Option<OwnAuthority>,
    region: String,
    credentials_file: PathBuf,
    root: RootCredentials,
    store: Store,
    door: Door,
    gateway: Arc<Gateway>,
    scheduler: Scheduler,
    anchor: AnchorFile,
    watch: Watch,
    closer: Closer,
    accepting: JoinHandle<()>,
    _tending: Option<Tending>,
    _lock: File,
}

/// The server's own certificate authority, as others are told of it.
#[derive(Clone, Debug)]
pub struct OwnAuthority {
    /// Its certificate in PEM: `DATA_DIR/tls/ca.pem`.
    pub file: PathBuf,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
}

impl Server {
    /// Opens everything and serves.
    ///
    /// # Errors
    /// When something cannot be opened; the error says what, and how to mend it.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        settings.check()?;
        let lock = lock(&settings.data_dir)?;
        let dice = Dice(Arc::new(SystemChance::default()));
        let credentials_file = settings.data_dir.join(credentials::FILE);
        let root = match settings.root.clone() {
            Some(given) => given,
            None => RootCredentials::open(&credentials_file, &settings.region, &dice)?,
        };
        let store = Store::open(&settings.database_url()).await?;
        let now = SystemClock.now();
        let given = settings.master_keys.clone();
        let secrets = Secrets::of_server(&settings.data_dir, given, &store, &dice, now).await?;
        let vault = Vault { store: store.clone(), secrets: secrets.clone(), dice: dice.clone() };
        let Protected { protection, authority, acceptor, tending } = protect(&settings, vault).await?;
        let registry = Arc::new(Registry::default());
        let outputs = Arc::new(FileOutputs::open(settings.data_dir.join("outputs")).await?);
        let ports = Ports { agents: registry.clone(), outputs, secrets, protection };
        let door = door(&settings, store.clone(), ports, dice).await?;
        let (listener, url, public_url) = bind(&settings).await?;
        let gateway = Arc::new(Gateway::new(door.clone(), registry, links(&settings)));
        let (gate, closer) = http::gate();
        let keyring = Keyring::new(root.clone(), door.access().clone(), door.ports().secrets.clone());
        let watch = door.access().watch(store.clone());
        let router = http::router(door.clone(), gateway.clone(), keyring, gate.clone(), settings.limits);
        let accepting = tokio::spawn(http::serve(Front { listener, tls: acceptor }, router, gate));
        let lost_after = Duration::from_secs(u64::from(settings.connection_lost_after_seconds));
        let anchor = AnchorFile::of(&settings.data_dir);
        let trail =
            TrailUpkeep { retention_days: settings.audit_retention_days, anchor: anchor.clone() };
        let scheduler = Scheduler::start(door.clone(), lost_after, trail);
        let region = settings.region;
        Ok(Self {
            url,
            public_url,
            authority,
            region,
            credentials_file,
            root,
            store,
            door,
            gateway,
            scheduler,
            watch,
            anchor,
            closer,
            accepting,
            _tending: tending,
            _lock: lock,
        })
    }

    /// The core's door, past all others.
    #[cfg(test)]
    pub(crate) fn door(&self) -> &Door {
        &self.door
    }

    /// `http://127.0.0.1:PORT`, or `https://…` with a certificate.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same by a name that others can use, where it listens on every address.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The server's own authority, if its certificate is from there.
    #[must_use]
    pub fn authority(&self) -> Option<&OwnAuthority> {
        self.authority.as_ref()
    }

    /// The region of the settings.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// `DATA_DIR/credentials`; not there when the root credentials were given.
    #[must_use]
    pub fn credentials_file(&self) -> &Path {
        &self.credentials_file
    }

    /// The root's access key id and its secret.
    #[must_use]
    pub fn root_credentials(&self) -> (&str, &str) {
        (self.root.access_key_id(), self.root.secret_access_key())
    }

    /// Stops in order: no new connections, running requests finish, streams and links are closed, what nodes reported is
    /// written, the store is closed.
    pub async fn stop(self) {
        let Self { store, door, gateway, scheduler, watch, anchor, closer, accepting, .. } = self;
        gateway.closing();
        if !closer.close(PATIENCE).await {
            tracing::warn!("some connections did not end in time and are cut off");
        }
        let _ = accepting.await;
        drop((scheduler, watch));
        write_rest(&gateway, &door).await;
        door.audit().keep_anchor(&anchor).await;
        if let Err(error) = door.access().settled(&store).await {
            tracing::warn!(%error, "when keys were used last could not be written");
        }
        store.close().await;
    }
}

/// Writes what is still to be written when all connections are gone.
async fn write_rest(gateway: &Gateway, door: &Door) {
    if let Err(fault) = door.perform(&Call::system(), ForgetLinks {}).await {
        tracing::warn!(%fault, "links could not be written off; the next start does it");
    }
    let settled = async { tokio::join!(gateway.settled(), door.settled()) };
    if tokio::time::timeout(PATIENCE, settled).await.is_err() {
        tracing::warn!("what was reported last could not be written in time; nodes will send it again");
    }
    if door.audit().is_behind() {
        tracing::error!("records of calls that only looked or were refused could not be written, and are lost");
    }
}

/// The core's door, with what a former run left put in order.
async fn door(settings: &Settings, store: Store, ports: Ports, dice: Dice) -> Result<Door, StartError> {
    let (clock, doorbell) = (Arc::new(SystemClock), Doorbell::default());
    let key = ChainKey::open(&store, &ports.secrets, &dice, clock.now()).await?;
    let scribe = Scribe::new(&settings.account_id, &settings.region, dice.clone());
    let audit = AuditTrail::start(store.clone(), clock.clone(), key, scribe, doorbell.clone());
    let access = Access::load(&store, doorbell.clone()).await?;
    let door = Door::new(store, ports, clock, dice, audit, doorbell).with_access(access);
    let door = door.with_account(&settings.account_id).with_rules(settings.rules());
    door.perform(&Call::system(), ForgetLinks {}).await.map_err(StartError::Recover)?;
    Ok(door)
}

fn links(settings: &Settings) -> LinkSettings {
    LinkSettings {
        heartbeat_seconds: settings.heartbeat_seconds,
        output_window: settings.output_window_bytes,
    }
}

/// Makes the data directory, for the owner alone, and locks it as long as the file is open.
pub(crate) fn lock(data_dir: &Path) -> Result<File, StartError> {
    let failed = |why| StartError::DataDir { path: data_dir.to_owned(), why };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data_dir).map_err(failed)?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(data_dir.join("lock"))
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::Locked(data_dir.to_owned())),
        Err(TryLockError::Error(why)) => Err(failed(why)),
    }
}

/// How the way to the server is protected.
struct Protected {
    protection: Protection,
    authority: Option<OwnAuthority>,
    acceptor: Option<TlsAcceptor>,
    tending: Option<Tending>,
}

async fn protect(settings: &Settings, vault: Vault) -> Result<Protected, StartError> {
    let unprotected = |protection| Protected { protection, authority: None, acceptor: None, tending: None };
    let tls = match settings.way() {
        Way::Loopback => return Ok(unprotected(Protection::Loopback)),
        Way::Plain => {
            let listen = settings.listen;
            tracing::warn!(%listen, "plain HTTP that other machines can reach: requests, jobs and output travel unprotected");
            return Ok(unprotected(Protection::Plain));
        }
        Way::Given(files) => Tls::given(&files.certificate, &files.key)?,
        Way::Own => {
            let host = tls::host_name();
            let names = Names::of_server(settings.listen, host.as_deref(), &settings.tls_names);
            Tls::own(&settings.data_dir, names, vault, SystemClock.now()).await?
        }
    };
    let file = settings.data_dir.join(tls::DIR).join(tls::AUTHORITY_FILE);
    let authority = tls.fingerprint().map(|fingerprint| OwnAuthority { file, fingerprint });
    Ok(Protected {
        protection: match &authority {
            Some(own) => Protection::OwnAuthority(own.fingerprint.to_string()),
            None => Protection::Given,
        },
        authority,
        acceptor: Some(tls.acceptor()?),
        tending: Some(Tending::start(tls, Arc::new(SystemClock))),
    })
}

/// The socket, its URL, and the URL for others.
async fn bind(settings: &Settings) -> Result<(TcpListener, String, String), StartError> {
    let failed = |why| StartError::Bind { listen: settings.listen, why };
    let listener = TcpListener::bind(settings.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let scheme = match settings.way() {
        Way::Loopback | Way::Plain => "http",
        Way::Own | Way::Given(_) => "https",
    };
    let url = format!("{scheme}://{address}");
    if !address.ip().is_unspecified() {
        return Ok((listener, url.clone(), url));
    }
    let told = settings.tls_names.iter().find(|name| !name.starts_with('*')).cloned();
    let name = told.or_else(|| tls::host_name().filter(|name| is_name(name)));
    let name = name.unwrap_or_else(|| String::from("localhost"));
    let name = if name.contains(':') { format!("[{name}]") } else { name };
    Ok((listener, url, format!("{scheme}://{name}:{}", address.port())))
}
