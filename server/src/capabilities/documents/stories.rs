//! Documents told as stories, through the true door.

use std::collections::BTreeMap;

use pilothouse_api::Fault;
use pilothouse_api::commands::SendCommand;
use pilothouse_api::documents::{
    CreateDocument, DeleteDocument, DescribeDocument, DescribeDocumentPermission, DocumentDescription,
    DocumentFilter, DocumentKeyValuesFilter, DocumentRequires, DocumentReviewCommentSource, DocumentReviews,
    GetCalendarState, GetDocument, GetDocumentResult, ListDocumentMetadataHistory, ListDocumentVersions,
    ListDocuments, ListParameterUses, ModifyDocumentPermission, UpdateDocument, UpdateDocumentDefaultVersion,
    UpdateDocumentMetadata, ValidateDocument,
};
use pilothouse_api::tags::{AddTagsToResource, ListTagsForResource, Tag};
use pilothouse_store::documents;

use crate::cx::Caller;
use crate::rig::{REGION, Rig};

/// A command document of one step.
fn content(script: &str) -> String {
    let inputs = format!(r#"{{"runCommand":["{script}"]}}"#);
    format!(
        r#"{{"schemaVersion":"2.2","description":"says {script}","parameters":{{"who":{{"type":"String","default":"you"}}}},
"mainSteps":[{{"action":"aws:runShellScript","name":"say","inputs":{inputs}}}]}}"#
    )
}

fn make(name: &str, script: &str) -> CreateDocument {
    CreateDocument { name: name.into(), content: content(script), ..CreateDocument::default() }
}

fn next(name: &str, script: &str) -> UpdateDocument {
    UpdateDocument { name: name.into(), content: content(script), ..UpdateDocument::default() }
}

fn get(name: &str, version: Option<&str>) -> GetDocument {
    GetDocument { name: name.into(), document_version: version.map(Into::into), ..GetDocument::default() }
}

async fn read(rig: &Rig, name: &str, version: Option<&str>) -> Result<GetDocumentResult, Fault> {
    rig.root(get(name, version)).await
}

async fn described(rig: &Rig, name: &str) -> DocumentDescription {
    rig.root(DescribeDocument { name: name.into(), ..DescribeDocument::default() }).await.unwrap().document
}

fn code<T: std::fmt::Debug>(outcome: Result<T, Fault>) -> String {
    outcome.map_or_else(|fault| fault.code.into_owned(), |_| String::from("none"))
}

fn delete(name: &str, version: Option<&str>) -> DeleteDocument {
    let document_version = version.map(Into::into);
    DeleteDocument { name: name.into(), document_version, ..DeleteDocument::default() }
}

/// Keys with their values.
type Filters<'a> = &'a [(&'a str, &'a [&'a str])];

async fn names(rig: &Rig, filters: Filters<'_>) -> Vec<String> {
    names_of(rig, Caller::root("PILOTESTROOT"), filters).await
}

async fn names_of(rig: &Rig, caller: Caller, filters: Filters<'_>) -> Vec<String> {
    let each = filters.iter().map(|(key, values)| DocumentKeyValuesFilter {
        key: (*key).into(),
        values: values.iter().map(|it| (*it).into()).collect(),
    });
    let (mut found, mut next_token) = (Vec::new(), None);
    loop {
        let list = ListDocuments {
            filters: each.clone().collect(),
            max_results: Some(2),
            next_token,
            ..ListDocuments::default()
        };
        let page = rig.perform(caller.clone(), list).await.unwrap();
        assert!(page.document_identifiers.len() <= 2);
        found.extend(page.document_identifiers.into_iter().map(|it| it.name));
        next_token = page.next_token;
        if next_token.is_none() {
            return found;
        }
    }
}

#[tokio::test]
async fn a_document_is_made_described_versioned_and_its_default_version_moves() {
    let rig = Rig::new().await;
    let made = rig.root(CreateDocument { version_name: Some("first".into()), ..make("Say", "one") }).await;
    let made = made.unwrap().document_description;
    assert_eq!((made.status.as_str(), made.document_version.as_str()), ("Creating", "1"));
    assert_eq!(
        (made.owner.as_str(), made.hash.as_str()),
        ("000000000000", super::hash(&content("one")).as_str())
    );
    assert_eq!(made.platform_types, ["Linux", "MacOS"]);
    assert_eq!(
        (made.parameters[0].name.as_str(), made.parameters[0].default_value.as_deref()),
        ("who", Some("you"))
    );
    let second = rig.root(next("Say", "two")).await.unwrap().document_description;
    assert_eq!((second.status.as_str(), second.document_version.as_str()), ("Updating", "2"));
    assert_eq!((second.latest_version.as_str(), second.default_version.as_str()), ("2", "1"));
    for (version, script) in [
        (None, "one"),
        (Some("$DEFAULT"), "one"),
        (Some("$LATEST"), "two"),
        (Some("1"), "one"),
        (Some("2"), "two"),
    ] {
        assert_eq!(read(&rig, "Say", version).await.unwrap().content, content(script), "{version:?}");
    }
    let move_to =
        |version: &str| UpdateDocumentDefaultVersion { name: "Say".into(), document_version: version.into() };
    let moved = rig.root(move_to("2")).await.unwrap().description;
    assert_eq!((moved.default_version.as_str(), moved.default_version_name), ("2", None));
    assert_eq!(code(rig.root(move_to("3")).await), "InvalidDocumentVersion");
    assert_eq!(read(&rig, "Say", None).await.unwrap().content, content("two"));
    let arn = format!("arn:aws:ssm:{REGION}:000000000000:document/Say");
    assert_eq!(read(&rig, &arn, None).await.unwrap().document_version, "2");
    for other in
        ["arn:aws:ssm:eu-test-1:111111111111:document/Say", "arn:aws:ssm:us-east-1:000000000000:document/Say"]
    {
        assert_eq!(code(read(&rig, other, None).await), "InvalidDocument", "{other}");
    }
    let by_name = |version: Option<&str>, name: &str| GetDocument {
        version_name: Some(name.into()),
        ..get("Say", version)
    };
    assert_eq!(rig.root(by_name(None, "first")).await.unwrap().document_version, "1");
    assert_eq!(code(rig.root(by_name(Some("1"), "first")).await), "none");
    assert_eq!(code(rig.root(by_name(Some("2"), "first")).await), "InvalidDocument");
    assert_eq!(code(rig.root(by_name(None, "other")).await), "InvalidDocumentVersion");
    assert_eq!(code(read(&rig, "Say", Some("9")).await), "InvalidDocumentVersion");
    assert_eq!(code(read(&rig, "None", None).await), "InvalidDocument");
}

#[tokio::test]
async fn contents_are_told_in_the_format_that_is_asked_for() {
    let rig = Rig::new().await;
    let yaml = "schemaVersion: '2.2'\nmainSteps:\n- action: aws:runShellScript\n  name: one\n  inputs:\n    runCommand: [uptime]\n";
    let made =
        CreateDocument { content: yaml.into(), document_format: Some("YAML".into()), ..make("Yaml", "") };
    let hash = rig.root(made).await.unwrap().document_description.hash;
    assert_eq!(hash, super::hash(yaml));
    let told = |format: &str| GetDocument { document_format: Some(format.into()), ..get("Yaml", None) };
    let stored = read(&rig, "Yaml", None).await.unwrap();
    assert_eq!((stored.document_format.as_str(), stored.content.as_str()), ("YAML", yaml));
    let json = rig.root(told("JSON")).await.unwrap();
    let tree: serde_json::Value = serde_json::from_str(&json.content).unwrap();
    assert_eq!(tree["mainSteps"][0]["inputs"]["runCommand"][0], "uptime");
    assert_eq!(rig.root(told("TEXT")).await.unwrap().content, yaml);
}

#[tokio::test]
async fn only_the_newest_version_is_followed_by_another_and_by_a_new_one() {
    let rig = Rig::new().await;
    rig.root(make("Say", "one")).await.unwrap();
    assert_eq!(code(rig.root(make("Say", "two")).await), "DocumentAlreadyExists");
    let at = |version: &str| UpdateDocument { document_version: Some(version.into()), ..next("Say", "two") };
    assert_eq!(code(rig.root(at("2")).await), "InvalidDocumentVersion");
    assert_eq!(code(rig.root(at("1")).await), "none");
    assert_eq!(code(rig.root(at("1")).await), "InvalidDocumentVersion", "it is not the newest any more");
    assert_eq!(code(rig.root(next("Say", "one")).await), "DuplicateDocumentContent");
    let named = |script: &str| UpdateDocument { version_name: Some("v".into()), ..next("Say", script) };
    assert_eq!(code(rig.root(named("three")).await), "none");
    assert_eq!(code(rig.root(named("four")).await), "DuplicateDocumentVersionName");
    assert_eq!(code(rig.root(next("None", "x")).await), "InvalidDocument");
    assert_eq!(code(rig.root(next("AWS-RunShellScript", "x")).await), "InvalidDocumentOperation");
    let list = ListDocumentVersions { name: "Say".into(), max_results: Some(2), next_token: None };
    let page = rig.root(list.clone()).await.unwrap();
    let numbers: Vec<_> = page.document_versions.iter().map(|it| it.document_version.as_str()).collect();
    assert_eq!(numbers, ["3", "2"]);
    let rest = rig.root(ListDocumentVersions { next_token: page.next_token, ..list }).await.unwrap();
    assert!(rest.document_versions[0].is_default_version && rest.next_token.is_none());
}

#[tokio::test]
async fn a_version_goes_a_number_never_comes_again_and_the_default_one_stays() {
    let rig = Rig::new().await;
    rig.root(make("Say", "one")).await.unwrap();
    rig.root(UpdateDocument { version_name: Some("v".into()), ..next("Say", "two") }).await.unwrap();
    assert_eq!(code(rig.root(delete("Say", Some("1"))).await), "InvalidDocumentOperation");
    assert_eq!(code(rig.root(delete("Say", Some("3"))).await), "InvalidDocumentVersion");
    let by_name = DeleteDocument { version_name: Some("v".into()), ..delete("Say", None) };
    rig.root(by_name).await.unwrap();
    assert_eq!(described(&rig, "Say").await.latest_version, "1");
    let again = rig.root(next("Say", "two")).await.unwrap().document_description;
    assert_eq!(again.document_version, "3");
    rig.root(delete("Say", None)).await.unwrap();
    assert_eq!(code(read(&rig, "Say", None).await), "InvalidDocument");
    assert_eq!(code(rig.root(delete("Say", None)).await), "InvalidDocument");
    assert_eq!(code(rig.root(delete("AWS-RunShellScript", None)).await), "InvalidDocumentOperation");
    rig.root(make("Say", "anew")).await.unwrap();
    assert_eq!(described(&rig, "Say").await.document_version, "1");
}

#[tokio::test]
async fn what_others_count_on_does_not_go_without_a_word() {
    let rig = Rig::new().await;
    rig.root(make("Base", "one")).await.unwrap();
    let needs =
        DocumentRequires { name: "Base".into(), version: Some("1".into()), ..DocumentRequires::default() };
    rig.root(CreateDocument { requires: vec![needs], ..make("Upper", "two") }).await.unwrap();
    let refused = rig.root(delete("Base", None)).await.unwrap_err();
    assert_eq!(refused.code, "InvalidDocumentOperation");
    assert!(refused.message.contains("Force") && !refused.message.contains("Upper"), "{}", refused.message);
    rig.root(DeleteDocument { force: Some(true), ..delete("Base", None) }).await.unwrap();
}

#[tokio::test]
async fn contents_that_are_none_are_refused_with_their_place() {
    let rig = Rig::new().await;
    let step = |action: &str, name: &str| {
        format!(r#"{{"action":"{action}","name":"{name}","inputs":{{"runCommand":["true"]}}}}"#)
    };
    let steps =
        |steps: &[String]| format!("{{\"schemaVersion\":\"2.2\",\n\"mainSteps\":[{}]}}", steps.join(",\n"));
    let shell = "aws:runShellScript";
    let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let deep = format!(r#"{{"schemaVersion":"2.2","mainSteps":{nested}}}"#);
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nschemaVersion: '2.2'\nmainSteps: *e\n";
    let long = content(&"x".repeat(64 * 1024));
    let cases: [(&str, Option<&str>, Option<&str>, &str); 12] = [
        (&steps(&[step("aws:unknown", "a")]), None, None, "InvalidDocumentContent"),
        (&steps(&[step(shell, "a"), step(shell, "a")]), None, None, "InvalidDocumentContent"),
        (&deep, None, None, "InvalidDocumentContent"),
        (bomb, Some("YAML"), None, "InvalidDocumentContent"),
        ("{", None, None, "InvalidDocumentContent"),
        (&long, None, None, "MaxDocumentSizeExceeded"),
        (&content("x").replace("2.2", "9.9"), None, None, "InvalidDocumentSchemaVersion"),
        (&content("x"), None, Some("Automation"), "InvalidDocumentSchemaVersion"),
        (&content("x"), Some("TEXT"), None, "InvalidDocumentContent"),
        (&content("x"), None, Some("ChangeCalendar"), "InvalidDocumentContent"),
        (&content("x"), None, Some("Package"), "InvalidDocumentContent"),
        (&content("x"), None, Some("CloudFormation"), "ValidationException"),
    ];
    for (content, format, kind, expected) in cases {
        let made = CreateDocument {
            content: content.to_owned(),
            document_format: format.map(Into::into),
            document_type: kind.map(Into::into),
            ..make("Bad", "")
        };
        let shown: String = content.chars().take(80).collect();
        assert_eq!(code(rig.root(made).await), expected, "{shown}");
    }
    let twice = ValidateDocument {
        content: steps(&[step(shell, "a"), step(shell, "a")]),
        ..ValidateDocument::default()
    };
    let found = rig.root(twice).await.unwrap().findings;
    assert_eq!(found[0].line, 3, "{found:?}");
    assert_eq!(code(read(&rig, "Bad", None).await), "InvalidDocument", "nothing was kept");
    let good =
        rig.root(ValidateDocument { content: content("x"), ..ValidateDocument::default() }).await.unwrap();
    assert_eq!((good.findings.len(), good.parameters.len(), good.schema_version.as_str()), (0, 1, "2.2"));
}

#[tokio::test]
async fn names_that_are_awss_are_refused_and_the_one_of_shells_is_free() {
    let rig = Rig::new().await;
    for name in ["AWS-Mine", "aws_mine", "Amazon.x", "amznx", "AWSEC2-x", "AWSSupport-x"] {
        assert_eq!(code(rig.root(make(name, "x")).await), "ValidationException", "{name}");
    }
    for name in ["ab", "a b", "a/b", "ü-document"] {
        assert_eq!(code(rig.root(make(name, "x")).await), "ValidationException", "{name}");
    }
    let shells = "SSM-SessionManagerRunShell";
    assert_eq!(described(&rig, shells).await.owner, "Amazon");
    let own = CreateDocument {
        name: shells.into(),
        content:
            r#"{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{"idleSessionTimeout":"5"}}"#
                .into(),
        document_type: Some("Session".into()),
        ..CreateDocument::default()
    };
    rig.root(own).await.unwrap();
    assert_eq!(described(&rig, shells).await.owner, "000000000000");
    assert_eq!(names(&rig, &[("Name", &["SSM-"])]).await, [shells], "it stands there once");
    rig.root(delete(shells, None)).await.unwrap();
    assert_eq!(described(&rig, shells).await.owner, "Amazon");
}

#[tokio::test]
async fn a_region_has_no_more_documents_and_a_document_no_more_versions_than_on_aws() {
    let rig = Rig::new().await;
    rig.root(make("Say", "one")).await.unwrap();
    let mut tx = rig.store.write().await.unwrap();
    let document = documents::get(&mut tx, REGION, "Say").await.unwrap().unwrap();
    let first = documents::get_version(&mut tx, REGION, "Say", 1).await.unwrap().unwrap();
    for number in 1..500 {
        let name = format!("Other{number}");
        let one = documents::VersionRecord { name: name.clone(), ..first.clone() };
        let it = documents::DocumentRecord { name, ..document.clone() };
        documents::insert(&mut tx, &it, &one, "{}", &[]).await.unwrap();
    }
    for number in 2..=1000 {
        let it = documents::VersionRecord { version: number, hash: number.to_string(), ..first.clone() };
        documents::add_version(&mut tx, &it, "{}", &[]).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(code(rig.root(make("OneMore", "x")).await), "DocumentLimitExceeded");
    assert_eq!(code(rig.root(next("Say", "x")).await), "DocumentVersionLimitExceeded");
    rig.root(delete("Say", Some("1000"))).await.unwrap();
    assert_eq!(rig.root(next("Say", "x")).await.unwrap().document_description.document_version, "1001");
    assert_eq!(names(&rig, &[("Owner", &["Self"])]).await.len(), 500);
}

#[tokio::test]
async fn a_document_is_shared_with_some_or_with_all_and_goes_only_when_it_is_not() {
    let rig = Rig::new().await;
    rig.root(make("Say", "one")).await.unwrap();
    let modify = |add: &[&str], remove: &[&str]| ModifyDocumentPermission {
        name: "Say".into(),
        permission_type: "Share".into(),
        account_ids_to_add: add.iter().map(|it| (*it).into()).collect(),
        account_ids_to_remove: remove.iter().map(|it| (*it).into()).collect(),
        shared_document_version: None,
    };
    let shared = async || {
        let describe = DescribeDocumentPermission {
            name: "Say".into(),
            permission_type: "Share".into(),
            ..DescribeDocumentPermission::default()
        };
        rig.root(describe).await.unwrap().account_ids
    };
    let (one, two) = ("111111111111", "222222222222");
    rig.root(modify(&[two, one], &[])).await.unwrap();
    assert_eq!(shared().await, [one, two]);
    assert_eq!(code(rig.root(delete("Say", None)).await), "InvalidDocumentOperation");
    assert_eq!(code(rig.root(modify(&["all", one], &[])).await), "DocumentPermissionLimit");
    assert_eq!(code(rig.root(modify(&["12"], &[])).await), "ValidationException");
    let wrong = ModifyDocumentPermission { permission_type: "Wrong".into(), ..modify(&[one], &[]) };
    assert_eq!(code(rig.root(wrong).await), "InvalidPermissionType");
    assert!(names(&rig, &[("Owner", &["Private"])]).await.contains(&String::from("Say")));
    rig.root(modify(&["ALL"], &[])).await.unwrap();
    assert_eq!(shared().await, ["all"]);
    assert!(names(&rig, &[("Owner", &["Public"])]).await.contains(&String::from("Say")));
    rig.root(modify(&[], &["all"])).await.unwrap();
    assert_eq!(shared().await.len(), 0);
    for number in 0..6 {
        let name = format!("Public{number}");
        rig.root(make(&name, "x")).await.unwrap();
        let done = rig.root(ModifyDocumentPermission { name, ..modify(&["all"], &[]) }).await;
        assert_eq!(code(done), if number < 5 { "none" } else { "DocumentPermissionLimit" });
    }
    rig.root(delete("Say", None)).await.unwrap();
}

#[tokio::test]
async fn a_version_is_reviewed_step_by_step_and_every_step_is_told() {
    let rig = Rig::new().await;
    rig.root(make("Say", "one")).await.unwrap();
    assert_eq!(described(&rig, "Say").await.review_status.as_deref(), Some("NOT_REVIEWED"));
    let step = |action: &str, comment: Option<&str>| UpdateDocumentMetadata {
        name: "Say".into(),
        document_version: None,
        document_reviews: DocumentReviews {
            action: action.into(),
            comment: comment
                .map(|text| DocumentReviewCommentSource {
                    r#type: Some("Comment".into()),
                    content: Some(text.into()),
                })
                .into_iter()
                .collect(),
        },
    };
    assert_eq!(code(rig.root(step("Approve", None)).await), "InvalidDocumentOperation");
    rig.root(step("SendForReview", Some("please"))).await.unwrap();
    assert_eq!(described(&rig, "Say").await.pending_review_version.as_deref(), Some("1"));
    let ann = rig.user("ann", r#"permit (principal == Pilothouse::User::"ann", action, resource);"#).await;
    assert_eq!(
        code(rig.perform(ann.clone(), step("UpdateReview", Some("x"))).await),
        "InvalidDocumentOperation"
    );
    rig.perform(ann.clone(), step("Approve", Some("fine"))).await.unwrap();
    rig.perform(ann, step("UpdateReview", Some("very fine"))).await.unwrap();
    let told = described(&rig, "Say").await;
    assert_eq!((told.approved_version.as_deref(), told.pending_review_version), (Some("1"), None));
    assert_eq!(told.review_information[0].reviewer, "ann");
    let history = ListDocumentMetadataHistory {
        name: "Say".into(),
        metadata: "DocumentReviews".into(),
        max_results: Some(1),
        ..ListDocumentMetadataHistory::default()
    };
    let page = rig.root(history.clone()).await.unwrap();
    let newest = &page.metadata.reviewer_response[0];
    assert_eq!(
        (newest.review_status.as_str(), newest.comment[0].content.as_deref()),
        ("APPROVED", Some("very fine"))
    );
    let rest =
        rig.root(ListDocumentMetadataHistory { next_token: page.next_token, ..history }).await.unwrap();
    assert_eq!(rest.metadata.reviewer_response[0].review_status, "PENDING");
    assert_eq!(rest.next_token, None);
    rig.root(next("Say", "two")).await.unwrap();
    assert_eq!(
        described(&rig, "Say").await.review_status.as_deref(),
        Some("APPROVED"),
        "that of the default one"
    );
}

#[tokio::test]
async fn a_listing_is_filtered_paged_and_shows_what_the_caller_may_see() {
    let rig = Rig::new().await;
    let tag = |value: &str| vec![Tag { key: "env".into(), value: value.into() }];
    rig.root(CreateDocument { tags: tag("prod"), ..make("Prod-Deploy", "one") }).await.unwrap();
    let target = Some("/AWS::EC2::Instance".into());
    rig.root(CreateDocument { tags: tag("dev"), target_type: target, ..make("Dev-Deploy", "two") })
        .await
        .unwrap();
    let all = names(&rig, &[]).await;
    assert!(all.is_sorted() && all.len() == 11, "{all:?}");
    let cases: [(Filters<'_>, &[&str]); 9] = [
        (&[("Owner", &["Self"])], &["Dev-Deploy", "Prod-Deploy"]),
        (&[("Owner", &["000000000000"]), ("Name", &["Dev"])], &["Dev-Deploy"]),
        (&[("Owner", &["ThirdParty"])], &[]),
        (&[("tag:env", &["prod", "test"])], &["Prod-Deploy"]),
        (&[("tag-key", &["env"])], &["Dev-Deploy", "Prod-Deploy"]),
        (&[("TargetType", &["/AWS::EC2::Instance"])], &["Dev-Deploy"]),
        (&[("SearchKeyword", &["SAYS TWO"])], &["Dev-Deploy"]),
        (&[("DocumentType", &["Session"]), ("Name", &["AWS-StartP"])], &["AWS-StartPortForwardingSession"]),
        (&[("PlatformTypes", &["Windows"]), ("Owner", &["Self"])], &[]),
    ];
    for (filters, expected) in cases {
        assert_eq!(names(&rig, filters).await, expected, "{filters:?}");
    }
    let old = DocumentFilter { key: "Name".into(), value: "Dev".into() };
    let found = rig.root(ListDocuments { document_filter_list: vec![old], ..ListDocuments::default() }).await;
    let found = found.unwrap().document_identifiers;
    assert_eq!((found.len(), found[0].tags[0].value.as_str()), (1, "dev"));
    let wrong = DocumentKeyValuesFilter { key: "Colour".into(), values: vec!["red".into()] };
    assert_eq!(
        code(rig.root(ListDocuments { filters: vec![wrong], ..ListDocuments::default() }).await),
        "InvalidFilterKey"
    );
    let may = r#"permit (principal == Pilothouse::User::"ann", action in Pilothouse::Action::"read",
        resource is Pilothouse::Document) when { resource has environment && resource.environment == "dev" };"#;
    let ann = rig.user("ann", may).await;
    assert_eq!(names_of(&rig, ann.clone(), &[]).await, ["Dev-Deploy"]);
    assert_eq!(code(rig.perform(ann.clone(), get("Prod-Deploy", None)).await), "AccessDeniedException");
    assert_eq!(code(rig.perform(ann.clone(), get("Missing", None)).await), "AccessDeniedException");
    assert_eq!(code(rig.perform(ann, get("Dev-Deploy", None)).await), "none");
}

#[tokio::test]
async fn tags_are_put_on_documents_of_ones_own() {
    let rig = Rig::new().await;
    rig.root(make("Say", "one")).await.unwrap();
    let tag = |id: &str| AddTagsToResource {
        resource_type: "Document".into(),
        resource_id: id.into(),
        tags: vec![Tag { key: "env".into(), value: "prod".into() }],
    };
    rig.root(tag("Say")).await.unwrap();
    let list = ListTagsForResource { resource_type: "Document".into(), resource_id: "Say".into() };
    assert_eq!(rig.root(list).await.unwrap().tag_list[0].value, "prod");
    assert_eq!(described(&rig, "Say").await.tags[0].key, "env");
    assert_eq!(code(rig.root(tag("AWS-RunShellScript")).await), "InvalidResourceId");
    rig.root(delete("Say", None)).await.unwrap();
    rig.root(make("Say", "one")).await.unwrap();
    assert!(described(&rig, "Say").await.tags.is_empty(), "the next of its name has none of them");
}

#[tokio::test]
async fn a_command_runs_a_document_by_name_arn_version_and_hash() {
    let rig = Rig::new().await;
    let node = rig.node("web", &[]).await;
    rig.root(make("Say", "one {{ who }}")).await.unwrap();
    rig.root(next("Say", "two {{ who }}")).await.unwrap();
    let send = |name: &str| SendCommand {
        document_name: name.into(),
        instance_ids: vec![node.to_string()],
        parameters: BTreeMap::from([("who".into(), vec!["all".into()])]),
        ..SendCommand::default()
    };
    let arn = format!("arn:aws:ssm:{REGION}:000000000000:document/Say");
    assert_eq!(rig.root(send(&arn)).await.unwrap().command.document_name, "Say");
    let with_hash = |version: &str, of: &str| SendCommand {
        document_version: Some(version.into()),
        document_hash: Some(super::hash(&content(of))),
        document_hash_type: Some("Sha256".into()),
        ..send("Say")
    };
    assert_eq!(code(rig.root(with_hash("2", "two {{ who }}")).await), "none");
    assert_eq!(code(rig.root(with_hash("1", "two {{ who }}")).await), "InvalidDocument");
    let sha1 = SendCommand { document_hash_type: Some("Sha1".into()), ..with_hash("2", "two {{ who }}") };
    assert_eq!(code(rig.root(sha1).await), "ValidationException");
    let missing = SendCommand { document_version: Some("7".into()), ..send("Say") };
    assert_eq!(code(rig.root(missing).await), "InvalidDocumentVersion");
    assert_eq!(code(rig.root(send("AWS-StartInteractiveCommand")).await), "InvalidDocument");
    let yaml = "schemaVersion: '2.2'\nparameters: {who: {type: String}}\nmainSteps:\n- {action: 'aws:runShellScript', name: one, inputs: {runCommand: ['echo {{ who }}']}}\n";
    let made =
        CreateDocument { content: yaml.into(), document_format: Some("YAML".into()), ..make("Yaml", "") };
    rig.root(made).await.unwrap();
    let hashed = SendCommand { document_hash: Some(super::hash(yaml)), ..send("Yaml") };
    assert_eq!(code(rig.root(hashed).await), "none");
}

#[tokio::test]
async fn it_is_known_which_documents_refer_to_a_parameter() {
    let rig = Rig::new().await;
    rig.root(make("Say", "echo {{ ssm:/app/db }} {{ssm:app/db:3}}")).await.unwrap();
    rig.root(next("Say", "echo {{ ssm:app/other }}")).await.unwrap();
    let uses = async |name: &str| {
        let list = ListParameterUses { name: name.into() };
        let uses = rig.root(list).await.unwrap().uses;
        uses.into_iter().map(|it| (it.document, it.version, it.is_default)).collect::<Vec<_>>()
    };
    assert_eq!(uses("app/db").await, [("Say".into(), "1".into(), true)]);
    assert_eq!(uses("/app/other").await, [("Say".into(), "2".into(), false)]);
    rig.root(delete("Say", Some("2"))).await.unwrap();
    assert_eq!(uses("/app/other").await, []);
    let may = r#"permit (principal == Pilothouse::User::"ann", action == Pilothouse::Action::"ssm:ListDocuments",
        resource is Pilothouse::Document) when { resource.owner == "Amazon" };"#;
    let ann = rig.user("ann", may).await;
    let seen = rig.perform(ann, ListParameterUses { name: "/app/db".into() }).await.unwrap();
    assert_eq!(seen.uses.len(), 0, "a document that one may not list is not told of");
}

#[tokio::test]
async fn a_calendar_is_asked_by_name_with_others() {
    let rig = Rig::new().await;
    let calendar = |kind: &str, event: &str| {
        format!(
            "BEGIN:VCALENDAR\nVERSION:2.0\nX-CALENDAR-TYPE:{kind}\nBEGIN:VEVENT\n{event}\nEND:VEVENT\nEND:VCALENDAR\n"
        )
    };
    let make_calendar = |name: &str, text: String| CreateDocument {
        content: text,
        document_type: Some("ChangeCalendar".into()),
        document_format: Some("TEXT".into()),
        ..make(name, "")
    };
    let freeze = calendar("DEFAULT_OPEN", "DTSTART:20261224T000000Z\nDTEND:20270102T000000Z");
    rig.root(make_calendar("Freeze", freeze.clone())).await.unwrap();
    let hours = "DTSTART:20261201T080000Z\nDURATION:PT8H\nRRULE:FREQ=DAILY";
    rig.root(make_calendar("Hours", calendar("DEFAULT_CLOSED", hours))).await.unwrap();
    let ask = |names: &[&str], at: &str| GetCalendarState {
        calendar_names: names.iter().map(|it| (*it).into()).collect(),
        at_time: Some(at.into()),
    };
    let both = rig.root(ask(&["Freeze", "Hours"], "2026-12-23T20:00:00Z")).await.unwrap();
    assert_eq!((both.state.as_str(), both.at_time.as_str()), ("CLOSED", "2026-12-23T20:00:00Z"));
    assert_eq!(
        both.next_transition_time.as_deref(),
        Some("2027-01-02T08:00:00Z"),
        "when both are open again"
    );
    let one = rig.root(ask(&["Hours"], "2026-12-24T10:00:00+02:00")).await.unwrap();
    assert_eq!(
        (one.state.as_str(), one.next_transition_time.as_deref()),
        ("OPEN", Some("2026-12-24T16:00:00Z"))
    );
    rig.root(make("Say", "one")).await.unwrap();
    assert_eq!(code(rig.root(ask(&["Freeze", "Say"], "2026-12-23T20:00:00Z")).await), "InvalidDocumentType");
    assert_eq!(code(rig.root(ask(&["None"], "2026-12-23T20:00:00Z")).await), "InvalidDocument");
    assert_eq!(code(rig.root(ask(&["Freeze"], "tomorrow")).await), "ValidationException");
    let bad = make_calendar("Bad", freeze.replace("DTEND:20270102T000000Z", "RRULE:FREQ=SECONDLY"));
    let refused = rig.root(bad).await.unwrap_err();
    assert_eq!(refused.code, "InvalidDocumentContent");
    let text = GetDocument { document_format: Some("JSON".into()), ..get("Freeze", None) };
    assert_eq!(code(rig.root(text).await), "ValidationException");
}
