//! Run Command told as stories, through the true door.

mod history;
mod notifications;
mod offline;
mod targets;
mod throttle;

use std::collections::BTreeMap;

use pilothouse_api::commands::{
    CancelCommand, Command, GetCommandInvocation, ListCommandInvocations, ListCommands, SendCommand, Target,
};
use pilothouse_api::fleet::{Follow, ResolveTargets, SendCommandToNodes};
use pilothouse_api::nodes::DeregisterManagedInstance;
use pilothouse_api::topics::{News, Topic};
use pilothouse_protocol::{
    Chunk, Held, InstanceId, InvocationState, Job, Millis, Outcome, Payload, Phase, Platform, StepResult,
    StepState, Stream, ToAgent,
};

use crate::cx::Caller;
use crate::internal::{Dispatch, ExpireCommands, LeaveNode, Report, ReportKind, ResumeJobs, Settle};
use crate::rig::{ROOM, Rig};

fn shell(script: &str) -> SendCommand {
    SendCommand {
        document_name: "AWS-RunShellScript".into(),
        parameters: BTreeMap::from([("commands".into(), vec![script.into()])]),
        ..SendCommand::default()
    }
}

fn on(ids: &[&InstanceId]) -> SendCommand {
    SendCommand { instance_ids: ids.iter().map(ToString::to_string).collect(), ..shell("uptime") }
}

fn tagged(key: &str, value: &str) -> SendCommand {
    let targets = vec![Target { key: format!("tag:{key}"), values: vec![value.into()] }];
    SendCommand { targets, max_concurrency: Some("100%".into()), ..shell("uptime") }
}

async fn command(rig: &Rig, id: &str) -> Command {
    let list = ListCommands { command_id: Some(id.into()), ..ListCommands::default() };
    rig.root(list).await.unwrap().commands.remove(0)
}

/// Dispatches, and gives the jobs that nodes were handed.
async fn jobs(rig: &Rig) -> Vec<Job> {
    rig.system(Dispatch {}).await.unwrap();
    let runs = rig.sent().into_iter().filter_map(|(_, frame)| match frame {
        ToAgent::Run { job } => Some(job),
        _ => None,
    });
    runs.collect()
}

async fn report(rig: &Rig, job: &Job, what: ReportKind) {
    rig.system(Settle { reports: vec![Report { job: job.id.clone(), what }] }).await.unwrap();
}

fn ended(state: InvocationState, code: i32) -> ReportKind {
    let step = StepResult {
        index: 0,
        name: "aws:runShellScript".into(),
        action: "aws:runShellScript".into(),
        state: if code == 0 { StepState::Success } else { StepState::Failed },
        code,
        started_at: Millis(1_700_000_000_000),
        finished_at: Millis(1_700_000_000_091),
        message: String::new(),
    };
    ReportKind::Finished(Outcome {
        state,
        steps: vec![step],
        finished_at: Millis(1_700_000_000_091),
        output_end: 0,
        message: String::new(),
        killed: Vec::new(),
        killed_count: 0,
    })
}

#[tokio::test]
async fn a_command_runs_on_two_nodes_and_succeeds() {
    let rig = Rig::new().await;
    let (web, db) = (rig.node("web-1", &[]).await, rig.node("db-1", &[]).await);
    let sent = rig.root(on(&[&web, &db])).await.unwrap().command;
    assert_eq!(
        (sent.status.as_str(), sent.target_count, sent.max_concurrency.as_str()),
        ("Pending", 2, "50")
    );
    let first = jobs(&rig).await;
    assert_eq!(first.len(), 1, "delivery ramps up from one");
    report(&rig, &first[0], ReportKind::Accepted).await;
    let second = jobs(&rig).await;
    for job in first.iter().chain(&second) {
        report(&rig, job, ended(InvocationState::Success, 0)).await;
    }
    let done = command(&rig, &sent.command_id).await;
    assert_eq!((done.status.as_str(), done.completed_count, done.error_count), ("Success", 2, 0));
}

#[tokio::test]
async fn unknown_and_doubled_ids_are_refused_before_anything_is_written() {
    let rig = Rig::new().await;
    let web = rig.node("web-1", &[]).await;
    let stranger = InstanceId::from_random([9; 9]);
    let fault = rig.root(on(&[&web, &stranger])).await.unwrap_err();
    assert_eq!(fault.code, "InvalidInstanceId");
    assert!(fault.message.contains(stranger.as_str()) && !fault.message.contains(web.as_str()), "{fault}");
    assert_eq!(rig.root(on(&[&web, &web])).await.unwrap_err().code, "DuplicateInstanceId");
    assert!(rig.root(ListCommands::default()).await.unwrap().commands.is_empty());
}

#[tokio::test]
async fn targets_that_match_nothing_make_a_command_that_is_over() {
    let rig = Rig::new().await;
    rig.node("web-1", &[("env", "prod")]).await;
    let sent = rig.root(tagged("env", "nowhere")).await.unwrap().command;
    assert_eq!((sent.status.as_str(), sent.status_details.as_str()), ("Success", "NoInstancesInTag"));
}

#[tokio::test]
async fn targets_are_anded_and_their_values_ored() {
    let rig = Rig::new().await;
    rig.node("web-1", &[("env", "prod"), ("role", "web")]).await;
    rig.node("web-2", &[("env", "dev"), ("role", "web")]).await;
    rig.node("db-1", &[("env", "prod"), ("role", "db")]).await;
    let target = |key: &str, values: &[&str]| Target {
        key: key.into(),
        values: values.iter().map(|v| (*v).to_owned()).collect(),
    };
    let targets = vec![target("tag:env", &["prod", "staging"]), target("tag:role", &["web"])];
    let found = rig.root(ResolveTargets { targets, instance_ids: vec![] }).await.unwrap();
    assert_eq!(found.nodes.iter().map(|n| n.name.as_str()).collect::<Vec<_>>(), ["web-1"]);
}

#[tokio::test]
async fn a_node_of_another_platform_is_refused_by_id_and_skipped_by_tag() {
    let rig = Rig::new().await;
    let windows = rig.node_on("win-1", Platform::Windows, &[("env", "prod")]).await;
    rig.node("web-1", &[("env", "prod")]).await;
    assert_eq!(rig.root(on(&[&windows])).await.unwrap_err().code, "UnsupportedPlatformType");
    let sent = rig.root(tagged("env", "prod")).await.unwrap().command;
    for job in jobs(&rig).await {
        report(&rig, &job, ended(InvocationState::Success, 0)).await;
    }
    assert_eq!(
        command(&rig, &sent.command_id).await.status_details,
        "Success",
        "mixed with a success it does not count"
    );
}

#[tokio::test]
async fn a_wrong_parameter_is_refused_before_anything_is_dispatched() {
    let rig = Rig::new().await;
    let web = rig.node("web-1", &[]).await;
    let mut request = on(&[&web]);
    request.parameters.insert("colour".into(), vec!["red".into()]);
    let fault = rig.root(request).await.unwrap_err();
    assert_eq!(fault.code, "InvalidParameters");
    assert!(fault.message.contains("colour"), "{fault}");
}

#[tokio::test]
async fn an_offline_node_stays_pending_and_expires() {
    let rig = Rig::new().await;
    let web = rig.node("web-1", &[]).await;
    rig.perform(Caller::Node(web.clone()), LeaveNode {}).await.unwrap();
    let sent = rig.root(SendCommand { timeout_seconds: Some(30), ..on(&[&web]) }).await.unwrap().command;
    assert!(jobs(&rig).await.is_empty());
    rig.pass(29);
    rig.system(ExpireCommands {}).await.unwrap();
    assert_eq!(command(&rig, &sent.command_id).await.status, "Pending");
    rig.pass(2);
    rig.system(ExpireCommands {}).await.unwrap();
    let over = command(&rig, &sent.command_id).await;
    assert_eq!(
        (over.status.as_str(), over.status_details.as_str(), over.delivery_timed_out_count),
        ("TimedOut", "DeliveryTimedOut", 1)
    );
}

#[tokio::test]
async fn a_command_that_no_frame_could_carry_is_refused_and_the_largest_one_fits() {
    let rig = Rig::new().await;
    let web = rig.node("web-1", &[]).await;
    let of = |bytes: usize| {
        let parameters = BTreeMap::from([("commands".into(), vec!["x".repeat(bytes), "y".into()])]);
        SendCommand { parameters, ..on(&[&web]) }
    };
    let fault = rig.root(of(1_000_000)).await.unwrap_err();
    assert_eq!(fault.code, "MaxDocumentSizeExceeded");
    rig.root(of(980_000)).await.unwrap();
    let job = jobs(&rig).await.remove(0);
    pilothouse_protocol::frame::encode(&ToAgent::Run { job }).unwrap();
}

#[tokio::test]
async fn what_a_node_says_with_a_nul_in_it_is_kept() {
    let rig = Rig::new().await;
    let web = rig.node("web-1", &[]).await;
    rig.root(on(&[&web])).await.unwrap();
    let job = jobs(&rig).await.remove(0);
    let ReportKind::Finished(outcome) = ended(InvocationState::Failed, 1) else { unreachable!() };
    let outcome = Outcome { message: "no \0 such place".into(), ..outcome };
    report(&rig, &job, ReportKind::Finished(outcome)).await;
    let runs = rig.root(ListCommandInvocations::default()).await.unwrap().command_invocations;
    assert_eq!(runs[0].trace_output, "no \u{2400} such place");
}

#[tokio::test]
async fn what_a_deregistered_node_took_along_is_over() {
    let rig = Rig::new().await;
    let (web, db) = (rig.node("web-1", &[]).await, rig.node("db-1", &[]).await);
    rig.perform(Caller::Node(db.clone()), LeaveNode {}).await.unwrap();
    let sent = rig.root(on(&[&web, &db])).await.unwrap().command;
    let job = jobs(&rig).await.remove(0);
    report(&rig, &job, ReportKind::Accepted).await;
    for node in [&web, &db] {
        rig.root(DeregisterManagedInstance { instance_id: node.to_string() }).await.unwrap();
    }
    rig.system(ExpireCommands {}).await.unwrap();
    let over = command(&rig, &sent.command_id).await;
    assert_eq!((over.status_details.as_str(), over.completed_count), ("Failed", 2));
    let runs = rig.root(ListCommandInvocations::default()).await.unwrap().command_invocations;
    assert!(runs.iter().all(|run| run.status_details == "Undeliverable"), "{runs:?}");
    assert!(
        runs[0].trace_output.contains("not known") && runs[1].trace_output.contains("before it was reached")
    );
}

#[tokio::test]
async fn a_node_is_handed_no_more_at_once_than_its_link_takes() {
    let rig = Rig::new().await;
    let (busy, other) = (rig.node("web-1", &[]).await, rig.node("web-2", &[]).await);
    for _ in 0..ROOM + 5 {
        rig.root(on(&[&busy])).await.unwrap();
    }
    rig.root(on(&[&busy, &other])).await.unwrap();
    let first = jobs(&rig).await;
    let of = |node: &InstanceId| first.iter().filter(|job| job.id.instance == *node).count();
    assert_eq!((of(&busy), of(&other)), (ROOM, 1), "and nobody else waits for it");
    assert_eq!(jobs(&rig).await.len(), 5);
}

#[tokio::test]
async fn the_error_limit_stops_what_was_not_sent() {
    let rig = Rig::new().await;
    for i in 0..4 {
        rig.node(&format!("web-{i}"), &[("env", "prod")]).await;
    }
    let request = SendCommand {
        max_concurrency: Some("1".into()),
        max_errors: Some("1".into()),
        ..tagged("env", "prod")
    };
    let sent = rig.root(request).await.unwrap().command;
    for _ in 0..2 {
        let job = jobs(&rig).await.remove(0);
        report(&rig, &job, ended(InvocationState::Failed, 1)).await;
    }
    assert!(jobs(&rig).await.is_empty());
    let over = command(&rig, &sent.command_id).await;
    assert_eq!((over.status_details.as_str(), over.error_count, over.completed_count), ("Failed", 2, 4));
}

#[tokio::test]
async fn cancelling_ends_the_unsent_at_once_and_asks_the_running_to_stop() {
    let rig = Rig::new().await;
    let (web, db) = (rig.node("web-1", &[]).await, rig.node("db-1", &[]).await);
    let sent = rig.root(on(&[&web, &db])).await.unwrap().command;
    let job = jobs(&rig).await.remove(0);
    report(&rig, &job, ReportKind::Accepted).await;
    let cancel = CancelCommand { command_id: sent.command_id.clone(), instance_ids: vec![] };
    rig.root(cancel.clone()).await.unwrap();
    assert_eq!(command(&rig, &sent.command_id).await.status, "Cancelling");
    rig.system(Dispatch {}).await.unwrap();
    assert_eq!(rig.sent(), [(web, ToAgent::Cancel { job: job.id.clone() })]);
    report(&rig, &job, ended(InvocationState::Cancelled, 137)).await;
    assert_eq!(command(&rig, &sent.command_id).await.status, "Cancelled");
    rig.root(cancel).await.expect("cancelling what is over is no error");
}

#[tokio::test]
async fn a_late_report_changes_nothing_once_a_run_is_over() {
    let rig = Rig::new().await;
    let web = rig.node("web-1", &[]).await;
    let sent = rig.root(on(&[&web])).await.unwrap().command;
    let job = jobs(&rig).await.remove(0);
    report(&rig, &job, ended(InvocationState::Failed, 3)).await;
    report(&rig, &job, ReportKind::Accepted).await;
    report(&rig, &job, ended(InvocationState::Success, 0)).await;
    assert_eq!(command(&rig, &sent.command_id).await.status, "Failed");
}

#[tokio::test]
async fn a_job_that_got_lost_with_the_link_is_handed_over_again_and_one_that_was_held_is_not() {
    let rig = Rig::new().await;
    let web = rig.node("web-1", &[]).await;
    rig.root(on(&[&web])).await.unwrap();
    let job = jobs(&rig).await.remove(0);
    let node = Caller::Node(web.clone());
    rig.perform(node.clone(), ResumeJobs { held: vec![] }).await.unwrap();
    let again = jobs(&rig).await;
    assert_eq!(again, std::slice::from_ref(&job), "the node never got it");
    let held = Held { job: job.id.clone(), phase: Phase::Accepted, output_end: 0 };
    let verdicts = rig.perform(node, ResumeJobs { held: vec![held] }).await.unwrap();
    assert!(!verdicts[0].forget && !verdicts[0].cancel);
    assert!(jobs(&rig).await.is_empty(), "the node has it");
}

#[tokio::test]
async fn a_node_that_says_it_holds_the_job_of_another_learns_and_changes_nothing() {
    let rig = Rig::new().await;
    let (web, other) = (rig.node("web-1", &[]).await, rig.node("other-1", &[]).await);
    let sent = rig.root(on(&[&web])).await.unwrap().command;
    let job = jobs(&rig).await.remove(0);
    let status = async || {
        let (command_id, instance_id) = (sent.command_id.clone(), web.to_string());
        let get = GetCommandInvocation { command_id, instance_id, plugin_name: None };
        rig.root(get).await.unwrap().status_details
    };
    let before = status().await;
    let held = || vec![Held { job: job.id.clone(), phase: Phase::Accepted, output_end: 0 }];
    let verdicts = rig.perform(Caller::Node(other), ResumeJobs { held: held() }).await.unwrap();
    assert_eq!((verdicts.len(), status().await), (0, before.clone()));
    let verdicts = rig.perform(Caller::Node(web.clone()), ResumeJobs { held: held() }).await.unwrap();
    assert_eq!(verdicts.len(), 1);
    assert_ne!(status().await, before, "its own word counts");
}

#[tokio::test]
async fn a_run_that_the_node_no_longer_knows_is_failed_and_not_run_twice() {
    let rig = Rig::new().await;
    let web = rig.node("web-1", &[]).await;
    let sent = rig.root(on(&[&web])).await.unwrap().command;
    let job = jobs(&rig).await.remove(0);
    report(&rig, &job, ReportKind::Started { at: Millis(1) }).await;
    rig.perform(Caller::Node(web), ResumeJobs { held: vec![] }).await.unwrap();
    assert!(jobs(&rig).await.is_empty());
    assert_eq!(command(&rig, &sent.command_id).await.status, "Failed");
}

#[tokio::test]
async fn output_is_read_by_step_and_followed_from_a_cursor() {
    let rig = Rig::new().await;
    let web = rig.node("web-1", &[]).await;
    let sent = rig.root(on(&[&web])).await.unwrap().command;
    let job = jobs(&rig).await.remove(0);
    let chunk = |offset, stream, text: &str| Chunk {
        offset,
        step: 0,
        stream,
        at: Millis(5),
        payload: Payload::Data(text.as_bytes().to_vec()),
    };
    let chunks = vec![chunk(0, Stream::Stdout, "out\n"), chunk(4, Stream::Stderr, "err\n")];
    rig.door.ports().outputs.append(&job.id, chunks).await.unwrap();
    report(&rig, &job, ReportKind::Stored { to: 8 }).await;
    report(&rig, &job, ended(InvocationState::Success, 0)).await;
    let get = GetCommandInvocation {
        command_id: sent.command_id.clone(),
        instance_id: web.to_string(),
        plugin_name: Some("aws:runShellScript".into()),
    };
    let shown = rig.root(get).await.unwrap();
    assert_eq!(
        (shown.standard_output_content.as_str(), shown.standard_error_content.as_str()),
        ("out\n", "err\n")
    );
    assert_eq!((shown.response_code, shown.execution_elapsed_time.as_str()), (0, "PT0.091S"));
    let topic = Topic::Output { command_id: sent.command_id.parse().unwrap(), instance_id: web, from: 4 };
    let followed = rig.root(Follow { topic }).await.unwrap();
    let News::Output { chunks, complete } = followed.news else { panic!("no output") };
    assert_eq!(chunks, [chunk(4, Stream::Stderr, "err\n")]);
    assert!(complete && !followed.more);
}

#[tokio::test]
async fn a_follower_is_told_each_change_once() {
    let rig = Rig::new().await;
    let web = rig.node("web-1", &[]).await;
    let first = rig.root(Follow { topic: Topic::nodes() }).await.unwrap();
    let News::Nodes { nodes, gone, .. } = first.news else { panic!("no nodes") };
    assert_eq!((nodes.len(), gone.len()), (1, 0));
    let quiet = rig.root(Follow { topic: first.next.clone() }).await.unwrap();
    assert_eq!(quiet.news, News::Nodes { nodes: vec![], gone: vec![], reset: false });
    rig.perform(Caller::Node(web), LeaveNode {}).await.unwrap();
    let News::Nodes { nodes, .. } = rig.root(Follow { topic: first.next }).await.unwrap().news else {
        panic!()
    };
    assert_eq!(nodes.len(), 1);
}

#[tokio::test]
async fn more_than_fifty_marked_nodes_are_one_command() {
    let rig = Rig::new().await;
    let mut nodes = Vec::new();
    for i in 0..60 {
        nodes.push(rig.node(&format!("n-{i:02}"), &[]).await.to_string());
    }
    let sent = rig.root(SendCommandToNodes { command: shell("uptime"), nodes }).await.unwrap().command;
    assert_eq!(sent.target_count, 60);
    let page = ListCommandInvocations {
        command_id: Some(sent.command_id.clone()),
        ..ListCommandInvocations::default()
    };
    let first = rig.root(page.clone()).await.unwrap();
    assert_eq!(first.command_invocations.len(), 50);
    let rest = rig.root(ListCommandInvocations { next_token: first.next_token, ..page }).await.unwrap();
    assert_eq!((rest.command_invocations.len(), rest.next_token), (10, None));
}
