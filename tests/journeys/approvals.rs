//! Approvals: asked for with the aws CLI, given by another user, carried out once, even when the server is killed in between.

use std::collections::BTreeMap;
use std::fs;

use pilothouse_api::approvals::{
    Approval, ApprovalDecision, ApprovalState, DecideApproval, GetApproval, ListApprovals,
};
use pilothouse_api::arming::Arm;
use pilothouse_api::commands::{ListCommands, SendCommand};
use pilothouse_api::topics::{News, Topic};
use pilothouse_client::{EventStream, StreamEvent};
use pilothouse_tests::agent::{Agent, has_ping};
use pilothouse_tests::person::{Person, policy};
use pilothouse_tests::server::{Server, has_aws, shell};
use pilothouse_tests::wait;

/// Everybody may everything, but what runs on production is approved by somebody else.
const APPROVED: &str = r#"
permit (principal, action, resource);
@reason("two pairs of eyes for production")
forbid (principal, action == Pilothouse::Action::"ssm:SendCommand", resource is Pilothouse::Node)
when { resource has environment && resource.environment == "prod" }
unless { context.approved };
"#;
const ARMED: &str = r#"
@reason("production must be armed")
forbid (principal, action == Pilothouse::Action::"ssm:SendCommand", resource is Pilothouse::Node)
when { resource has environment && resource.environment == "prod" }
unless { context.armed.contains("prod") };
"#;

/// The id in an answer that says what waits.
fn id_in(said: &str) -> String {
    let at = said.find("apr-").unwrap_or_else(|| panic!("no request is named: {said}"));
    said[at..at + 16].to_owned()
}

fn approve(id: &str) -> DecideApproval {
    DecideApproval {
        approval_id: id.to_owned(),
        decision: ApprovalDecision::Approve,
        comment: "go".to_owned(),
    }
}

async fn over(server: &Server, id: &str) -> Approval {
    wait::until("the request to be over", async || {
        let get = GetApproval { approval_id: id.to_owned() };
        Some(server.call(get).await.ok()?.approval).filter(|it| it.state.is_over())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_for_prod_waits_for_another_person_and_runs_once() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let mut agent = Agent::of_environment(&server, "prod").await;
    agent.start();
    has_ping(&server, agent.id(), "Online").await;
    policy(&server, "approved", APPROVED).await;
    policy(&server, "armed", ARMED).await;
    let (ann, ben) = (Person::new(&server, "ann").await, Person::new(&server, "ben").await);
    let witness = server.dir().join("witness");
    let script = format!("{{\"commands\":[\"echo ran >> {}\"]}}", witness.display());
    let send = || {
        let arguments = ["send-command", "--document-name", "AWS-RunShellScript", "--comment", "release 7"];
        let targets = ["--targets", "Key=tag:env,Values=prod", "--parameters", &script];
        let out = ann.aws(&server, &[&arguments[..], &targets].concat());
        assert!(!out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
        String::from_utf8_lossy(&out.stderr).trim().to_owned()
    };

    let said = send();
    assert!(said.contains("ArmingRequiredException") && said.contains("production must be armed"), "{said}");
    let arm = Arm { environment: "prod".to_owned(), seconds: 60, reason: "release 7".to_owned() };
    ann.call(&server, arm).await.unwrap();
    let said = send();
    assert!(said.contains("ApprovalRequiredException"), "{said}");
    assert!(said.contains("two pairs of eyes for production"), "{said}");
    let id = id_in(&said);
    assert_eq!(id_in(&send()), id, "asked twice, it waits once");
    let fault = ann.call(&server, approve(&id)).await.unwrap_err();
    assert!(fault.message.contains("somebody else has to decide"), "{fault}");

    // Ben follows his inbox, sees exactly what will run, and says yes.
    let mut inbox = EventStream::open(server.client_as(ben.credentials()));
    inbox.follow(Topic::Approvals { after: 0 });
    let told = told_until(&mut inbox, &id, ApprovalState::Pending).await;
    assert_eq!((told.requested_by.as_str(), told.reason.as_str()), ("user/ann", "release 7"));
    assert!(told.may_decide && told.request.to_string().contains("echo ran"));
    assert!(told.targets.iter().any(|it| it.resource == format!("node/{}", agent.id())), "{told:?}");
    ben.call(&server, approve(&id)).await.unwrap();
    let told = told_until(&mut inbox, &id, ApprovalState::Executed).await;
    assert_eq!(told.decided_by.as_deref(), Some("user/ben"));
    let command = told.outcome.strip_prefix("command/").unwrap().parse().unwrap();
    server.runs_when_over(&command).await;
    assert_eq!(fs::read_to_string(&witness).unwrap(), "ran\n");
    let made = server.call(ListCommands::default()).await.unwrap().commands;
    assert_eq!((made.len(), made[0].comment.as_str()), (1, "release 7"));
}

/// Follows an inbox until a request stands where it should.
async fn told_until(inbox: &mut EventStream, id: &str, state: ApprovalState) -> Approval {
    let told = tokio::time::timeout(wait::PATIENCE, async {
        while let Some(event) = inbox.next().await {
            let StreamEvent::News { news: News::Approvals { approvals }, .. } = event else { continue };
            let found = approvals.into_iter().find(|it| it.approval_id == id && it.state == state);
            if found.is_some() {
                return found;
            }
        }
        None
    });
    told.await.ok().flatten().unwrap_or_else(|| panic!("the inbox did not tell that {id} is {state}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_approved_runs_exactly_once_though_the_server_is_killed_at_any_moment() {
    const ROUNDS: usize = 4;
    const EACH: usize = 8;
    let mut server = Server::start().await;
    let agent = Agent::of_environment(&server, "prod").await;
    policy(&server, "approved", APPROVED).await;
    let (ann, ben) = (Person::new(&server, "ann").await, Person::new(&server, "ben").await);
    let mut asked = BTreeMap::new();
    for round in 0..ROUNDS {
        let mut ids = Vec::new();
        for number in 0..EACH {
            let comment = format!("{round}.{number}");
            let send = SendCommand {
                comment: Some(comment.clone()),
                instance_ids: vec![agent.id().to_string()],
                ..shell("true")
            };
            let id = id_in(&ann.call(&server, send).await.unwrap_err().message);
            asked.insert(comment, id.clone());
            ids.push(id);
        }
        let client = server.client_as(ben.credentials());
        let deciding: Vec<_> = ids
            .iter()
            .map(|id| {
                let (client, decide) = (client.clone(), approve(id));
                tokio::spawn(async move { client.call(&decide).await.is_ok() })
            })
            .collect();
        // Killed when so many were decided as the round says: some ran, some are about to, some were not heard of.
        for it in deciding.into_iter().take(round * 2) {
            it.await.unwrap();
        }
        server.program().kill();
        server.start_again().await;
        for id in &ids {
            // What was decided before the kill says so.
            if let Err(fault) = ben.call(&server, approve(id)).await {
                assert_eq!(fault.code, "ApprovalIsOverException", "{fault}");
            }
        }
    }
    let mut ran = BTreeMap::new();
    for (comment, id) in &asked {
        let over = over(&server, id).await;
        assert_eq!(over.state, ApprovalState::Executed, "{comment}: {}", over.outcome);
        ran.insert(comment.clone(), over.outcome.trim_start_matches("command/").to_owned());
    }
    let list = ListCommands { max_results: Some(50), ..ListCommands::default() };
    let made = server.call(list).await.unwrap().commands;
    assert_eq!(made.len(), ROUNDS * EACH, "each once");
    let made: BTreeMap<_, _> = made.into_iter().map(|it| (it.comment, it.command_id)).collect();
    assert_eq!(made, ran);
    let left = ListApprovals { states: vec![ApprovalState::Pending], ..ListApprovals::default() };
    assert_eq!(server.call(left).await.unwrap().approvals, []);
}
