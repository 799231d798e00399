//! Approvals told as stories, through the true door.

use std::collections::BTreeMap;
use std::sync::Arc;

use pilothouse_api::Fault;
use pilothouse_api::access::{
    AttachPolicy, CreateRole, DeletePolicy, DeleteUser, KeyStatus, UpdateAccessKey,
};
use pilothouse_api::approvals::{
    APPROVAL_REQUIRED, Approval, ApprovalDecision, ApprovalState, DecideApproval, GetApproval, ListApprovals,
    WithdrawApproval,
};
use pilothouse_api::arming::Arm;
use pilothouse_api::audit::{GetAuditRecord, ListAuditRecords};
use pilothouse_api::commands::{Command, ListCommands, SendCommand, Target};
use pilothouse_api::documents::{CreateDocument, UpdateDocument, UpdateDocumentDefaultVersion};
use pilothouse_api::fleet::Follow;
use pilothouse_api::sts::AssumeRole;
use pilothouse_api::tags::{AddTagsToResource, Tag};
use pilothouse_api::topics::{News, Topic};

use crate::access::{Operator, Who};
use crate::cx::Caller;
use crate::door::Run;
use crate::rig::Rig;
use crate::scheduler::look_for_approvals;

/// Everybody may everything; but whatever runs on prod wants an approval.
const GUARDED: &str = r#"
permit (principal, action, resource);
@reason("two pairs of eyes for production")
forbid (principal, action == Pilothouse::Action::"ssm:SendCommand", resource is Pilothouse::Node)
when { resource has environment && resource.environment == "prod" }
unless { context.approved };
"#;
const NOTHING: &str = r#"permit (principal == Pilothouse::User::"nobody", action, resource);"#;

fn on_prod(script: &str) -> SendCommand {
    SendCommand {
        document_name: "AWS-RunShellScript".into(),
        parameters: BTreeMap::from([("commands".into(), vec![script.into()])]),
        targets: vec![Target { key: "tag:env".into(), values: vec!["prod".into()] }],
        comment: Some("because".into()),
        ..SendCommand::default()
    }
}

/// Asks for something that waits; gives the id in the answer.
async fn wait_for<O: Run>(rig: &Rig, caller: &Caller, operation: O) -> String {
    let fault = rig.perform(caller.clone(), operation).await.err().unwrap();
    assert_eq!(fault.code, APPROVAL_REQUIRED, "{}", fault.message);
    let at = fault.message.find("apr-").unwrap();
    fault.message[at..at + 16].to_owned()
}

async fn decide(rig: &Rig, caller: &Caller, id: &str, decision: ApprovalDecision) -> Result<Approval, Fault> {
    let decide = DecideApproval { approval_id: id.into(), decision, comment: "so be it".into() };
    Ok(rig.perform(caller.clone(), decide).await?.approval)
}

async fn approve(rig: &Rig, caller: &Caller, id: &str) -> Result<Approval, Fault> {
    decide(rig, caller, id, ApprovalDecision::Approve).await
}

async fn request(rig: &Rig, id: &str) -> Approval {
    rig.root(GetApproval { approval_id: id.into() }).await.unwrap().approval
}

async fn commands(rig: &Rig) -> Vec<Command> {
    rig.root(ListCommands::default()).await.unwrap().commands
}

/// Two nodes of prod, two people, and the policy.
async fn guarded() -> (Rig, Caller, Caller) {
    let rig = Rig::new().await;
    rig.node("web-1", &[("env", "prod")]).await;
    rig.node("web-2", &[("env", "prod")]).await;
    rig.policy("guarded", GUARDED).await;
    let ann = rig.user("ann", NOTHING).await;
    let ben = rig.user("ben", NOTHING).await;
    (rig, ann, ben)
}

/// Somebody in a role.
async fn in_role(rig: &Rig, caller: &Caller, session: &str) -> Caller {
    // The second of them finds the role there.
    let _ = rig.root(CreateRole { role_name: "deploy".into(), ..CreateRole::default() }).await;
    let assume = AssumeRole {
        role_arn: "arn:aws:iam::000000000000:role/deploy".into(),
        role_session_name: session.into(),
        duration_seconds: Some(900),
    };
    let access_key_id = rig.perform(caller.clone(), assume).await.unwrap().credentials.access_key_id;
    let who = Who::Session { role: "deploy".into(), session: session.into(), person: caller.person() };
    Caller::Operator(Arc::new(Operator { who, access_key_id, expires_at: None }))
}

#[tokio::test]
async fn a_call_that_lacks_only_an_approval_becomes_a_request_and_does_nothing() {
    let (rig, ann, _) = guarded().await;
    let fault = rig.perform(ann, on_prod("id")).await.unwrap_err();
    assert_eq!(fault.code, APPROVAL_REQUIRED);
    for part in [
        "two pairs of eyes for production",
        "apr-",
        "pilothouse:DecideApproval",
        "not you",
        "2023-11-15T22:13:20Z",
    ] {
        assert!(fault.message.contains(part), "{part}: {}", fault.message);
    }
    assert_eq!(commands(&rig).await, []);
    let listed = rig.root(ListApprovals::default()).await.unwrap().approvals;
    let [it] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!(
        (it.state, it.requested_by.as_str(), it.may_decide),
        (ApprovalState::Pending, "user/ann", true)
    );
    assert_eq!((it.operation.as_str(), it.permission.as_str()), ("SendCommand", "ssm:SendCommand"));
    assert_eq!((it.region.as_str(), it.reason.as_str()), ("eu-test-1", "because"));
    let names: Vec<&str> = it.targets.iter().map(|target| target.name.as_str()).collect();
    assert_eq!(names, ["AWS-RunShellScript", "web-1", "web-2"]);
    assert_eq!((it.target_count, &it.environments[..]), (3, &["prod".to_owned()][..]));
    assert_eq!(it.request["Parameters"]["commands"][0], "id", "exactly what will run");
}

#[tokio::test]
async fn what_was_approved_runs_once_in_the_name_of_who_asked() {
    let (rig, ann, ben) = guarded().await;
    let id = wait_for(&rig, &ann, on_prod("id")).await;
    let approved = approve(&rig, &ben, &id).await.unwrap();
    assert_eq!((approved.state, approved.decided_by.as_deref()), (ApprovalState::Approved, Some("user/ben")));
    look_for_approvals(&rig.door).await;
    look_for_approvals(&rig.door).await;
    let made = commands(&rig).await;
    let [command] = &made[..] else { panic!("{made:?}") };
    assert_eq!((command.target_count, command.parameters["commands"][0].as_str()), (2, "id"));
    let over = request(&rig, &id).await;
    assert_eq!((over.state, over.decision_comment.as_str()), (ApprovalState::Executed, "so be it"));
    assert_eq!(over.outcome, format!("command/{}", command.command_id));
}

#[tokio::test]
async fn an_equal_request_is_not_doubled_and_another_one_is_another() {
    let (rig, ann, ben) = guarded().await;
    let id = wait_for(&rig, &ann, on_prod("id")).await;
    assert_eq!(wait_for(&rig, &ann, on_prod("id")).await, id);
    assert_eq!(wait_for(&rig, &rig.key_of("ann").await, on_prod("id")).await, id, "by her other key");
    assert_ne!(wait_for(&rig, &ann, on_prod("date")).await, id, "another script");
    assert_ne!(wait_for(&rig, &ben, on_prod("id")).await, id, "another person");
    assert_ne!(wait_for(&rig, &in_role(&rig, &ann, "s1").await, on_prod("id")).await, id, "other rights");
    let one = wait_for(&rig, &in_role(&rig, &ann, "s2").await, on_prod("id")).await;
    assert_eq!(wait_for(&rig, &in_role(&rig, &ann, "s3").await, on_prod("id")).await, one);
    rig.node("web-3", &[("env", "prod")]).await;
    assert_ne!(wait_for(&rig, &ann, on_prod("id")).await, id, "other targets");
}

#[tokio::test]
async fn nobody_approves_their_own_by_whatever_way() {
    let (rig, ann, ben) = guarded().await;
    let id = wait_for(&rig, &ann, on_prod("id")).await;
    for way in [ann.clone(), rig.key_of("ann").await, in_role(&rig, &ann, "s1").await] {
        let fault = approve(&rig, &way, &id).await.unwrap_err();
        assert_eq!(fault.code, "AccessDeniedException", "{way}");
        assert!(fault.message.contains("somebody else has to decide"), "{}", fault.message);
    }
    let by_role = wait_for(&rig, &in_role(&rig, &ben, "s1").await, on_prod("id")).await;
    assert!(approve(&rig, &ben, &by_role).await.is_err(), "asked for in a role, decided as oneself");
    let roots = wait_for(&rig, &Caller::root("PILOTESTROOT"), on_prod("id")).await;
    assert!(approve(&rig, &Caller::root("PILOTESTROOT"), &roots).await.is_err(), "root is a person, too");
    approve(&rig, &ann, &roots).await.unwrap();
    approve(&rig, &Caller::root("PILOTESTROOT"), &id).await.unwrap();
}

#[tokio::test]
async fn a_request_is_decided_once() {
    let (rig, ann, ben) = guarded().await;
    let root = Caller::root("PILOTESTROOT");
    let id = wait_for(&rig, &ann, on_prod("id")).await;
    let (one, other) =
        tokio::join!(approve(&rig, &ben, &id), decide(&rig, &root, &id, ApprovalDecision::Reject));
    let refused = [one.err(), other.err()].into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(refused[0].code, "ApprovalIsOverException");
    let withdraw = WithdrawApproval { approval_id: id };
    assert_eq!(rig.perform(ann, withdraw).await.unwrap_err().code, "ApprovalIsOverException");
}

#[tokio::test]
async fn what_is_rejected_or_withdrawn_never_runs() {
    let (rig, ann, ben) = guarded().await;
    let rejected = wait_for(&rig, &ann, on_prod("id")).await;
    decide(&rig, &ben, &rejected, ApprovalDecision::Reject).await.unwrap();
    let withdrawn = wait_for(&rig, &ann, on_prod("id")).await;
    let withdraw = WithdrawApproval { approval_id: withdrawn.clone() };
    let fault = rig.perform(ben.clone(), withdraw.clone()).await.unwrap_err();
    assert!(fault.message.contains("who alone can withdraw"), "{}", fault.message);
    let over = rig.perform(rig.key_of("ann").await, withdraw).await.unwrap().approval;
    assert_eq!(over.state, ApprovalState::Withdrawn);
    assert_eq!(approve(&rig, &ben, &withdrawn).await.unwrap_err().code, "ApprovalIsOverException");
    look_for_approvals(&rig.door).await;
    assert_eq!(commands(&rig).await, []);
}

#[tokio::test]
async fn nobody_decides_what_has_expired() {
    let (rig, ann, ben) = guarded().await;
    let id = wait_for(&rig, &ann, on_prod("id")).await;
    rig.pass(86_400);
    assert_eq!(approve(&rig, &ben, &id).await.unwrap_err().code, "ApprovalIsOverException");
    assert_eq!(request(&rig, &id).await.state, ApprovalState::Expired, "the time decides");
    let pending = ListApprovals { states: vec![ApprovalState::Pending], ..ListApprovals::default() };
    assert_eq!(rig.root(pending).await.unwrap().approvals, []);
    let expired = ListApprovals { states: vec![ApprovalState::Expired], ..ListApprovals::default() };
    assert_eq!(rig.root(expired).await.unwrap().approvals.len(), 1);
    look_for_approvals(&rig.door).await;
    assert_eq!(request(&rig, &id).await.outcome, "nobody decided in time");
    assert_ne!(wait_for(&rig, &ann, on_prod("id")).await, id, "it can be asked for again");
}

#[tokio::test]
async fn what_was_approved_and_came_too_late_to_run_is_stopped() {
    let (rig, ann, ben) = guarded().await;
    let id = wait_for(&rig, &ann, on_prod("id")).await;
    approve(&rig, &ben, &id).await.unwrap();
    rig.pass(86_400);
    look_for_approvals(&rig.door).await;
    let over = request(&rig, &id).await;
    assert_eq!(over.state, ApprovalState::Stopped);
    assert!(over.outcome.contains("before it expired"), "{}", over.outcome);
    assert_eq!(commands(&rig).await, []);
}

#[tokio::test]
async fn it_stops_when_the_targets_are_not_those_that_were_shown() {
    let (rig, ann, ben) = guarded().await;
    let id = wait_for(&rig, &ann, on_prod("id")).await;
    let added = rig.node("web-3", &[("env", "prod")]).await;
    approve(&rig, &ben, &id).await.unwrap();
    look_for_approvals(&rig.door).await;
    let over = request(&rig, &id).await;
    assert_eq!(over.state, ApprovalState::Stopped);
    assert!(over.outcome.contains(&format!("added: web-3 (node/{added})")), "{}", over.outcome);
    assert_eq!(commands(&rig).await, [], "what it had written was rolled back");
    look_for_approvals(&rig.door).await;
    assert_eq!(request(&rig, &id).await, over, "it is over");
}

#[tokio::test]
async fn a_document_with_another_content_than_what_was_approved_is_not_run() {
    let (rig, ann, ben) = guarded().await;
    let content = |script: &str| {
        let inputs = format!(r#"{{"runCommand":["{script}"]}}"#);
        let step = format!(r#"{{"action":"aws:runShellScript","name":"one","inputs":{inputs}}}"#);
        format!(r#"{{"schemaVersion":"2.2","mainSteps":[{step}]}}"#)
    };
    let make =
        CreateDocument { name: "Deploy".into(), content: content("good"), ..CreateDocument::default() };
    rig.root(make).await.unwrap();
    let run = SendCommand { document_name: "Deploy".into(), parameters: BTreeMap::new(), ..on_prod("") };
    let id = wait_for(&rig, &ann, run).await;
    let other =
        UpdateDocument { name: "Deploy".into(), content: content("evil"), ..UpdateDocument::default() };
    rig.root(other).await.unwrap();
    let default = UpdateDocumentDefaultVersion { name: "Deploy".into(), document_version: "2".into() };
    rig.root(default).await.unwrap();
    approve(&rig, &ben, &id).await.unwrap();
    look_for_approvals(&rig.door).await;
    let after = request(&rig, &id).await;
    assert_eq!((after.state, commands(&rig).await.len()), (ApprovalState::Stopped, 0), "{}", after.outcome);
}

#[tokio::test]
async fn a_policy_that_says_something_else_than_what_was_approved_is_not_attached() {
    let (rig, ann, ben) = guarded().await;
    let shut = r#"@reason("four eyes") forbid (principal == Pilothouse::User::"ann",
        action == Pilothouse::Action::"pilothouse:AttachPolicy", resource) unless { context.approved };"#;
    rig.policy("shut", shut).await;
    let draft = |action: &str| {
        format!("permit (principal in ?principal, action == Pilothouse::Action::\"{action}\", resource);")
    };
    rig.policy("draft", &draft("ssm:ListCommands")).await;
    let attach = || AttachPolicy { policy_name: "draft".into(), principal: "user/ann".into() };
    let id = wait_for(&rig, &ann, attach()).await;
    rig.policy("draft", &draft("ssm:SendCommand")).await;
    approve(&rig, &ben, &id).await.unwrap();
    look_for_approvals(&rig.door).await;
    let over = request(&rig, &id).await;
    assert_eq!(over.state, ApprovalState::Stopped, "{}", over.outcome);
    assert!(over.outcome.contains("what policy/draft says"), "{}", over.outcome);

    let id = wait_for(&rig, &ann, attach()).await;
    approve(&rig, &ben, &id).await.unwrap();
    look_for_approvals(&rig.door).await;
    assert_eq!(request(&rig, &id).await.state, ApprovalState::Executed);
}

#[tokio::test]
async fn it_stops_when_who_asked_may_not_any_more() {
    let (rig, ann, ben) = guarded().await;
    let stopped = async |id: &str| {
        approve(&rig, &ben, id).await.unwrap();
        look_for_approvals(&rig.door).await;
        let over = request(&rig, id).await;
        assert_eq!(over.state, ApprovalState::Stopped, "{}", over.outcome);
        over.outcome
    };
    let disabled = wait_for(&rig, &ann, on_prod("id")).await;
    let key = ann.operator().unwrap().access_key_id.clone();
    rig.root(UpdateAccessKey { access_key_id: key, status: KeyStatus::Inactive }).await.unwrap();
    assert!(stopped(&disabled).await.contains("not in force"), "the key was taken away");

    let ann = rig.key_of("ann").await;
    let forbidden = wait_for(&rig, &ann, on_prod("id")).await;
    rig.policy("stop", r#"forbid (principal == Pilothouse::User::"ann", action, resource);"#).await;
    assert!(stopped(&forbidden).await.contains("AccessDeniedException"), "a policy forbids it now");
    rig.root(DeletePolicy { policy_name: "stop".into() }).await.unwrap();

    let gone = wait_for(&rig, &ann, on_prod("id")).await;
    rig.root(DeleteUser { user_name: "ann".into() }).await.unwrap();
    stopped(&gone).await;
    assert_eq!(commands(&rig).await, []);
}

#[tokio::test]
async fn a_request_outlives_the_session_that_it_was_made_in() {
    let (rig, ann, ben) = guarded().await;
    let id = wait_for(&rig, &in_role(&rig, &ann, "s1").await, on_prod("id")).await;
    rig.pass(3600);
    approve(&rig, &ben, &id).await.unwrap();
    look_for_approvals(&rig.door).await;
    let over = request(&rig, &id).await;
    assert_eq!(
        (over.state, over.requested_by.as_str()),
        (ApprovalState::Executed, "role/deploy/s1 (user/ann)")
    );
}

#[tokio::test]
async fn what_was_armed_when_it_was_asked_for_counts_when_it_runs() {
    let (rig, ann, ben) = guarded().await;
    let armed = r#"forbid (principal, action == Pilothouse::Action::"ssm:SendCommand", resource is Pilothouse::Node)
        unless { context.armed.contains("prod") };"#;
    rig.policy("armed", armed).await;
    assert_eq!(rig.perform(ann.clone(), on_prod("id")).await.unwrap_err().code, "ArmingRequiredException");
    let arm = Arm { environment: "prod".into(), seconds: 60, reason: "deploy".into() };
    rig.perform(ann.clone(), arm).await.unwrap();
    let id = wait_for(&rig, &ann, on_prod("id")).await;
    rig.pass(600);
    approve(&rig, &ben, &id).await.unwrap();
    look_for_approvals(&rig.door).await;
    assert_eq!(request(&rig, &id).await.state, ApprovalState::Executed);
}

#[tokio::test]
async fn what_would_fail_anyway_is_put_before_nobody() {
    let (rig, ann, _) = guarded().await;
    let wrong = SendCommand { parameters: BTreeMap::from([("nope".into(), vec![])]), ..on_prod("id") };
    assert_eq!(rig.perform(ann, wrong).await.unwrap_err().code, "InvalidParameters");
    assert_eq!(rig.root(ListApprovals::default()).await.unwrap().approvals, []);
}

#[tokio::test]
async fn what_only_looks_is_refused_and_so_is_what_answers_with_a_secret() {
    let (rig, ann, _) = guarded().await;
    let shut = r#"forbid (principal, action in [Pilothouse::Action::"ssm:GetDocument",
        Pilothouse::Action::"sts:AssumeRole"], resource) unless { context.approved };"#;
    rig.policy("shut", shut).await;
    let get = pilothouse_api::documents::GetDocument {
        name: "AWS-RunShellScript".into(),
        document_version: None,
        version_name: None,
        document_format: None,
    };
    let fault = rig.perform(ann.clone(), get).await.unwrap_err();
    assert_eq!(fault.code, "AccessDeniedException");
    assert!(fault.message.contains("what only looks cannot be approved"), "{}", fault.message);
    rig.root(CreateRole { role_name: "deploy".into(), ..CreateRole::default() }).await.unwrap();
    let assume = AssumeRole {
        role_arn: "arn:aws:iam::000000000000:role/deploy".into(),
        role_session_name: "s1".into(),
        duration_seconds: None,
    };
    let fault = rig.perform(ann, assume).await.unwrap_err();
    assert!(fault.message.contains("a secret for its caller alone"), "{}", fault.message);
    assert_eq!(rig.root(ListApprovals::default()).await.unwrap().approvals, []);
}

#[tokio::test]
async fn everybody_sees_their_own_and_of_others_what_policies_show() {
    let rig = Rig::new().await;
    rig.node("web-1", &[("env", "prod")]).await;
    let sends = r#"permit (principal == Pilothouse::User::"NAME", action == Pilothouse::Action::"ssm:SendCommand", resource);
        forbid (principal == Pilothouse::User::"NAME", action == Pilothouse::Action::"ssm:SendCommand", resource is Pilothouse::Node)
        unless { context.approved };"#;
    let ann = rig.user("ann", &sends.replace("NAME", "ann")).await;
    let ben = rig.user("ben", &sends.replace("NAME", "ben")).await;
    let looks = r#"permit (principal == Pilothouse::User::"cat", action == Pilothouse::Action::"pilothouse:ListApprovals", resource)
        when { resource.requestedBy == "user/ben" };
        permit (principal == Pilothouse::User::"cat", action == Pilothouse::Action::"pilothouse:DecideApproval", resource)
        when { resource.environments.contains("staging") };"#;
    let cat = rig.user("cat", looks).await;
    let anns = wait_for(&rig, &ann, on_prod("id")).await;
    let bens = wait_for(&rig, &ben, on_prod("id")).await;
    let seen = async |caller: &Caller| {
        let list = rig.perform(caller.clone(), ListApprovals::default()).await.unwrap().approvals;
        list.into_iter().map(|it| (it.approval_id, it.may_decide)).collect::<Vec<_>>()
    };
    assert_eq!(seen(&ann).await, [(anns.clone(), false)]);
    assert_eq!(seen(&ben).await, [(bens.clone(), false)]);
    assert_eq!(seen(&cat).await, [(bens.clone(), false)], "she may decide what touches staging alone");
    assert_eq!(approve(&rig, &cat, &bens).await.unwrap_err().code, "AccessDeniedException");
    let get = |id: &str| GetApproval { approval_id: id.into() };
    assert_eq!(rig.perform(ann.clone(), get(&bens)).await.unwrap_err().code, "AccessDeniedException");
    assert_eq!(rig.perform(ann, get(&anns)).await.unwrap().approval.targets.len(), 2);
    assert_eq!(rig.root(get("apr-nope")).await.unwrap_err().code, "ApprovalNotFoundException");
}

/// Ann may everything, but whatever changes or uses a node wants an approval; cat decides what is staging's alone.
const CAT_DECIDES_STAGING: &str = r#"
permit (principal == Pilothouse::User::"ann", action, resource);
forbid (principal == Pilothouse::User::"ann", action in Pilothouse::Action::"write", resource is Pilothouse::Node)
unless { context.approved };
permit (
    principal == Pilothouse::User::"cat",
    action in [Pilothouse::Action::"read", Pilothouse::Action::"pilothouse:DecideApproval"],
    resource is Pilothouse::Approval
)
when { ["staging"].containsAll(resource.environments) && !resource.environments.isEmpty() };
"#;

#[tokio::test]
async fn who_decides_for_one_environment_does_not_decide_for_nodes_that_are_in_none() {
    let rig = Rig::new().await;
    let inside = rig.node("web-1", &[("env", "staging")]).await.to_string();
    let outside = rig.node("web-2", &[]).await.to_string();
    let cat = rig.user("cat", CAT_DECIDES_STAGING).await;
    let ann = rig.user("ann", NOTHING).await;
    let on = |nodes: &[&String]| SendCommand {
        instance_ids: nodes.iter().map(|id| (*id).clone()).collect(),
        targets: vec![],
        ..on_prod("id")
    };
    let hers = wait_for(&rig, &ann, on(&[&inside])).await;
    let mixed = wait_for(&rig, &ann, on(&[&inside, &outside])).await;
    let listed = rig.perform(cat.clone(), ListApprovals::default()).await.unwrap().approvals;
    let seen: Vec<_> = listed.iter().map(|it| (&it.approval_id, it.may_decide)).collect();
    assert_eq!(seen, [(&hers, true)]);
    assert_eq!(approve(&rig, &cat, &mixed).await.unwrap_err().code, "AccessDeniedException");
    assert_eq!(request(&rig, &mixed).await.environments, ["staging"], "what is no name is not told");
}

#[tokio::test]
async fn what_was_approved_for_one_environment_does_not_run_in_another() {
    let rig = Rig::new().await;
    let node = rig.node("web-1", &[("env", "staging")]).await.to_string();
    let cat = rig.user("cat", CAT_DECIDES_STAGING).await;
    let ann = rig.user("ann", NOTHING).await;
    let on = SendCommand { instance_ids: vec![node.clone()], targets: vec![], ..on_prod("id") };
    let id = wait_for(&rig, &ann, on).await;
    let moved = AddTagsToResource {
        resource_type: "ManagedInstance".into(),
        resource_id: node,
        tags: vec![Tag { key: "env".into(), value: "prod".into() }],
    };
    rig.root(moved).await.unwrap();
    approve(&rig, &cat, &id).await.unwrap();
    look_for_approvals(&rig.door).await;
    let stopped = request(&rig, &id).await;
    assert_eq!(stopped.state, ApprovalState::Stopped, "{}", stopped.outcome);
    assert!(stopped.outcome.contains(" in prod; removed: web-1"), "{}", stopped.outcome);
    assert_eq!(commands(&rig).await, []);
}

#[tokio::test]
async fn to_move_a_node_into_another_environment_is_a_matter_of_both() {
    let rig = Rig::new().await;
    let node = rig.node("web-1", &[("env", "staging")]).await;
    let cat = rig.user("cat", CAT_DECIDES_STAGING).await;
    let ann = rig.user("ann", NOTHING).await;
    let moved = AddTagsToResource {
        resource_type: "ManagedInstance".into(),
        resource_id: node.to_string(),
        tags: vec![Tag { key: "env".into(), value: "prod".into() }],
    };
    let fault = rig.perform(ann, moved).await.unwrap_err();
    assert_eq!(fault.code, APPROVAL_REQUIRED, "{}", fault.message);
    let asked = rig.root(ListApprovals::default()).await.unwrap().approvals.remove(0);
    assert_eq!(asked.environments, ["prod", "staging"]);
    let refused = approve(&rig, &cat, &asked.approval_id).await.unwrap_err();
    assert_eq!(refused.code, "AccessDeniedException");
}

#[tokio::test]
async fn a_person_cannot_fill_the_inbox() {
    let (rig, ann, _) = guarded().await;
    for number in 0..50 {
        wait_for(&rig, &ann, on_prod(&format!("echo {number}"))).await;
    }
    let fault = rig.perform(ann.clone(), on_prod("echo 50")).await.unwrap_err();
    assert_eq!(fault.code, "LimitExceededException");
    let page = ListApprovals { max_results: Some(20), ..ListApprovals::default() };
    let mut seen = Vec::new();
    let mut next = rig.root(page.clone()).await.unwrap();
    loop {
        seen.extend(next.approvals.into_iter().map(|it| it.approval_id));
        let Some(token) = next.next_token else { break };
        next = rig.root(ListApprovals { next_token: Some(token), ..page.clone() }).await.unwrap();
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 50);
}

#[tokio::test]
async fn followers_are_told_each_step() {
    let (rig, ann, ben) = guarded().await;
    let follow = async |after| {
        let read = rig.perform(ben.clone(), Follow { topic: Topic::Approvals { after } }).await.unwrap();
        let (News::Approvals { approvals }, Topic::Approvals { after }) = (read.news, read.next) else {
            panic!("other news");
        };
        let told = approvals.into_iter().map(|it| (it.approval_id, it.state, it.may_decide));
        (told.collect::<Vec<_>>(), after)
    };
    assert_eq!(follow(0).await, (vec![], 0));
    let id = wait_for(&rig, &ann, on_prod("id")).await;
    let (told, pending) = follow(0).await;
    assert_eq!(told, [(id.clone(), ApprovalState::Pending, true)]);
    approve(&rig, &ben, &id).await.unwrap();
    let (told, approved) = follow(pending).await;
    assert_eq!(told, [(id.clone(), ApprovalState::Approved, false)]);
    look_for_approvals(&rig.door).await;
    let (told, over) = follow(approved).await;
    assert_eq!(told, [(id.clone(), ApprovalState::Executed, false)]);
    assert_eq!(follow(over).await, (vec![], over));
    assert_eq!(
        follow(0).await.0,
        [(id, ApprovalState::Executed, false)],
        "who comes later is told where it stands"
    );
}

#[tokio::test]
async fn followers_are_told_anew_when_they_may_decide_other_requests() {
    let (rig, ann, ben) = guarded().await;
    let id = wait_for(&rig, &ann, on_prod("id")).await;
    let follow = async |after| {
        let read = rig.perform(ben.clone(), Follow { topic: Topic::Approvals { after } }).await.unwrap();
        let (News::Approvals { approvals }, Topic::Approvals { after }) = (read.news, read.next) else {
            panic!("other news");
        };
        (approvals.into_iter().map(|it| (it.approval_id, it.may_decide)).collect::<Vec<_>>(), after)
    };
    let (told, after) = follow(0).await;
    assert_eq!(told, [(id.clone(), true)]);
    let not_ben = r#"forbid (principal == Pilothouse::User::"ben",
        action == Pilothouse::Action::"pilothouse:DecideApproval", resource);"#;
    rig.policy("not-ben", not_ben).await;
    assert_eq!(follow(after).await.0, [(id, false)]);
}

#[tokio::test]
async fn the_trail_has_the_call_that_waits_the_decision_and_the_run() {
    let (rig, ann, ben) = guarded().await;
    let id = wait_for(&rig, &ann, on_prod("id")).await;
    // Refusals are written in groups, by and by.
    rig.door.settled().await;
    approve(&rig, &ben, &id).await.unwrap();
    look_for_approvals(&rig.door).await;
    let records = rig.root(ListAuditRecords::default()).await.unwrap().records;
    let mut told = Vec::new();
    for view in
        records.into_iter().rev().filter(|it| ["SendCommand", "DecideApproval"].contains(&&*it.operation))
    {
        let whole = rig.root(GetAuditRecord { seq: view.seq }).await.unwrap().record.to_string();
        assert!(whole.contains(&id), "{} does not name {id}: {whole}", view.operation);
        told.push((view.operation, view.who, view.outcome));
    }
    let row = |operation: &str, who: &str, outcome: &str| (operation.into(), who.into(), outcome.into());
    assert_eq!(
        told,
        [
            row("SendCommand", "user/ann", APPROVAL_REQUIRED),
            row("DecideApproval", "user/ben", "ok"),
            row("SendCommand", "user/ann", "ok"),
        ]
    );
}
