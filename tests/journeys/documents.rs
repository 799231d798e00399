//! Documents with the aws CLI and boto3: made, versioned, shared, reviewed, asked for the time, run on a node, and refused.

use std::path::PathBuf;

use pilothouse_tests::agent::Fleet;
use pilothouse_tests::boto::{boto3, has_boto3};
use pilothouse_tests::cli::{ok, refused, text};
use pilothouse_tests::server::{Server, has_aws};
use serde_json::{Value, json};

/// A file that the CLI reads a content from.
fn file(server: &Server, name: &str, content: &str) -> String {
    let path: PathBuf = server.dir().join(name);
    std::fs::write(&path, content).unwrap();
    format!("file://{}", path.display())
}

const GREET: &str = "schemaVersion: '2.2'
description: Greets somebody.
parameters:
  who:
    type: String
    description: Whom.
    default: you
    interpolationType: ENV_VAR
mainSteps:
- action: aws:runShellScript
  name: greet
  inputs:
    runCommand:
    - echo hello {{ who }}
";

const CALENDAR: &str = "BEGIN:VCALENDAR
PRODID:-//AWS//Change Calendar 1.0//EN
VERSION:2.0
X-CALENDAR-TYPE:DEFAULT_OPEN
X-WR-CALDESC:nothing changes over the holidays
BEGIN:VEVENT
DTSTAMP:20261101T000000Z
UID:3b5af39a-d0b3-4049-a839-d7bb8af01f92
SUMMARY:Holidays
DTSTART;TZID=Europe/Berlin:20261224T000000
DTEND;TZID=Europe/Berlin:20270102T000000
END:VEVENT
END:VCALENDAR
";

#[tokio::test(flavor = "multi_thread")]
async fn a_day_with_documents() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    versions(&server);
    sharing_and_reviews(&server);
    a_calendar(&server);
    bad_inputs(&server);
    tags_and_the_end(&server);
}

fn versions(server: &Server) {
    let first = file(server, "greet.yaml", GREET);
    let made = ok(
        server,
        &[
            "create-document",
            "--name",
            "Greet",
            "--content",
            &first,
            "--document-format",
            "YAML",
            "--document-type",
            "Command",
            "--version-name",
            "first",
            "--tags",
            "Key=team,Value=web",
        ],
    );
    assert_eq!(text(&made, "/DocumentDescription/Status"), "Creating");
    assert_eq!(text(&made, "/DocumentDescription/Parameters/0/DefaultValue"), "you");
    let second = file(server, "second.yaml", &GREET.replace("hello", "good morning"));
    let update = [
        "update-document",
        "--name",
        "Greet",
        "--content",
        &second,
        "--document-format",
        "YAML",
        "--document-version",
        "$LATEST",
    ];
    assert_eq!(text(&ok(server, &update), "/DocumentDescription/DocumentVersion"), "2");
    let again = refused(server, &update);
    assert!(again.contains("(DuplicateDocumentContent)"), "{again}");
    let read = ok(server, &["get-document", "--name", "Greet"]);
    assert_eq!((text(&read, "/Content"), text(&read, "/VersionName")), (GREET, "first"));
    let json = ok(
        server,
        &["get-document", "--name", "Greet", "--document-version", "$LATEST", "--document-format", "JSON"],
    );
    let tree: Value = serde_json::from_str(text(&json, "/Content")).unwrap();
    assert_eq!(tree["mainSteps"][0]["inputs"]["runCommand"][0], "echo good morning {{ who }}");
    let moved = ["update-document-default-version", "--name", "Greet", "--document-version", "2"];
    assert_eq!(text(&ok(server, &moved), "/Description/DefaultVersion"), "2");
    let listed = ok(server, &["list-document-versions", "--name", "Greet", "--page-size", "1"]);
    let seen: Vec<_> = listed["DocumentVersions"].as_array().unwrap().iter().collect();
    let facts: Vec<_> =
        seen.iter().map(|it| (text(it, "/DocumentVersion"), &it["IsDefaultVersion"])).collect();
    assert_eq!(facts, [("2", &json!(true)), ("1", &json!(false))]);
    let described = ok(server, &["describe-document", "--name", "Greet"]);
    assert_eq!(text(&described, "/Document/LatestVersion"), "2");
    assert_eq!(text(&described, "/Document/HashType"), "Sha256");
    let own =
        ok(server, &["list-documents", "--filters", "Key=Owner,Values=Self", "Key=tag:team,Values=web"]);
    assert_eq!(text(&own, "/DocumentIdentifiers/0/Name"), "Greet");
    assert_eq!(text(&own, "/DocumentIdentifiers/0/DocumentVersion"), "2");
    let amazons = ok(server, &["list-documents", "--document-filter-list", "key=Owner,value=Amazon"]);
    assert_eq!(amazons["DocumentIdentifiers"].as_array().unwrap().len(), 9);
}

fn sharing_and_reviews(server: &Server) {
    let modify = |more: &[&str]| {
        let all =
            [&["modify-document-permission", "--name", "Greet", "--permission-type", "Share"], more].concat();
        ok(server, &all);
    };
    modify(&["--account-ids-to-add", "111122223333", "--shared-document-version", "$LATEST"]);
    let describe = ["describe-document-permission", "--name", "Greet", "--permission-type", "Share"];
    let shared = ok(server, &describe);
    assert_eq!(shared["AccountIds"], json!(["111122223333"]));
    assert_eq!(text(&shared, "/AccountSharingInfoList/0/SharedDocumentVersion"), "$LATEST");
    let kept = refused(server, &["delete-document", "--name", "Greet"]);
    assert!(kept.contains("(InvalidDocumentOperation)") && kept.contains("unshare"), "{kept}");
    modify(&["--account-ids-to-remove", "111122223333"]);
    let review = |action: &str| {
        let reviews = format!("Action={action},Comment=[{{Type=Comment,Content=looked at it}}]");
        ok(server, &["update-document-metadata", "--name", "Greet", "--document-reviews", &reviews]);
    };
    review("SendForReview");
    review("Approve");
    let history = ["list-document-metadata-history", "--name", "Greet", "--metadata", "DocumentReviews"];
    let history = ok(server, &history);
    assert_eq!(text(&history, "/Metadata/ReviewerResponse/0/ReviewStatus"), "APPROVED");
    assert_eq!(text(&history, "/Metadata/ReviewerResponse/1/Comment/0/Content"), "looked at it");
    let described = ok(server, &["describe-document", "--name", "Greet"]);
    assert_eq!(text(&described, "/Document/ApprovedVersion"), "2");
}

fn a_calendar(server: &Server) {
    let content = file(server, "calendar.ics", CALENDAR);
    ok(
        server,
        &[
            "create-document",
            "--name",
            "Holidays",
            "--content",
            &content,
            "--document-type",
            "ChangeCalendar",
            "--document-format",
            "TEXT",
        ],
    );
    let ask = |at: &str| ok(server, &["get-calendar-state", "--calendar-names", "Holidays", "--at-time", at]);
    let before = ask("2026-12-23T22:59:59Z");
    assert_eq!(
        (text(&before, "/State"), text(&before, "/NextTransitionTime")),
        ("OPEN", "2026-12-23T23:00:00Z")
    );
    let during = ask("2026-12-31T12:00:00Z");
    assert_eq!(
        (text(&during, "/State"), text(&during, "/NextTransitionTime")),
        ("CLOSED", "2027-01-01T23:00:00Z")
    );
    let greet = refused(server, &["get-calendar-state", "--calendar-names", "Greet"]);
    assert!(greet.contains("(InvalidDocumentType)"), "{greet}");
}

fn bad_inputs(server: &Server) {
    let create = |name: &str, content: &str, format: &str| {
        let content = file(server, "bad", content);
        refused(
            server,
            &["create-document", "--name", name, "--content", &content, "--document-format", format],
        )
    };
    let unknown = create("Bad", &GREET.replace("runShellScript", "runMagic"), "YAML");
    assert!(unknown.contains("(InvalidDocumentContent)") && unknown.contains("line 10"), "{unknown}");
    let step = "- {action: 'aws:runShellScript', name: greet, inputs: {runCommand: [ls]}}\n";
    let twice = create("Bad", &format!("{GREET}{step}"), "YAML");
    assert!(twice.contains("(InvalidDocumentContent)") && twice.contains("a name of its own"), "{twice}");
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n\
                c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n\
                e: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n";
    for (content, format) in [
        (bomb.to_owned(), "YAML"),
        (format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)), "JSON"),
        (format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)), "YAML"),
        (String::from("{\"schemaVersion\": \"2.2\", \"schemaVersion\": \"2.2\"}"), "JSON"),
    ] {
        let said = create("Bad", &content, format);
        assert!(said.contains("(InvalidDocumentContent)"), "{said}");
    }
    let long = create("Bad", &format!("{GREET}# {}", "x".repeat(65_536)), "YAML");
    assert!(long.contains("(MaxDocumentSizeExceeded)"), "{long}");
    let schema = create("Bad", &GREET.replace("2.2", "7.0"), "YAML");
    assert!(schema.contains("(InvalidDocumentSchemaVersion)"), "{schema}");
    let reserved = create("AmazonGreet", GREET, "YAML");
    assert!(reserved.contains("(ValidationException)") && reserved.contains("reserved"), "{reserved}");
    for (arguments, code) in [
        (["get-document", "--name", "Greet", "--document-version", "9"], "(InvalidDocumentVersion)"),
        (["get-document", "--name", "Greet", "--version-name", "none"], "(InvalidDocumentVersion)"),
        (["get-document", "--name", "Bad", "--document-version", "1"], "(InvalidDocument)"),
        (["delete-document", "--name", "Greet", "--document-version", "2"], "(InvalidDocumentOperation)"),
        (
            ["update-document-default-version", "--name", "Greet", "--document-version", "9"],
            "(InvalidDocumentVersion)",
        ),
    ] {
        let said = refused(server, &arguments);
        assert!(said.contains(code), "{arguments:?}: {said}");
    }
}

fn tags_and_the_end(server: &Server) {
    let of = ["--resource-type", "Document", "--resource-id", "Greet"];
    ok(server, &[&["add-tags-to-resource"], &of[..], &["--tags", "Key=env,Value=dev"]].concat());
    let tags = ok(server, &[&["list-tags-for-resource"], &of[..]].concat());
    assert_eq!(tags["TagList"], json!([{ "Key": "env", "Value": "dev" }, { "Key": "team", "Value": "web" }]));
    ok(server, &["delete-document", "--name", "Greet", "--version-name", "first"]);
    ok(server, &["delete-document", "--name", "Greet"]);
    let gone = refused(server, &["describe-document", "--name", "Greet"]);
    assert!(gone.contains("(InvalidDocument)"), "{gone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn boto3_pages_through_documents_and_versions_and_knows_what_is_refused() {
    if !has_boto3() {
        return;
    }
    let server = Server::start().await;
    let script = r#"
def content(n): return json.dumps({"schemaVersion": "2.2", "mainSteps": [
    {"action": "aws:runShellScript", "name": "one", "inputs": {"runCommand": [f"echo {n}"]}}]})
for n in range(7):
    ssm.create_document(Name=f"Doc-{n}", Content=content(n), DocumentType="Command")
for n in range(10, 15):
    ssm.update_document(Name="Doc-0", Content=content(n), DocumentVersion="$LATEST")
pages = ssm.get_paginator("list_documents").paginate(
    Filters=[{"Key": "Owner", "Values": ["Self"]}], PaginationConfig={"PageSize": 3})
pages = [[it["Name"] for it in page["DocumentIdentifiers"]] for page in pages]
versions = ssm.get_paginator("list_document_versions").paginate(Name="Doc-0", PaginationConfig={"PageSize": 4})
versions = [it["DocumentVersion"] for page in versions for it in page["DocumentVersions"]]
x = ssm.exceptions
codes = [
    refused(ssm.create_document, Name="Doc-0", Content=content(0)),
    refused(ssm.update_document, Name="Doc-0", Content=content(99), DocumentVersion="1"),
    refused(ssm.update_document, Name="Doc-0", Content=content(12)),
    refused(ssm.get_document, Name="Nope"),
    refused(ssm.list_documents, NextToken="nonsense"),
    refused(ssm.list_documents, Filters=[{"Key": "Colour", "Values": ["red"]}]),
    refused(ssm.list_documents, MaxResults=51),
    refused(ssm.describe_document_permission, Name="Doc-0", PermissionType="Wrong"),
    refused(ssm.modify_document_permission, Name="Doc-0", PermissionType="Share", AccountIdsToAdd=["all", "111122223333"]),
    refused(ssm.update_document_metadata, Name="Doc-0", DocumentReviews={"Action": "Approve"}),
]
created = ssm.describe_document(Name="Doc-0")["Document"]["CreatedDate"].year
print(json.dumps({"pages": pages, "versions": versions, "codes": codes, "created": created}))
"#;
    let said = boto3(&server, script);
    assert_eq!(said["pages"], json!([["Doc-0", "Doc-1", "Doc-2"], ["Doc-3", "Doc-4", "Doc-5"], ["Doc-6"]]));
    assert_eq!(said["versions"], json!(["6", "5", "4", "3", "2", "1"]));
    let codes = [
        "DocumentAlreadyExists",
        "InvalidDocumentVersion",
        "DuplicateDocumentContent",
        "InvalidDocument",
        "InvalidNextToken",
        "InvalidFilterKey",
        "ValidationException",
        "InvalidPermissionType",
        "DocumentPermissionLimit",
        "InvalidDocumentOperation",
    ];
    assert_eq!(said["codes"], json!(codes));
    assert!(said["created"].as_i64().unwrap() > 2000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_of_ones_own_runs_on_a_node_and_its_values_stay_values() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let content = file(&server, "greet.yaml", GREET);
    let made = ok(
        &server,
        &["create-document", "--name", "Greet", "--content", &content, "--document-format", "YAML"],
    );
    let hash = text(&made, "/DocumentDescription/Hash");
    let node = fleet.ids()[0].to_string();
    let hostile = "world; touch /tmp/never $(id) `id` '\"";
    let parameters = json!({ "who": [hostile] }).to_string();
    let sent = ok(
        &server,
        &[
            "send-command",
            "--document-name",
            "Greet",
            "--document-hash",
            hash,
            "--document-hash-type",
            "Sha256",
            "--instance-ids",
            &node,
            "--parameters",
            &parameters,
        ],
    );
    let id = text(&sent, "/Command/CommandId").to_owned();
    let waited = server.aws(&["wait", "command-executed", "--command-id", &id, "--instance-id", &node]);
    assert!(waited.status.success(), "{}", String::from_utf8_lossy(&waited.stderr));
    let run = ok(
        &server,
        &["get-command-invocation", "--command-id", &id, "--instance-id", &node, "--plugin-name", "greet"],
    );
    assert_eq!(text(&run, "/StandardOutputContent"), format!("hello {hostile}\n"));
    let wrong = refused(
        &server,
        &[
            "send-command",
            "--document-name",
            "Greet",
            "--document-hash",
            &"0".repeat(64),
            "--instance-ids",
            &node,
        ],
    );
    assert!(wrong.contains("(InvalidDocument)"), "{wrong}");
}
