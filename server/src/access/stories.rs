//! What policies do to operations: through the true door.

use std::collections::BTreeMap;

use pilothouse_api::arming::Arm;
use pilothouse_api::commands::{
    CancelCommand, GetCommandInvocation, ListCommandInvocations, ListCommands, SendCommand, Target,
};
use pilothouse_api::documents::ListDocuments;
use pilothouse_api::fleet::{Follow, ResolveTargets, SendCommandToNodes};
use pilothouse_api::nodes::DescribeInstanceInformation;
use pilothouse_api::tags::{AddTagsToResource, RemoveTagsFromResource, Tag};
use pilothouse_api::topics::{News, Topic};
use pilothouse_protocol::InstanceId;

use crate::cx::Caller;
use crate::rig::Rig;

/// What anna may: everything in staging.
const STAGING: &str = r#"
    permit (principal == Pilothouse::User::"anna", action, resource)
    when { resource has environment && resource.environment == "staging" };
    permit (principal == Pilothouse::User::"anna", action, resource is Pilothouse::Document);
    permit (principal == Pilothouse::User::"anna", action, resource is Pilothouse::Command)
    when { ["staging"].containsAll(resource.environments) };
"#;

fn command(nodes: &[&InstanceId]) -> SendCommand {
    SendCommand {
        document_name: "AWS-RunShellScript".into(),
        instance_ids: nodes.iter().map(ToString::to_string).collect(),
        parameters: BTreeMap::from([(String::from("commands"), vec![String::from("true")])]),
        ..SendCommand::default()
    }
}

async fn node(rig: &Rig, name: &str, environment: &str) -> InstanceId {
    rig.node(name, &[("env", environment)]).await
}

#[tokio::test]
async fn a_command_on_a_hundred_nodes_of_which_three_are_not_allowed_is_refused_whole_and_names_them() {
    let rig = Rig::new().await;
    let anna = rig.user("anna", STAGING).await;
    let mut nodes = Vec::new();
    for n in 0..97 {
        nodes.push(node(&rig, &format!("web-{n}"), "staging").await.to_string());
    }
    for n in 0..3 {
        nodes.push(node(&rig, &format!("db-{n}"), "prod").await.to_string());
    }
    let all = SendCommandToNodes { command: command(&[]), nodes: nodes.clone() };
    let fault = rig.perform(anna.clone(), all).await.unwrap_err();
    assert_eq!(fault.code, "AccessDeniedException");
    assert!(
        fault.message.starts_with("user/anna is not authorized to perform: ssm:SendCommand on 3 of 100"),
        "{fault}"
    );
    assert!(fault.message.ends_with(": no policy permits it"), "{fault}");
    for id in &nodes[97..] {
        assert!(fault.message.contains(&format!("node/{id}")), "{fault}");
    }
    assert!(!fault.message.contains("web-"), "those that are allowed are not its matter: {fault}");
    assert!(
        !fault.message.contains("db-"),
        "what she named is named back to her, and no more told of it: {fault}"
    );
    assert_eq!(rig.root(ListCommands::default()).await.unwrap().commands.len(), 0, "nothing was sent");
    let allowed = SendCommandToNodes { command: command(&[]), nodes: nodes[..97].to_vec() };
    assert_eq!(rig.perform(anna, allowed).await.unwrap().command.target_count, 97);
}

#[tokio::test]
async fn targets_by_tag_are_judged_node_by_node_too() {
    let rig = Rig::new().await;
    let anna = rig.user("anna", STAGING).await;
    rig.node("web", &[("env", "staging"), ("role", "web")]).await;
    rig.node("web-of-prod", &[("env", "prod"), ("role", "web")]).await;
    let target = |key: &str, value: &str| vec![Target { key: key.into(), values: vec![value.into()] }];
    let by = |targets| SendCommand { targets, ..command(&[]) };
    let fault = rig.perform(anna.clone(), by(target("tag:role", "web"))).await.unwrap_err();
    assert!(fault.message.contains("1 of 2 resources (1 that you may not see)"), "{fault}");
    let sees =
        r#"permit (principal == Pilothouse::User::"anna", action in Pilothouse::Action::"read", resource);"#;
    rig.policy("sees", sees).await;
    let fault = rig.perform(anna.clone(), by(target("tag:role", "web"))).await.unwrap_err();
    assert!(fault.message.contains("1 of 2 resources (web-of-prod (node/mi-"), "{fault}");
    rig.perform(anna, by(target("tag:env", "staging"))).await.unwrap();
}

#[tokio::test]
async fn a_listing_shows_what_the_caller_may_see_and_its_pages_are_full() {
    let rig = Rig::new().await;
    let anna = rig.user("anna", STAGING).await;
    let mut hers = Vec::new();
    for n in 0..30 {
        let environment = if n % 3 == 0 { "staging" } else { "prod" };
        let id = node(&rig, &format!("n{n}"), environment).await;
        let sent = rig.root(command(&[&id])).await.unwrap().command.command_id;
        if environment == "staging" {
            hers.push((id.to_string(), sent));
        }
    }
    let mut page = DescribeInstanceInformation { max_results: Some(6), ..Default::default() };
    let first = rig.perform(anna.clone(), page.clone()).await.unwrap();
    page.next_token = first.next_token;
    let second = rig.perform(anna.clone(), page).await.unwrap();
    assert_eq!((first.instance_information_list.len(), second.instance_information_list.len()), (6, 4));
    assert_eq!(second.next_token, None);
    let commands = ListCommands { max_results: Some(7), ..ListCommands::default() };
    let commands = rig.perform(anna.clone(), commands).await.unwrap();
    assert_eq!(commands.commands.len(), 7);
    assert!(commands.commands.iter().all(|it| hers.iter().any(|(_, sent)| *sent == it.command_id)));
    let runs = rig.perform(anna.clone(), ListCommandInvocations::default()).await.unwrap();
    assert_eq!(runs.command_invocations.len(), 10);
    let everything = ResolveTargets {
        targets: vec![Target { key: "InstanceIds".into(), values: vec!["*".into()] }],
        ..Default::default()
    };
    assert_eq!(rig.perform(anna.clone(), everything).await.unwrap().nodes.len(), 10);
    let documents = rig.perform(anna, ListDocuments::default()).await.unwrap().document_identifiers;
    assert!(!documents.is_empty() && documents.iter().all(|it| it.owner == "Amazon"));
}

#[tokio::test]
async fn a_command_that_touched_another_environment_is_not_seen_nor_stopped() {
    let rig = Rig::new().await;
    let anna = rig.user("anna", STAGING).await;
    let (web, db) = (node(&rig, "web", "staging").await, node(&rig, "db", "prod").await);
    let none = rig.node("bare", &[]).await;
    for nodes in [vec![&web, &db], vec![&db], vec![&web, &none]] {
        let command_id = rig.root(command(&nodes)).await.unwrap().command.command_id;
        let get = GetCommandInvocation {
            command_id: command_id.clone(),
            instance_id: nodes[0].to_string(),
            ..GetCommandInvocation::default()
        };
        assert_eq!(rig.perform(anna.clone(), get).await.unwrap_err().code, "AccessDeniedException");
        let cancel = CancelCommand { command_id: command_id.clone(), ..CancelCommand::default() };
        assert_eq!(rig.perform(anna.clone(), cancel).await.unwrap_err().code, "AccessDeniedException");
        let output =
            Topic::Output { command_id: command_id.parse().unwrap(), instance_id: nodes[0].clone(), from: 0 };
        let follow = Follow { topic: output };
        assert_eq!(rig.perform(anna.clone(), follow).await.unwrap_err().code, "AccessDeniedException");
    }
    assert_eq!(rig.perform(anna.clone(), ListCommands::default()).await.unwrap().commands.len(), 0);
}

#[tokio::test]
async fn tags_neither_pull_a_node_into_ones_own_environment_nor_push_it_out() {
    let rig = Rig::new().await;
    let anna = rig.user("anna", STAGING).await;
    let (web, db) = (node(&rig, "web", "staging").await, node(&rig, "db", "prod").await);
    let tag = |id: &InstanceId, key: &str, value: &str| AddTagsToResource {
        resource_type: "ManagedInstance".into(),
        resource_id: id.to_string(),
        tags: vec![Tag { key: key.into(), value: value.into() }],
    };
    for (id, key, value) in [(&db, "env", "staging"), (&web, "env", "prod"), (&db, "owner", "anna")] {
        let fault = rig.perform(anna.clone(), tag(id, key, value)).await.unwrap_err();
        assert_eq!(fault.code, "AccessDeniedException", "{key}={value}");
    }
    let bare = RemoveTagsFromResource {
        resource_type: "ManagedInstance".into(),
        resource_id: web.to_string(),
        tag_keys: vec!["env".into()],
    };
    assert_eq!(rig.perform(anna.clone(), bare).await.unwrap_err().code, "AccessDeniedException");
    rig.perform(anna, tag(&web, "owner", "anna")).await.unwrap();
}

async fn told(rig: &Rig, who: &Caller, topic: Topic) -> (Vec<String>, Vec<InstanceId>, bool, Topic) {
    let result = rig.perform(who.clone(), Follow { topic }).await.unwrap();
    let News::Nodes { nodes, gone, reset } = result.news else { panic!("no nodes") };
    (nodes.into_iter().map(|node| node.name).collect(), gone, reset, result.next)
}

#[tokio::test]
async fn who_follows_is_told_anew_when_a_policy_changes_and_of_a_node_that_leaves_its_sight() {
    let rig = Rig::new().await;
    let anna = rig.user("anna", STAGING).await;
    let web = node(&rig, "web", "staging").await;
    node(&rig, "db", "prod").await;
    let (names, gone, reset, cursor) = told(&rig, &anna, Topic::nodes()).await;
    assert_eq!((names, gone, reset), (vec![String::from("web")], vec![], false));

    rig.policy(
        "more",
        r#"permit (principal == Pilothouse::User::"anna", action, resource is Pilothouse::Node);"#,
    )
    .await;
    let (mut names, _, reset, cursor) = told(&rig, &anna, cursor).await;
    names.sort();
    assert_eq!((names, reset), (vec![String::from("db"), String::from("web")], true));

    rig.policy(
        "more",
        r#"permit (principal == Pilothouse::User::"ben", action, resource is Pilothouse::Node);"#,
    )
    .await;
    let (names, _, reset, cursor) = told(&rig, &anna, cursor).await;
    assert_eq!((names, reset), (vec![String::from("web")], true), "what was told before is void");

    let moved = AddTagsToResource {
        resource_type: "ManagedInstance".into(),
        resource_id: web.to_string(),
        tags: vec![Tag { key: "env".into(), value: "prod".into() }],
    };
    rig.root(moved).await.unwrap();
    let (names, gone, reset, _) = told(&rig, &anna, cursor).await;
    assert_eq!((names, gone, reset), (vec![], vec![web], false));
}

#[tokio::test]
async fn without_any_policy_nothing_is_even_looked_up() {
    let rig = Rig::new().await;
    let nobody =
        rig.user("ben", r#"permit (principal == Pilothouse::User::"anna", action, resource);"#).await;
    let unknown = GetCommandInvocation {
        command_id: "0b0d5a8e-3f6e-4f9e-9a6b-2f6f1c1d0e11".into(),
        instance_id: "mi-00000000000000000".into(),
        ..GetCommandInvocation::default()
    };
    let fault = rig.perform(nobody.clone(), unknown).await.unwrap_err();
    assert_eq!(fault.code, "AccessDeniedException", "whether it exists is not told");
    assert_eq!(
        rig.perform(nobody, Follow { topic: Topic::nodes() }).await.unwrap_err().code,
        "AccessDeniedException"
    );
}

#[tokio::test]
async fn what_only_looks_can_hang_on_arming_too() {
    let rig = Rig::new().await;
    let may = r#"
        permit (principal == Pilothouse::User::"anna", action == Pilothouse::Action::"pilothouse:Arm", resource);
        permit (principal == Pilothouse::User::"anna", action in Pilothouse::Action::"read", resource is Pilothouse::Node)
        when { context.armed.contains("prod") };"#;
    let anna = rig.user("anna", may).await;
    node(&rig, "db", "prod").await;
    let listed = async || {
        let listing = rig.perform(anna.clone(), DescribeInstanceInformation::default()).await.unwrap();
        let (followed, ..) = told(&rig, &anna, Topic::nodes()).await;
        (listing.instance_information_list.len(), followed.len())
    };
    assert_eq!(listed().await, (0, 0));
    let arm = Arm { environment: "prod".into(), seconds: 60, reason: "to look".into() };
    rig.perform(anna.clone(), arm).await.unwrap();
    assert_eq!(listed().await, (1, 1));
    rig.pass(61);
    assert_eq!(listed().await, (0, 0));
}
