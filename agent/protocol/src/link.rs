//! The link's rules for both ends, without I/O: handshake, liveness, credit, back-off.
//!
//! ```text
//! agent                         server
//!   Hello(claim, key, facts) ──▶
//!                            ◀── Challenge(nonce)
//!   Proof(signature)         ──▶
//!                            ◀── Welcome | Refused
//!   Holding(jobs)            ──▶
//!                            ◀── Resume(verdicts)
//!   Heartbeat, Accepted, Started, Progress, Output, Step, Finished, Ask ──▶
//!                            ◀── Pulse, Run, Cancel, Stored, Acknowledged, Answer
//! ```

use crate::claim::{Claim, Facts, proof_message};
use crate::frame::{PROTOCOL_VERSION, Refusal, ToAgent, ToServer};
use crate::ids::InstanceId;
use crate::time::Millis;
pub use crate::window::Window;

/// A frame came that this phase of the link does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Out of turn.
    #[error("the peer sent {got} where {expected} was due")]
    OutOfTurn {
        /// What came.
        got: String,
        /// What should have come.
        expected: &'static str,
    },
    /// The server refused the link.
    #[error("{message}")]
    Refused {
        /// Why, for the agent.
        reason: Refusal,
        /// Why, for people.
        message: String,
    },
}

/// The agent's end of the handshake.
#[derive(Debug)]
pub struct AgentHandshake {
    claim: Claim,
    public_key: Vec<u8>,
    proven: bool,
}

/// What the agent does next.
#[derive(Debug, PartialEq, Eq)]
pub enum AgentStep {
    /// Sign these bytes and send the signature as `Proof`.
    Sign(Vec<u8>),
    /// The link is up.
    Up {
        /// The node's id.
        instance_id: InstanceId,
        /// Seconds between heartbeats, at least 1.
        heartbeat_seconds: u32,
        /// Output window in bytes.
        output_window: u64,
        /// The server's clock.
        server_now: Millis,
    },
}

impl AgentHandshake {
    /// Begins: the machine and the first frame.
    #[must_use]
    pub fn begin(claim: Claim, public_key: Vec<u8>, fingerprint: String, facts: Facts) -> (Self, ToServer) {
        let hello = ToServer::Hello {
            protocol: PROTOCOL_VERSION,
            claim: claim.clone(),
            public_key: public_key.clone(),
            fingerprint,
            facts,
        };
        (Self { claim, public_key, proven: false }, hello)
    }

    /// Takes the server's next frame.
    ///
    /// # Errors
    /// When the server refuses, or the frame is out of turn.
    pub fn take(&mut self, frame: ToAgent) -> Result<AgentStep, LinkError> {
        match frame {
            ToAgent::Refused { reason, message } => Err(LinkError::Refused { reason, message }),
            ToAgent::Challenge { nonce, .. } if !self.proven => {
                self.proven = true;
                Ok(AgentStep::Sign(proof_message(&nonce, &self.claim, &self.public_key)))
            }
            ToAgent::Welcome { instance_id, heartbeat_seconds, output_window, now } if self.proven => {
                Ok(AgentStep::Up {
                    instance_id,
                    heartbeat_seconds: heartbeat_seconds.max(1),
                    output_window,
                    server_now: now,
                })
            }
            other => Err(LinkError::OutOfTurn {
                got: frame_name(&other),
                expected: if self.proven { "Welcome" } else { "Challenge" },
            }),
        }
    }
}

fn frame_name(frame: &impl std::fmt::Debug) -> String {
    let text = format!("{frame:?}");
    text.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
}

/// The server's end of the handshake: what the agent said, and what it must have signed.
#[derive(Debug)]
pub struct ServerHandshake {
    nonce: Vec<u8>,
    greeting: Option<Greeting>,
}

/// What an agent said in its `Hello`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// Version it speaks.
    pub protocol: u16,
    /// Who it says it is.
    pub claim: Claim,
    /// Its public key, 32 bytes.
    pub public_key: Vec<u8>,
    /// Of machine and data directory.
    pub fingerprint: String,
    /// Facts.
    pub facts: Facts,
}

/// What the server does next.
#[derive(Debug)]
pub enum ServerStep {
    /// Send this challenge.
    Challenge(ToAgent),
    /// Verify `signature` over `message` with the greeting's key, and, for a known node, compare that key with the stored
    /// one; then welcome or refuse.
    Verify {
        /// What the agent said.
        greeting: Box<Greeting>,
        /// What it must have signed.
        message: Vec<u8>,
        /// Its signature.
        signature: Vec<u8>,
    },
}

impl ServerHandshake {
    /// Begins with 32 random bytes that were never used before.
    #[must_use]
    pub fn begin(nonce: [u8; 32]) -> Self {
        Self { nonce: nonce.to_vec(), greeting: None }
    }

    /// Takes the agent's next frame.
    ///
    /// # Errors
    /// When the version cannot be spoken, the key is malformed, or the frame is out of turn.
    pub fn take(&mut self, frame: ToServer) -> Result<ServerStep, LinkError> {
        match (frame, self.greeting.take()) {
            (ToServer::Hello { protocol, claim, public_key, fingerprint, facts }, None) => {
                if protocol == 0 || protocol > PROTOCOL_VERSION {
                    return Err(LinkError::Refused {
                        reason: Refusal::Version,
                        message: format!(
                            "this server speaks link versions 1 to {PROTOCOL_VERSION}, the agent speaks {protocol}: \
                             update the server first, then its agents"
                        ),
                    });
                }
                if public_key.len() != 32 {
                    return Err(LinkError::Refused {
                        reason: Refusal::BadProof,
                        message: "the public key is not 32 bytes long".to_owned(),
                    });
                }
                self.greeting = Some(Greeting { protocol, claim, public_key, fingerprint, facts });
                Ok(ServerStep::Challenge(ToAgent::Challenge {
                    protocol: PROTOCOL_VERSION,
                    nonce: self.nonce.clone(),
                }))
            }
            (ToServer::Proof { signature }, Some(greeting)) => {
                let message = proof_message(&self.nonce, &greeting.claim, &greeting.public_key);
                Ok(ServerStep::Verify { greeting: Box::new(greeting), message, signature })
            }
            (other, greeting) => Err(LinkError::OutOfTurn {
                got: frame_name(&other),
                expected: if greeting.is_some() { "Proof" } else { "Hello" },
            }),
        }
    }
}

/// Whether the peer still answers. Silence for three heartbeats is death.
#[derive(Debug, Clone)]
pub struct Liveness {
    period_ms: i64,
    last_heard: Millis,
}

impl Liveness {
    /// The peer was heard at `now`; heartbeats come every `heartbeat_seconds`.
    #[must_use]
    pub fn new(heartbeat_seconds: u32, now: Millis) -> Self {
        Self { period_ms: i64::from(heartbeat_seconds.max(1)) * 1000, last_heard: now }
    }

    /// Any frame came.
    pub fn heard(&mut self, now: Millis) {
        self.last_heard = now;
    }

    /// When to give the peer up if it stays silent.
    #[must_use]
    pub fn deadline(&self) -> Millis {
        Millis(self.last_heard.0 + 3 * self.period_ms)
    }

    /// Whether it is past that.
    #[must_use]
    pub fn is_dead(&self, now: Millis) -> bool {
        now >= self.deadline()
    }
}

/// Milliseconds to wait before attempt `attempt` (from 0) to open a link: doubling from 250 ms to 30 s, of which a share
/// between half and all is taken by `jitter` (0 to 255), so that a fleet does not return in one instant.
#[must_use]
pub fn backoff_ms(attempt: u32, jitter: u8) -> u64 {
    let full = 250u64.saturating_mul(1 << attempt.min(10)).min(30_000);
    full / 2 + full / 2 * u64::from(jitter) / 255
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{decode, encode};
    use crate::ids::JobId;

    fn job(n: u8) -> JobId {
        JobId {
            command: format!("00000000-0000-0000-0000-0000000000{n:02x}").parse().unwrap(),
            instance: InstanceId::from_random([n; 9]),
        }
    }

    fn known() -> Claim {
        Claim::Known { instance_id: InstanceId::from_random([7; 9]) }
    }

    #[test]
    fn both_ends_shake_hands_and_agree_on_what_was_signed() {
        let (mut agent, hello) = AgentHandshake::begin(known(), vec![1; 32], "f".into(), Facts::default());
        let mut server = ServerHandshake::begin([9; 32]);
        let ServerStep::Challenge(challenge) = server.take(hello).unwrap() else { panic!("no challenge") };
        let AgentStep::Sign(signed) = agent.take(challenge).unwrap() else { panic!("nothing to sign") };
        let ServerStep::Verify { message, .. } =
            server.take(ToServer::Proof { signature: vec![2; 64] }).unwrap()
        else {
            panic!("nothing to verify")
        };
        assert_eq!(signed, message);
        let welcome = ToAgent::Welcome {
            instance_id: InstanceId::from_random([7; 9]),
            heartbeat_seconds: 0,
            output_window: 5,
            now: Millis(3),
        };
        assert!(matches!(agent.take(welcome).unwrap(), AgentStep::Up { heartbeat_seconds: 1, .. }));
    }

    #[test]
    fn a_proof_before_the_challenge_is_out_of_turn() {
        let error = ServerHandshake::begin([9; 32]).take(ToServer::Proof { signature: vec![] }).unwrap_err();
        assert_eq!(error.to_string(), "the peer sent Proof where Hello was due");
    }

    #[test]
    fn a_server_refuses_a_language_it_does_not_speak() {
        let (_, hello) = AgentHandshake::begin(known(), vec![1; 32], String::new(), Facts::default());
        let ToServer::Hello { claim, public_key, fingerprint, facts, .. } = hello else { panic!() };
        let newer = ToServer::Hello { protocol: 99, claim, public_key, fingerprint, facts };
        let error = ServerHandshake::begin([9; 32]).take(newer).unwrap_err();
        assert!(matches!(error, LinkError::Refused { reason: Refusal::Version, .. }), "{error}");
    }

    #[test]
    fn back_off_doubles_to_half_a_minute_and_is_never_below_half() {
        assert_eq!(backoff_ms(0, 255), 250);
        assert_eq!(backoff_ms(0, 0), 125);
        assert_eq!(backoff_ms(40, 255), 30_000);
    }

    #[test]
    fn a_frame_from_a_newer_peer_is_unknown_and_new_members_are_ignored() {
        #[derive(serde::Serialize)]
        struct Newer {
            frame: &'static str,
            sequence: u64,
            added_later: &'static str,
        }
        let bytes = |frame| encode(&Newer { frame, sequence: 4, added_later: "x" }).unwrap();
        assert_eq!(decode::<ToServer>(&bytes("Heartbeat")).unwrap(), ToServer::Heartbeat { sequence: 4 });
        assert_eq!(decode::<ToServer>(&bytes("Telepathy")).unwrap(), ToServer::Unknown);
    }

    #[test]
    fn output_bytes_survive_the_wire_unchanged() {
        let chunk = crate::Chunk {
            offset: 5,
            step: 0,
            stream: crate::Stream::Stderr,
            at: Millis(7),
            payload: crate::Payload::Data(vec![0, 255, 27, 10, 128]),
        };
        let frame = ToServer::Output { job: job(3), chunk };
        assert_eq!(decode::<ToServer>(&encode(&frame).unwrap()).unwrap(), frame);
    }
}
