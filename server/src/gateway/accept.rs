//! Accept: hello, challenge, proof; then a new node is enrolled or a known one admitted, and its connection runs.

use std::net::SocketAddr;
use std::time::Duration;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use pilothouse_api::Fault;
use pilothouse_protocol::frame::{decode, encode};
use pilothouse_protocol::link::{Greeting, LinkError, ServerHandshake, ServerStep};
use pilothouse_protocol::{Claim, Refusal, ToServer};

use super::connection::{self, Connection};
use super::turnstile::Closed;
use super::{Gateway, registry};
use crate::cx::{Call, Caller};
use crate::internal::{
    ACTIVATION_REFUSED, Admission, AdmitNode, COPIED_IDENTITY, EnrolNode, FlagConflict, SentAway,
    UNKNOWN_NODE, WRONG_KEY,
};
use crate::wire::FrameSocket;

/// How long an agent may take to prove itself.
const PATIENCE: Duration = Duration::from_secs(15);

/// A link that is not let in.
struct Refused {
    reason: Refusal,
    message: String,
}

impl Refused {
    fn new(reason: Refusal, message: impl Into<String>) -> Self {
        // It may repeat what the stranger said, and nobody else writes lines into the log.
        Self { reason, message: message.into().replace(char::is_control, "\u{fffd}") }
    }
}

impl From<LinkError> for Refused {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Refused { reason, message } => Self { reason, message },
            other => Self::new(Refusal::Protocol, other.to_string()),
        }
    }
}

fn reason(code: &str) -> Refusal {
    match code {
        ACTIVATION_REFUSED => Refusal::Activation,
        UNKNOWN_NODE => Refusal::UnknownNode,
        WRONG_KEY => Refusal::BadProof,
        COPIED_IDENTITY => Refusal::DuplicateIdentity,
        _ => Refusal::Busy,
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::new(reason(&fault.code), fault.message)
    }
}

impl From<Closed> for Refused {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::To(SentAway { code, message }) => Self::new(reason(&code), message),
            Closed::For(fault) => fault.into(),
        }
    }
}

/// Serves one socket until its end.
pub(super) async fn serve(gateway: Gateway, socket: Box<dyn FrameSocket>, peer: SocketAddr) {
    // Boxed: what it takes to let a node in is not held in memory for as long as the node stays.
    if let Some((connection, socket)) = Box::pin(let_in(&gateway, socket, peer)).await {
        connection::run(gateway, connection, socket).await;
    }
}

/// Hears who it is, and lets it in or says why not.
async fn let_in(
    gateway: &Gateway,
    mut socket: Box<dyn FrameSocket>,
    peer: SocketAddr,
) -> Option<(Connection, Box<dyn FrameSocket>)> {
    let hearing = gateway.strangers.hear(peer.ip()).await;
    let greeted = tokio::time::timeout(PATIENCE, greet(gateway, &mut *socket)).await;
    drop(hearing);
    let greeted = match greeted {
        Ok(Some(result)) => result,
        Ok(None) => return None,
        Err(_) => Err(Refused::new(Refusal::Protocol, "the agent did not prove itself in time")),
    };
    let admitted = match greeted {
        Ok(greeting) => admit(gateway, greeting, peer).await,
        Err(refused) => Err(refused),
    };
    match admitted {
        Ok(connection) => Some((connection, socket)),
        Err(Refused { reason, message }) => {
            tracing::info!(%peer, ?reason, why = ?message, "an agent's link is refused");
            connection::say_goodbye(&mut *socket, reason, message).await;
            None
        }
    }
}

/// Takes hello and proof; `None` when the socket ended.
async fn greet(gateway: &Gateway, socket: &mut dyn FrameSocket) -> Option<Result<Greeting, Refused>> {
    let mut handshake = ServerHandshake::begin(gateway.door.dice().bytes());
    loop {
        let bytes = socket.recv().await?.ok()?;
        let step = match decode::<ToServer>(&bytes) {
            Ok(frame) => handshake.take(frame),
            Err(error) => return Some(Err(Refused::new(Refusal::Protocol, error.to_string()))),
        };
        match step {
            Ok(ServerStep::Challenge(frame)) => socket.send(encode(&frame).ok()?).await.ok()?,
            Ok(ServerStep::Verify { greeting, message, signature }) => {
                let key = UnparsedPublicKey::new(&ED25519, &greeting.public_key);
                return Some(match key.verify(&message, &signature) {
                    Ok(()) => Ok(*greeting),
                    Err(_) => Err(Refused::new(Refusal::BadProof, "the signature does not fit the key")),
                });
            }
            Err(error) => return Some(Err(error.into())),
        }
    }
}

async fn admit(gateway: &Gateway, greeting: Greeting, peer: SocketAddr) -> Result<Connection, Refused> {
    let call = Call::link(Caller::Candidate, "", &peer.ip().to_string());
    let Greeting { claim, public_key, fingerprint, facts, .. } = greeting;
    // Held until the link stands in the registry, so that the end of a former link comes before or after all of this.
    let _turn = match &claim {
        Claim::Known { instance_id } => Some(gateway.registry.turn(instance_id).await),
        // A node that is new has no former link.
        Claim::Enrol { .. } => None,
    };
    let _coming = match &claim {
        Claim::Known { instance_id } => Some(gateway.registry.expect(instance_id)),
        Claim::Enrol { .. } => None,
    };
    let admission = match claim {
        Claim::Enrol { activation_id, activation_code } => {
            let (public_key, fingerprint) = (public_key.clone(), fingerprint.clone());
            let enrol = EnrolNode { activation_id, activation_code, public_key, fingerprint, facts };
            may_try(gateway, peer)?;
            gateway.door.perform(&call, enrol).await.inspect_err(|_| refused(gateway, peer))?
        }
        Claim::Known { instance_id } => {
            if gateway.registry.conflicts(&instance_id, &fingerprint) {
                return Err(flag(gateway, &call, instance_id, public_key, peer).await);
            }
            let (key, print) = (public_key.clone(), fingerprint.clone());
            let admit = AdmitNode { instance_id, public_key: key, fingerprint: print, facts };
            gateway.turnstile.admit(admit).await?
        }
    };
    let Admission { instance_id, region, has_runs } = admission;
    match gateway.registry.register(&instance_id, &fingerprint, gateway.door.clock().now()) {
        Ok(line) => {
            let has_runs = has_runs || line.has_missed;
            Ok(Connection { instance_id, region, line, has_runs, peer })
        }
        Err(registry::Conflict) => Err(flag(gateway, &call, instance_id, public_key, peer).await),
    }
}

/// Notes that a copied identity showed itself, and refuses it.
async fn flag(
    gateway: &Gateway,
    call: &Call,
    instance_id: pilothouse_protocol::InstanceId,
    public_key: Vec<u8>,
    peer: SocketAddr,
) -> Refused {
    if let Err(tried_too_often) = may_try(gateway, peer) {
        return tried_too_often;
    }
    let what = format!("a second machine at {} linked with this node's identity", peer.ip());
    match gateway
        .door
        .perform(call, FlagConflict { instance_id: instance_id.clone(), public_key, what })
        .await
    {
        Ok(()) => Refused::new(
            Refusal::DuplicateIdentity,
            format!(
                "another machine holds the live link of {instance_id}: this looks like a copied disk or data directory; \
                 register this machine with an activation of its own"
            ),
        ),
        Err(fault) => {
            refused(gateway, peer);
            fault.into()
        }
    }
}

/// Sends away who was refused too often of late: what follows is written down, whoever asks for it.
fn may_try(gateway: &Gateway, peer: SocketAddr) -> Result<(), Refused> {
    if gateway.strangers.may_try(peer.ip(), gateway.door.clock().now()) {
        return Ok(());
    }
    let message = "too many links from this address were refused: wait a minute";
    Err(Refused::new(Refusal::Busy, message))
}

fn refused(gateway: &Gateway, peer: SocketAddr) {
    gateway.strangers.refused(peer.ip(), gateway.door.clock().now());
}
