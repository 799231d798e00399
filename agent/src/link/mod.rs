//! The link: dials out, proves itself, says what the board holds, and comes back when it breaks.
//!
//! In: the server's frames. Out: what the board has to say. Never here: how a job runs, and what is on disk.

mod dial;
mod session;

use std::io::ErrorKind;
use std::time::Duration;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::signature::Ed25519KeyPair;
use futures_util::{SinkExt, StreamExt};
use pilothouse_protocol::frame::{decode, encode};
use pilothouse_protocol::link::{AgentHandshake, AgentStep, LinkError, backoff_ms};
use pilothouse_protocol::{ActivationId, Claim, Facts, InstanceId, Millis, Refusal, ToAgent, ToServer};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::board::Board;
use crate::clock;
use crate::identity::{Identity, public_key};
use dial::Socket;
pub use dial::{Dial, DialError};

/// How long a connection may take to come up.
const PATIENCE: Duration = Duration::from_secs(20);
/// A link that lived this long was a good one: the next attempt begins at once.
const GOOD_LINK_MS: i64 = 60_000;

/// What is said of a server that is gone.
const CLOSED: &str = "the server closed the connection";

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
            Some(Err(error)) => return Err(Broken::Again(why(&error))),
        }
    }
}

async fn send(socket: &mut Socket, frame: &ToServer) -> Result<(), Broken> {
    let bytes = encode(frame).map_err(|error| Broken::Again(error.to_string()))?;
    socket.send(Message::Binary(bytes.into())).await.map_err(|error| Broken::Again(why(&error)))
}

/// What broke a link. A server that is gone without a word is told of in words, not in those of the libraries.
fn why(error: &Error) -> String {
    match error {
        Error::Io(error) if error.kind() == ErrorKind::UnexpectedEof => CLOSED.to_owned(),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)
        | Error::ConnectionClosed
        | Error::AlreadyClosed => CLOSED.to_owned(),
        error => error.to_string(),
    }
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
        let began = clock::ticks();
        let broken = tokio::select! {
            broken = once(dial, identity, &board) => broken,
            _ = stop.wait_for(|is| *is) => Broken::Stopped,
        };
        match broken {
            Broken::Stopped => return LinkEnd::Stopped,
            Broken::Final(message) => return LinkEnd::Refused(message),
            Broken::Again(message) => {
                attempt =
                    if clock::ticks().since(began) > GOOD_LINK_MS { 0 } else { attempt.saturating_add(1) };
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
    if let Some(program) = board.host().program() {
        program.is_linked();
    }
    session::run(socket, &up, board).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_gone_is_told_of_in_words() {
        let cut = "peer closed connection without sending TLS close_notify: https://docs.rs/rustls/latest/…";
        let cut = std::io::Error::new(ErrorKind::UnexpectedEof, cut);
        for error in [Error::Io(cut), Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)] {
            assert_eq!(why(&error), CLOSED);
        }
        let other = Error::Io(std::io::Error::other("the line is cut"));
        assert!(why(&other).contains("the line is cut"));
    }
}
