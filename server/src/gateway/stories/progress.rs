//! What nodes tell of jobs that are not over, and of what they killed.

use pilothouse_api::audit::GetAuditRecord;
use pilothouse_api::topics::InvocationView;
use pilothouse_protocol::{JobId, Killed, LockHolder, Millis, ProcessState, Progress};
use pilothouse_store::invocations;

use super::asks::{at_work, finished};
use super::*;
use crate::capabilities::view::invocation_view;
use crate::cx::Caller;

async fn run_of(house: &House, job: &JobId) -> InvocationView {
    let mut tx = house.rig.store.read().await.unwrap();
    let mut rows = invocations::find_many(&mut tx, std::slice::from_ref(job)).await.unwrap();
    invocation_view(rows.pop().unwrap())
}

#[tokio::test]
async fn what_a_job_waits_for_is_kept_with_its_run_until_it_is_over() {
    let house = House::open().await;
    let (job, mut link) = at_work(&house, Caller::root("PILOTESTROOT")).await;
    let holder =
        LockHolder { lock: "/l".into(), pid: Some(812), command: format!("apt\u{1b}[2J{}", "x".repeat(500)) };
    let progress = Progress {
        at: Millis(5),
        step: 0,
        pid: Some(7),
        state: ProcessState::Sleeping,
        processes: 2,
        quiet_seconds: 180,
        waits_for: Some(holder),
    };
    link.send(ToServer::Progress { job: job.clone(), progress: progress.clone() }).await;
    house.settled(&mut link).await;
    let told = run_of(&house, &job).await.progress.unwrap();
    assert_eq!((told.pid, told.quiet_seconds), (Some(7), 180));
    let command = told.waits_for.unwrap().command;
    assert!(command.len() <= 120 && !command.contains('\u{1b}'), "{command:?}");
    link.send(ToServer::Finished { job: job.clone(), outcome: finished(Vec::new()) }).await;
    house.settled(&mut link).await;
    assert_eq!(run_of(&house, &job).await.progress, None, "what is over does nothing");
}

#[tokio::test]
async fn a_process_that_survives_a_cancel_is_an_alarm() {
    let house = House::open().await;
    let (job, mut link) = at_work(&house, Caller::root("PILOTESTROOT")).await;
    let killed = |pid, survived| Killed { pid, command: "dd if=/dev/sdb".into(), survived };
    let outcome = finished(vec![killed(7, true), killed(8, false)]);
    link.send(ToServer::Finished { job: job.clone(), outcome }).await;
    house.settled(&mut link).await;
    let run = run_of(&house, &job).await;
    assert_eq!((run.killed, run.killed_count), (vec![killed(7, true), killed(8, false)], 2));
    let records = house.rig.root(ListAuditRecords::default()).await.unwrap().records;
    let alarm = records.iter().find(|it| it.operation == "ReportSurvivors").unwrap();
    assert!(alarm.resources.contains(&format!("node/{}", job.instance)), "{alarm:?}");
    let record = house.rig.root(GetAuditRecord { seq: alarm.seq }).await.unwrap();
    let record = serde_json::to_string(&record).unwrap();
    assert!(record.contains("dd if=/dev/sdb") && !record.contains("\"pid\":8"), "{record}");
}
