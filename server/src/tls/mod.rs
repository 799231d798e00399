//! The server's certificate: from files that are given, or from an authority of its own.
//!
//! ```text
//!   tls/ca (sealed) ──▶ authority ──▶ DATA_DIR/tls/server.pem ──▶ cell ──▶ handshakes
//!   [tls] certificate, key ───────────────────────────────────────┘
//! ```
//!
//! In: settings, the time. Out: an acceptor whose certificate changes under it. [`Tls::tend`] looks whether another one is due:
//! its own authority's are renewed a month before they end, or when the server's names change; files are read again when they
//! change. Nothing has to be restarted. The authority's private key is on no disk in the clear, and in memory while it signs.
//! Never here: sockets, whom others trust (that is `pilothouse-trust`).

mod authority;
mod cell;
mod certificate;
mod given;
mod names;
mod own;
mod protected;
#[cfg(test)]
mod stories;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pilothouse_protocol::Millis;
use pilothouse_store::StoreError;
use pilothouse_trust::Fingerprint;
use rustls::ServerConfig;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::clock::Clock;
use crate::secrets::SecretsError;
use cell::Cell;
use given::Given;
use own::Own;

pub use authority::{Authority, ITEM};
pub use certificate::Facts;
pub use names::{Names, host_name};
pub use own::{AUTHORITY_FILE, DIR, SERVER_FILE, Vault};
pub use protected::{OwnAuthority, Protected, Urls};

/// How often it is looked whether another certificate is due.
const PERIOD: Duration = Duration::from_secs(60);

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read as what it should hold.
    #[error("{} cannot be used for TLS: {why}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        why: String,
    },
    /// A file cannot be written.
    #[error("{} cannot be written: {why}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        why: io::Error,
    },
    /// Certificate and key do not fit.
    #[error("the certificate and its key cannot be used: {0}")]
    Pair(#[from] rustls::Error),
    /// A certificate cannot be made.
    #[error("a certificate cannot be made: {0}")]
    Make(#[from] rcgen::Error),
    /// The sealed authority is not what it should be.
    #[error("the server's own authority ({ITEM}) cannot be used: {0}")]
    Authority(String),
    /// The sealed authority cannot be opened.
    #[error("the server's own authority cannot be opened: {0}")]
    Sealed(#[from] SecretsError),
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What stands in a certificate that fits its key.
///
/// # Errors
/// When a file cannot be read, or they do not fit.
pub fn inspect(certificate: &Path, key: &Path) -> Result<Facts, TlsError> {
    let (_, pair) = Given::open(certificate, key)?;
    let failed = |why| TlsError::File { path: certificate.to_owned(), why };
    pair.cert.first().map_or_else(|| Err(String::from("it is empty")), Facts::of).map_err(failed)
}

enum Source {
    Own(Own),
    Given(Given),
}

/// A certificate that is kept fresh.
pub struct Tls {
    cell: Arc<Cell>,
    source: Source,
}

impl Tls {
    /// A certificate in files.
    ///
    /// # Errors
    /// When a file cannot be read, or they do not fit.
    pub fn given(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let (given, pair) = Given::open(certificate, key)?;
        Ok(Self { cell: Arc::new(Cell::new(pair)), source: Source::Given(given) })
    }

    /// A certificate of the server's own authority, which is made if the vault holds none.
    ///
    /// # Errors
    /// When the authority cannot be opened, or a file cannot be written.
    pub async fn own(data_dir: &Path, names: Names, vault: Vault, now: Millis) -> Result<Self, TlsError> {
        let (own, pair) = Own::open(data_dir, names, vault, now).await?;
        Ok(Self { cell: Arc::new(Cell::new(pair)), source: Source::Own(own) })
    }

    /// Takes another certificate if one is due; `true` if it did.
    ///
    /// # Errors
    /// When it cannot: the one that is there goes on serving.
    pub async fn tend(&self, now: Millis) -> Result<bool, TlsError> {
        let fresh = match &self.source {
            Source::Own(own) => own.renewed(now).await?,
            Source::Given(given) => given.changed()?,
        };
        let is_fresh = fresh.is_some();
        if let Some(pair) = fresh {
            self.cell.put(pair);
        }
        Ok(is_fresh)
    }

    /// Speaks TLS with whatever certificate is there at the time of a handshake.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(self.cell.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// The fingerprint of the server's own authority, if the certificate is from there.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        match &self.source {
            Source::Own(own) => Some(own.fingerprint()),
            Source::Given(_) => None,
        }
    }
}

/// The task that tends a certificate; dropping it ends it.
#[derive(Debug)]
pub struct Tending(JoinHandle<()>);

impl Tending {
    /// Starts it. Must be called inside a tokio runtime.
    #[must_use]
    pub fn start(tls: Tls, clock: Arc<dyn Clock>) -> Self {
        Self(tokio::spawn(async move {
            let mut period = tokio::time::interval(PERIOD);
            loop {
                period.tick().await;
                match tls.tend(clock.now()).await {
                    Ok(true) => tracing::info!("the server shows another certificate from now on"),
                    Ok(false) => {}
                    Err(error) => {
                        tracing::warn!(%error, "the server goes on with the certificate that it has");
                    }
                }
            }
        }))
    }
}

impl Drop for Tending {
    fn drop(&mut self) {
        self.0.abort();
    }
}
