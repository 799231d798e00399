//! Which nodes a command runs on.

use pilothouse_api::groups::{DeleteResourceGroup, ListResourceGroups, PutResourceGroup};

use super::*;

fn target(key: &str, values: &[&str]) -> Target {
    Target { key: key.into(), values: values.iter().map(|it| (*it).to_owned()).collect() }
}

fn group(name: &str, targets: &[Target]) -> PutResourceGroup {
    PutResourceGroup { name: name.into(), targets: targets.to_vec(), ..PutResourceGroup::default() }
}

async fn names(rig: &Rig, targets: &[Target]) -> Vec<String> {
    let resolve = ResolveTargets { targets: targets.to_vec(), instance_ids: vec![] };
    rig.root(resolve).await.unwrap().nodes.into_iter().map(|node| node.name).collect()
}

async fn fleet(rig: &Rig) {
    for (name, env, role) in [("web-1", "prod", "web"), ("web-2", "dev", "web"), ("db-1", "prod", "db")] {
        rig.node(name, &[("env", env), ("role", role)]).await;
    }
    rig.node("bare", &[]).await;
}

#[tokio::test]
async fn a_saved_query_is_a_target_and_anded_with_the_others() {
    let rig = Rig::new().await;
    fleet(&rig).await;
    rig.root(group("production", &[target("tag:env", &["prod"])])).await.unwrap();
    let named = target("resource-groups:Name", &["production"]);
    assert_eq!(names(&rig, std::slice::from_ref(&named)).await, ["db-1", "web-1"]);
    assert_eq!(names(&rig, &[named.clone(), target("tag:role", &["web"])]).await, ["web-1"]);
    let types = |value: &str| target("resource-groups:ResourceTypeFilters", &[value]);
    assert_eq!(names(&rig, &[named.clone(), types("AWS::SSM::ManagedInstance")]).await.len(), 2);
    assert!(names(&rig, &[named.clone(), types("AWS::EC2::VPC")]).await.is_empty());
    let request = SendCommand { targets: vec![named.clone()], ..shell("uptime") };
    let sent = rig.root(request).await.unwrap().command;
    assert_eq!((sent.target_count, sent.targets), (2, vec![named]));
}

#[tokio::test]
async fn what_a_command_was_sent_to_stays_whatever_becomes_of_the_group() {
    let rig = Rig::new().await;
    fleet(&rig).await;
    rig.root(group("mine", &[target("tag:role", &["web"])])).await.unwrap();
    let named = target("resource-groups:Name", &["mine"]);
    let request = SendCommand { targets: vec![named.clone()], ..shell("uptime") };
    let sent = rig.root(request.clone()).await.unwrap().command;
    rig.root(group("mine", &[target("tag:role", &["db"])])).await.unwrap();
    let runs = rig.root(ListCommandInvocations::default()).await.unwrap().command_invocations;
    assert_eq!(runs.iter().map(|it| it.instance_name.as_str()).collect::<Vec<_>>(), ["web-1", "web-2"]);
    assert_eq!(sent.target_count, 2);
    rig.root(DeleteResourceGroup { name: "mine".into() }).await.unwrap();
    let fault = rig.root(request).await.unwrap_err();
    assert_eq!(fault.code, "InvalidParameters");
    assert!(fault.message.contains("mine"), "{fault}");
    let missing = rig.root(DeleteResourceGroup { name: "mine".into() }).await.unwrap_err();
    assert_eq!(missing.code, "NotFoundException");
}

#[tokio::test]
async fn tag_keys_ids_and_tags_hold_together() {
    let rig = Rig::new().await;
    fleet(&rig).await;
    assert_eq!(names(&rig, &[target("tag-key", &["env", "nothing"])]).await.len(), 3);
    assert_eq!(names(&rig, &[target("instanceids", &["*"]), target("tag:env", &["dev"])]).await, ["web-2"]);
    assert_eq!(
        names(&rig, &[target("tag:env", &["prod", "dev"]), target("tag:role", &["db"])]).await,
        ["db-1"]
    );
    assert_eq!(names(&rig, &[target("tag:Env", &["prod"])]).await, [""; 0], "tags are told apart by case");
}

#[tokio::test]
async fn what_cannot_be_a_target_is_refused() {
    let rig = Rig::new().await;
    fleet(&rig).await;
    let code = async |targets: &[Target]| {
        let request = SendCommand { targets: targets.to_vec(), ..shell("uptime") };
        rig.root(request).await.unwrap_err().code
    };
    assert_eq!(code(&[target("colour", &["red"])]).await, "InvalidParameters");
    assert_eq!(code(&[target("resource-groups:Name", &["nobody"])]).await, "InvalidParameters");
    assert_eq!(code(&[target("resource-groups:Name", &["a", "b"])]).await, "ValidationException");
    assert_eq!(code(&vec![target("tag:env", &["prod"]); 6]).await, "ValidationException");
    let types = ["T"; 6];
    assert_eq!(code(&[target("resource-groups:ResourceTypeFilters", &types)]).await, "ValidationException");
    let of_itself = group("loop", &[target("resource-groups:Name", &["loop"])]);
    assert_eq!(rig.root(of_itself).await.unwrap_err().code, "ValidationException");
    let unknown = group("odd", &[target("colour", &["red"])]);
    assert_eq!(rig.root(unknown).await.unwrap_err().code, "InvalidParameters");
    let nameless = group("not a name", &[target("tag-key", &["env"])]);
    assert_eq!(rig.root(nameless).await.unwrap_err().code, "ValidationException");
}

#[tokio::test]
async fn groups_are_listed_in_order_and_written_over() {
    let rig = Rig::new().await;
    rig.root(group("b", &[target("tag-key", &["env"])])).await.unwrap();
    rig.root(group("a", &[target("tag-key", &["env"])])).await.unwrap();
    rig.pass(5);
    let again =
        PutResourceGroup { description: "all of it".into(), ..group("b", &[target("tag-key", &["x"])]) };
    let written = rig.root(again).await.unwrap().resource_group;
    let listed = rig.root(ListResourceGroups {}).await.unwrap().resource_groups;
    assert_eq!(listed.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(listed[1], written);
    assert_eq!((listed[1].created_by.as_str(), listed[1].description.as_str()), ("root", "all of it"));
}
