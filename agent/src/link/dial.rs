//! Where the server is, and the way there.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pilothouse_protocol::frame::{LINK_PATH, MAX_FRAME};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};
use url::Url;

use super::PATIENCE;

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The server, and how to trust it.
#[derive(Clone, Debug)]
pub struct Dial {
    /// Where the link is opened: `ws://…` or `wss://…`.
    url: Url,
    /// Authorities to trust instead of the system's.
    ca: Option<Arc<rustls::RootCertStore>>,
}

/// A server that cannot be dialled.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// Not the URL of a server.
    #[error("{url:?} is not the URL of a server: give it as https://host:port ({why})")]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// Plain HTTP to another machine.
    #[error(
        "{0} is plain HTTP to another machine: jobs and output would travel unprotected. Give an https:// URL, or say \
         --allow-plain if the way there is protected otherwise"
    )]
    Plain(String),
    /// The authorities cannot be read.
    #[error("{} holds no certificate that can be read: {why}", .path.display())]
    Ca {
        /// The file.
        path: PathBuf,
        /// The cause.
        why: String,
    },
}

impl Dial {
    /// The link's URL for a server's, with its own authorities if a PEM file is given.
    ///
    /// # Errors
    /// When the URL is none, is plain beyond loopback without being allowed, or the file cannot be read.
    pub fn new(server: &str, ca: Option<&Path>, allow_plain: bool) -> Result<Self, DialError> {
        let wrong = |why: String| DialError::Url { url: server.to_owned(), why };
        let mut url = Url::parse(server).map_err(|error| wrong(error.to_string()))?;
        let host = url.host().ok_or_else(|| wrong(String::from("it names no host")))?;
        let is_loopback = match host {
            url::Host::Domain(name) => name == "localhost",
            url::Host::Ipv4(ip) => ip.is_loopback(),
            url::Host::Ipv6(ip) => ip.is_loopback(),
        };
        let scheme = match url.scheme() {
            "https" | "wss" => "wss",
            "http" | "ws" if is_loopback || allow_plain => "ws",
            "http" | "ws" => return Err(DialError::Plain(server.to_owned())),
            other => return Err(wrong(format!("{other} is not http or https"))),
        };
        url.set_scheme(scheme).map_err(|()| wrong(String::from("its scheme cannot be used")))?;
        url.set_path(LINK_PATH);
        Ok(Self { url, ca: ca.map(authorities).transpose()? })
    }

    pub(super) async fn connect(&self) -> Result<Socket, String> {
        let config =
            WebSocketConfig::default().max_message_size(Some(MAX_FRAME)).max_frame_size(Some(MAX_FRAME));
        let config = config
            .max_write_buffer_size(4 * MAX_FRAME)
            .read_buffer_size(4 * 1024)
            .write_buffer_size(4 * 1024);
        let connector = self.ca.as_ref().map(|roots| {
            let tls =
                rustls::ClientConfig::builder().with_root_certificates(roots.clone()).with_no_client_auth();
            Connector::Rustls(Arc::new(tls))
        });
        // Boxed: it is large, and needed for a moment only.
        let connecting =
            Box::pin(connect_async_tls_with_config(self.url.as_str(), Some(config), true, connector));
        match tokio::time::timeout(PATIENCE, connecting).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(error)) => {
                let said = format!("{} cannot be reached: {error}", self.url);
                let is_untrusted = said.contains("certificate") && self.ca.is_none();
                Err(if is_untrusted { said + "; --ca FILE names the authority to trust" } else { said })
            }
            Err(_) => Err(format!("{} did not answer within {} s", self.url, PATIENCE.as_secs())),
        }
    }
}

fn authorities(path: &Path) -> Result<Arc<rustls::RootCertStore>, DialError> {
    let failed = |why: String| DialError::Ca { path: path.to_owned(), why };
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| failed(error.to_string()))? {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        roots.add(certificate).map_err(|error| failed(error.to_string()))?;
    }
    if roots.is_empty() { Err(failed(String::from("it is empty"))) } else { Ok(Arc::new(roots)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_to_another_machine_must_be_said_aloud() {
        assert!(Dial::new("http://127.0.0.1:8440", None, false).is_ok());
        assert!(matches!(Dial::new("http://10.0.0.1:8440", None, false), Err(DialError::Plain(_))));
        assert!(Dial::new("http://10.0.0.1:8440", None, true).is_ok());
        assert!(matches!(Dial::new("pilot:8440", None, true), Err(DialError::Url { .. })));
    }
}
