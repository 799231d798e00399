//! Accept: hello, challenge, proof; then a new node is enrolled or a known one admitted, and its connection runs.

use std::net::SocketAddr;
use std::time::Duration;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use pilothouse_api::Fault;
use pilothouse_protocol::frame::{decode, encode};
use pilothouse_protocol::link::{Greeting, LinkError, ServerHandshake, ServerStep};
use pilothouse_protocol::{Claim, Refusal, ToAgent, ToServer};

use super::connection::{self, Connection};
use super::{Gateway, registry};
use crate::cx::{Call, Caller};
use crate::internal::{
    ACTIVATION_REFUSED, Admission, AdmitNode, COPIED_IDENTITY, EnrolNode, FlagConflict, RecognizeNode,
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

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        let reason = match fault.code.as_ref() {
            ACTIVATION_REFUSED => Refusal::Activation,
            UNKNOWN_NODE => Refusal::UnknownNode,
            WRONG_KEY => Refusal::BadProof,
            COPIED_IDENTITY => Refusal::DuplicateIdentity,
            _ => Refusal::Busy,
        };
        Self::new(reason, fault.message)
    }
}

/// Serves one socket until its end.
pub(super) async fn serve(gateway: Gateway, mut socket: Box<dyn FrameSocket>, peer: SocketAddr) {
    let hearing = gateway.strangers.hear(peer.ip()).await;
    let greeted = tokio::time::timeout(PATIENCE, greet(&gateway, &mut *socket)).await;
    drop(hearing);
    let greeted = match greeted {
        Ok(Some(result)) => result,
        Ok(None) => return,
        Err(_) => Err(Refused::new(Refusal::Protocol, "the agent did not prove itself in time")),
    };
    let admitted = match greeted {
        Ok(greeting) => admit(&gateway, greeting, peer).await,
        Err(refused) => Err(refused),
    };
    match admitted {
        Ok(connection) => connection::run(gateway, connection, socket).await,
        Err(Refused { reason, message }) => {
            tracing::info!(%peer, ?reason, why = ?message, "an agent's link is refused");
            if let Ok(frame) = encode(&ToAgent::Refused { reason, message: message.clone() }) {
                let _ = socket.send(frame).await;
            }
            socket.close(&message).await;
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
    let admission = match claim {
        Claim::Enrol { activation_id, activation_code } => {
            may_try(gateway, peer)?;
            let fingerprint = fingerprint.clone();
            let enrol = EnrolNode {
                activation_id,
                activation_code,
                public_key: public_key.clone(),
                fingerprint,
                facts,
            };
            gateway.door.perform(&call, enrol).await.inspect_err(|_| refused(gateway, peer))?
        }
        Claim::Known { instance_id } => {
            if gateway.registry.conflicts(&instance_id, &fingerprint) {
                return Err(flag(gateway, &call, instance_id, public_key, peer).await);
            }
            let (key, print) = (public_key.clone(), fingerprint.clone());
            // Whoever makes up an id makes nobody else wait: there is one writer.
            let recognize = RecognizeNode { instance_id: instance_id.clone(), public_key: key.clone() };
            gateway.door.perform(&call, recognize).await?;
            let admit = AdmitNode { instance_id, public_key: key, fingerprint: print, facts };
            gateway.door.perform(&call, admit).await?
        }
    };
    let Admission { instance_id, region } = admission;
    match gateway.registry.register(&instance_id, &fingerprint) {
        Ok((number, outgoing)) => Ok(Connection { instance_id, region, number, outgoing, peer }),
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
