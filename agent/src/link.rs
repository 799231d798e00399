//! The link: dials out, proves itself, says what the board holds, and comes back when it breaks.
//!
//! In: the server's frames. Out: what the board has to say. Never here: how a job runs, and what is on disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::signature::Ed25519KeyPair;
use futures_util::{SinkExt, StreamExt};
use pilothouse_protocol::frame::{LINK_PATH, MAX_FRAME, decode, encode};
use pilothouse_protocol::link::{AgentHandshake, AgentStep, LinkError, Liveness, Window, backoff_ms};
use pilothouse_protocol::{
    ActivationId, Claim, Facts, InstanceId, JobId, Millis, Refusal, ToAgent, ToServer,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::{Message, protocol::WebSocketConfig};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};
use url::Url;

use crate::board::{Board, Told};
use crate::clock;
use crate::identity::{Identity, public_key};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How long a connection may take to come up.
const PATIENCE: Duration = Duration::from_secs(20);
/// A link that lived this long was a good one: the next attempt begins at once.
const GOOD_LINK_MS: i64 = 60_000;

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

    async fn connect(&self) -> Result<Socket, String> {
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
            Ok(Err(error)) => Err(format!("{} cannot be reached: {error}", self.url)),
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

/// Why a link is over.
enum Broken {
    /// It can be tried again.
    Again(String),
    /// It cannot, without an operator.
    Final(String),
    /// The agent stops.
    Stopped,
}

/// How the keeping-up ended.
#[derive(Debug, PartialEq, Eq)]
pub enum LinkEnd {
    /// The agent was asked to stop.
    Stopped,
    /// The server refuses this node for good; why.
    Refused(String),
}

struct Up {
    instance_id: InstanceId,
    heartbeat_seconds: u32,
    output_window: u64,
    server_now: Millis,
}

async fn next(socket: &mut Socket) -> Result<ToAgent, Broken> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Binary(bytes))) => {
                return decode(&bytes).map_err(|error| Broken::Again(error.to_string()));
            }
            Some(Ok(Message::Close(_))) | None => {
                return Err(Broken::Again(String::from("the server closed the link")));
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(Broken::Again(error.to_string())),
        }
    }
}

async fn send(socket: &mut Socket, frame: &ToServer) -> Result<(), Broken> {
    let bytes = encode(frame).map_err(|error| Broken::Again(error.to_string()))?;
    socket.send(Message::Binary(bytes.into())).await.map_err(|error| Broken::Again(error.to_string()))
}

async fn handshake(
    socket: &mut Socket,
    claim: Claim,
    key: &Ed25519KeyPair,
    fingerprint: &str,
    facts: Facts,
) -> Result<Up, Broken> {
    let (mut handshake, hello) = AgentHandshake::begin(claim, public_key(key), fingerprint.to_owned(), facts);
    send(socket, &hello).await?;
    loop {
        match handshake.take(next(socket).await?) {
            Ok(AgentStep::Sign(message)) => {
                send(socket, &ToServer::Proof { signature: key.sign(&message).as_ref().to_vec() }).await?;
            }
            Ok(AgentStep::Up { instance_id, heartbeat_seconds, output_window, server_now }) => {
                let skew = clock::now().since(server_now);
                if skew.abs() > 60_000 {
                    tracing::warn!(skew_ms = skew, "this machine's clock differs from the server's");
                }
                return Ok(Up { instance_id, heartbeat_seconds, output_window, server_now });
            }
            Err(LinkError::Refused { reason, message }) => return Err(refused(reason, message)),
            Err(error) => return Err(Broken::Again(error.to_string())),
        }
    }
}

fn refused(reason: Refusal, message: String) -> Broken {
    if reason.is_final() { Broken::Final(message) } else { Broken::Again(message) }
}

/// Enrols with an activation and gives the new node's id; the link is closed again.
///
/// # Errors
/// For people: why not.
pub async fn enrol(
    dial: &Dial,
    key: &Ed25519KeyPair,
    fingerprint: &str,
    facts: Facts,
    activation_id: ActivationId,
    activation_code: String,
) -> Result<InstanceId, String> {
    let mut socket = dial.connect().await?;
    let claim = Claim::Enrol { activation_id, activation_code };
    let shaken = tokio::time::timeout(PATIENCE, handshake(&mut socket, claim, key, fingerprint, facts)).await;
    match shaken.map_err(|_| String::from("the server did not answer in time"))? {
        Ok(up) => {
            let _ = socket.close(None).await;
            Ok(up.instance_id)
        }
        Err(Broken::Again(message) | Broken::Final(message)) => Err(message),
        Err(Broken::Stopped) => Err(String::from("stopped")),
    }
}

/// Keeps a link up until the agent stops or the server refuses it for good.
pub async fn keep_up(
    dial: &Dial,
    identity: &Identity,
    board: Board,
    mut stop: watch::Receiver<bool>,
) -> LinkEnd {
    let mut attempt = 0u32;
    loop {
        let began = clock::now();
        let broken = tokio::select! {
            broken = once(dial, identity, &board) => broken,
            _ = stop.wait_for(|is| *is) => Broken::Stopped,
        };
        match broken {
            Broken::Stopped => return LinkEnd::Stopped,
            Broken::Final(message) => return LinkEnd::Refused(message),
            Broken::Again(message) => {
                attempt =
                    if clock::now().since(began) > GOOD_LINK_MS { 0 } else { attempt.saturating_add(1) };
                let wait = backoff_ms(attempt, jitter());
                tracing::warn!(instance = %identity.instance_id, %message, retry_in_ms = wait, "the link is down");
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(wait)) => {}
                    _ = stop.wait_for(|is| *is) => return LinkEnd::Stopped,
                }
            }
        }
    }
}

fn jitter() -> u8 {
    let mut byte = [0];
    // Without randomness the fleet returns in step, which is a nuisance and no danger.
    let _ = SystemRandom::new().fill(&mut byte);
    byte[0]
}

async fn once(dial: &Dial, identity: &Identity, board: &Board) -> Broken {
    let mut socket = match dial.connect().await {
        Ok(socket) => socket,
        Err(message) => return Broken::Again(message),
    };
    let claim = Claim::Known { instance_id: identity.instance_id.clone() };
    let facts = board.host().facts();
    let shaken = Box::pin(handshake(&mut socket, claim, &identity.key, &identity.fingerprint, facts));
    let up = match tokio::time::timeout(PATIENCE, shaken).await {
        Ok(Ok(up)) => up,
        Ok(Err(broken)) => return broken,
        Err(_) => return Broken::Again(String::from("the server did not finish the handshake in time")),
    };
    tracing::info!(instance = %identity.instance_id, "the link is up");
    board.set_server_now(up.server_now);
    match session(socket, up, board).await {
        Ok(()) => Broken::Stopped,
        Err(broken) => broken,
    }
}

struct Session<'a> {
    board: &'a Board,
    window: Window,
    told: BTreeMap<JobId, Told>,
    turn: usize,
    resumed: bool,
}

/// Runs a link that is up: frames in by one half of the socket, frames out through a task on the other half, so that neither
/// side can be stuck writing to a peer that is stuck writing.
async fn session(socket: Socket, up: Up, board: &Board) -> Result<(), Broken> {
    let (mut sink, mut stream) = socket.split();
    let (outgoing, mut queue) = mpsc::channel::<Vec<u8>>(8);
    let writer = async move {
        while let Some(bytes) = queue.recv().await {
            sink.send(Message::Binary(bytes.into())).await?;
        }
        Ok::<_, tokio_tungstenite::tungstenite::Error>(())
    };
    let window = Window::new(up.output_window);
    let mut session = Session { board, window, told: BTreeMap::new(), turn: 0, resumed: false };
    let reader = async {
        let mut liveness = Liveness::new(up.heartbeat_seconds, clock::now());
        let mut heartbeat = tokio::time::interval(Duration::from_secs(u64::from(up.heartbeat_seconds)));
        heartbeat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut sequence = 0;
        let mut waiting: std::collections::VecDeque<ToServer> =
            [ToServer::Holding { jobs: board.held() }].into();
        let mut more = true;
        loop {
            tokio::select! {
                message = stream.next() => {
                    let frame = match message {
                        Some(Ok(Message::Binary(bytes))) => decode(&bytes).map_err(|e| Broken::Again(e.to_string()))?,
                        Some(Ok(Message::Close(_))) | None => return Err(Broken::Again(String::from("the server closed the link"))),
                        Some(Ok(_)) => continue,
                        Some(Err(error)) => return Err(Broken::Again(error.to_string())),
                    };
                    liveness.heard(clock::now());
                    session.take(frame)?;
                    more = true;
                }
                () = board.changed() => more = true,
                permit = outgoing.reserve(), if more || !waiting.is_empty() => {
                    let permit = permit.map_err(|_| Broken::Again(String::from("the link broke")))?;
                    match waiting.pop_front().or_else(|| session.say()) {
                        Some(frame) => permit.send(encode(&frame).map_err(|e| Broken::Again(e.to_string()))?),
                        None => more = false,
                    }
                }
                _ = heartbeat.tick() => {
                    if liveness.is_dead(clock::now()) {
                        return Err(Broken::Again(String::from("the server does not answer any more")));
                    }
                    sequence += 1;
                    waiting.push_back(ToServer::Heartbeat { sequence });
                }
            }
        }
    };
    tokio::select! {
        written = writer => Err(Broken::Again(written.err().map_or_else(|| String::from("the link broke"), |e| e.to_string()))),
        read = reader => read,
    }
}

impl Session<'_> {
    fn say(&mut self) -> Option<ToServer> {
        if !self.resumed {
            return None;
        }
        self.board.say(&mut self.told, &mut self.turn, &mut self.window)
    }

    fn take(&mut self, frame: ToAgent) -> Result<(), Broken> {
        match frame {
            ToAgent::Resume { verdicts } => {
                self.told = self.board.resume(verdicts, &mut self.window);
                self.resumed = true;
            }
            ToAgent::Run { job } => {
                if let Some(told) = self.told.get_mut(&job.id) {
                    told.again();
                }
                self.board.deliver(job);
            }
            ToAgent::Cancel { job } => self.board.cancel(&job),
            ToAgent::Stored { job, to } => {
                self.window.stored(&job, to);
                self.board.stored(&job, to);
            }
            ToAgent::Acknowledged { job } => {
                self.window.forget(&job);
                self.told.remove(&job);
                self.board.forget(&job);
            }
            ToAgent::Refused { reason, message } => return Err(refused(reason, message)),
            ToAgent::Pulse { .. } | ToAgent::Unknown => {}
            ToAgent::Challenge { .. } | ToAgent::Welcome { .. } => {
                return Err(Broken::Again(String::from("the server sent a frame out of turn")));
            }
        }
        Ok(())
    }
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
