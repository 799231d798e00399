//! The tree, its past, blame and the way back, told as stories through the true door.

use pilothouse_api::parameters::{
    BrowseParameters, BrowseParametersResult, DeleteParameter, FindParameters, GetParameter,
    GetParameterBlame, GetParametersByPath, LabelParameterVersion, PutParameter, RollBackParameter,
};
use pilothouse_api::tags::Tag;
use pilothouse_protocol::Millis;

use super::stories::{code, over, put, secure, string, value};
use crate::cx::{Call, Caller};
use crate::rig::{REGION, Rig};

/// What a page shows, folders with a slash behind them, in one order.
fn shown(page: &BrowseParametersResult) -> Vec<String> {
    let folders = page.folders.iter().map(|it| format!("{}/", it.path));
    let mut all: Vec<String> = folders
        .chain(page.parameters.iter().map(|it| format!("/{}", it.name.trim_start_matches('/'))))
        .collect();
    all.sort();
    all
}

/// All pages of a level.
async fn level(rig: &Rig, who: &Caller, path: &str, at: Option<Millis>, size: i64) -> Vec<String> {
    let mut browse = BrowseParameters {
        path: path.into(),
        at: at.map(Into::into),
        max_results: Some(size),
        next_token: None,
    };
    let mut all = Vec::new();
    loop {
        let page = rig.perform(who.clone(), browse.clone()).await.unwrap();
        let seen = shown(&page);
        assert!(seen.len() <= usize::try_from(size).unwrap());
        all.extend(seen);
        browse.next_token = page.next_token;
        if browse.next_token.is_none() {
            return all;
        }
    }
}

fn root() -> Caller {
    Caller::root("PILOTESTROOT")
}

#[tokio::test]
async fn a_level_is_folders_and_parameters_in_one_order_on_pages_of_any_size() {
    let rig = Rig::new().await;
    for name in ["/a/1", "/a/2", "/a/b/3", "/a/b/c/4", "/a/b-x", "/a/b", "/ab/5", "/a-/6", "7"] {
        put(&rig, string(name, name)).await;
    }
    for size in [1, 2, 3, 200] {
        let all = level(&rig, &root(), "/a/", None, size).await;
        assert_eq!(all, ["/a/1", "/a/2", "/a/b", "/a/b-x", "/a/b/"], "{size} on a page");
        assert_eq!(level(&rig, &root(), "/", None, size).await, ["/7", "/a-/", "/a/", "/ab/"]);
    }
    assert_eq!(level(&rig, &root(), "/a/b/c", None, 9).await, ["/a/b/c/4"]);
    assert!(level(&rig, &root(), "/none", None, 9).await.is_empty());
    rig.root(LabelParameterVersion {
        name: "/a/1".into(),
        parameter_version: None,
        labels: vec!["live".into()],
    })
    .await
    .unwrap();
    let page = BrowseParameters { path: "/a".into(), ..BrowseParameters::default() };
    let first = rig.root(page).await.unwrap().parameters.remove(0);
    assert_eq!((first.name.as_str(), first.version, first.labels), ("/a/1", 1, vec!["live".to_owned()]));
    assert_eq!(first.last_modified_user, "arn:aws:iam::000000000000:root");
}

#[tokio::test]
async fn a_folder_is_shown_to_whoever_may_see_something_in_it_however_deep() {
    let rig = Rig::new().await;
    let tagged = |name: &str| PutParameter {
        tags: vec![Tag { key: "env".into(), value: "staging".into() }],
        ..string(name, "1")
    };
    for number in 0..1200 {
        put(&rig, string(&format!("/deep/{number:04}"), "1")).await;
    }
    put(&rig, tagged("/deep/x/y")).await;
    put(&rig, string("/other/z", "1")).await;
    let staging = r#"permit (principal == Pilothouse::User::"ann", action, resource)
        when { resource has environment && resource.environment == "staging" };"#;
    let ann = rig.user("ann", staging).await;
    assert_eq!(level(&rig, &ann, "/", None, 1).await, ["/deep/"]);
    assert_eq!(level(&rig, &ann, "/deep", None, 9).await, ["/deep/x/"]);
    let find = |text: &str| FindParameters { text: text.into(), max_results: None };
    assert_eq!(rig.perform(ann.clone(), find("deep")).await.unwrap().names, ["/deep/x/y"]);
    assert!(rig.perform(ann, find("other")).await.unwrap().names.is_empty());
    assert_eq!(rig.root(find("otz")).await.unwrap().names, ["/other/z"]);
    assert_eq!(rig.root(find("deep")).await.unwrap().names.len(), 20);
}

#[tokio::test]
async fn the_tree_is_seen_as_it_was() {
    let rig = Rig::new().await;
    let now = || rig.door.clock().now();
    put(&rig, string("/a/old", "1")).await;
    put(&rig, string("/a/gone/x", "1")).await;
    put(&rig, secure("/a/back", "first")).await;
    let first = now();
    rig.pass(10);
    put(&rig, over("/a/old", "2")).await;
    for name in ["/a/gone/x", "/a/back"] {
        rig.root(DeleteParameter { name: name.into() }).await.unwrap();
    }
    let second = now();
    rig.pass(10);
    put(&rig, string("/a/new", "1")).await;
    put(&rig, string("/a/back", "second")).await;
    assert_eq!(level(&rig, &root(), "/a", None, 2).await, ["/a/back", "/a/new", "/a/old"]);
    assert_eq!(level(&rig, &root(), "/a", Some(second), 2).await, ["/a/old"]);
    assert_eq!(level(&rig, &root(), "/a", Some(first), 2).await, ["/a/back", "/a/gone/", "/a/old"]);
    assert_eq!(level(&rig, &root(), "/a", Some(Millis(first.0 - 1)), 2).await, Vec::<String>::new());
    let then = BrowseParameters { path: "/a".into(), at: Some(first.into()), ..BrowseParameters::default() };
    let then = rig.root(then).await.unwrap().parameters;
    let versions: Vec<_> = then.iter().map(|it| (it.name.as_str(), it.r#type.as_str(), it.version)).collect();
    assert_eq!(versions, [("/a/back", "SecureString", 1), ("/a/old", "String", 1)]);
}

#[tokio::test]
async fn a_version_that_is_not_kept_any_more_is_told_to_be_lost() {
    let rig = Rig::new().await;
    put(&rig, string("/v", "0")).await;
    let first = rig.door.clock().now();
    for number in 1..=101 {
        rig.pass(1);
        put(&rig, over("/v", &number.to_string())).await;
    }
    let then = BrowseParameters { path: "/".into(), at: Some(first.into()), ..BrowseParameters::default() };
    let then = rig.root(then).await.unwrap();
    assert_eq!((then.parameters.len(), then.lost), (0, vec!["/v".to_owned()]));
}

#[tokio::test]
async fn blame_tells_who_made_each_version_from_where_and_who_read_it() {
    let rig = Rig::new().await;
    let ann = rig.user("ann", r#"permit (principal == Pilothouse::User::"ann", action, resource);"#).await;
    put(&rig, secure("/s", "one")).await;
    let call = Call {
        caller: ann.clone(),
        region: REGION.to_owned(),
        source: "192.0.2.7".into(),
        user_agent: "aws-cli/2 \u{1b}[31m\0".into(),
        ..Call::system()
    };
    rig.door.perform(&call, over("/s", "two")).await.unwrap();
    put(&rig, over("/s", "two")).await;
    rig.perform(ann.clone(), GetParameter { name: "s".into(), with_decryption: Some(true) }).await.unwrap();
    rig.pass(5);
    rig.perform(ann.clone(), GetParameter { name: "/s:1".into(), with_decryption: None }).await.unwrap();
    let by_path = GetParametersByPath { path: "/".into(), with_decryption: Some(true), ..Default::default() };
    rig.root(by_path).await.unwrap();
    rig.door.settled().await;
    let blame = rig.root(GetParameterBlame { name: "/s".into() }).await.unwrap();
    let versions: Vec<_> =
        blame.versions.iter().map(|it| (it.version, it.from.as_str(), it.value_changed)).collect();
    assert_eq!(versions, [(3, "internal", false), (2, "192.0.2.7", true), (1, "internal", true)]);
    let second = &blame.versions[1];
    assert_eq!(
        (second.by.as_str(), second.user_agent.as_str()),
        ("arn:aws:iam::000000000000:user/ann", "aws-cli/2 \u{1b}[31m")
    );
    assert!(second.access_key_id.starts_with("PILO"));
    let mut readers: Vec<_> = blame.readers.iter().map(|it| (it.who.as_str(), it.times, it.opened)).collect();
    readers.sort_unstable();
    assert_eq!(readers, [("root", 1, 1), ("user/ann", 2, 1)]);
    assert_eq!(blame.since.0, rig_start());
    // Another one of its name has readers of its own.
    rig.pass(5);
    rig.root(DeleteParameter { name: "/s".into() }).await.unwrap();
    put(&rig, string("/s", "three")).await;
    rig.door.settled().await;
    let blame = rig.root(GetParameterBlame { name: "/s".into() }).await.unwrap();
    assert_eq!((blame.versions.len(), blame.readers.len()), (1, 0));
}

fn rig_start() -> Millis {
    Millis(1_700_000_000_000)
}

#[tokio::test]
async fn the_way_back_is_a_new_version_and_what_is_sealed_stays_on_the_server() {
    let rig = Rig::new().await;
    put(&rig, PutParameter { description: Some("old".into()), ..secure("/s", "one") }).await;
    put(&rig, PutParameter { allowed_pattern: Some("^[0-9]+$".into()), ..over("/s", "22") }).await;
    let writes = r#"permit (principal == Pilothouse::User::"ann", action == Pilothouse::Action::"ssm:PutParameter", resource);"#;
    let ann = rig.user("ann", writes).await;
    let back = |version| RollBackParameter { name: "s".into(), version };
    assert_eq!(rig.perform(ann.clone(), back(1)).await.unwrap().version, 3);
    assert_eq!(value(&rig, "/s").await, "one");
    assert_eq!(code(rig.perform(ann.clone(), back(9)).await), "ParameterVersionNotFound");
    let none = RollBackParameter { name: "none".into(), version: 1 };
    assert_eq!(code(rig.perform(ann, none).await), "ParameterNotFound");
    let reads = r#"permit (principal == Pilothouse::User::"bob", action == Pilothouse::Action::"ssm:GetParameter", resource);"#;
    let nobody = rig.user("bob", reads).await;
    assert_eq!(code(rig.perform(nobody, back(1)).await), "AccessDeniedException");
    // Its pattern came back with it: there was none.
    assert_eq!(put(&rig, over("/s", "free text")).await.version, 4);
}
