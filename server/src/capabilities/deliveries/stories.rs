//! The outbox told as stories, through the true door, to a receiver that answers as it is told.

use std::collections::BTreeMap;

use pilothouse_api::audit::ListAuditRecords;
use pilothouse_api::commands::{NotificationConfig, SendCommand, Target};
use pilothouse_store::deliveries::{self, DeliveryRecord, Kind, State, Wanted};

use crate::config::WebhookSettings;
use crate::courier::receiver::Receiver;
use crate::courier::{Courier, Patience};
use crate::internal::{SweepDeliveries, TakeDeliveries};
use crate::rig::Rig;
use crate::scheduler::look_for_deliveries;

/// Sends a command that is over at once, and has that told.
async fn send(rig: &Rig) -> String {
    let request = SendCommand {
        document_name: "AWS-RunShellScript".into(),
        parameters: BTreeMap::from([("commands".into(), vec!["uptime".into()])]),
        targets: vec![Target { key: "tag:env".into(), values: vec!["nowhere".into()] }],
        notification_config: Some(NotificationConfig {
            notification_arn: "arn:aws:sns:eu-test-1:000000000000:ops".into(),
            ..NotificationConfig::default()
        }),
        ..SendCommand::default()
    };
    rig.root(request).await.unwrap().command.command_id
}

fn courier(receiver: &Receiver) -> Courier {
    let ops = WebhookSettings { url: receiver.url.clone(), secret_file: None };
    Courier::new(&BTreeMap::from([("ops".to_owned(), ops)]), Patience::default()).unwrap()
}

async fn outbox(rig: &Rig, id: &str) -> DeliveryRecord {
    let mut tx = rig.store.read().await.unwrap();
    deliveries::of_command(&mut tx, "eu-test-1", id).await.unwrap().remove(0)
}

#[tokio::test]
async fn what_is_to_be_told_arrives_once() {
    let (rig, receiver) = (Rig::new().await, Receiver::open().await);
    let (id, courier) = (send(&rig).await, courier(&receiver));
    for _ in 0..3 {
        look_for_deliveries(&rig.door, &courier).await;
        rig.pass(3600);
    }
    let seen = receiver.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].header("x-pilothouse-delivery"), format!("{id}/Success"));
    let said: serde_json::Value = serde_json::from_str(&seen[0].body).unwrap();
    assert_eq!((said["commandId"].as_str(), said["status"].as_str()), (Some(id.as_str()), Some("Success")));
    assert_eq!(outbox(&rig, &id).await.state, State::Done);
}

#[tokio::test]
async fn what_has_not_arrived_is_tried_again_after_a_pause() {
    let (rig, receiver) = (Rig::new().await, Receiver::open().await);
    receiver.answer(&["HTTP/1.1 500 Oh", "HTTP/1.1 502 Oh"]);
    let (id, courier) = (send(&rig).await, courier(&receiver));
    let mut attempts = Vec::new();
    for _ in 0..7 {
        look_for_deliveries(&rig.door, &courier).await;
        attempts.push(receiver.seen().len());
        rig.pass(1);
    }
    assert_eq!(attempts, [1, 1, 2, 2, 2, 2, 3], "after two seconds, then after four");
    let it = outbox(&rig, &id).await;
    assert_eq!((it.state, it.attempts, it.problem.as_str()), (State::Done, 3, ""));
}

#[tokio::test]
async fn what_a_server_took_before_it_died_is_carried_by_the_next() {
    let (rig, receiver) = (Rig::new().await, Receiver::open().await);
    send(&rig).await;
    let wanted = Wanted {
        kind: Kind::Webhook,
        except: vec![],
        lease_until: rig.door.clock().now().plus_seconds(60),
        count: 10,
    };
    let taken = rig.system(TakeDeliveries { wanted: wanted.clone() }).await.unwrap().taken;
    assert_eq!(taken.len(), 1);
    assert!(rig.system(TakeDeliveries { wanted }).await.unwrap().taken.is_empty(), "it is taken");
    let courier = courier(&receiver);
    look_for_deliveries(&rig.door, &courier).await;
    assert!(receiver.seen().is_empty());
    rig.pass(61);
    look_for_deliveries(&rig.door, &courier).await;
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn what_never_arrives_is_given_up_after_a_day_and_that_is_on_record() {
    let (rig, receiver) = (Rig::new().await, Receiver::open().await);
    let (id, courier) = (send(&rig).await, courier(&receiver));
    receiver.answer(&["HTTP/1.1 500 Oh", "HTTP/1.1 500 Oh"]);
    look_for_deliveries(&rig.door, &courier).await;
    rig.pass(25 * 3600);
    look_for_deliveries(&rig.door, &courier).await;
    let it = outbox(&rig, &id).await;
    assert_eq!(it.state, State::GivenUp);
    assert!(it.problem.contains("500"), "{}", it.problem);
    rig.pass(3600);
    look_for_deliveries(&rig.door, &courier).await;
    assert_eq!(receiver.seen().len(), 2, "it is not tried again");
    rig.door.settled().await;
    let records = rig.root(ListAuditRecords::default()).await.unwrap().records;
    let record = records.iter().find(|it| it.operation == "GiveUpDelivery").expect("it is on record");
    assert_eq!(record.resources, [format!("command/{id}")]);
}

#[tokio::test]
async fn one_who_is_gone_is_not_asked_again_and_old_deliveries_are_forgotten() {
    let (rig, receiver) = (Rig::new().await, Receiver::open().await);
    receiver.answer(&["HTTP/1.1 410 Gone"]);
    let (id, courier) = (send(&rig).await, courier(&receiver));
    look_for_deliveries(&rig.door, &courier).await;
    assert_eq!(outbox(&rig, &id).await.state, State::GivenUp);
    assert_eq!(rig.system(SweepDeliveries {}).await.unwrap().changed, 0);
    rig.pass(8 * 24 * 3600);
    assert_eq!(rig.system(SweepDeliveries {}).await.unwrap().changed, 1);
}
