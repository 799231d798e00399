//! Links as a node has them, with a channel in the socket's place.

mod asks;
mod progress;

use std::net::{Ipv4Addr, SocketAddr};

use async_trait::async_trait;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use pilothouse_api::activations::CreateActivation;
use pilothouse_api::audit::ListAuditRecords;
use pilothouse_api::nodes::{DescribeInstanceInformation, GetConnectionStatus};
use pilothouse_protocol::frame::{decode, encode};
use pilothouse_protocol::link::{AgentHandshake, AgentStep, LinkError};
use pilothouse_protocol::{Claim, Facts, InstanceId, Refusal, ToAgent, ToServer};
use tokio::sync::mpsc;

use super::*;
use crate::rig::Rig;
use crate::wire::WireError;

struct Pipe {
    from: mpsc::Receiver<Vec<u8>>,
    to: mpsc::Sender<Vec<u8>>,
}

#[async_trait]
impl FrameSocket for Pipe {
    async fn recv(&mut self) -> Option<Result<Vec<u8>, WireError>> {
        self.from.recv().await.map(Ok)
    }

    async fn send(&mut self, frame: Vec<u8>) -> Result<(), WireError> {
        self.to.send(frame).await.map_err(|_| WireError::Broken(String::from("gone")))
    }

    async fn close(&mut self, _: &str) {}
}

struct House {
    rig: Rig,
    gateway: Gateway,
}

/// The node's end of a link.
struct Link {
    pipe: Pipe,
    machine: &'static str,
}

impl House {
    async fn open() -> Self {
        Self::around(Rig::new().await)
    }

    fn around(rig: Rig) -> Self {
        let settings = LinkSettings { heartbeat_seconds: 5, output_window: 1 << 20 };
        let gateway = Gateway::new(rig.door.clone(), Arc::new(Registry::default()), settings);
        Self { rig, gateway }
    }

    fn dial(&self, machine: &'static str) -> Link {
        let ((to_server, from_node), (to_node, from_server)) = (mpsc::channel(64), mpsc::channel(64));
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        tokio::spawn(self.gateway.accept(Box::new(Pipe { from: from_node, to: to_node }), peer));
        Link { pipe: Pipe { from: from_server, to: to_server }, machine }
    }

    async fn enrol(&self, key: &Ed25519KeyPair) -> (InstanceId, Link) {
        let activation = CreateActivation { iam_role: "any".into(), ..CreateActivation::default() };
        let activation = self.rig.root(activation).await.unwrap();
        let claim = Claim::Enrol {
            activation_id: activation.activation_id.parse().unwrap(),
            activation_code: activation.activation_code,
        };
        let mut link = self.dial("machine-a");
        let id = link.shake(claim, key).await.unwrap();
        (id, link)
    }

    /// Everything that was sent on a link until now is stored.
    async fn settled(&self, link: &mut Link) {
        link.send(ToServer::Heartbeat { sequence: 1 }).await;
        while !matches!(link.next().await, Some(ToAgent::Pulse { .. })) {}
        self.gateway.settler.settled().await;
    }

    async fn status(&self, id: &InstanceId) -> String {
        self.rig.root(GetConnectionStatus { target: id.to_string() }).await.unwrap().status
    }
}

impl Link {
    async fn send(&mut self, frame: ToServer) {
        self.pipe.send(encode(&frame).unwrap()).await.unwrap();
    }

    async fn next(&mut self) -> Option<ToAgent> {
        Some(decode(&self.pipe.recv().await?.unwrap()).unwrap())
    }

    async fn shake(&mut self, claim: Claim, key: &Ed25519KeyPair) -> Result<InstanceId, LinkError> {
        let public = key.public_key().as_ref().to_vec();
        let (mut hand, hello) = AgentHandshake::begin(claim, public, self.machine.into(), Facts::default());
        self.send(hello).await;
        loop {
            match hand.take(self.next().await.unwrap())? {
                AgentStep::Sign(message) => {
                    self.send(ToServer::Proof { signature: key.sign(&message).as_ref().to_vec() }).await;
                }
                AgentStep::Up { instance_id, .. } => return Ok(instance_id),
            }
        }
    }
}

fn key(n: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[n; 32]).unwrap()
}

/// Lets every task run until it waits for something. The runtime of these tests has one thread.
async fn everybody_waits() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_node_that_is_back_before_its_old_link_was_written_off_stays_connected() {
    let house = House::open().await;
    let (id, old) = house.enrol(&key(1)).await;
    // The store is busy: the node is back and waits to be let in, and only then the end of its old link is noticed.
    let busy = house.rig.store.write().await.unwrap();
    let mut new = house.dial("machine-a");
    let claim = Claim::Known { instance_id: id.clone() };
    let back = tokio::spawn(async move { new.shake(claim, &key(1)).await.map(|_| new) });
    everybody_waits().await;
    drop(old);
    everybody_waits().await;
    drop(busy);
    let _new = back.await.unwrap().unwrap();
    // The old link's end, if it is written at all, is written before this.
    house.rig.store.write().await.unwrap().commit().await.unwrap();
    everybody_waits().await;
    assert_eq!(house.gateway.registry.len(), 1);
    assert_eq!(house.status(&id).await, "connected");
}

#[tokio::test]
async fn a_copied_identity_is_refused_and_flagged_while_the_true_link_lives() {
    let house = House::open().await;
    let (id, _true_link) = house.enrol(&key(1)).await;
    let mut copy = house.dial("machine-b");
    let refused = copy.shake(Claim::Known { instance_id: id.clone() }, &key(1)).await.unwrap_err();
    assert!(matches!(refused, LinkError::Refused { reason: Refusal::DuplicateIdentity, .. }), "{refused}");
    let mut stranger = house.dial("machine-c");
    let refused = stranger.shake(Claim::Known { instance_id: id.clone() }, &key(2)).await.unwrap_err();
    assert!(matches!(refused, LinkError::Refused { reason: Refusal::BadProof, .. }), "{refused}");
    assert_eq!(house.status(&id).await, "connected");
}

#[tokio::test]
async fn a_copy_that_was_seen_does_not_take_the_place_of_a_node_that_is_away() {
    let house = House::open().await;
    let (id, true_link) = house.enrol(&key(1)).await;
    let claim = || Claim::Known { instance_id: id.clone() };
    house.dial("machine-b").shake(claim(), &key(1)).await.unwrap_err();
    drop(true_link);
    while !house.gateway.registry.is_empty() {
        tokio::task::yield_now().await;
    }
    let refused = house.dial("machine-b").shake(claim(), &key(1)).await.unwrap_err();
    assert!(matches!(refused, LinkError::Refused { reason: Refusal::DuplicateIdentity, .. }), "{refused}");
    house.dial("machine-a").shake(claim(), &key(1)).await.unwrap();
}

#[tokio::test]
async fn who_is_not_known_is_refused_without_a_write() {
    let house = House::around(Rig::on_disk().await);
    let (id, link) = house.enrol(&key(1)).await;
    drop(link);
    while !house.gateway.registry.is_empty() {
        tokio::task::yield_now().await;
    }
    // Whoever would write now had to wait for this.
    let _writing = house.rig.store.write().await.unwrap();
    let made_up = Claim::Known { instance_id: InstanceId::from_random([9; 9]) };
    let refused = house.dial("machine-a").shake(made_up, &key(1)).await.unwrap_err();
    assert!(matches!(refused, LinkError::Refused { reason: Refusal::UnknownNode, .. }), "{refused}");
    let of_another = Claim::Known { instance_id: id };
    let refused = house.dial("machine-a").shake(of_another, &key(2)).await.unwrap_err();
    assert!(matches!(refused, LinkError::Refused { reason: Refusal::BadProof, .. }), "{refused}");
}

#[tokio::test]
async fn a_report_about_a_job_of_somebody_else_ends_the_link() {
    let house = House::open().await;
    let (id, mut link) = house.enrol(&key(1)).await;
    link.send(ToServer::Holding { jobs: vec![] }).await;
    assert!(matches!(link.next().await, Some(ToAgent::Resume { .. })));
    let command = "00000000-0000-0000-0000-000000000001".parse().unwrap();
    let job = pilothouse_protocol::JobId { command, instance: id };
    link.send(ToServer::Accepted { job }).await;
    assert!(matches!(link.next().await, Some(ToAgent::Refused { reason: Refusal::Protocol, .. })));
    assert!(link.next().await.is_none());
    let nodes = house.rig.root(DescribeInstanceInformation::default()).await.unwrap();
    assert_eq!(nodes.instance_information_list.len(), 1);
}

#[tokio::test]
async fn who_guesses_activations_is_sent_away_before_the_trail_is_full_of_it() {
    let house = House::open().await;
    let mut told = Vec::new();
    for _ in 0..30 {
        let activation_id = "00000000-0000-0000-0000-000000000001".parse().unwrap();
        let claim = Claim::Enrol { activation_id, activation_code: "guess".into() };
        match house.dial("machine-a").shake(claim, &key(1)).await.unwrap_err() {
            LinkError::Refused { reason, .. } => told.push(reason),
            other => panic!("{other}"),
        }
    }
    assert_eq!(told.iter().filter(|it| **it == Refusal::Activation).count(), 20);
    assert_eq!(told.last(), Some(&Refusal::Busy));
    house.rig.door.settled().await;
    let records = house.rig.root(ListAuditRecords::default()).await.unwrap().records;
    assert_eq!(records.iter().filter(|it| it.operation == "EnrolNode").count(), 20);
}

#[tokio::test]
async fn what_a_stranger_is_told_and_what_is_logged_of_it_is_one_line() {
    let house = House::open().await;
    let mut link = house.dial("machine-a");
    let claim = serde_json::json!({ "x\n2026-11-24T00:00:00Z  INFO all is well": {} });
    let frame = serde_json::json!({ "frame": "Hello", "protocol": 1, "claim": claim });
    link.pipe.send(rmp_serde::to_vec_named(&frame).unwrap()).await.unwrap();
    let Some(ToAgent::Refused { reason: Refusal::Protocol, message }) = link.next().await else { panic!() };
    assert!(message.contains("all is well") && !message.contains(char::is_control), "{message}");
}
