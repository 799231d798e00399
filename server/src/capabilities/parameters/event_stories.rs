//! What happens to parameters, as followers are told.

use pilothouse_api::fleet::Follow;
use pilothouse_api::parameters::{
    DeleteParameters, LabelParameterVersion, PutParameter, UnlabelParameterVersion,
};
use pilothouse_api::tags::{AddTagsToResource, Tag};
use pilothouse_api::topics::{News, ParameterEvent, ParameterOperation as Op, Topic};

use crate::cx::Caller;
use crate::rig::Rig;

fn string(name: &str, value: &str) -> PutParameter {
    let (name, value) = (name.into(), value.into());
    PutParameter { name, value, r#type: Some("String".into()), ..PutParameter::default() }
}

fn over(name: &str, value: &str) -> PutParameter {
    PutParameter { r#type: None, overwrite: Some(true), ..string(name, value) }
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.into(), value: value.into() }
}

fn add(name: &str, tags: Vec<Tag>) -> AddTagsToResource {
    AddTagsToResource { resource_type: "Parameter".into(), resource_id: name.into(), tags }
}

/// What is new, whether all before is void, and the topic moved past it.
async fn told(rig: &Rig, who: &Caller, topic: Topic) -> (Vec<ParameterEvent>, bool, Topic) {
    let read = rig.perform(who.clone(), Follow { topic }).await.unwrap();
    let News::Parameters { events, reset } = read.news else { panic!("no news of parameters") };
    (events, reset, read.next)
}

fn shown(events: &[ParameterEvent]) -> Vec<(&str, Op, Option<i64>, &str)> {
    events.iter().map(|it| (it.name.as_str(), it.operation, it.version, it.detail.as_str())).collect()
}

#[tokio::test]
async fn whoever_follows_is_told_all_that_happens_from_now_on_and_no_value() {
    let rig = Rig::new().await;
    let root = Caller::root("PILOTESTROOT");
    rig.root(string("/before", "1")).await.unwrap();
    let (events, reset, topic) = told(&rig, &root, Topic::parameters()).await;
    assert_eq!((events.len(), reset), (0, false), "the log is not told again");
    rig.root(string("x", "hunter2")).await.unwrap();
    rig.root(over("/x", "hunter3")).await.unwrap();
    let labels = vec!["live".into(), "1st".into()];
    let label =
        LabelParameterVersion { name: "x".into(), parameter_version: Some(1), labels: labels.clone() };
    rig.root(label).await.unwrap();
    rig.root(UnlabelParameterVersion { name: "x".into(), parameter_version: 1, labels }).await.unwrap();
    rig.root(add("x", vec![tag("env", "prod")])).await.unwrap();
    rig.root(add("x", vec![tag("env", "prod")])).await.unwrap();
    rig.root(DeleteParameters { names: vec!["x".into(), "/before".into(), "/none".into()] }).await.unwrap();
    let (events, reset, topic) = told(&rig, &root, topic).await;
    assert!(!reset);
    let expected = [
        ("x", Op::Create, Some(1), ""),
        ("x", Op::Update, Some(2), ""),
        ("x", Op::LabelParameterVersion, Some(1), "live"),
        ("x", Op::UnlabelParameterVersion, Some(1), "live"),
        ("x", Op::TagsChanged, Some(2), "+env=prod"),
        ("/before", Op::Delete, Some(1), ""),
        ("x", Op::Delete, Some(2), ""),
    ];
    assert_eq!(shown(&events), expected);
    assert_eq!(
        (events[0].by.as_str(), events[0].r#type.as_str()),
        ("arn:aws:iam::000000000000:root", "String")
    );
    assert!(!serde_json::to_string(&events).unwrap().contains("hunter"));
    let (events, _, next) = told(&rig, &root, topic.clone()).await;
    assert_eq!((events, next), (vec![], topic));
}

#[tokio::test]
async fn in_a_region_without_any_change_the_first_one_is_told() {
    let rig = Rig::new().await;
    let root = Caller::root("PILOTESTROOT");
    let (_, _, topic) = told(&rig, &root, Topic::parameters()).await;
    rig.root(string("x", "1")).await.unwrap();
    assert_eq!(told(&rig, &root, topic).await.0.len(), 1);
}

#[tokio::test]
async fn a_follower_is_told_of_what_it_may_see_or_could_see_until_now() {
    let rig = Rig::new().await;
    let staging = r#"permit (principal == Pilothouse::User::"ann", action, resource)
        when { resource has environment && resource.environment == "staging" };"#;
    let ann = rig.user("ann", staging).await;
    let (_, _, topic) = told(&rig, &ann, Topic::parameters()).await;
    rig.root(PutParameter { tags: vec![tag("env", "staging")], ..string("/s", "1") }).await.unwrap();
    rig.root(string("/p", "1")).await.unwrap();
    rig.root(add("/s", vec![tag("env", "prod")])).await.unwrap();
    rig.root(over("/s", "2")).await.unwrap();
    let (events, reset, topic) = told(&rig, &ann, topic).await;
    let expected = [("/s", Op::Create, Some(1), ""), ("/s", Op::TagsChanged, Some(1), "+env=prod")];
    assert_eq!((shown(&events), reset), (expected.to_vec(), false));
    rig.policy("more", r#"permit (principal == Pilothouse::User::"ann", action, resource);"#).await;
    let (events, reset, topic) = told(&rig, &ann, topic).await;
    assert_eq!((events.len(), reset), (0, true), "what it read is void: it sees more now");
    rig.root(over("/s", "3")).await.unwrap();
    assert_eq!(told(&rig, &ann, topic).await.0.len(), 1);
    rig.root(DeleteParameters { names: vec!["/s".into()] }).await.unwrap();
    let other = r#"permit (principal == Pilothouse::User::"ben", action == Pilothouse::Action::"ssm:GetDocument", resource);"#;
    let nobody = rig.user("ben", other).await;
    let refused = rig.perform(nobody, Follow { topic: Topic::parameters() }).await.unwrap_err();
    assert_eq!(refused.code, "AccessDeniedException");
}
