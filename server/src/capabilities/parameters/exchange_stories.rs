//! Export, import, copies and comparisons, told as stories through the true door.

use pilothouse_api::approvals::ListApprovals;
use pilothouse_api::audit::ListAuditRecords;
use pilothouse_api::parameters::{
    ChangeKind, CopyParameters, DeleteParameter, DescribeParameters, DiffParameters, DiffSide,
    DifferenceKind, ExportParameters, GetParameterBlame, ImportParameters, ParameterChanges, PutParameter,
};
use pilothouse_api::tags::Tag;
use pilothouse_store::secrets;

use super::stories::{code, over, put, secure, string, value};
use crate::cx::Caller;
use crate::internal::SweepParameterPast;
use crate::rig::Rig;

async fn export(rig: &Rig, path: &str, format: &str) -> String {
    let export = ExportParameters { path: path.into(), format: format.into(), ..ExportParameters::default() };
    rig.root(export).await.unwrap().content
}

fn import(path: &str, format: &str, content: &str) -> ImportParameters {
    let (path, format, content) = (path.into(), format.into(), content.into());
    ImportParameters { path, format, content, ..ImportParameters::default() }
}

fn kinds(changes: &ParameterChanges) -> Vec<(&str, ChangeKind)> {
    changes.changes.iter().map(|it| (it.name.as_str(), it.change)).collect()
}

async fn names(rig: &Rig) -> Vec<String> {
    let all = rig.root(DescribeParameters::default()).await.unwrap().parameters;
    all.into_iter().map(|it| it.name).collect()
}

const POLICY: &str =
    r#"[{"Type":"NoChangeNotification","Version":"1.0","Attributes":{"After":"20","Unit":"Days"}}]"#;

async fn some(rig: &Rig) {
    let full = PutParameter {
        description: Some("where it is".into()),
        allowed_pattern: Some("^https?://".into()),
        tags: vec![Tag { key: "env".into(), value: "prod".into() }],
        tier: Some("Advanced".into()),
        policies: Some(POLICY.into()),
        ..string("/app/url", "https://db.example")
    };
    put(rig, full).await;
    put(rig, secure("/app/db/password", "hunter2")).await;
    put(rig, PutParameter { r#type: Some("StringList".into()), ..string("/app/list", "a,b") }).await;
}

#[tokio::test]
async fn what_is_exported_comes_back_whole_and_what_is_sealed_stays_sealed_on_the_way() {
    let rig = Rig::new().await;
    some(&rig).await;
    for format in ["json", "yaml"] {
        let text = export(&rig, "/app", format).await;
        assert!(!text.contains("hunter2") && text.contains("NoChangeNotification"), "{text}");
        let done = rig.root(import(&format!("/{format}"), format, &text)).await.unwrap();
        assert_eq!(done.written, 3);
        let again = export(&rig, &format!("/{format}"), format).await;
        let plain = |text: &str| {
            let lines = text.lines().filter(|line| {
                line.len() < 100
                    && !["item", "bytes", "path"]
                        .iter()
                        .any(|it| line.trim_start_matches([' ', '"']).starts_with(it))
            });
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(plain(&again), plain(&text));
        assert_eq!(value(&rig, &format!("/{format}/db/password")).await, "hunter2");
        let same = rig.root(import(&format!("/{format}"), format, &text)).await.unwrap();
        assert!(same.changes.iter().all(|it| it.change == ChangeKind::Same) && same.written == 0);
    }
    let revealed =
        ExportParameters { reveal: Some(true), path: "/app".into(), format: "dotenv".into(), at: None };
    let revealed = rig.root(revealed).await.unwrap();
    assert!(revealed.sealed.is_empty());
    assert_eq!(
        revealed.content,
        "# /app\n# parameter: db/password (SecureString)\nDB__PASSWORD=hunter2\n# parameter: list (StringList)\nLIST=a,b\nURL=https://db.example\n"
    );
    let one =
        ExportParameters { path: "/app/url".into(), format: "dotenv".into(), ..ExportParameters::default() };
    assert_eq!(rig.root(one).await.unwrap().content, "# /app\nURL=https://db.example\n");
}

#[tokio::test]
async fn a_broken_line_or_one_that_is_refused_leaves_everything_as_it_was() {
    let rig = Rig::new().await;
    put(&rig, string("/app/b", "old")).await;
    let broken = rig.root(import("/app", "json", "{\"a\": \"1\",\n \"b\": }")).await.unwrap_err();
    assert!(broken.message.contains("line 2, column 7"), "{}", broken.message);
    for (text, expected) in [
        ("{\"a\": \"1\", \"b\": \"2\"}", "ParameterAlreadyExists"),
        ("{\"a\": \"1\",\n\"c d\": \"2\"}", "ValidationException"),
        ("{\"a\": \"1\",\n\"c\": \"\"}", "ValidationException"),
        ("{\"a\": \"1\",\n\"c\": \"{{x}}\"}", "ValidationException"),
    ] {
        let fault = rig.root(import("/app", "json", text)).await.unwrap_err();
        assert_eq!(fault.code, expected, "{}", fault.message);
        assert!(
            fault.message.starts_with("line ") && fault.message.ends_with("nothing was changed"),
            "{}",
            fault.message
        );
    }
    assert_eq!(names(&rig).await, ["/app/b"]);
}

#[tokio::test]
async fn a_try_tells_what_the_real_run_does_and_does_nothing() {
    let rig = Rig::new().await;
    put(&rig, string("/app/same", "1")).await;
    put(&rig, string("/app/other", "1")).await;
    put(&rig, secure("/app/secret", "1")).await;
    let text = "new: x\nsame: '1'\nother: '2'\nsecret: two\nfresh: secret\n";
    let real = ImportParameters {
        overwrite: Some(true),
        secure_names: vec!["fresh".into()],
        ..import("/app", "yaml", text)
    };
    let told = rig.root(ImportParameters { dry_run: Some(true), ..real.clone() }).await.unwrap();
    assert_eq!(names(&rig).await, ["/app/other", "/app/same", "/app/secret"]);
    assert_eq!(value(&rig, "/app/other").await, "1");
    assert_eq!(told.written, 0);
    let done = rig.root(real).await.unwrap();
    assert_eq!(done.written, 4);
    assert_eq!(told.changes, done.changes);
    let expected = [
        ("/app/new", ChangeKind::Create),
        ("/app/same", ChangeKind::Same),
        ("/app/other", ChangeKind::Update),
        ("/app/secret", ChangeKind::Update),
        ("/app/fresh", ChangeKind::Create),
    ];
    assert_eq!(kinds(&done), expected);
    assert_eq!((done.changes[4].r#type.as_str(), done.changes[4].line), ("SecureString", Some(5)));
    // A try goes on after a refusal, and names all of them.
    let bad = import("/app", "yaml", "a b: x\nnew: y\nok: z\n");
    let told = rig.root(ImportParameters { dry_run: Some(true), ..bad }).await.unwrap();
    let refused: Vec<_> = told.changes.iter().map(|it| it.change).collect();
    assert_eq!(refused, [ChangeKind::Refused, ChangeKind::Refused, ChangeKind::Create]);
    assert!(told.changes[1].message.as_deref().unwrap().starts_with("ParameterAlreadyExists"));
}

#[tokio::test]
async fn an_import_is_asked_for_like_each_put_and_leaves_no_value_behind() {
    let rig = Rig::new().await;
    let mine = r#"permit (principal == Pilothouse::User::"ann", action == Pilothouse::Action::"ssm:PutParameter", resource is Pilothouse::Parameter)
        when { resource.path like "/mine/*" };
        @reason("somebody else looks at it")
        forbid (principal == Pilothouse::User::"ann", action == Pilothouse::Action::"ssm:PutParameter", resource is Pilothouse::Parameter)
        when { resource.path like "/mine/live/*" } unless { context.approved };"#;
    let ann = rig.user("ann", mine).await;
    let refused =
        rig.perform(ann.clone(), import("/other", "json", "{\"a\": \"hunter2\"}")).await.unwrap_err();
    assert_eq!(refused.code, "AccessDeniedException");
    let told = ImportParameters {
        dry_run: Some(true),
        ..import("/", "json", "{\"mine\": {\"a\": \"1\", \"live\": {\"b\": \"1\"}}, \"x\": \"1\"}")
    };
    let told = rig.perform(ann.clone(), told).await.unwrap();
    assert_eq!(
        kinds(&told),
        [("/mine/a", ChangeKind::Create), ("/mine/live/b", ChangeKind::Create), ("/x", ChangeKind::Refused)]
    );
    assert!(told.changes[1].message.as_deref().unwrap().starts_with("wants an approval: "));
    assert!(rig.root(ListApprovals::default()).await.unwrap().approvals.is_empty());
    let waits =
        rig.perform(ann.clone(), import("/mine/live", "json", "{\"b\": \"hunter2\"}")).await.unwrap_err();
    assert_eq!(waits.code, "ApprovalRequiredException");
    let waiting = rig.root(ListApprovals::default()).await.unwrap().approvals;
    assert_eq!(waiting[0].request["Content"], "***");
    rig.perform(ann, import("/mine", "json", "{\"a\": \"hunter2\"}")).await.unwrap();
    assert_eq!(names(&rig).await, ["/mine/a"]);
    rig.door.settled().await;
    let list = ListAuditRecords { max_results: Some(1000), ..ListAuditRecords::default() };
    let records = rig.root(list).await.unwrap().records;
    assert!(!serde_json::to_string(&records).unwrap().contains("hunter2"));
}

#[tokio::test]
async fn what_is_sealed_is_put_elsewhere_only_by_who_may_open_it_where_it_was() {
    let rig = Rig::new().await;
    put(&rig, secure("/prod/s", "hunter2")).await;
    let text = export(&rig, "/prod", "json").await;
    let mine = r#"permit (principal == Pilothouse::User::"ann", action, resource is Pilothouse::Parameter)
        when { resource.path like "/mine/*" };"#;
    let ann = rig.user("ann", mine).await;
    let stolen = rig.perform(ann.clone(), import("/mine", "json", &text)).await.unwrap_err();
    assert_eq!(stolen.code, "AccessDeniedException");
    for (from, to) in [("/prod/s#1", "/mine/s#1"), ("/prod/s#1", "/prod/s#2"), ("eu-test-1", "eu-test-2")] {
        let forged = import("/mine", "json", &text.replace(from, to));
        assert!(rig.perform(ann.clone(), forged.clone()).await.is_err());
        assert_eq!(code(rig.root(forged).await), "ValidationException", "{to}");
    }
    let copy = CopyParameters { from: "/prod/s".into(), to: "/mine/s".into(), ..CopyParameters::default() };
    let reads = r#"permit (principal == Pilothouse::User::"ann", action == Pilothouse::Action::"ssm:GetParameter", resource);"#;
    rig.policy("reads", reads).await;
    assert_eq!(code(rig.perform(ann, copy.clone()).await), "AccessDeniedException");
    assert_eq!(rig.root(copy).await.unwrap().written, 1);
    assert_eq!(value(&rig, "/mine/s").await, "hunter2");
}

#[tokio::test]
async fn a_tree_is_copied_and_moved_whole_or_not_at_all() {
    let rig = Rig::new().await;
    some(&rig).await;
    let copy = |from: &str, to: &str| CopyParameters {
        from: from.into(),
        to: to.into(),
        recursive: Some(true),
        ..CopyParameters::default()
    };
    let told = rig.root(CopyParameters { dry_run: Some(true), ..copy("/app", "/new") }).await.unwrap();
    assert_eq!(names(&rig).await.len(), 3);
    let done = rig.root(copy("/app", "/new")).await.unwrap();
    assert_eq!((done.written, &done.changes), (3, &told.changes));
    assert_eq!(value(&rig, "/new/db/password").await, "hunter2");
    let known = rig.root(DescribeParameters::default()).await.unwrap().parameters;
    let url = known.iter().find(|it| it.name == "/new/url").unwrap();
    assert_eq!((url.description.as_deref(), url.tier.as_str()), (Some("where it is"), "Advanced"));
    assert_eq!(url.policies.len(), 1);
    rig.root(DeleteParameter { name: "/new/url".into() }).await.unwrap();
    assert_eq!(code(rig.root(copy("/app", "/new")).await), "ParameterAlreadyExists");
    assert_eq!(names(&rig).await.len(), 5, "none of it was done");
    for (from, to, expected) in [
        ("/app", "/app/x", "ValidationException"),
        ("/app", "/app", "ValidationException"),
        ("/none", "/x", "ParameterNotFound"),
    ] {
        assert_eq!(code(rig.root(copy(from, to)).await), expected, "{from} {to}");
    }
    let moved = CopyParameters { r#move: Some(true), ..copy("/new", "/moved") };
    assert_eq!(rig.root(moved).await.unwrap().written, 2);
    assert_eq!(
        names(&rig).await,
        ["/app/db/password", "/app/list", "/app/url", "/moved/db/password", "/moved/list"]
    );
}

fn side(path: &str) -> DiffSide {
    DiffSide { path: path.into(), ..DiffSide::default() }
}

async fn diff(
    rig: &Rig,
    who: Caller,
    it: DiffParameters,
) -> Vec<(String, DifferenceKind, Option<String>, Option<String>)> {
    let found = rig.perform(who, it).await.unwrap().differences;
    found.into_iter().map(|it| (it.name, it.change, it.left, it.right)).collect()
}

#[tokio::test]
async fn two_paths_two_times_and_two_versions_are_compared() {
    let rig = Rig::new().await;
    let root = || Caller::root("PILOTESTROOT");
    let some = |it: &str| Some(it.to_owned());
    for (name, text) in [("/a/x", "1"), ("/a/y", "1"), ("/b/x", "1"), ("/b/y", "2"), ("/b/z", "3")] {
        put(&rig, string(name, text)).await;
    }
    put(&rig, secure("/a/s", "one")).await;
    put(&rig, secure("/b/s", "one")).await;
    let paths = DiffParameters { left: side("/a"), right: side("/b"), reveal: None };
    let expected = vec![
        ("y".to_owned(), DifferenceKind::Changed, some("1"), some("2")),
        ("z".to_owned(), DifferenceKind::Added, None, some("3")),
    ];
    assert_eq!(diff(&rig, root(), paths.clone()).await, expected);
    let reads = r#"permit (principal == Pilothouse::User::"ann", action == Pilothouse::Action::"ssm:GetParameter", resource);"#;
    let ann = rig.user("ann", reads).await;
    let told = diff(&rig, ann.clone(), paths.clone()).await;
    assert_eq!(
        told[0],
        ("s".to_owned(), DifferenceKind::Changed, None, None),
        "it is not told that they are equal"
    );
    let revealed = DiffParameters { reveal: Some(true), ..paths };
    assert_eq!(code(rig.perform(ann, revealed).await), "AccessDeniedException");
    let then = rig.door.clock().now();
    rig.pass(5);
    put(&rig, over("/a/s", "two")).await;
    rig.root(DeleteParameter { name: "/a/x".into() }).await.unwrap();
    let times = DiffParameters {
        left: DiffSide { at: Some(then.into()), ..side("/a") },
        right: side("/a"),
        reveal: Some(true),
    };
    let expected = vec![
        ("/a/s".to_owned(), DifferenceKind::Changed, some("one"), some("two")),
        ("/a/x".to_owned(), DifferenceKind::Removed, some("1"), None),
    ];
    assert_eq!(diff(&rig, root(), times).await, expected);
    let versions = DiffParameters {
        left: DiffSide { version: Some(1), ..side("/a/s") },
        right: DiffSide { version: Some(2), ..side("/a/s") },
        reveal: Some(true),
    };
    let expected = vec![("/a/s".to_owned(), DifferenceKind::Changed, some("one"), some("two"))];
    assert_eq!(diff(&rig, root(), versions.clone()).await, expected);
    let none = DiffParameters { left: DiffSide { version: Some(9), ..side("/a/s") }, ..versions };
    assert_eq!(code(rig.root(none).await), "ParameterVersionNotFound");
    let past = ExportParameters {
        path: "/a".into(),
        format: "dotenv".into(),
        at: Some(then.into()),
        reveal: Some(true),
    };
    assert!(rig.root(past).await.unwrap().content.contains("S=one\nX=1\n"));
}

#[tokio::test]
async fn who_exports_many_is_a_reader_of_each_though_the_trail_names_only_some() {
    let rig = Rig::new().await;
    for number in 0..150 {
        put(&rig, secure(&format!("/many/{number:03}"), "1")).await;
    }
    let all = ExportParameters { path: "/many".into(), format: "json".into(), reveal: Some(true), at: None };
    rig.root(all).await.unwrap();
    rig.door.settled().await;
    for name in ["/many/000", "/many/149"] {
        let readers = rig.root(GetParameterBlame { name: name.into() }).await.unwrap().readers;
        assert_eq!((readers.len(), readers[0].times, readers[0].opened), (1, 1, 1), "{name}");
    }
}

#[tokio::test]
async fn what_was_deleted_is_found_by_rotation_until_it_is_swept() {
    let rig = Rig::new().await;
    put(&rig, secure("/gone", "hunter2")).await;
    rig.root(DeleteParameter { name: "/gone".into() }).await.unwrap();
    let sealed = async || {
        let samples = secrets::samples(&mut rig.store.read().await.unwrap()).await.unwrap();
        samples.into_iter().filter(|it| it.name == "parameter/eu-test-1/gone#1").count()
    };
    assert_eq!((rig.system(SweepParameterPast {}).await.unwrap().changed, sealed().await), (0, 1));
    rig.pass(30 * 86_400 + 1);
    assert_eq!((rig.system(SweepParameterPast {}).await.unwrap().changed, sealed().await), (1, 0));
}
