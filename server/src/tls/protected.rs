//! How the way to the server is protected, as its settings ask for.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use pilothouse_api::about::Protection;
use pilothouse_trust::Fingerprint;
use tokio_rustls::TlsAcceptor;

use super::{AUTHORITY_FILE, DIR, Names, Tending, Tls, TlsError, Vault, host_name};
use crate::clock::Clock;
use crate::config::{Settings, Way, is_name};

/// The server's own certificate authority, as others are told of it.
#[derive(Clone, Debug)]
pub struct OwnAuthority {
    /// Its certificate in PEM: `DATA_DIR/tls/ca.pem`.
    pub file: PathBuf,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
}

/// How the way to the server is protected. Dropping it ends the tending of the certificate.
pub struct Protected {
    /// As others are told.
    pub protection: Protection,
    /// The server's own authority, if its certificate is from there.
    pub authority: Option<OwnAuthority>,
    /// What speaks TLS; plain HTTP if absent.
    pub acceptor: Option<TlsAcceptor>,
    _tending: Option<Tending>,
}

impl Protected {
    /// Opens the certificate that the settings ask for, and keeps it fresh. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When there is none.
    pub async fn open(settings: &Settings, vault: Vault, clock: Arc<dyn Clock>) -> Result<Self, TlsError> {
        let unprotected = |protection| Self { protection, authority: None, acceptor: None, _tending: None };
        let tls = match settings.way() {
            Way::Loopback => return Ok(unprotected(Protection::Loopback)),
            Way::Plain => {
                let listen = settings.listen;
                tracing::warn!(%listen, "plain HTTP that other machines can reach: what is said travels unprotected");
                return Ok(unprotected(Protection::Plain));
            }
            Way::Given(files) => Tls::given(&files.certificate, &files.key)?,
            Way::Own => {
                let names = Names::of_server(settings.listen, host_name().as_deref(), &settings.tls_names);
                Tls::own(&settings.data_dir, names, vault, clock.now()).await?
            }
        };
        let file = settings.data_dir.join(DIR).join(AUTHORITY_FILE);
        let authority = tls.fingerprint().map(|fingerprint| OwnAuthority { file, fingerprint });
        let protection = match &authority {
            Some(own) => Protection::OwnAuthority(own.fingerprint.to_string()),
            None => Protection::Given,
        };
        let acceptor = Some(tls.acceptor()?);
        Ok(Self { protection, authority, acceptor, _tending: Some(Tending::start(tls, clock)) })
    }
}

/// Where a server is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urls {
    /// Where it listens.
    pub own: String,
    /// The same by a name that others can use, where it listens on every address.
    pub public: String,
}

impl Urls {
    /// Those of a server that listens there.
    #[must_use]
    pub fn of(settings: &Settings, listening: SocketAddr) -> Self {
        let scheme = match settings.way() {
            Way::Loopback | Way::Plain => "http",
            Way::Own | Way::Given(_) => "https",
        };
        let own = format!("{scheme}://{listening}");
        if !listening.ip().is_unspecified() {
            return Self { public: own.clone(), own };
        }
        let told = settings.tls_names.iter().find(|name| !name.starts_with('*')).cloned();
        let name = told.or_else(|| host_name().filter(|name| is_name(name)));
        let name = name.unwrap_or_else(|| String::from("localhost"));
        let name = if name.contains(':') { format!("[{name}]") } else { name };
        Self { own, public: format!("{scheme}://{name}:{}", listening.port()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_on_every_address_is_called_by_a_name() {
        let mut settings = Settings::local(PathBuf::from("/x"));
        settings.listen = "[::]:8440".parse().unwrap();
        let mut public = |names: &[&str]| {
            settings.tls_names = names.iter().map(|name| (*name).to_owned()).collect();
            Urls::of(&settings, settings.listen).public
        };
        assert_eq!(public(&["*.web.example", "ops.example"]), "https://ops.example:8440");
        assert_eq!(public(&["fd00::5"]), "https://[fd00::5]:8440");
        let own = Urls::of(&settings, "127.0.0.1:1".parse().unwrap());
        assert_eq!(own.own, own.public);
    }
}
