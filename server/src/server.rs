//! A server: every room wired together. What `main` runs, and what local mode and tests start in their own process.

use std::fs::{File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pilothouse_api::Fault;
use pilothouse_store::blobs::{BlobError, FileBlobs};
use pilothouse_store::outputs::{FileOutputs, OutputError};
use pilothouse_store::{Store, StoreError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::access::{Access, Keyring, Watch};
use crate::audit::{AnchorFile, AuditTrail, ChainError, ChainKey, Scribe};
use crate::clock::{Clock as _, Dice, SystemChance, SystemClock};
use crate::config::{BLOBS, LOCK, OUTPUTS, Settings, SettingsError};
use crate::courier::{Buckets, Courier, CourierError, Patience, S3Error};
use crate::credentials::{self, CredentialsError, RootCredentials};
use crate::cx::{Call, Ports};
use crate::door::Door;
use crate::doorbell::Doorbell;
use crate::folding::Folds;
use crate::gateway::{Gateway, LinkSettings, Registry};
use crate::http::{self, Closer, Front};
use crate::internal::ForgetLinks;
use crate::private_file;
use crate::scheduler::{Carriers, Scheduler, TrailUpkeep, Upkeep};
use crate::secrets::{OpenError, Secrets};
use crate::tls::{OwnAuthority, Protected, TlsError, Urls, Vault};

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
    /// The blobs cannot be opened.
    #[error(transparent)]
    Blobs(#[from] BlobError),
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
    /// Buckets cannot be reached.
    #[error(transparent)]
    S3(#[from] S3Error),
    /// What carries deliveries cannot be made.
    #[error(transparent)]
    Courier(#[from] CourierError),
    /// The audit trail cannot be written.
    #[error(transparent)]
    Audit(#[from] ChainError),
    /// What a former run left could not be put in order.
    #[error("the state of the former run could not be put in order: {0}")]
    Recover(Fault),
}

/// A running server. Dropping it stops serving at once; [`Server::stop`] stops in order.
pub struct Server {
    urls: Urls,
    protected: Protected,
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
    _lock: File,
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
        let (credentials_file, root) = root(&settings, &dice)?;
        let store = Store::open(&settings.database_url()).await?;
        let secrets = secrets(&settings, &store, &dice).await?;
        let vault = Vault { store: store.clone(), secrets: secrets.clone(), dice: dice.clone() };
        let protected = Protected::open(&settings, vault, Arc::new(SystemClock)).await?;
        let (registry, protection) = (Arc::new(Registry::default()), protected.protection.clone());
        let quotas = settings.outputs.quotas();
        let outputs = FileOutputs::open_within(settings.data_dir.join(OUTPUTS), quotas).await?;
        let blobs = Arc::new(FileBlobs::open(settings.data_dir.join(BLOBS)).await?);
        let courier = Arc::new(Courier::new(&settings.webhooks, Patience::default())?);
        let webhooks = Arc::new(courier.webhooks());
        let folds = Folds::default();
        let ports = Ports {
            agents: registry.clone(),
            outputs: Arc::new(outputs),
            blobs,
            secrets,
            webhooks,
            folds,
            buckets: settings.s3.as_ref().map(|s3| Arc::new(s3.address())),
            protection,
        };
        let door = door(&settings, store.clone(), ports, dice).await?;
        let (listener, urls) = bind(&settings).await?;
        let gateway = Arc::new(Gateway::new(door.clone(), registry, links(&settings)));
        let (gate, closer) = http::gate();
        let keyring = Keyring::new(root.clone(), door.access().clone(), door.ports().secrets.clone());
        let router = http::router(door.clone(), gateway.clone(), keyring, gate.clone(), settings.limits);
        let tls = protected.acceptor.clone();
        let accepting = tokio::spawn(http::serve(Front { listener, tls }, router, gate));
        let anchor = AnchorFile::of(&settings.data_dir);
        let scheduler = scheduler(&settings, door.clone(), anchor.clone(), courier)?;
        Ok(Self {
            urls,
            protected,
            region: settings.region,
            credentials_file,
            root,
            watch: door.access().watch(store.clone()),
            store,
            door,
            gateway,
            scheduler,
            anchor,
            closer,
            accepting,
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
        &self.urls.own
    }

    /// The same by a name that others can use, where it listens on every address.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.urls.public
    }

    /// The server's own authority, if its certificate is from there.
    #[must_use]
    pub fn authority(&self) -> Option<&OwnAuthority> {
        self.protected.authority.as_ref()
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
    tell_of_lost_records(door);
}

fn tell_of_lost_records(door: &Door) {
    if door.audit().is_behind() {
        tracing::error!(
            "records of calls that only looked or were refused could not be written, and are lost"
        );
    }
}

/// The core's door, with what a former run left put in order.
async fn door(settings: &Settings, store: Store, ports: Ports, dice: Dice) -> Result<Door, StartError> {
    let (clock, doorbell) = (Arc::new(SystemClock), Doorbell::default());
    let key = ChainKey::open(&store, &ports.secrets, &dice, clock.now()).await?;
    let access = Access::load(&store, doorbell.clone()).await?;
    let scribe = Scribe::new(&settings.account_id, &settings.region, dice.clone());
    let scribe = scribe.with_access(access.clone());
    let audit = AuditTrail::start(store.clone(), clock.clone(), key, scribe, doorbell.clone());
    let door = Door::new(store, ports, clock, dice, audit, doorbell).with_access(access);
    let door = door.with_account(&settings.account_id).with_rules(settings.rules());
    door.perform(&Call::system(), ForgetLinks {}).await.map_err(StartError::Recover)?;
    Ok(door)
}

fn scheduler(
    settings: &Settings,
    door: Door,
    anchor: AnchorFile,
    courier: Arc<Courier>,
) -> Result<Scheduler, S3Error> {
    let lost_after = Duration::from_secs(u64::from(settings.connection_lost_after_seconds));
    let trail = TrailUpkeep { retention_days: settings.audit_retention_days, anchor };
    let upkeep = Upkeep { trail, outputs: settings.outputs };
    let buckets = settings.s3.as_ref().map(Buckets::open).transpose()?.map(Arc::new);
    Ok(Scheduler::start(door, lost_after, upkeep, Carriers { courier, buckets }))
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
    private_file::make_folder(data_dir).map_err(failed)?;
    let file =
        File::options().create(true).truncate(false).write(true).open(data_dir.join(LOCK)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::Locked(data_dir.to_owned())),
        Err(TryLockError::Error(why)) => Err(failed(why)),
    }
}

async fn bind(settings: &Settings) -> Result<(TcpListener, Urls), StartError> {
    let failed = |why| StartError::Bind { listen: settings.listen, why };
    let listener = TcpListener::bind(settings.listen).await.map_err(failed)?;
    let urls = Urls::of(settings, listener.local_addr().map_err(failed)?);
    Ok((listener, urls))
}

/// The file of root credentials, and those that are given, else those in the file, which is made if it is not there.
fn root(settings: &Settings, dice: &Dice) -> Result<(PathBuf, RootCredentials), StartError> {
    let file = settings.data_dir.join(credentials::FILE);
    let root = match settings.root.clone() {
        Some(given) => given,
        None => RootCredentials::open(&file, &settings.region, dice)?,
    };
    Ok((file, root))
}

async fn secrets(settings: &Settings, store: &Store, dice: &Dice) -> Result<Secrets, OpenError> {
    let given = settings.master_keys.clone();
    Secrets::of_server(&settings.data_dir, given, store, dice, SystemClock.now()).await
}
