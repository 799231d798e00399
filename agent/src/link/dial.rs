//! Where the server is, and the way there.

use std::sync::Arc;

use pilothouse_protocol::frame::{LINK_PATH, MAX_FRAME};
use pilothouse_trust::{Authority, Distrust, Fingerprint, TrustError, is_plain, pem};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::{self, protocol::WebSocketConfig};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};
use url::Url;

use super::PATIENCE;

/// Characters of a refusal that are shown.
const MESSAGE: usize = 256;

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The server, and how to trust it.
#[derive(Clone, Debug)]
pub struct Dial {
    /// Where the link is opened: `ws://…` or `wss://…`.
    url: Url,
    /// How to trust it, if not by the system's authorities.
    tls: Option<Arc<rustls::ClientConfig>>,
    /// The fingerprint of the authority that was told.
    pinned: Option<Fingerprint>,
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
    /// The authority cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A fingerprint and nothing that it could be compared with.
    #[error(
        "{0} is plain HTTP and shows no certificate: a fingerprint of its authority wants an https:// URL"
    )]
    NoCertificate(String),
}

impl Dial {
    /// The link's URL for a server's, with the only authority to trust if it is not one of the system's.
    ///
    /// # Errors
    /// When the URL is none, is plain beyond loopback without being allowed, or the authority cannot be used.
    pub fn new(server: &str, authority: Option<&Authority>, allow_plain: bool) -> Result<Self, DialError> {
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
            "http" | "ws" if matches!(authority, Some(Authority::Fingerprint(_))) => {
                return Err(DialError::NoCertificate(server.to_owned()));
            }
            "http" | "ws" if is_loopback || allow_plain => "ws",
            "http" | "ws" => return Err(DialError::Plain(server.to_owned())),
            other => return Err(wrong(format!("{other} is not http or https"))),
        };
        url.set_scheme(scheme).map_err(|()| wrong(String::from("its scheme cannot be used")))?;
        url.set_path(LINK_PATH);
        let tls = authority.map(Authority::client_config).transpose()?.map(Arc::new);
        let pinned = match authority {
            Some(Authority::Fingerprint(fingerprint)) => Some(*fingerprint),
            _ => None,
        };
        Ok(Self { url, tls, pinned })
    }

    /// Where the authority is known by its fingerprint: its certificate in PEM, as the server shows it.
    ///
    /// # Errors
    /// For people: why not.
    pub async fn authority(&self) -> Result<Option<String>, String> {
        let Some(fingerprint) = self.pinned else { return Ok(None) };
        let mut socket = self.connect().await?;
        let shown = match socket.get_ref() {
            MaybeTlsStream::Rustls(stream) => stream.get_ref().1.peer_certificates().unwrap_or_default(),
            _ => &[],
        };
        let authority = shown.iter().find(|it| Fingerprint::of(it) == fingerprint).map(pem);
        let _ = socket.close(None).await;
        match authority {
            Some(pem) => Ok(Some(pem)),
            None => Err(format!("{} did not show the certificate of its authority", self.url)),
        }
    }

    pub(super) async fn connect(&self) -> Result<Socket, String> {
        let config =
            WebSocketConfig::default().max_message_size(Some(MAX_FRAME)).max_frame_size(Some(MAX_FRAME));
        let config = config
            .max_write_buffer_size(4 * MAX_FRAME)
            .read_buffer_size(4 * 1024)
            .write_buffer_size(4 * 1024);
        let connector = self.tls.clone().map(Connector::Rustls);
        // Boxed: it is large, and needed for a moment only.
        let connecting =
            Box::pin(connect_async_tls_with_config(self.url.as_str(), Some(config), true, connector));
        match tokio::time::timeout(PATIENCE, connecting).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(error)) => Err(self.unreachable(&error)),
            Err(_) => Err(format!("{} did not answer within {} s", self.url, PATIENCE.as_secs())),
        }
    }

    fn unreachable(&self, error: &tungstenite::Error) -> String {
        match Distrust::behind(error) {
            Some(distrust) => format!("{} is not trusted: {distrust}", self.url),
            None if is_plain(error) => {
                format!("{} does not speak TLS there, which https:// asks for: is it http://?", self.url)
            }
            None => match error {
                tungstenite::Error::Http(answer) => {
                    format!("{} does not open a link: {}", self.url, said(answer))
                }
                error => format!("{} cannot be reached: {error}", self.url),
            },
        }
    }
}

/// What a server answers instead of opening a link: its status, and the message in it, if there is one.
fn said(answer: &Response) -> String {
    let body: serde_json::Value =
        serde_json::from_slice(answer.body().as_deref().unwrap_or_default()).unwrap_or_default();
    let message = body["message"].as_str().unwrap_or("is it a Pilothouse server?");
    let message: String = message.chars().filter(|it| !it.is_control()).take(MESSAGE).collect();
    format!("status {}: {message}", answer.status().as_u16())
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

    #[test]
    fn a_fingerprint_is_not_passed_over_where_there_is_no_certificate() {
        let meant = Authority::Fingerprint(format!("sha256:{}", "7f".repeat(32)).parse().unwrap());
        for server in ["http://127.0.0.1:8440", "http://10.0.0.1:8440"] {
            assert!(matches!(Dial::new(server, Some(&meant), true), Err(DialError::NoCertificate(_))));
        }
        assert!(Dial::new("https://10.0.0.1:8440", Some(&meant), false).is_ok());
    }
}
