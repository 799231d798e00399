//! Why a server does not start: each cause with what mends it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use pilothouse_api::Fault;
use pilothouse_store::StoreError;
use pilothouse_store::blobs::BlobError;
use pilothouse_store::outputs::OutputError;

use crate::audit::ChainError;
use crate::config::SettingsError;
use crate::courier::{CourierError, S3Error};
use crate::credentials::CredentialsError;
use crate::secrets::OpenError;
use crate::tls::TlsError;

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
