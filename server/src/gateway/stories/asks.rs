//! What nodes ask for while they run jobs.

use pilothouse_api::access::{DeletePolicy, KeyStatus, UpdateAccessKey};
use pilothouse_api::audit::GetAuditRecord;
use pilothouse_api::commands::SendCommand;
use pilothouse_protocol::{Answer, Held, InvocationState, JobId, Killed, Millis, Outcome, Phase, Want};

use super::*;
use crate::cx::Caller;
use crate::internal::{Dispatch, Report, ReportKind, Settle};

const MAY: &str = r#"permit (principal == Pilothouse::User::"ann", action, resource);"#;

/// A node with a job that `sender` sent, and its link.
pub(super) async fn at_work(house: &House, sender: Caller) -> (JobId, Link) {
    let (id, mut link) = house.enrol(&key(1)).await;
    house.rig.connect(&id);
    let send = SendCommand {
        document_name: "AWS-RunShellScript".into(),
        parameters: [("commands".into(), vec!["true".into()])].into(),
        instance_ids: vec![id.to_string()],
        ..SendCommand::default()
    };
    let command = house.rig.perform(sender, send).await.unwrap().command;
    house.rig.system(Dispatch {}).await.unwrap();
    let job = JobId { command: command.command_id.parse().unwrap(), instance: id };
    let held = Held { job: job.clone(), phase: Phase::Started, output_end: 0 };
    link.send(ToServer::Holding { jobs: vec![held] }).await;
    assert!(matches!(link.next().await, Some(ToAgent::Resume { .. })));
    (job, link)
}

/// The end of a job that was cancelled, or ended well.
pub(super) fn finished(killed: Vec<Killed>) -> Outcome {
    Outcome {
        state: if killed.is_empty() { InvocationState::Success } else { InvocationState::Cancelled },
        steps: Vec::new(),
        finished_at: Millis(1),
        output_end: 0,
        message: String::new(),
        killed_count: u32::try_from(killed.len()).unwrap(),
        killed,
    }
}

impl Link {
    async fn asks(&mut self, job: &JobId, want: Want) -> Answer {
        self.send(ToServer::Ask { ask: 7, job: job.clone(), want }).await;
        match self.next().await {
            Some(ToAgent::Answer { ask: 7, answer }) => answer,
            other => panic!("{other:?}"),
        }
    }

    async fn refused(&mut self, job: &JobId, want: Want) -> String {
        match self.asks(job, want).await {
            Answer::Refused { message } => message,
            other => panic!("{other:?}"),
        }
    }
}

fn shell() -> Want {
    Want::Document { name: "AWS-RunShellScript".into(), version: None }
}

#[tokio::test]
async fn a_node_is_given_a_document_in_the_name_of_who_sent_its_job() {
    let house = House::open().await;
    let ann = house.rig.user("ann", MAY).await;
    let (job, mut link) = at_work(&house, ann).await;
    let Answer::Document { name, version, content, .. } = link.asks(&job, shell()).await else { panic!() };
    assert_eq!((name.as_str(), version.as_str()), ("AWS-RunShellScript", "1"));
    assert!(content.contains("aws:runShellScript"));
    let none = Want::Document { name: "Nope".into(), version: None };
    assert!(link.refused(&job, none).await.contains("does not exist"));
    let session = Want::Document { name: "SSM-SessionManagerRunShell".into(), version: None };
    assert!(link.refused(&job, session).await.contains("not Command"));
    house.rig.door.settled().await;
    let records = house.rig.root(ListAuditRecords::default()).await.unwrap().records;
    let gave = records.iter().find(|it| it.operation == "GetDocument").unwrap();
    assert_eq!((gave.who.as_str(), gave.permission.as_str()), ("user/ann", "ssm:GetDocument"));
    let record = house.rig.root(GetAuditRecord { seq: gave.seq }).await.unwrap();
    let said = serde_json::to_string(&record).unwrap();
    assert!(said.contains(&format!("pilothouse-agent on {}", job.instance)), "{said}");
}

#[tokio::test]
async fn what_the_sender_may_not_any_more_the_node_is_not_given() {
    let house = House::open().await;
    let ann = house.rig.user("ann", MAY).await;
    let (job, mut link) = at_work(&house, ann.clone()).await;
    house.rig.root(DeletePolicy { policy_name: "ann".into() }).await.unwrap();
    assert!(link.refused(&job, shell()).await.contains("ssm:GetDocument"));
    house.rig.policy("ann", MAY).await;
    assert!(matches!(link.asks(&job, shell()).await, Answer::Document { .. }));
    let access_key_id = ann.operator().unwrap().access_key_id.clone();
    house.rig.root(UpdateAccessKey { access_key_id, status: KeyStatus::Inactive }).await.unwrap();
    assert!(link.refused(&job, shell()).await.contains("not in force"));
}

#[tokio::test]
async fn a_node_asks_for_its_own_jobs_only_and_while_they_are_not_over() {
    let house = House::open().await;
    let (job, mut link) = at_work(&house, Caller::root("PILOTESTROOT")).await;
    let mut other = job.clone();
    other.command = "00000000-0000-0000-0000-000000000001".parse().unwrap();
    assert!(link.refused(&other, shell()).await.contains("not handed to this link"));
    assert!(matches!(link.asks(&job, shell()).await, Answer::Document { .. }));
    assert!(link.refused(&job, Want::Unknown).await.contains("does not know"));
    let report = Report { job: job.clone(), what: ReportKind::Finished(finished(Vec::new())) };
    house.rig.system(Settle { reports: vec![report] }).await.unwrap();
    assert!(link.refused(&job, shell()).await.contains("over"));
}
