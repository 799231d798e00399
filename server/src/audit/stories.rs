//! Stories of recording: CloudTrail's form, callers of every kind, a queue that never drops.

use std::sync::Arc;

use pilothouse_api::access::CreateRole;
use pilothouse_api::arming::Arm;
use pilothouse_api::commands::SendCommand;
use pilothouse_api::fleet::Follow;
use pilothouse_api::sts::{AssumeRole, GetCallerIdentity};
use pilothouse_api::tags::{AddTagsToResource, Tag};
use pilothouse_api::topics::Topic;
use pilothouse_protocol::{InstanceId, Millis};
use pilothouse_store::audit::{self, AuditRow, Which};
use pilothouse_store::{Store, StoreError};
use serde_json::{Value, json};

use super::*;
use crate::access::{Kind, Operator, Resource, Who};
use crate::cx::{Call, Caller};
use crate::doorbell::{Doorbell, Subject};
use crate::rig::{HandClock, REGION, Rig, counting_dice};
use crate::secrets::Secrets;

const ACCOUNT: &str = "123456789012";
const NOW: Millis = Millis(1_764_000_000_123);

fn scribe() -> Scribe {
    Scribe::new(ACCOUNT, "eu-home-1", counting_dice())
}

fn operator(who: Who) -> Caller {
    Caller::Operator(Arc::new(Operator { who, access_key_id: String::from("PILOKEY"), expires_at: None }))
}

fn call(caller: Caller) -> CallRecord {
    CallRecord {
        at: NOW,
        region: REGION.to_owned(),
        caller,
        source: String::from("192.0.2.7"),
        user_agent: String::from("aws-cli/2"),
        operation: "SendCommand",
        target: "AmazonSSM.SendCommand",
        permission: "ssm:SendCommand",
        read_only: false,
        request: json!({"documentName": "AWS-RunShellScript"}),
        touched: Touched::from_iter([&node("mi-1")]),
        outcome: Outcome::Done,
        request_id: String::from("request"),
        decided_by: vec![String::from("operators")],
        reason: None,
        changes: Vec::new(),
        approval_id: None,
        system_user: None,
    }
}

fn node(id: &str) -> Resource {
    let tags = [(String::from("env"), String::from("Prod"))].into();
    Resource::new(Kind::Node, id).tagged(tags).named("Web-1")
}

fn recorded(row: &AuditRow) -> Value {
    serde_json::from_str(&row.record).unwrap()
}

#[test]
fn a_call_is_recorded_in_cloudtrails_form() {
    let row = scribe().row(&call(operator(Who::User(String::from("ann")))));
    let expected = json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "arn": "arn:aws:iam::123456789012:user/ann",
            "accountId": ACCOUNT,
            "accessKeyId": "PILOKEY",
            "userName": "ann",
        },
        "eventTime": "2025-11-24T16:00:00Z",
        "eventSource": "ssm.amazonaws.com",
        "eventName": "SendCommand",
        "awsRegion": REGION,
        "sourceIPAddress": "192.0.2.7",
        "userAgent": "aws-cli/2",
        "requestParameters": {"documentName": "AWS-RunShellScript"},
        "responseElements": null,
        "additionalEventData": {
            "permission": "ssm:SendCommand",
            "decidedBy": ["operators"],
            "environments": ["Prod"],
            "targetCount": 1,
        },
        "requestID": "request",
        "eventID": row.event_id,
        "readOnly": false,
        "resources": [{
            "ARN": "arn:aws:ssm:eu-test-1:123456789012:managed-instance/mi-1",
            "accountId": ACCOUNT,
            "type": "AWS::SSM::ManagedInstance",
        }],
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    });
    assert_eq!(
        serde_json::to_string_pretty(&recorded(&row)).unwrap(),
        serde_json::to_string_pretty(&expected).unwrap()
    );
    assert_eq!((row.who.as_str(), row.username.as_str()), ("user/ann", "ann"));
    assert_eq!(row.sought_where, "node/mi-1\nweb-1\nprod\n");
}

#[test]
fn every_kind_of_caller_has_an_identity() {
    let session = Who::Session {
        role: String::from("ops"),
        session: String::from("night"),
        person: String::from("user/ann"),
    };
    let node: InstanceId = InstanceId::from_random([7; 9]);
    let id = node.as_str().to_owned();
    for (caller, username, expected) in [
        (
            operator(Who::Root),
            "root",
            json!({
                "type": "Root", "principalId": ACCOUNT, "arn": "arn:aws:iam::123456789012:root", "accountId": ACCOUNT,
                "accessKeyId": "PILOKEY",
            }),
        ),
        (
            operator(session),
            "night",
            json!({
                "type": "AssumedRole",
                "arn": "arn:aws:sts::123456789012:assumed-role/ops/night", "accountId": ACCOUNT, "accessKeyId": "PILOKEY",
                "sessionContext": {
                    "sessionIssuer": {
                        "type": "Role", "arn": "arn:aws:iam::123456789012:role/ops",
                        "accountId": ACCOUNT, "userName": "ops",
                    },
                    "sourceIdentity": "user/ann",
                },
            }),
        ),
        (
            Caller::Node(node),
            id.as_str(),
            json!({
                "type": "AssumedRole", "principalId": id,
                "arn": format!("arn:aws:ssm:eu-test-1:{ACCOUNT}:managed-instance/{id}"), "accountId": ACCOUNT,
            }),
        ),
        (Caller::Candidate, "candidate", json!({"type": "Unknown", "accountId": ACCOUNT})),
        (
            Caller::System,
            "pilothouse",
            json!({"type": "AWSService", "accountId": ACCOUNT, "invokedBy": "pilothouse"}),
        ),
    ] {
        let row = scribe().row(&call(caller));
        assert_eq!(recorded(&row)["userIdentity"], expected);
        assert_eq!(row.username, username);
    }
}

#[test]
fn a_refused_call_is_recorded_as_completely_as_an_allowed_one() {
    let allowed = call(operator(Who::Root));
    let refused = CallRecord {
        outcome: Outcome::Refused {
            code: String::from("AccessDeniedException"),
            message: String::from("no"),
        },
        ..allowed.clone()
    };
    let (allowed, refused) = (recorded(&scribe().row(&allowed)), recorded(&scribe().row(&refused)));
    let mut rest = refused.as_object().unwrap().clone();
    assert_eq!(rest.remove("errorCode"), Some(json!("AccessDeniedException")));
    assert_eq!(rest.remove("errorMessage"), Some(json!("no")));
    assert_eq!(&rest, allowed.as_object().unwrap());
}

#[test]
fn however_many_resources_a_call_touches_its_record_names_a_hundred_and_counts_all() {
    let nodes: Vec<_> = (0..10_000).map(|n| node(&format!("mi-{n}"))).collect();
    let row = scribe().row(&CallRecord { touched: nodes.iter().collect(), ..call(Caller::System) });
    assert_eq!((row.resources.len(), row.resource_count), (100, 10_000));
    let record = recorded(&row);
    assert_eq!(record["resources"].as_array().unwrap().len(), 100);
    assert_eq!(record["additionalEventData"]["targetCount"], 10_000);
}

#[test]
fn what_the_server_does_by_itself_is_recorded_in_its_own_region() {
    let row = scribe().row(&CallRecord { region: String::new(), ..call(Caller::System) });
    assert_eq!((row.region.as_str(), &recorded(&row)["awsRegion"]), ("eu-home-1", &json!("eu-home-1")));
}

#[tokio::test]
async fn what_was_done_and_what_was_refused_stand_in_one_chain() {
    let rig = Rig::new().await;
    let id = rig.node("web", &[("env", "prod")]).await;
    let send = |instance: &str| SendCommand {
        instance_ids: vec![instance.to_owned()],
        document_name: String::from("AWS-RunShellScript"),
        parameters: [(String::from("commands"), vec![String::from("id")])].into(),
        ..SendCommand::default()
    };
    rig.root(send(id.as_str())).await.unwrap();
    rig.root(send("mi-00000000000000000")).await.unwrap_err();
    let staging = r#"permit (principal == Pilothouse::User::"ann", action == Pilothouse::Action::"ssm:SendCommand", resource)
        when { resource is Pilothouse::Document || (resource has environment && resource.environment == "staging") };"#;
    let ann = rig.user("ann", staging).await;
    rig.perform(ann, send(id.as_str())).await.unwrap_err();
    rig.door.settled().await;
    let rows = audit::following(&mut rig.store.read().await.unwrap(), 0, 100).await.unwrap();
    let enrolled = rows.iter().find(|row| row.operation == "EnrolNode").unwrap();
    assert_eq!(recorded(enrolled)["requestParameters"]["activationCode"], "***");
    let sent: Vec<_> = rows.iter().filter(|row| row.operation == "SendCommand").collect();
    let told: Vec<_> = sent.iter().map(|row| (row.who.as_str(), row.outcome.as_str())).collect();
    assert_eq!(told, [("root", "ok"), ("root", "InvalidInstanceId"), ("user/ann", "AccessDeniedException")]);
    let (allowed, refused) = (recorded(sent[0]), recorded(sent[2]));
    assert_eq!(refused["requestParameters"], allowed["requestParameters"]);
    assert_eq!(refused["additionalEventData"]["environments"], json!(["prod"]));
    assert!(sent[2].resources.iter().any(|it| it.name == id.as_str()), "{refused}");
    let verified = verify(&rig.store, &Secrets::for_tests(), &[]).await.unwrap().unwrap();
    assert_eq!((verified.first, verified.records), (1, i64::try_from(rows.len()).unwrap()));
}

#[tokio::test]
async fn the_id_of_who_calls_is_the_one_that_sts_tells() {
    let rig = Rig::new().await;
    let ann = rig.user("ann", "permit (principal, action, resource);").await;
    let role = CreateRole { role_name: String::from("ops"), ..CreateRole::default() };
    rig.root(role).await.unwrap();
    let assume = AssumeRole {
        role_arn: String::from("arn:aws:iam::000000000000:role/ops"),
        role_session_name: String::from("night"),
        ..AssumeRole::default()
    };
    let key = rig.perform(ann.clone(), assume).await.unwrap().credentials.access_key_id;
    let session = Caller::Operator(rig.door.access().now().key(&key).unwrap().operator.clone());
    let mut told = Vec::new();
    for caller in [Caller::root("PILOTESTROOT"), ann, session] {
        told.push(rig.perform(caller, GetCallerIdentity {}).await.unwrap().user_id);
    }
    rig.door.settled().await;
    let rows = audit::following(&mut rig.store.read().await.unwrap(), 0, 100).await.unwrap();
    let rows = rows.iter().filter(|row| row.operation == "GetCallerIdentity").map(recorded);
    let identities: Vec<_> = rows.map(|record| record["userIdentity"].clone()).collect();
    assert_eq!(identities.iter().map(|it| it["principalId"].as_str().unwrap()).collect::<Vec<_>>(), told);
    let issuer = identities[2]["sessionContext"]["sessionIssuer"]["principalId"].as_str().unwrap();
    assert_eq!(format!("{issuer}:night"), told[2]);
}

#[tokio::test]
async fn what_somebody_follows_stands_in_the_list() {
    let rig = Rig::new().await;
    rig.root(Follow { topic: Topic::nodes() }).await.unwrap();
    rig.door.settled().await;
    let rows = audit::following(&mut rig.store.read().await.unwrap(), 0, 100).await.unwrap();
    assert_eq!((rows[0].operation.as_str(), rows[0].note.as_str()), ("Follow", "nodes"));
}

#[tokio::test]
async fn why_somebody_armed_what_they_changed_stands_in_the_record() {
    let rig = Rig::new().await;
    let id = rig.node("web", &[("env", "prod")]).await;
    let arm = Arm { environment: String::from("prod"), seconds: 600, reason: String::from("deploy 4711") };
    rig.root(arm).await.unwrap();
    let tag = |value: &str| AddTagsToResource {
        resource_type: String::from("ManagedInstance"),
        resource_id: id.to_string(),
        tags: vec![Tag { key: String::from("team"), value: value.to_owned() }],
    };
    rig.root(tag("blue")).await.unwrap();
    rig.door.settled().await;
    let rows = audit::following(&mut rig.store.read().await.unwrap(), 0, 100).await.unwrap();
    let tagged = rows.iter().find(|row| row.operation == "AddTagsToResource").unwrap();
    assert_eq!(tagged.note, "prod: deploy 4711");
    assert_eq!(recorded(tagged)["additionalEventData"]["reason"], "prod: deploy 4711");
}

#[tokio::test]
async fn what_was_refused_before_anything_was_looked_up_is_found_by_what_it_named() {
    let rig = Rig::new().await;
    let id = rig.node("web", &[("env", "prod")]).await;
    let nothing = "forbid (principal == Pilothouse::User::\"ann\", action, resource);";
    let ann = rig.user("ann", nothing).await;
    let send = SendCommand {
        instance_ids: vec![id.to_string()],
        document_name: String::from("AWS-RunShellScript"),
        ..SendCommand::default()
    };
    rig.perform(ann, send).await.unwrap_err();
    rig.door.settled().await;
    let rows = audit::following(&mut rig.store.read().await.unwrap(), 0, 100).await.unwrap();
    let sent = rows.iter().find(|row| row.operation == "SendCommand").unwrap();
    assert_eq!(sent.outcome, "AccessDeniedException");
    assert!(sent.resources.iter().any(|it| it.name == id.as_str()), "{:?}", sent.resources);
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_recorded_too() {
    let rig = Rig::new().await;
    let call = Call { caller: Caller::root("PILOTESTROOT"), region: REGION.to_owned(), ..Call::system() };
    let send = crate::operations::find("AmazonSSM.SendCommand").unwrap();
    let fault =
        send(rig.door.clone(), call, bytes::Bytes::from_static(b"{\"DocumentName\":7}")).await.unwrap_err();
    assert_eq!(fault.code, "SerializationException");
    rig.door.settled().await;
    let rows = audit::following(&mut rig.store.read().await.unwrap(), 0, 100).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.operation.as_str(), row.outcome.as_str())).collect();
    assert_eq!(told, [("SendCommand", "SerializationException")]);
}

/// A trail on a store whose chain was not begun, so that nothing can be written until it is.
async fn stuck() -> (Store, ChainKey, AuditTrail, Doorbell) {
    let store = Store::open("sqlite::memory:").await.unwrap();
    let (key, doorbell) = (ChainKey::new(&[7; 32]), Doorbell::default());
    let clock = Arc::new(HandClock::at(NOW));
    let trail = AuditTrail::start(store.clone(), clock, key.clone(), scribe(), doorbell.clone());
    (store, key, trail, doorbell)
}

async fn begin(store: &Store, key: &ChainKey) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    audit::begin(&mut tx).await?;
    for which in [Which::Head, Which::Floor] {
        audit::set_mark(&mut tx, which, &key.mark(which, 0, vec![0; 32], NOW)).await?;
    }
    tx.commit().await
}

#[tokio::test]
async fn what_cannot_be_written_is_tried_again_until_it_is() {
    let (store, key, trail, doorbell) = stuck().await;
    let mut bell = doorbell.listen();
    for _ in 0..3 {
        trail.note(call(operator(Who::Root))).await.unwrap();
    }
    assert!(trail.is_behind());
    begin(&store, &key).await.unwrap();
    trail.settled().await;
    assert!(!trail.is_behind());
    assert_eq!(trail.anchor().await.unwrap().seq, 3);
    let rang = bell.recv().await.unwrap();
    assert_eq!((rang.region.as_str(), rang.subject), (REGION, Subject::Audit));
}

#[tokio::test]
async fn a_call_that_cannot_be_recorded_is_refused() {
    let (store, key, trail, _) = stuck().await;
    let all = trail.take_room().await;
    let refused = trail.note(call(operator(Who::Root))).await.unwrap_err();
    assert_eq!(refused.code, "ServiceUnavailable");
    drop(all);
    begin(&store, &key).await.unwrap();
    trail.note(call(operator(Who::Root))).await.unwrap();
    trail.settled().await;
    assert_eq!(trail.anchor().await.unwrap().seq, 1);
}

#[tokio::test]
async fn retention_leaves_a_chain_that_verifies_and_says_what_it_did() {
    const DAY: i64 = 24 * 60 * 60;
    let rig = Rig::new().await;
    let trail = rig.door.audit().clone();
    let secrets = Secrets::for_tests();
    for _ in 0..5 {
        trail.note(CallRecord { at: rig.door.clock().now(), ..call(operator(Who::Root)) }).await.unwrap();
        trail.settled().await;
        rig.pass(DAY);
    }
    assert_eq!(trail.retain(0).await.unwrap(), 0, "0 is for ever");
    assert_eq!(trail.retain(9).await.unwrap(), 0);
    let before = verify(&rig.store, &secrets, &[]).await.unwrap().unwrap();
    assert_eq!(trail.retain(3).await.unwrap(), 2);
    let after = verify(&rig.store, &secrets, std::slice::from_ref(&before.anchor)).await.unwrap().unwrap();
    assert_eq!((after.first, after.records), (3, 4), "three calls, and what retention did");
    let rows = audit::following(&mut rig.store.read().await.unwrap(), 5, 9).await.unwrap();
    assert_eq!(rows[0].operation, "CutAuditTrail");
    rig.pass(90 * DAY);
    assert_eq!(trail.retain(3).await.unwrap(), 4);
    let last = verify(&rig.store, &secrets, &[before.anchor, after.anchor]).await.unwrap().unwrap();
    assert_eq!((last.first, last.records), (7, 1));
}
