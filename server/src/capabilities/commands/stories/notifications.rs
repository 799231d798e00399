//! Who is told what becomes of a command.

use pilothouse_api::commands::NotificationConfig;
use pilothouse_store::deliveries::{self, DeliveryRecord};

use super::*;

fn told(kind: &str, events: &[&str]) -> NotificationConfig {
    NotificationConfig {
        notification_arn: "arn:aws:sns:eu-test-1:000000000000:ops".into(),
        notification_events: events.iter().map(|it| (*it).to_owned()).collect(),
        notification_type: kind.into(),
    }
}

async fn outbox(rig: &Rig, id: &str) -> Vec<DeliveryRecord> {
    let mut tx = rig.store.read().await.unwrap();
    deliveries::of_command(&mut tx, "eu-test-1", id).await.unwrap()
}

async fn run_on_two(rig: &Rig, config: NotificationConfig) -> String {
    let (web, db) = (rig.node("web-1", &[]).await, rig.node("db-1", &[]).await);
    let request = SendCommand { notification_config: Some(config), ..on(&[&web, &db]) };
    let sent = rig.root(request).await.unwrap().command;
    for _ in 0..2 {
        for job in jobs(rig).await {
            report(rig, &job, ReportKind::Accepted).await;
            rig.pass(1);
            let state =
                if job.id.instance == web { InvocationState::Success } else { InvocationState::Failed };
            report(rig, &job, ended(state, i32::from(state != InvocationState::Success))).await;
        }
    }
    sent.command_id
}

#[tokio::test]
async fn each_state_of_a_command_is_told_once_in_order() {
    let rig = Rig::new().await;
    let id = run_on_two(&rig, told("Command", &["All"])).await;
    let told = outbox(&rig, &id).await;
    let states: Vec<_> = told.iter().map(|it| it.payload["status"].as_str().unwrap()).collect();
    assert_eq!(states, ["InProgress", "Failed"]);
    let said = &told[1].payload;
    assert_eq!((told[1].destination.as_str(), told[1].instance_id.as_str()), ("ops", ""));
    assert_eq!(said["commandId"], id.as_str());
    assert_eq!(said["documentName"], "AWS-RunShellScript");
    assert_eq!((&said["targetCount"], said["instanceIds"].as_array().unwrap().len()), (&2.into(), 2));
    assert!(said["eventTime"].as_str().unwrap().ends_with('Z'));
    assert!(said.get("parameters").is_none(), "what was run is nobody's business there");
}

#[tokio::test]
async fn each_node_is_told_of_when_that_is_asked_for() {
    let rig = Rig::new().await;
    let id = run_on_two(&rig, told("Invocation", &["Success", "Failed"])).await;
    let told = outbox(&rig, &id).await;
    let states: Vec<_> = told.iter().map(|it| it.payload["status"].as_str().unwrap()).collect();
    assert_eq!(states, ["Success", "Failed"]);
    assert!(told.iter().all(|it| it.payload["instanceId"] == it.instance_id.as_str()));
}

#[tokio::test]
async fn only_what_is_asked_for_is_told_and_nothing_if_nobody_asks() {
    let rig = Rig::new().await;
    let id = run_on_two(&rig, told("Command", &["Success"])).await;
    assert!(outbox(&rig, &id).await.is_empty());
    let rig = Rig::new().await;
    let id = run_on_two(&rig, NotificationConfig::default()).await;
    assert!(outbox(&rig, &id).await.is_empty());
}

#[tokio::test]
async fn targets_that_match_nothing_are_told_as_over() {
    let rig = Rig::new().await;
    let request = SendCommand { notification_config: Some(told("", &[])), ..tagged("env", "nowhere") };
    let id = rig.root(request).await.unwrap().command.command_id;
    let told = outbox(&rig, &id).await;
    assert_eq!(told[0].payload["detailedStatus"], "NoInstancesInTag");
}

#[tokio::test]
async fn whom_nobody_knows_cannot_be_told() {
    let rig = Rig::new().await;
    let web = rig.node("web-1", &[]).await;
    let code = async |config: NotificationConfig| {
        let request = SendCommand { notification_config: Some(config), ..on(&[&web]) };
        rig.root(request).await.unwrap_err()
    };
    for arn in ["arn:aws:sns:eu-test-1:000000000000:nobody", "arn:aws:sns:eu-other-1:000000000000:ops", "ops"]
    {
        let config = NotificationConfig { notification_arn: arn.into(), ..told("Command", &[]) };
        let fault = code(config).await;
        assert_eq!(fault.code, "InvalidNotificationConfig", "{arn}");
    }
    assert_eq!(code(told("Everything", &[])).await.code, "ValidationException");
    assert_eq!(code(told("Command", &["Sometimes"])).await.code, "ValidationException");
    assert!(rig.root(ListCommands::default()).await.unwrap().commands.is_empty());
}
