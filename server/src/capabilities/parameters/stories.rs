//! Parameters told as stories, through the true door.

use pilothouse_api::Fault;
use pilothouse_api::audit::{AuditFilter, ListAuditRecords};
use pilothouse_api::parameters::{
    DeleteParameter, DeleteParameters, DescribeParameters, GetParameter, GetParameterHistory, GetParameters,
    GetParametersByPath, LabelParameterVersion, Parameter, ParameterStringFilter, PutParameter,
    PutParameterResult, UnlabelParameterVersion,
};
use pilothouse_api::tags::{AddTagsToResource, ListTagsForResource, RemoveTagsFromResource, Tag};
use pilothouse_store::secrets;

use crate::cx::Caller;
use crate::rig::Rig;

pub(super) fn string(name: &str, value: &str) -> PutParameter {
    let (name, value) = (name.into(), value.into());
    PutParameter { name, value, r#type: Some("String".into()), ..PutParameter::default() }
}

pub(super) fn secure(name: &str, value: &str) -> PutParameter {
    PutParameter { r#type: Some("SecureString".into()), ..string(name, value) }
}

pub(super) fn over(name: &str, value: &str) -> PutParameter {
    PutParameter { r#type: None, overwrite: Some(true), ..string(name, value) }
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.into(), value: value.into() }
}

pub(super) async fn put(rig: &Rig, it: PutParameter) -> PutParameterResult {
    rig.root(it).await.unwrap()
}

fn get(name: &str) -> GetParameter {
    GetParameter { name: name.into(), with_decryption: None }
}

async fn read(rig: &Rig, name: &str) -> Result<Parameter, Fault> {
    rig.root(GetParameter { with_decryption: Some(true), ..get(name) }).await.map(|it| it.parameter)
}

pub(super) async fn value(rig: &Rig, name: &str) -> String {
    read(rig, name).await.map_or_else(|fault| fault.code.into_owned(), |it| it.value)
}

pub(super) fn code<T: std::fmt::Debug>(outcome: Result<T, Fault>) -> String {
    outcome.unwrap_err().code.into_owned()
}

fn label(name: &str, version: Option<i64>, labels: &[&str]) -> LabelParameterVersion {
    let labels = labels.iter().map(|it| (*it).to_owned()).collect();
    LabelParameterVersion { name: name.into(), parameter_version: version, labels }
}

fn filter(key: &str, option: Option<&str>, values: &[&str]) -> ParameterStringFilter {
    let values = values.iter().map(|it| (*it).to_owned()).collect();
    ParameterStringFilter { key: key.into(), option: option.map(Into::into), values }
}

async fn described(rig: &Rig, filters: Vec<ParameterStringFilter>) -> Vec<String> {
    let describe = DescribeParameters { parameter_filters: filters, ..DescribeParameters::default() };
    rig.root(describe).await.unwrap().parameters.into_iter().map(|it| it.name).collect()
}

#[tokio::test]
async fn a_value_is_put_read_by_selector_and_told_with_all_that_is_known() {
    let rig = Rig::new().await;
    let made = put(&rig, string("/app/db", "one")).await;
    assert_eq!((made.version, made.tier.as_str()), (1, "Standard"));
    assert_eq!(put(&rig, over("/app/db", "two")).await.version, 2);
    rig.root(label("/app/db", Some(1), &["live"])).await.unwrap();
    let newest = read(&rig, "/app/db").await.unwrap();
    assert_eq!((newest.value.as_str(), newest.version, newest.selector), ("two", 2, None));
    assert_eq!(newest.arn, "arn:aws:ssm:eu-test-1:000000000000:parameter/app/db");
    assert_eq!((newest.r#type.as_str(), newest.data_type.as_str()), ("String", "text"));
    for name in ["/app/db:1", "/app/db:live", "arn:aws:ssm:eu-test-1:000000000000:parameter/app/db:live"] {
        let old = read(&rig, name).await.unwrap();
        let suffix = name.rsplit_once(':').map(|(_, suffix)| format!(":{suffix}"));
        assert_eq!((old.name.as_str(), old.value.as_str(), old.selector), ("/app/db", "one", suffix));
    }
    for (name, expected) in [
        ("/app/db:3", "ParameterVersionNotFound"),
        ("/app/db:dead", "ParameterVersionNotFound"),
        ("/app/db:1:2", "ParameterNotFound"),
        ("/app", "ParameterNotFound"),
        ("/app/d b", "ValidationException"),
    ] {
        assert_eq!(value(&rig, name).await, expected, "{name}");
    }
}

#[tokio::test]
async fn with_and_without_a_slash_it_is_one_parameter_which_keeps_its_first_spelling() {
    let rig = Rig::new().await;
    put(&rig, string("x", "1")).await;
    assert_eq!(code(rig.root(string("/x", "2")).await), "ParameterAlreadyExists");
    assert_eq!(put(&rig, over("/x", "2")).await.version, 2);
    let read = read(&rig, "/x").await.unwrap();
    assert_eq!((read.name.as_str(), read.value.as_str()), ("x", "2"));
    let arn = String::from("arn:aws:ssm:eu-test-1:000000000000:parameter/x");
    assert_eq!(code(rig.root(DeleteParameter { name: arn.clone() }).await), "ValidationException");
    assert_eq!(code(rig.root(label(&arn, None, &["live"])).await), "ValidationException");
    let gone = rig.root(DeleteParameters { names: vec![arn.clone()] }).await.unwrap();
    assert_eq!(gone.invalid_parameters, [arn], "a name, not an ARN, is what it takes");
    rig.root(DeleteParameter { name: "/x".into() }).await.unwrap();
    assert_eq!(value(&rig, "x").await, "ParameterNotFound");
    assert_eq!(put(&rig, string("/x", "3")).await.version, 1, "versions begin anew");
    assert_eq!(value(&rig, "x:1").await, "3");
}

#[tokio::test]
async fn a_secure_string_is_sealed_and_opened_only_for_whoever_may() {
    let rig = Rig::new().await;
    put(&rig, secure("/app/password", "hunter2")).await;
    let sealed = rig.root(get("/app/password")).await.unwrap().parameter.value;
    assert!(!sealed.contains("hunter2") && sealed.len() > 40);
    assert_eq!(value(&rig, "/app/password").await, "hunter2");
    let counts = secrets::key_ids(&mut rig.store.read().await.unwrap()).await.unwrap();
    assert!(counts.values().sum::<i64>() >= 1, "rotation finds it");
    let samples = secrets::samples(&mut rig.store.read().await.unwrap()).await.unwrap();
    assert!(samples.iter().any(|it| it.name == "parameter/eu-test-1/app/password#1"), "{samples:?}");

    // Who may read everything is not told what is sealed.
    let reader =
        r#"permit (principal == Pilothouse::User::"ann", action in Pilothouse::Action::"read", resource);"#;
    let ann = rig.user("ann", reader).await;
    let read = |opens: bool| GetParameter { with_decryption: Some(opens), ..get("/app/password") };
    assert_eq!(rig.perform(ann.clone(), read(false)).await.unwrap().parameter.value, sealed);
    let refused = rig.perform(ann.clone(), read(true)).await.unwrap_err();
    assert_eq!(refused.code, "AccessDeniedException");
    assert!(refused.message.contains("kms:Decrypt on parameter/app/password"), "{}", refused.message);
    let by_path = GetParametersByPath {
        path: "/".into(),
        recursive: Some(true),
        with_decryption: Some(true),
        ..Default::default()
    };
    assert_eq!(code(rig.perform(ann.clone(), by_path).await), "AccessDeniedException");
    let names = GetParameters { names: vec!["/app/password".into()], with_decryption: Some(true) };
    assert_eq!(code(rig.perform(ann.clone(), names).await), "AccessDeniedException");
    let history = GetParameterHistory {
        name: "/app/password".into(),
        with_decryption: Some(true),
        ..Default::default()
    };
    assert_eq!(code(rig.perform(ann.clone(), history).await), "AccessDeniedException");
    let may = r#"permit (principal == Pilothouse::User::"ann", action == Pilothouse::Action::"kms:Decrypt", resource is Pilothouse::Parameter)
        when { resource.path like "/app/*" };"#;
    rig.policy("decrypts", may).await;
    assert_eq!(rig.perform(ann, read(true)).await.unwrap().parameter.value, "hunter2");
}

#[tokio::test]
async fn what_is_left_out_stays_as_it_was_and_the_type_stays_for_ever() {
    let rig = Rig::new().await;
    let first = PutParameter {
        description: Some("port".into()),
        allowed_pattern: Some("^[0-9]+$".into()),
        tier: Some("Advanced".into()),
        data_type: Some("integer".into()),
        tags: vec![tag("env", "prod")],
        ..string("/port", "80")
    };
    put(&rig, first).await;
    assert_eq!(put(&rig, over("/port", "81")).await.tier, "Advanced");
    let known = rig.root(DescribeParameters::default()).await.unwrap().parameters.remove(0);
    assert_eq!(
        (known.description.as_deref(), known.allowed_pattern.as_deref()),
        (Some("port"), Some("^[0-9]+$"))
    );
    assert_eq!((known.data_type.as_str(), known.version), ("integer", 2));
    assert_eq!(known.last_modified_user, "arn:aws:iam::000000000000:root");
    for (it, expected) in [
        (over("/port", "x8"), "ValidationException"),
        (over("/port", "-1"), "ParameterPatternMismatchException"),
        (
            PutParameter { r#type: Some("SecureString".into()), ..over("/port", "1") },
            "HierarchyTypeMismatchException",
        ),
        (PutParameter { tier: Some("Standard".into()), ..over("/port", "1") }, "ValidationException"),
        (PutParameter { tags: vec![tag("a", "b")], ..over("/port", "1") }, "ValidationException"),
        (
            PutParameter { allowed_pattern: Some("(".into()), ..over("/port", "1") },
            "InvalidAllowedPatternException",
        ),
        (PutParameter { policies: Some("{}".into()), ..over("/port", "1") }, "ValidationException"),
        (PutParameter { r#type: None, ..string("/new", "1") }, "ValidationException"),
        (PutParameter { key_id: Some("alias/mine".into()), ..secure("/new", "1") }, "InvalidKeyId"),
        (PutParameter { key_id: Some("mine".into()), ..secure("/new", "1") }, "InvalidKeyId"),
        (string("/new", &"x".repeat(5000)), "ValidationException"),
        (string("/new", "a\0b"), "ValidationException"),
        (string("/new", ""), "ValidationException"),
        (string("/aws/new", "1"), "AccessDeniedException"),
        (string(&"/l".repeat(16), "1"), "HierarchyLevelLimitExceededException"),
    ] {
        let fault = rig.root(it.clone()).await.unwrap_err();
        assert_eq!(fault.code, expected, "{it:?}: {}", fault.message);
    }
    assert_eq!(described(&rig, vec![]).await, ["/port"]);
    let large =
        PutParameter { tier: Some("Intelligent-Tiering".into()), ..string("/large", &"x".repeat(5000)) };
    assert_eq!(put(&rig, large).await.tier, "Advanced");
}

#[tokio::test]
async fn a_hundred_versions_are_kept_and_a_label_guards_the_oldest() {
    let rig = Rig::new().await;
    put(&rig, secure("/v", "1")).await;
    for number in 2..=100 {
        put(&rig, over("/v", &number.to_string())).await;
    }
    rig.root(label("/v", Some(1), &["live"])).await.unwrap();
    assert_eq!(code(rig.root(over("/v", "101")).await), "ParameterMaxVersionLimitExceeded");
    rig.root(label("/v", Some(50), &["live"])).await.unwrap();
    assert_eq!(put(&rig, over("/v", "101")).await.version, 101);
    assert_eq!(value(&rig, "/v:1").await, "ParameterVersionNotFound");
    assert_eq!(value(&rig, "/v:live").await, "50");
    let mut history = GetParameterHistory {
        name: "v".into(),
        with_decryption: Some(true),
        max_results: Some(40),
        next_token: None,
    };
    let mut seen = Vec::new();
    loop {
        let page = rig.root(history.clone()).await.unwrap();
        seen.extend(page.parameters.into_iter().map(|it| (it.version, it.value, it.labels)));
        history.next_token = page.next_token;
        if history.next_token.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 100);
    assert_eq!(seen[0], (2, "2".into(), vec![]));
    assert_eq!(seen[48], (50, "50".into(), vec!["live".into()]));
}

#[tokio::test]
async fn labels_move_are_limited_and_those_that_cannot_be_are_told() {
    let rig = Rig::new().await;
    put(&rig, string("/l", "1")).await;
    put(&rig, over("/l", "2")).await;
    let put_on = rig.root(label("/l", None, &["live", "1st", "aws-x"])).await.unwrap();
    assert_eq!((put_on.parameter_version, put_on.invalid_labels), (2, vec!["1st".into(), "aws-x".into()]));
    rig.root(label("/l", Some(1), &["live"])).await.unwrap();
    assert_eq!(value(&rig, "/l:live").await, "1");
    let nine: Vec<String> = (0..9).map(|n| format!("n{n}")).collect();
    let nine: Vec<&str> = nine.iter().map(String::as_str).collect();
    rig.root(label("/l", Some(1), &nine)).await.unwrap();
    rig.root(label("/l", Some(1), &["live"])).await.unwrap();
    assert_eq!(code(rig.root(label("/l", Some(1), &["more"])).await), "ParameterVersionLabelLimitExceeded");
    assert_eq!(code(rig.root(label("/l", Some(9), &["more"])).await), "ParameterVersionNotFound");
    assert_eq!(code(rig.root(label("/none", None, &["more"])).await), "ParameterNotFound");
    let unlabel = UnlabelParameterVersion {
        name: "/l".into(),
        parameter_version: 1,
        labels: vec!["live".into(), "x".into()],
    };
    let taken = rig.root(unlabel).await.unwrap();
    assert_eq!((taken.removed_labels, taken.invalid_labels), (vec!["live".into()], vec!["x".into()]));
    assert_eq!(value(&rig, "/l:live").await, "ParameterVersionNotFound");
}

async fn tree(rig: &Rig) {
    for name in ["/a/1", "/a/2", "/a/b/3", "/a/b/c/4", "/ab/5", "/a-/6", "7"] {
        put(rig, string(name, name)).await;
    }
    put(rig, secure("/a/s", "sealed")).await;
}

#[tokio::test]
async fn below_a_path_are_whole_levels_in_pages() {
    let rig = Rig::new().await;
    tree(&rig).await;
    let below = async |path: &str, is_deep: bool, filters: Vec<ParameterStringFilter>| {
        let mut get = GetParametersByPath {
            path: path.into(),
            recursive: Some(is_deep),
            parameter_filters: filters,
            with_decryption: Some(true),
            max_results: Some(2),
            next_token: None,
        };
        let mut found = Vec::new();
        loop {
            let page = rig.root(get.clone()).await.unwrap();
            found.extend(page.parameters.into_iter().map(|it| it.value));
            get.next_token = page.next_token;
            if get.next_token.is_none() {
                return found;
            }
        }
    };
    assert_eq!(below("/a", false, vec![]).await, ["/a/1", "/a/2", "sealed"]);
    assert_eq!(below("/a/", true, vec![]).await, ["/a/1", "/a/2", "/a/b/3", "/a/b/c/4", "sealed"]);
    assert_eq!(below("/", false, vec![]).await, ["7"]);
    assert_eq!(below("/", true, vec![]).await.len(), 8);
    assert_eq!(below("/a/1", true, vec![]).await, Vec::<String>::new());
    assert_eq!(below("/a", true, vec![filter("Type", None, &["SecureString"])]).await, ["sealed"]);
    put(&rig, over("/a/2", "newer")).await;
    rig.root(label("/a/2", Some(1), &["live"])).await.unwrap();
    assert_eq!(below("/a", true, vec![filter("Label", None, &["live"])]).await, ["/a/2"]);
    let stale =
        GetParametersByPath { path: "/".into(), next_token: Some("nonsense".into()), ..Default::default() };
    assert_eq!(code(rig.root(stale).await), "InvalidNextToken");
}

#[tokio::test]
async fn listings_are_filtered_and_tell_no_value() {
    let rig = Rig::new().await;
    tree(&rig).await;
    put(&rig, PutParameter { tags: vec![tag("env", "prod")], ..string("/t", "1") }).await;
    let of = async |key: &str, option: Option<&str>, values: &[&str]| {
        described(&rig, vec![filter(key, option, values)]).await
    };
    assert_eq!(of("Path", None, &["/a"]).await, ["/a/1", "/a/2", "/a/s"]);
    assert_eq!(of("Path", Some("Recursive"), &["/a/b", "/ab"]).await, ["/a/b/3", "/a/b/c/4", "/ab/5"]);
    assert_eq!(of("Name", None, &["/7", "/a/1"]).await, ["7", "/a/1"]);
    assert_eq!(of("Name", Some("BeginsWith"), &["/a/b"]).await, ["/a/b/3", "/a/b/c/4"]);
    assert_eq!(of("Name", Some("Contains"), &["b/"]).await, ["/a/b/3", "/a/b/c/4", "/ab/5"]);
    assert_eq!(of("Name", Some("Contains"), &["B/", "%"]).await, Vec::<String>::new());
    assert_eq!(of("KeyId", Some("BeginsWith"), &["alias/"]).await, ["/a/s"]);
    assert_eq!(of("KeyId", None, &["alias/aws/ssm"]).await, ["/a/s"]);
    assert_eq!(of("tag:env", None, &["prod"]).await, ["/t"]);
    assert_eq!(of("tag:env", None, &[]).await, ["/t"]);
    assert_eq!(of("Tier", None, &["Advanced"]).await, Vec::<String>::new());
    assert_eq!(described(&rig, vec![]).await.len(), 9);
}

#[tokio::test]
async fn several_are_read_and_deleted_by_name_and_what_is_not_there_is_told() {
    let rig = Rig::new().await;
    tree(&rig).await;
    let names = ["/a/2", "/a/1", "/a/1", "/a/1:1", "/none", "/a/1:9", "a:b:c"].map(String::from).to_vec();
    let read = rig.root(GetParameters { names, with_decryption: None }).await.unwrap();
    let values: Vec<_> =
        read.parameters.iter().map(|it| (it.name.as_str(), it.selector.as_deref())).collect();
    assert_eq!(values, [("/a/1", None), ("/a/1", Some(":1")), ("/a/2", None)]);
    assert_eq!(read.invalid_parameters, ["/a/1:9", "/none", "a:b:c"]);
    let names = ["/a/1", "/7", "/none"].map(String::from).to_vec();
    let gone = rig.root(DeleteParameters { names }).await.unwrap();
    assert_eq!(
        (gone.deleted_parameters, gone.invalid_parameters),
        (vec!["/7".into(), "/a/1".into()], vec!["/none".into()])
    );
    assert_eq!(value(&rig, "7").await, "ParameterNotFound");
}

#[tokio::test]
async fn tags_are_changed_only_by_who_may_in_both_environments_and_go_with_their_parameter() {
    let rig = Rig::new().await;
    put(&rig, PutParameter { tags: vec![tag("env", "staging")], ..string("x", "1") }).await;
    let (resource_type, resource_id) = (String::from("Parameter"), String::from("/x"));
    let add = |value: &str| AddTagsToResource {
        resource_type: resource_type.clone(),
        resource_id: resource_id.clone(),
        tags: vec![tag("env", value), tag("team", "db")],
    };
    let list = ListTagsForResource { resource_type: resource_type.clone(), resource_id: "x".into() };
    let staging = r#"permit (principal == Pilothouse::User::"ann", action, resource)
        when { resource has environment && resource.environment == "staging" };"#;
    let ann = rig.user("ann", staging).await;
    rig.perform(ann.clone(), add("staging")).await.unwrap();
    assert_eq!(code(rig.perform(ann.clone(), add("prod")).await), "AccessDeniedException");
    rig.root(add("prod")).await.unwrap();
    assert_eq!(rig.root(list.clone()).await.unwrap().tag_list, [tag("env", "prod"), tag("team", "db")]);
    // It belongs to production now: to ann it is as if it were not there, but that she is not told.
    assert_eq!(code(rig.perform(ann.clone(), get("x")).await), "AccessDeniedException");
    assert_eq!(code(rig.perform(ann.clone(), get("none")).await), "AccessDeniedException");
    assert_eq!(
        code(
            rig.perform(ann.clone(), ListTagsForResource { resource_id: "none".into(), ..list.clone() })
                .await
        ),
        "AccessDeniedException"
    );
    let seen = rig.perform(ann, DescribeParameters::default()).await.unwrap();
    assert!(seen.parameters.is_empty());
    let remove = RemoveTagsFromResource { resource_type, resource_id, tag_keys: vec!["team".into()] };
    rig.root(remove).await.unwrap();
    rig.root(DeleteParameter { name: "x".into() }).await.unwrap();
    assert_eq!(code(rig.root(list.clone()).await), "InvalidResourceId");
    put(&rig, string("x", "1")).await;
    assert!(rig.root(list).await.unwrap().tag_list.is_empty(), "tags went with it");
}

#[tokio::test]
async fn a_reader_by_path_sees_what_is_below_it_and_nothing_else() {
    let rig = Rig::new().await;
    tree(&rig).await;
    let policy = r#"permit (principal == Pilothouse::User::"ann", action in Pilothouse::Action::"read", resource is Pilothouse::Parameter)
        when { resource.path like "/a/b/*" };"#;
    let ann = rig.user("ann", policy).await;
    let all =
        GetParametersByPath { path: "/".into(), recursive: Some(true), ..GetParametersByPath::default() };
    let seen = rig.perform(ann.clone(), all).await.unwrap().parameters;
    assert_eq!(seen.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["/a/b/3", "/a/b/c/4"]);
    let one = rig.perform(ann.clone(), get("/a/b/3")).await.unwrap();
    assert_eq!(one.parameter.value, "/a/b/3");
    assert_eq!(code(rig.perform(ann.clone(), get("/a/1")).await), "AccessDeniedException");
    assert_eq!(code(rig.perform(ann, string("/a/b/new", "x")).await), "AccessDeniedException");
}

#[tokio::test]
async fn no_value_stands_in_the_trail_nor_before_who_approves() {
    let rig = Rig::new().await;
    put(&rig, secure("/s", "hunter2")).await;
    let bad = [
        PutParameter { allowed_pattern: Some("^[0-9]$".into()), ..over("/s", "hunter2") },
        PutParameter { data_type: Some("integer".into()), ..over("/s", "hunter2") },
        PutParameter { tier: Some("Best".into()), ..over("/s", "hunter2") },
        over("/s", &"hunter2".repeat(2000)),
        over("/none here", "hunter2"),
        over("/s", "hunter2{{x}}"),
    ];
    for it in bad {
        let fault = rig.root(it).await.unwrap_err();
        assert!(!fault.message.contains("hunter2"), "{}", fault.message);
    }
    let asks = r#"permit (principal == Pilothouse::User::"ann", action, resource);
        @reason("somebody else looks at it")
        forbid (principal == Pilothouse::User::"ann", action == Pilothouse::Action::"ssm:PutParameter", resource)
        unless { context.approved };"#;
    let ann = rig.user("ann", asks).await;
    assert_eq!(code(rig.perform(ann, over("/s", "hunter2")).await), "ApprovalRequiredException");
    assert_eq!(value(&rig, "/s").await, "hunter2");
    let waiting = rig.root(pilothouse_api::approvals::ListApprovals::default()).await.unwrap().approvals;
    assert_eq!(waiting[0].request["Value"], "***");
    assert_eq!(waiting[0].targets[0].resource, "parameter/s");
    rig.door.settled().await;
    let list = ListAuditRecords {
        filter: AuditFilter::default(),
        max_results: Some(1000),
        ..ListAuditRecords::default()
    };
    let records = rig.perform(Caller::root("PILOTESTROOT"), list).await.unwrap().records;
    let puts: Vec<_> = records.iter().filter(|it| it.operation == "PutParameter").collect();
    assert_eq!(puts.len(), 8);
    let text = serde_json::to_string(&records).unwrap();
    assert!(!text.contains("hunter2"));
}
