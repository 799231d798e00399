//! A server: every room wired together. What `main` runs, and what local mode and tests start in their own process.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pilothouse_api::about::Protection;
use pilothouse_store::Store;
use pilothouse_store::blobs::FileBlobs;
use pilothouse_store::outputs::FileOutputs;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::access::{Access, Keyring, Watch};
use crate::audit::{AnchorFile, AuditTrail, ChainKey, Scribe};
use crate::clock::{Clock as _, Dice, SystemChance, SystemClock};
use crate::config::{BLOBS, LOCK, OUTPUTS, Settings};
use crate::courier::{Buckets, Courier, Patience, S3Error};
use crate::credentials::{self, RootCredentials};
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
pub use crate::start_error::StartError;
use crate::tls::{OwnAuthority, Protected, Urls, Vault};

/// How long connections, and then what they left to be written, may take at the end.
const PATIENCE: Duration = Duration::from_secs(10);

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
        let registry = Arc::new(Registry::default());
        let courier = Arc::new(Courier::new(&settings.webhooks, Patience::default())?);
        let outside = Outside { agents: registry.clone(), secrets, webhooks: courier.webhooks() };
        let ports = ports(&settings, outside, protected.protection.clone()).await?;
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

/// What is made before the ports are.
struct Outside {
    agents: Arc<Registry>,
    secrets: Secrets,
    webhooks: BTreeSet<String>,
}

/// The ports that operations use; opens what stands in the data directory.
async fn ports(settings: &Settings, outside: Outside, protection: Protection) -> Result<Ports, StartError> {
    let (outputs, blobs) = (settings.data_dir.join(OUTPUTS), settings.data_dir.join(BLOBS));
    Ok(Ports {
        agents: outside.agents,
        outputs: Arc::new(FileOutputs::open_within(outputs, settings.outputs.quotas()).await?),
        blobs: Arc::new(FileBlobs::open(blobs).await?),
        secrets: outside.secrets,
        webhooks: Arc::new(outside.webhooks),
        folds: Folds::default(),
        buckets: settings.s3.as_ref().map(|s3| Arc::new(s3.address())),
        protection,
    })
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
