//! Commands throttled while they run.

use pilothouse_api::audit::{AuditFilter, GetAuditRecord, ListAuditRecords};
use pilothouse_api::runs::{AbortCommand, UpdateCommand};

use super::*;

async fn fleet(rig: &Rig, count: usize) -> Vec<InstanceId> {
    let mut nodes = Vec::new();
    for i in 0..count {
        nodes.push(rig.node(&format!("web-{i:02}"), &[("env", "prod")]).await);
    }
    nodes
}

fn update(id: &str) -> UpdateCommand {
    UpdateCommand { command_id: id.into(), ..UpdateCommand::default() }
}

fn paused(id: &str, paused: bool) -> UpdateCommand {
    UpdateCommand { paused: Some(paused), ..update(id) }
}

async fn accept(rig: &Rig, jobs: &[Job]) {
    for job in jobs {
        report(rig, job, ReportKind::Accepted).await;
    }
}

#[tokio::test]
async fn a_paused_command_sends_nothing_until_it_goes_on() {
    let rig = Rig::new().await;
    fleet(&rig, 4).await;
    let sent = rig.root(tagged("env", "prod")).await.unwrap().command;
    let first = jobs(&rig).await;
    let view = rig.root(paused(&sent.command_id, true)).await.unwrap().command;
    assert!(view.paused && view.ramp == 1);
    report(&rig, &first[0], ended(InvocationState::Success, 0)).await;
    assert!(jobs(&rig).await.is_empty());
    assert_eq!(command(&rig, &sent.command_id).await.status, "InProgress");
    rig.root(paused(&sent.command_id, false)).await.unwrap();
    assert_eq!(jobs(&rig).await.len(), 2, "the ramp goes on where it was");
}

#[tokio::test]
async fn concurrency_changes_while_it_runs_and_touches_nothing_that_runs() {
    let rig = Rig::new().await;
    fleet(&rig, 12).await;
    let request = SendCommand { max_concurrency: Some("2".into()), ..tagged("env", "prod") };
    let sent = rig.root(request).await.unwrap().command;
    let first = jobs(&rig).await;
    accept(&rig, &first).await;
    let second = jobs(&rig).await;
    accept(&rig, &second).await;
    assert_eq!((first.len(), second.len(), jobs(&rig).await.len()), (1, 1, 0), "two at a time");
    let wider = UpdateCommand { max_concurrency: Some("100%".into()), ..update(&sent.command_id) };
    assert_eq!(rig.root(wider).await.unwrap().command.concurrency, 12);
    let third = jobs(&rig).await;
    assert_eq!(third.len(), 3, "it doubles");
    accept(&rig, &third).await;
    let narrower = UpdateCommand { max_concurrency: Some("1".into()), ..update(&sent.command_id) };
    rig.root(narrower).await.unwrap();
    let running: Vec<_> = first.iter().chain(&second).chain(&third).collect();
    for job in &running[..4] {
        report(&rig, job, ended(InvocationState::Success, 0)).await;
        assert!(jobs(&rig).await.is_empty(), "more run than are allowed now");
    }
    report(&rig, running[4], ended(InvocationState::Success, 0)).await;
    assert_eq!(jobs(&rig).await.len(), 1);
}

#[tokio::test]
async fn the_error_limit_moves_and_waits_while_it_is_paused() {
    let rig = Rig::new().await;
    fleet(&rig, 6).await;
    let request = SendCommand { max_concurrency: Some("1".into()), ..tagged("env", "prod") };
    let sent = rig.root(request).await.unwrap().command;
    let job = jobs(&rig).await.remove(0);
    rig.root(paused(&sent.command_id, true)).await.unwrap();
    report(&rig, &job, ended(InvocationState::Failed, 1)).await;
    assert!(jobs(&rig).await.is_empty());
    assert_eq!(command(&rig, &sent.command_id).await.completed_count, 1, "nothing was terminated");
    let more =
        UpdateCommand { max_errors: Some("50%".into()), paused: Some(false), ..update(&sent.command_id) };
    let view = rig.root(more).await.unwrap().command;
    assert_eq!((view.errors, view.error_limit), (1, 3));
    let job = jobs(&rig).await.remove(0);
    report(&rig, &job, ended(InvocationState::Success, 0)).await;
    let fewer = UpdateCommand { max_errors: Some("0".into()), ..update(&sent.command_id) };
    rig.root(fewer).await.unwrap();
    assert!(jobs(&rig).await.is_empty());
    let over = command(&rig, &sent.command_id).await;
    assert_eq!((over.status_details.as_str(), over.completed_count), ("Failed", 6));
}

#[tokio::test]
async fn aborting_ends_what_was_not_sent_and_lets_run_what_runs() {
    let rig = Rig::new().await;
    fleet(&rig, 4).await;
    let sent = rig.root(tagged("env", "prod")).await.unwrap().command;
    let first = jobs(&rig).await;
    accept(&rig, &first).await;
    let second = jobs(&rig).await;
    let abort = AbortCommand { command_id: sent.command_id.clone() };
    rig.root(abort.clone()).await.unwrap();
    assert!(jobs(&rig).await.is_empty() && rig.sent().is_empty(), "nobody is asked to stop");
    let now = command(&rig, &sent.command_id).await;
    assert_eq!((now.status.as_str(), now.completed_count), ("InProgress", 1));
    // The link broke before the second job arrived: it is not handed over any more.
    let lost = second[0].id.instance.clone();
    rig.perform(Caller::Node(lost), ResumeJobs { held: vec![] }).await.unwrap();
    assert!(jobs(&rig).await.is_empty());
    for job in first.iter().chain(&second[1..]) {
        report(&rig, job, ended(InvocationState::Success, 0)).await;
    }
    let over = command(&rig, &sent.command_id).await;
    assert_eq!((over.status_details.as_str(), over.error_count), ("Cancelled", 0));
    let runs = rig.root(ListCommandInvocations::default()).await.unwrap().command_invocations;
    let ended: Vec<&str> = runs.iter().map(|run| run.status_details.as_str()).collect();
    assert_eq!(ended, ["Success", "Terminated", "Success", "Terminated"]);
    assert!(runs[3].trace_output.contains("aborted"), "{}", runs[3].trace_output);
    rig.root(abort).await.expect("aborting what is over is no error");
    let fault = rig.root(paused(&sent.command_id, true)).await.unwrap_err();
    assert_eq!(fault.code, "InvalidCommandId", "it is over");
}

#[tokio::test]
async fn a_node_whose_link_breaks_while_it_is_sent_to_does_not_keep_the_ramp_waiting() {
    let rig = Rig::new().await;
    let nodes = fleet(&rig, 9).await;
    rig.root(tagged("env", "prod")).await.unwrap();
    let first = jobs(&rig).await;
    assert_eq!(first[0].id.instance, nodes[0]);
    rig.perform(Caller::Node(nodes[0].clone()), LeaveNode {}).await.unwrap();
    assert_eq!(jobs(&rig).await.len(), 1, "another is the first instead");
}

#[tokio::test]
async fn every_change_stands_in_the_trail_with_the_old_and_the_new_value() {
    let rig = Rig::new().await;
    fleet(&rig, 3).await;
    let sent = rig.root(tagged("env", "prod")).await.unwrap().command;
    let change = UpdateCommand {
        max_concurrency: Some("10".into()),
        max_errors: Some("5%".into()),
        paused: Some(true),
        command_id: sent.command_id.clone(),
    };
    rig.root(change).await.unwrap();
    rig.root(AbortCommand { command_id: sent.command_id.clone() }).await.unwrap();
    let list = ListAuditRecords { filter: AuditFilter::default(), ..ListAuditRecords::default() };
    let records = rig.root(list).await.unwrap().records;
    let of = |operation: &str| records.iter().find(|it| it.operation == operation).unwrap();
    assert_eq!(of("UpdateCommand").note, "maxConcurrency 100% → 10; maxErrors 0 → 5%; paused false → true");
    assert_eq!(of("AbortCommand").note, "aborted false → true; unsent 3 → 0");
    let whole = rig.root(GetAuditRecord { seq: of("UpdateCommand").seq }).await.unwrap();
    let whole = serde_json::to_string(&whole).unwrap();
    assert!(
        whole.contains(r#"{\"member\":\"maxErrors\",\"from\":\"0\",\"to\":\"5%\"}"#)
            || whole.contains(r#"{"member":"maxErrors","from":"0","to":"5%"}"#),
        "{whole}"
    );
    assert!(whole.contains(&sent.command_id));
}

#[tokio::test]
async fn an_update_that_says_nothing_is_refused() {
    let rig = Rig::new().await;
    fleet(&rig, 1).await;
    let sent = rig.root(tagged("env", "prod")).await.unwrap().command;
    let fault = rig.root(update(&sent.command_id)).await.unwrap_err();
    assert_eq!(fault.code, "ValidationException");
    let wrong = UpdateCommand { max_concurrency: Some("0".into()), ..update(&sent.command_id) };
    assert_eq!(rig.root(wrong).await.unwrap_err().code, "ValidationException");
}

#[tokio::test]
async fn who_may_run_commands_in_one_environment_throttles_those_of_no_other() {
    let rig = Rig::new().await;
    rig.node("web-1", &[("env", "staging")]).await;
    rig.node("web-2", &[("env", "prod")]).await;
    let may = r#"permit (principal == Pilothouse::User::"ann", action, resource is Pilothouse::Command)
        when { ["staging"].containsAll(resource.environments) && !resource.environments.isEmpty() };"#;
    let ann = rig.user("ann", may).await;
    for (env, code) in [("staging", None), ("prod", Some("AccessDeniedException"))] {
        let sent = rig.root(tagged("env", env)).await.unwrap().command;
        let outcome = rig.perform(ann.clone(), paused(&sent.command_id, true)).await;
        assert_eq!(outcome.err().map(|fault| fault.code.into_owned()).as_deref(), code, "{env}");
        let outcome = rig.perform(ann.clone(), AbortCommand { command_id: sent.command_id }).await;
        assert_eq!(outcome.err().map(|fault| fault.code.into_owned()).as_deref(), code, "{env}");
    }
}
