//! Arming told as stories, through the true door.

use std::collections::BTreeMap;
use std::sync::Arc;

use pilothouse_api::Fault;
use pilothouse_api::access::CreateRole;
use pilothouse_api::arming::{Arm, Disarm, ListArmings};
use pilothouse_api::commands::{SendCommand, SendCommandResult};
use pilothouse_api::fleet::Follow;
use pilothouse_api::sts::AssumeRole;
use pilothouse_api::topics::{News, Topic};
use pilothouse_protocol::InstanceId;

use crate::access::{Operator, Who};
use crate::cx::Caller;
use crate::doorbell::Subject;
use crate::internal::EndArmings;
use crate::rig::Rig;

/// Everybody may everything, but change prod without having armed it; root, too.
const GUARDED: &str = r#"
permit (principal, action, resource);
@reason("production must be armed")
forbid (principal, action == Pilothouse::Action::"ssm:SendCommand", resource is Pilothouse::Node)
when { resource has environment && resource.environment == "prod" }
unless { context.armed.contains("prod") };
"#;
const NOTHING: &str = r#"permit (principal == Pilothouse::User::"nobody", action, resource);"#;

fn arm(environment: &str, seconds: i64) -> Arm {
    Arm { environment: environment.into(), seconds, reason: " deploy 4711 ".into() }
}

async fn send(rig: &Rig, caller: &Caller, node: &InstanceId) -> Result<SendCommandResult, Fault> {
    let send = SendCommand {
        document_name: "AWS-RunShellScript".into(),
        parameters: BTreeMap::from([("commands".into(), vec!["id".into()])]),
        instance_ids: vec![node.to_string()],
        ..SendCommand::default()
    };
    rig.perform(caller.clone(), send).await
}

#[tokio::test]
async fn prod_is_shut_until_it_is_armed_and_again_when_the_time_is_over() {
    let rig = Rig::new().await;
    let prod = rig.node("web", &[("env", "prod")]).await;
    rig.policy("guarded", GUARDED).await;
    let ann = rig.user("ann", NOTHING).await;
    let refused = send(&rig, &ann, &prod).await.unwrap_err();
    assert!(refused.message.contains("production must be armed"), "{}", refused.message);

    let armed = rig.perform(ann.clone(), arm("prod", 60)).await.unwrap().arming;
    assert_eq!((armed.principal.as_str(), armed.reason.as_str()), ("user/ann", "deploy 4711"));
    assert_eq!(armed.until.0 - armed.since.0, 60_000);
    send(&rig, &ann, &prod).await.unwrap();
    let root = Caller::root("PILOTESTROOT");
    assert!(send(&rig, &root, &prod).await.is_err(), "root has armed nothing");

    rig.pass(59);
    send(&rig, &ann, &prod).await.unwrap();
    rig.pass(1);
    assert!(send(&rig, &ann, &prod).await.is_err(), "nobody had to write down that it is over");
}

#[tokio::test]
async fn an_arming_is_a_persons_whatever_key_or_role_it_uses() {
    let rig = Rig::new().await;
    let prod = rig.node("web", &[("env", "prod")]).await;
    rig.policy("guarded", GUARDED).await;
    let ann = rig.user("ann", NOTHING).await;
    rig.root(CreateRole { role_name: "deploy".into(), ..CreateRole::default() }).await.unwrap();
    rig.perform(ann.clone(), arm("prod", 60)).await.unwrap();
    let other_key = rig.key_of("ann").await;
    send(&rig, &other_key, &prod).await.unwrap();
    let assume = AssumeRole {
        role_arn: "arn:aws:iam::000000000000:role/deploy".into(),
        role_session_name: "s1".into(),
        duration_seconds: None,
    };
    let key = rig.perform(ann, assume).await.unwrap().credentials.access_key_id;
    let who = Who::Session { role: "deploy".into(), session: "s1".into(), person: "user/ann".into() };
    let session = Caller::Operator(Arc::new(Operator { who, access_key_id: key, expires_at: None }));
    send(&rig, &session, &prod).await.unwrap();
    rig.perform(session, Disarm { environment: "prod".into() }).await.unwrap();
    assert!(send(&rig, &other_key, &prod).await.is_err());
}

#[tokio::test]
async fn a_longer_wish_than_the_server_grants_is_refused_with_the_limit() {
    let rig = Rig::new().await;
    let fault = rig.root(arm("prod", 3601)).await.unwrap_err();
    assert_eq!(fault.code, "ArmingTooLongException");
    assert!(fault.message.contains("3601") && fault.message.contains("is 3600"), "{}", fault.message);
    let fault = rig.root(Arm { reason: "  x ".into(), ..arm("prod", 60) }).await.unwrap_err();
    assert_eq!(fault.code, "ValidationException");
}

#[tokio::test]
async fn arming_again_gives_the_new_time_and_nobody_arms_without_bound() {
    let rig = Rig::new().await;
    rig.root(arm("prod", 600)).await.unwrap();
    rig.pass(10);
    let shorter = rig.root(arm("prod", 60)).await.unwrap().arming;
    assert_eq!(rig.root(ListArmings {}).await.unwrap().armings, [shorter]);
    for number in 1..20 {
        rig.root(arm(&format!("env-{number}"), 60)).await.unwrap();
    }
    assert_eq!(rig.root(arm("one-more", 60)).await.unwrap_err().code, "LimitExceededException");
    rig.root(arm("prod", 60)).await.unwrap();
}

#[tokio::test]
async fn who_may_not_arm_is_refused_and_sees_what_others_may_see() {
    let rig = Rig::new().await;
    let ann = rig
        .user(
            "ann",
            r#"permit (principal == Pilothouse::User::"ann", action == Pilothouse::Action::"pilothouse:Arm",
                       resource == Pilothouse::Environment::"staging");"#,
        )
        .await;
    let ben = rig
        .user(
            "ben",
            r#"permit (principal == Pilothouse::User::"ben", action == Pilothouse::Action::"pilothouse:ListArmings",
                       resource);"#,
        )
        .await;
    assert_eq!(rig.perform(ann.clone(), arm("prod", 60)).await.unwrap_err().code, "AccessDeniedException");
    rig.perform(ann.clone(), arm("staging", 60)).await.unwrap();
    rig.root(arm("prod", 30)).await.unwrap();
    let seen = async |caller: &Caller| {
        let armings = rig.perform(caller.clone(), ListArmings {}).await.unwrap().armings;
        armings.into_iter().map(|it| format!("{} by {}", it.environment, it.principal)).collect::<Vec<_>>()
    };
    assert_eq!(seen(&ann).await, ["staging by user/ann"], "one's own");
    assert_eq!(seen(&ben).await, ["prod by root", "staging by user/ann"], "the next to end first");
}

#[tokio::test]
async fn followers_are_told_what_is_armed_and_when_it_ends() {
    let rig = Rig::new().await;
    let follow = async |after| {
        let read = rig.root(Follow { topic: Topic::Armings { after } }).await.unwrap();
        let (News::Armings { armings }, Topic::Armings { after }) = (read.news, read.next) else {
            panic!("other news");
        };
        (armings.len(), after)
    };
    let (none, start) = follow(0).await;
    assert_eq!(none, 0);
    let mut bell = rig.door.doorbell().listen();
    let mut rings = async || while bell.recv().await.unwrap().subject != Subject::Armings {};
    rig.root(arm("prod", 60)).await.unwrap();
    rings().await;
    let (one, armed) = follow(start).await;
    assert_eq!(one, 1);
    assert!(armed > start);
    rig.pass(60);
    assert_eq!(rig.system(EndArmings {}).await.unwrap().changed, 1);
    rings().await;
    let (none, ended) = follow(armed).await;
    assert_eq!(none, 0);
    assert!(ended > armed);
    assert_eq!(rig.system(EndArmings {}).await.unwrap().changed, 0);
    assert_eq!(follow(ended).await, (0, ended), "nothing is told twice");
}
