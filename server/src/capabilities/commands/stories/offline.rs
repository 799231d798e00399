//! Nodes that are away when a command is sent.

use pilothouse_api::runs::{AbortCommand, UpdateCommand};

use super::*;

async fn send(rig: &Rig, nodes: &[&InstanceId], seconds: i64) -> String {
    let request = SendCommand { timeout_seconds: Some(seconds), ..on(nodes) };
    rig.root(request).await.unwrap().command.command_id
}

async fn come_back(rig: &Rig, node: &InstanceId) -> Vec<String> {
    rig.perform(Caller::Node(node.clone()), ResumeJobs { held: vec![] }).await.unwrap();
    rig.return_of(node).await;
    jobs(rig).await.into_iter().map(|job| job.id.command.to_string()).collect()
}

#[tokio::test]
async fn a_node_that_comes_back_gets_exactly_what_is_still_valid() {
    let rig = Rig::new().await;
    let (web, db) = (rig.node("web-1", &[]).await, rig.node("db-1", &[]).await);
    rig.perform(Caller::Node(web.clone()), LeaveNode {}).await.unwrap();
    let both = [&web, &db];
    let valid = send(&rig, &both, 3600).await;
    let withdrawn = send(&rig, &both, 3600).await;
    let aborted = send(&rig, &both, 3600).await;
    let expired = send(&rig, &both, 30).await;
    let paused = send(&rig, &both, 3600).await;
    let cancel = CancelCommand { command_id: withdrawn.clone(), instance_ids: vec![web.to_string()] };
    rig.root(cancel).await.unwrap();
    rig.root(AbortCommand { command_id: aborted.clone() }).await.unwrap();
    let pause = UpdateCommand { command_id: paused.clone(), paused: Some(true), ..UpdateCommand::default() };
    rig.root(pause).await.unwrap();
    for job in jobs(&rig).await {
        report(&rig, &job, ended(InvocationState::Success, 0)).await;
    }
    // The clock that ends what is overdue has not come by yet, and still it is not handed over.
    rig.pass(31);
    assert_eq!(come_back(&rig, &web).await, [valid]);
    rig.system(ExpireCommands {}).await.unwrap();
    let state = async |id: &str| {
        let get =
            GetCommandInvocation { command_id: id.into(), instance_id: web.to_string(), plugin_name: None };
        rig.root(get).await.unwrap().status_details
    };
    assert_eq!(state(&withdrawn).await, "Cancelled");
    assert_eq!(state(&aborted).await, "Terminated");
    assert_eq!(state(&expired).await, "DeliveryTimedOut");
    assert_eq!(state(&paused).await, "Pending");
}

#[tokio::test]
async fn a_node_that_is_away_is_withdrawn_and_the_others_are_not() {
    let rig = Rig::new().await;
    let (web, db) = (rig.node("web-1", &[]).await, rig.node("db-1", &[]).await);
    rig.perform(Caller::Node(web.clone()), LeaveNode {}).await.unwrap();
    let id = send(&rig, &[&web, &db], 3600).await;
    let cancel =
        |node: &InstanceId| CancelCommand { command_id: id.clone(), instance_ids: vec![node.to_string()] };
    rig.root(cancel(&web)).await.unwrap();
    assert_eq!(command(&rig, &id).await.status, "InProgress");
    let job = jobs(&rig).await.remove(0);
    report(&rig, &job, ended(InvocationState::Success, 0)).await;
    assert_eq!(command(&rig, &id).await.status_details, "Incomplete");
    rig.root(cancel(&web)).await.expect("what is withdrawn may be withdrawn");
    let stranger = InstanceId::from_random([9; 9]);
    assert_eq!(rig.root(cancel(&stranger)).await.unwrap_err().code, "InvalidInstanceId");
}

#[tokio::test]
async fn a_node_out_of_reach_in_time_is_no_error() {
    let rig = Rig::new().await;
    let (web, db) = (rig.node("web-1", &[]).await, rig.node("db-1", &[]).await);
    rig.perform(Caller::Node(web.clone()), LeaveNode {}).await.unwrap();
    let id = send(&rig, &[&web, &db], 30).await;
    let job = jobs(&rig).await.remove(0);
    report(&rig, &job, ReportKind::Accepted).await;
    rig.pass(31);
    rig.system(ExpireCommands {}).await.unwrap();
    report(&rig, &job, ended(InvocationState::Success, 0)).await;
    let over = command(&rig, &id).await;
    assert_eq!((over.error_count, over.delivery_timed_out_count, over.completed_count), (0, 1, 2));
    assert_eq!(over.status_details, "Incomplete", "not Failed, though no error was allowed");
}
