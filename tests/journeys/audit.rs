//! The audit trail, as an auditor sees it: asked for with the aws CLI, followed live, exported, verified, and bent.

use std::path::PathBuf;
use std::process::Output;

use pilothouse_api::audit::{AuditFilter, AuditView};
use pilothouse_api::commands::ListCommands;
use pilothouse_api::topics::{News, Topic};
use pilothouse_client::{EventStream, StreamEvent};
use pilothouse_tests::person::Person;
use pilothouse_tests::program::said;
use pilothouse_tests::server::{Server, has_aws};
use pilothouse_tests::wait;
use serde_json::Value;

/// What `aws cloudtrail` prints, which must succeed.
fn cloudtrail(server: &Server, arguments: &[&str]) -> Value {
    let out = server.aws_of("cloudtrail", &credentials(server), arguments);
    assert!(out.status.success(), "aws cloudtrail {arguments:?}: {}", said(&out));
    serde_json::from_slice(&out.stdout).unwrap()
}

fn credentials(server: &Server) -> PathBuf {
    server.data_dir().join("credentials")
}

fn ok(server: &Server, arguments: &[&str]) -> String {
    let out = server.tool(arguments);
    assert!(out.status.success(), "{arguments:?}: {}", said(&out));
    String::from_utf8(out.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_asks_cloudtrail_what_somebody_did() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let ann = Person::new(&server, "ann").await;
    for _ in 0..3 {
        assert!(!ann.aws(&server, &["list-commands"]).status.success());
    }
    // Records of refusals are queued for some milliseconds.
    let by_ann = [
        "lookup-events",
        "--lookup-attributes",
        "AttributeKey=Username,AttributeValue=ann",
        "--page-size",
        "2",
    ];
    let events = wait::until("what ann did to be recorded", async || {
        let found = cloudtrail(&server, &by_ann);
        let events = found["Events"].as_array().unwrap().clone();
        (events.len() == 3).then_some(events)
    })
    .await;
    for event in &events {
        assert_eq!(event["EventName"], "ListCommands");
        assert_eq!(event["EventSource"], "ssm.amazonaws.com");
        assert_eq!(event["ReadOnly"], "true");
        let record: Value = serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap();
        assert_eq!(record["errorCode"], "AccessDeniedException");
        assert_eq!(record["userIdentity"]["arn"], "arn:aws:iam::000000000000:user/ann");
        assert_eq!(record["sourceIPAddress"], "127.0.0.1");
        assert!(record["userAgent"].as_str().unwrap().contains("aws-cli"), "{record}");
    }
    let writes = cloudtrail(
        &server,
        &["lookup-events", "--lookup-attributes", "AttributeKey=EventName,AttributeValue=CreateAccessKey"],
    );
    let made = &writes["Events"][0];
    assert_eq!(made["Username"], "root");
    let touched = made["Resources"].as_array().unwrap();
    assert!(
        touched.iter().any(|it| it["ResourceName"] == "ann" && it["ResourceType"] == "AWS::IAM::User"),
        "{made}"
    );
    let by_resource =
        ["lookup-events", "--lookup-attributes", "AttributeKey=ResourceName,AttributeValue=ann"];
    assert!(!cloudtrail(&server, &by_resource)["Events"].as_array().unwrap().is_empty());

    let nobody = ann.credentials_file();
    let refused = server.aws_of("cloudtrail", nobody, &["lookup-events"]);
    assert!(!refused.status.success() && said(&refused).contains("AccessDenied"), "{}", said(&refused));
}

/// The next records that are told, none of them empty-handed.
async fn told(stream: &mut EventStream) -> Vec<AuditView> {
    let next = async {
        loop {
            match stream.next().await {
                Some(StreamEvent::News { news: News::Audit { records }, .. }) => return records,
                Some(_) => {}
                None => return Vec::new(),
            }
        }
    };
    tokio::time::timeout(wait::PATIENCE, next).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_followed_as_they_are_made() {
    let server = Server::start().await;
    server.call(ListCommands::default()).await.unwrap();
    let mut stream = EventStream::open(server.client());
    let lists = AuditFilter { what: String::from("ListCommands"), ..AuditFilter::default() };
    stream.follow(Topic::Audit { filter: lists, after: 0 });
    let mut seen: Vec<i64> = Vec::new();
    while seen.is_empty() {
        // The first call may still have been in the queue.
        seen.extend(told(&mut stream).await.iter().map(|view| view.seq));
    }
    server.call(ListCommands::default()).await.unwrap();
    let news = told(&mut stream).await;
    assert_eq!(news.len(), 1, "{news:?}");
    assert!(news[0].seq > seen[0] && news[0].who == "root" && news[0].outcome == "ok", "{news:?}");
    // Following is recorded once, when it begins: were its own readings recorded, it would never come to rest.
    let follows =
        ok(&server, &["audit", "export"]).lines().filter(|line| line.contains("\"Follow\"")).count();
    assert_eq!(follows, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_is_verified_exported_and_bent() {
    let mut server = Server::start().await;
    Person::new(&server, "ann").await;
    let whole = ok(&server, &["audit", "verify"]);
    let anchor = whole.lines().find_map(|line| line.strip_prefix("anchor ")).unwrap().to_owned();
    let export = ok(&server, &["audit", "export"]);
    let records: Vec<Value> = export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(records.iter().any(|record| record["eventName"] == "CreateUser"), "{export}");
    let document: Value =
        serde_json::from_str(&ok(&server, &["audit", "export", "--format", "cloudtrail"])).unwrap();
    assert!(document["Records"].as_array().unwrap().len() >= records.len());
    assert_eq!(ok(&server, &["audit", "export", "--to", "2020-01-01"]), "");
    let wrong = server.tool(&["audit", "export", "--from", "yesterday"]);
    assert!(!wrong.status.success() && said(&wrong).contains("2026-11-24"), "{}", said(&wrong));

    // The server stops, and leaves an anchor.
    assert!(server.program().stop().success());
    let left = std::fs::read_to_string(server.data_dir().join("audit.anchor")).unwrap();
    let last = ok(&server, &["audit", "verify", "--anchor", &anchor]);
    assert!(last.contains(left.trim()), "{last}");

    // Somebody writes to the database.
    let bent = |out: &Output, what: &str| {
        assert_eq!(out.status.code(), Some(1), "{}", said(out));
        assert!(said(out).contains(what), "{}", said(out));
    };
    server.sql("UPDATE audit_records SET who = 'user/ben' WHERE seq = 1").await;
    bent(&server.tool(&["audit", "verify"]), "record 1 was changed");
    server.sql("UPDATE audit_records SET who = 'root' WHERE seq = 1").await;
    ok(&server, &["audit", "verify"]);
    server.sql("DELETE FROM audit_records WHERE seq = 2").await;
    bent(&server.tool(&["audit", "verify"]), "record 2 is missing");
    for statement in [
        "DELETE FROM audit_records",
        "DELETE FROM audit_resources",
        "DELETE FROM audit_marks",
        "DELETE FROM sealed_items",
    ] {
        server.sql(statement).await;
    }
    bent(&server.tool(&["audit", "verify"]), "the whole trail is missing");

    // The server begins a new trail, says what it found, and keeps the anchor as it was.
    server.start_again().await;
    wait::until("the server to say so", async || {
        server.program().log().contains("is not the one that this anchor was taken from").then_some(())
    })
    .await;
    assert!(server.program().stop().success());
    assert_eq!(std::fs::read_to_string(server.data_dir().join("audit.anchor")).unwrap(), left);
    assert_eq!(server.tool(&["audit", "verify"]).status.code(), Some(1));
}
