//! Managed nodes told as stories, through the true door.

use pilothouse_api::activations::{
    CreateActivation, DeleteActivation, DescribeActivations, DescribeActivationsFilter,
};
use pilothouse_api::nodes::{
    DeregisterManagedInstance, DescribeInstanceInformation, DescribeInstanceProperties, GetConnectionStatus,
    InstanceInformationFilter, InstanceInformationStringFilter, InstancePropertyStringFilter,
};
use pilothouse_api::tags::{AddTagsToResource, ListTagsForResource, RemoveTagsFromResource, Tag};
use pilothouse_api::{Fault, OPERATIONS};
use pilothouse_protocol::{Facts, InstanceId, Platform};

use crate::cx::Caller;
use crate::internal::{
    ACTIVATION_REFUSED, AdmitNode, AdmitNodes, DetectLost, EnrolNode, INTERNAL, LeaveNode, UNKNOWN_NODE,
    WRONG_KEY,
};
use crate::rig::Rig;

fn activation(limit: i64) -> CreateActivation {
    let tags = vec![Tag { key: "env".into(), value: "prod".into() }];
    CreateActivation {
        iam_role: "any".into(),
        registration_limit: Some(limit),
        tags,
        ..CreateActivation::default()
    }
}

async fn enrol(rig: &Rig, id: &str, code: &str) -> Result<InstanceId, Fault> {
    let facts = Facts {
        computer_name: "web-1".into(),
        tags: [("env".to_owned(), "liar".to_owned()), ("role".to_owned(), "web".to_owned())].into(),
        ..Facts::default()
    };
    let enrol = EnrolNode {
        activation_id: id.parse().unwrap(),
        activation_code: code.into(),
        public_key: vec![7; 32],
        fingerprint: "machine".into(),
        facts,
    };
    rig.perform(Caller::Candidate, enrol).await.map(|admission| admission.instance_id)
}

async fn ids(rig: &Rig, key: &str, values: &[&str]) -> Result<Vec<String>, Fault> {
    let values = values.iter().map(|v| (*v).to_owned()).collect();
    let filters = vec![InstanceInformationStringFilter { key: key.into(), values }];
    let page =
        rig.root(DescribeInstanceInformation { filters, ..DescribeInstanceInformation::default() }).await?;
    Ok(page.instance_information_list.into_iter().map(|node| node.instance_id).collect())
}

#[tokio::test]
async fn a_node_registers_once_with_an_activation_for_one_and_takes_its_tags() {
    let rig = Rig::new().await;
    let made = rig.root(activation(1)).await.unwrap();
    let node = enrol(&rig, &made.activation_id, &made.activation_code).await.unwrap();
    assert_eq!(
        enrol(&rig, &made.activation_id, &made.activation_code).await.unwrap_err().code,
        ACTIVATION_REFUSED
    );
    let list = ListTagsForResource { resource_type: "ManagedInstance".into(), resource_id: node.to_string() };
    let tags = rig.root(list).await.unwrap().tag_list;
    let tags: Vec<_> = tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect();
    assert_eq!(tags, [("env", "prod"), ("role", "web")], "the activation's word counts more than the node's");
    let shown = rig.root(DescribeActivations::default()).await.unwrap().activation_list.remove(0);
    assert_eq!((shown.registrations_count, shown.expired), (1, false));
}

#[tokio::test]
async fn a_node_does_not_leave_its_activations_environment_by_the_other_tag_that_says_one() {
    let rig = Rig::new().await;
    let tags = vec![Tag { key: "environment".into(), value: "staging".into() }];
    let made = rig.root(CreateActivation { tags, ..activation(1) }).await.unwrap();
    enrol(&rig, &made.activation_id, &made.activation_code).await.unwrap();
    assert_eq!(ids(&rig, "tag:env", &["liar"]).await.unwrap().len(), 0);
    assert_eq!(ids(&rig, "tag:environment", &["staging"]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_wrong_code_an_expired_and_a_deleted_activation_are_refused_alike() {
    let rig = Rig::new().await;
    let made = rig.root(activation(9)).await.unwrap();
    let wrong = enrol(&rig, &made.activation_id, "0123456789abcdef0123").await.unwrap_err();
    rig.pass(24 * 3600);
    let expired = enrol(&rig, &made.activation_id, &made.activation_code).await.unwrap_err();
    rig.root(DeleteActivation { activation_id: made.activation_id.clone() }).await.unwrap();
    let deleted = enrol(&rig, &made.activation_id, &made.activation_code).await.unwrap_err();
    assert!(wrong == expired && expired == deleted, "{wrong} / {expired} / {deleted}");
    let again = rig.root(DeleteActivation { activation_id: made.activation_id }).await.unwrap_err();
    assert_eq!(again.code, "InvalidActivation");
}

#[tokio::test]
async fn an_activation_is_good_for_thirty_days_at_most() {
    let rig = Rig::new().await;
    let now = rig.door.clock().now();
    for seconds in [-1, 31 * 24 * 3600] {
        let request =
            CreateActivation { expiration_date: Some(now.plus_seconds(seconds).into()), ..activation(1) };
        assert_eq!(rig.root(request).await.unwrap_err().code, "InvalidParameters");
    }
}

#[tokio::test]
async fn an_activation_is_found_however_many_others_stand_before_it() {
    let rig = Rig::new().await;
    let wanted = CreateActivation { iam_role: "wanted".into(), ..activation(1) };
    let made = rig.root(wanted).await.unwrap();
    rig.pass(1);
    for _ in 0..1000 {
        rig.root(activation(1)).await.unwrap();
    }
    let filters = vec![DescribeActivationsFilter {
        filter_key: Some("IamRole".into()),
        filter_values: vec!["wanted".into()],
    }];
    let found = rig.root(DescribeActivations { filters, ..DescribeActivations::default() }).await.unwrap();
    let ids: Vec<_> = found.activation_list.iter().map(|it| &it.activation_id).collect();
    assert_eq!((ids, found.next_token), (vec![&made.activation_id], None));
}

#[tokio::test]
async fn nodes_are_listed_by_filter_and_page() {
    let rig = Rig::new().await;
    for i in 0..7 {
        rig.node(&format!("web-{i}"), &[("env", if i < 5 { "prod" } else { "dev" })]).await;
    }
    assert_eq!(ids(&rig, "tag:env", &["prod"]).await.unwrap().len(), 5);
    assert_eq!(ids(&rig, "PlatformTypes", &["Windows"]).await.unwrap().len(), 0);
    assert_eq!(ids(&rig, "Colour", &["red"]).await.unwrap_err().code, "InvalidFilterKey");
    assert_eq!(
        ids(&rig, "InstanceIds", &["mi-00000000000000000"]).await.unwrap_err().code,
        "InvalidInstanceId"
    );
    let first =
        DescribeInstanceInformation { max_results: Some(5), ..DescribeInstanceInformation::default() };
    let page = rig.root(first.clone()).await.unwrap();
    assert_eq!(page.instance_information_list.len(), 5);
    let rest = rig.root(DescribeInstanceInformation { next_token: page.next_token, ..first }).await.unwrap();
    assert_eq!((rest.instance_information_list.len(), rest.next_token), (2, None));
}

#[tokio::test]
async fn limits_of_the_model_are_told_in_its_own_words() {
    let rig = Rig::new().await;
    let filter = InstanceInformationFilter { key: "Colour".into(), value_set: vec!["red".into()] };
    let request = DescribeInstanceInformation {
        max_results: Some(51),
        instance_information_filter_list: vec![filter],
        ..DescribeInstanceInformation::default()
    };
    let fault = rig.root(request).await.unwrap_err();
    assert_eq!(fault.code, "ValidationException");
    assert!(fault.message.starts_with("2 validation errors detected: "), "{fault}");
}

#[tokio::test]
async fn properties_can_be_compared() {
    let rig = Rig::new().await;
    rig.node("web-1", &[]).await;
    let newer = |than: &str| DescribeInstanceProperties {
        filters_with_operator: vec![InstancePropertyStringFilter {
            key: "AgentVersion".into(),
            values: vec![than.into()],
            operator: Some("GreaterThan".into()),
        }],
        ..DescribeInstanceProperties::default()
    };
    assert_eq!(rig.root(newer("0.0.9")).await.unwrap().instance_properties.len(), 1);
    assert_eq!(rig.root(newer("0.1.0")).await.unwrap().instance_properties.len(), 0);
}

#[tokio::test]
async fn tags_are_set_removed_and_limited() {
    let rig = Rig::new().await;
    let id = rig.node("web-1", &[]).await.to_string();
    let add = |keys: std::ops::Range<usize>| AddTagsToResource {
        resource_type: "ManagedInstance".into(),
        resource_id: id.clone(),
        tags: keys.map(|i| Tag { key: format!("k{i}"), value: "v".into() }).collect(),
    };
    rig.root(add(0..50)).await.unwrap();
    assert_eq!(rig.root(add(50..51)).await.unwrap_err().code, "TooManyTagsError");
    let (kind, tag_keys) = ("ManagedInstance".to_owned(), vec!["k0".to_owned(), "unknown".to_owned()]);
    rig.root(RemoveTagsFromResource { resource_type: kind.clone(), resource_id: id.clone(), tag_keys })
        .await
        .unwrap();
    let list = ListTagsForResource { resource_type: kind, resource_id: id.clone() };
    assert_eq!(rig.root(list).await.unwrap().tag_list.len(), 49);
    let mut reserved = add(0..1);
    reserved.tags[0].key = "aws:owner".into();
    assert_eq!(rig.root(reserved).await.unwrap_err().code, "ValidationException");
    let mut stranger = add(0..1);
    stranger.resource_id = "mi-00000000000000000".into();
    assert_eq!(rig.root(stranger).await.unwrap_err().code, "InvalidResourceId");
}

#[tokio::test]
async fn a_deregistered_node_is_gone_and_cannot_return() {
    let rig = Rig::new().await;
    let node = rig.node("web-1", &[]).await;
    rig.root(DeregisterManagedInstance { instance_id: node.to_string() }).await.unwrap();
    let page = rig.root(DescribeInstanceInformation::default()).await.unwrap();
    assert!(page.instance_information_list.is_empty());
    let admit = AdmitNode {
        instance_id: node.clone(),
        public_key: vec![7; 32],
        fingerprint: "machine".into(),
        facts: Facts::default(),
    };
    let judged = rig.perform(Caller::Candidate, AdmitNodes { nodes: vec![admit] }).await.unwrap();
    assert_eq!(judged[0].as_ref().unwrap_err().code, UNKNOWN_NODE);
    let again = rig.root(DeregisterManagedInstance { instance_id: node.to_string() }).await.unwrap_err();
    assert_eq!(again.code, "InvalidInstanceId");
}

#[tokio::test]
async fn another_key_is_not_let_in_under_a_nodes_name() {
    let rig = Rig::new().await;
    let node = rig.node("web-1", &[]).await;
    let admit = AdmitNode {
        instance_id: node,
        public_key: vec![8; 32],
        fingerprint: "machine".into(),
        facts: Facts::default(),
    };
    let judged = rig.perform(Caller::Candidate, AdmitNodes { nodes: vec![admit] }).await.unwrap();
    assert_eq!(judged[0].as_ref().unwrap_err().code, WRONG_KEY);
}

#[tokio::test]
async fn silence_is_loss_only_without_a_link() {
    let rig = Rig::new().await;
    let node = rig.node_on("web-1", Platform::Linux, &[]).await;
    rig.pass(60);
    let detect = DetectLost { silence_ms: 30_000 };
    assert_eq!(rig.system(detect.clone()).await.unwrap().changed, 0, "the link is up");
    rig.perform(Caller::Node(node.clone()), LeaveNode {}).await.unwrap();
    assert_eq!(rig.system(detect).await.unwrap().changed, 1);
    assert_eq!(ids(&rig, "PingStatus", &["ConnectionLost"]).await.unwrap(), [node.to_string()]);
    let status = rig.root(GetConnectionStatus { target: node.to_string() }).await.unwrap().status;
    assert_eq!(status, "notconnected");
    let status = rig.root(GetConnectionStatus { target: "anything".into() }).await.unwrap().status;
    assert_eq!(status, "notconnected");
}

#[tokio::test]
async fn nobody_may_do_what_is_not_theirs() {
    let node = Caller::Node(InstanceId::from_random([1; 9]));
    let root = Caller::root("PILOTESTROOT");
    for operation in OPERATIONS {
        for stranger in [&node, &Caller::Candidate, &Caller::System] {
            assert!(!stranger.is_of_kind(operation.permission), "{stranger} may {}", operation.name);
        }
        assert!(root.is_of_kind(operation.permission), "root may not {}", operation.name);
    }
    for (name, permission) in INTERNAL {
        assert!(!root.is_of_kind(permission), "an operator may {name}");
    }
    assert!(!node.is_of_kind("system:Settle") && !Caller::Candidate.is_of_kind("agent:ResumeJobs"));
}
