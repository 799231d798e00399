//! Packages told as stories, through the true door.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pilothouse_api::Fault;
use pilothouse_api::documents::{
    AttachmentsSource, CreateDocument, DeleteDocument, DescribeDocument, GetDocument, UpdateDocument,
};
use pilothouse_api::packages::{PutBlobPiece, PutBlobPieceResult};
use serde_json::{Value, json};

use crate::cx::Caller;
use crate::internal::SweepBlobs;
use crate::rig::Rig;

/// Of `hello`, of `world`.
const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const WORLD: &str = "486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7";
const DAY: i64 = 24 * 60 * 60;

fn piece(sha256: &str, offset: u64, bytes: &str) -> PutBlobPiece {
    let (sha256, bytes) = (sha256.to_owned(), STANDARD.encode(bytes));
    PutBlobPiece { sha256, offset, total: 5, bytes, document_name: None }
}

async fn bring(rig: &Rig, sha256: &str, bytes: &str) {
    let brought = rig.root(piece(sha256, 0, bytes)).await.unwrap();
    assert!(brought.complete);
}

fn manifest(version: &str, files: &[(&str, &str)]) -> Value {
    let described: serde_json::Map<String, Value> =
        files.iter().map(|(name, sum)| ((*name).into(), json!({ "checksums": { "sha256": sum } }))).collect();
    let first = files.first().map_or("", |(name, _)| name);
    json!({ "schemaVersion": "2.0", "version": version,
        "packages": { "debian": { "_any": { "_any": { "file": first } } } }, "files": described })
}

fn source(name: &str, from: &str) -> AttachmentsSource {
    AttachmentsSource { key: Some("SourceUrl".into()), values: vec![from.into()], name: Some(name.into()) }
}

fn blob(name: &str, sha256: &str) -> AttachmentsSource {
    source(name, &format!("pilothouse://sha256/{sha256}"))
}

fn package(content: Value, attachments: Vec<AttachmentsSource>) -> CreateDocument {
    CreateDocument {
        content: content.to_string(),
        name: "web".into(),
        version_name: Some("1.0".into()),
        document_type: Some("Package".into()),
        attachments,
        ..CreateDocument::default()
    }
}

fn get() -> GetDocument {
    GetDocument { name: "web".into(), ..GetDocument::default() }
}

fn said<T: std::fmt::Debug>(outcome: Result<T, Fault>) -> String {
    let fault = outcome.unwrap_err();
    format!("{}: {}", fault.code, fault.message)
}

async fn swept(rig: &Rig) -> usize {
    rig.system(SweepBlobs {}).await.unwrap().changed
}

#[tokio::test]
async fn a_blob_comes_in_pieces_and_says_how_far_it_is() {
    let rig = Rig::new().await;
    let reply = |received, complete| PutBlobPieceResult { received, complete };
    assert_eq!(rig.root(piece(HELLO, 0, "")).await.unwrap(), reply(0, false));
    assert_eq!(rig.root(piece(HELLO, 0, "hel")).await.unwrap(), reply(3, false));
    assert_eq!(rig.root(piece(HELLO, 3, "lo")).await.unwrap(), reply(5, true));
    assert_eq!(rig.root(piece(HELLO, 0, "")).await.unwrap(), reply(5, true));
    let wrong = said(rig.root(piece(WORLD, 0, "hello")).await);
    assert!(wrong.starts_with("ChecksumMismatch") && wrong.contains(HELLO), "{wrong}");
    let long = said(rig.root(piece(WORLD, 3, "hello")).await);
    assert!(long.starts_with("InvalidBlobSize"), "{long}");
    let no_base64 = PutBlobPiece { bytes: "??".into(), ..piece(WORLD, 0, "") };
    assert!(said(rig.root(no_base64).await).starts_with("ValidationException"));
}

#[tokio::test]
async fn who_may_not_make_a_document_brings_nothing_for_it() {
    let rig = Rig::new().await;
    let ann = rig
        .user(
            "ann",
            r#"permit (principal == Pilothouse::User::"ann", action == Pilothouse::Action::"ssm:CreateDocument", resource)
               when { resource has name && resource.name like "team-*" };"#,
        )
        .await;
    let it =
        |name: Option<&str>| PutBlobPiece { document_name: name.map(Into::into), ..piece(HELLO, 0, "hello") };
    for name in [None, Some("web")] {
        assert!(said(rig.perform(ann.clone(), it(name)).await).starts_with("AccessDenied"), "{name:?}");
    }
    assert!(rig.perform(ann, it(Some("team-web"))).await.unwrap().complete);
}

#[tokio::test]
async fn a_package_has_the_files_that_its_manifest_describes() {
    let rig = Rig::new().await;
    bring(&rig, HELLO, "hello").await;
    let content = manifest("1.0", &[("a.zip", HELLO)]);
    let made = rig.root(package(content.clone(), vec![blob("a.zip", HELLO)])).await.unwrap();
    let made = made.document_description;
    assert_eq!(made.attachments_information[0].name, "a.zip");
    assert_eq!((made.platform_types, made.schema_version.as_str()), (vec!["Linux".to_owned()], "2.0"));
    let got = rig.root(get()).await.unwrap();
    let file = &got.attachments_content[0];
    assert_eq!((file.name.as_str(), file.size, file.hash.as_str()), ("a.zip", 5, HELLO));
    assert_eq!(
        (got.content, file.url.as_str()),
        (content.to_string(), &*format!("pilothouse://sha256/{HELLO}"))
    );
    let described = DescribeDocument { name: "web".into(), ..DescribeDocument::default() };
    let described = rig.root(described).await.unwrap().document;
    assert_eq!(described.attachments_information.len(), 1);
}

#[tokio::test]
async fn a_manifest_whose_files_are_not_there_is_refused() {
    let rig = Rig::new().await;
    bring(&rig, HELLO, "hello").await;
    bring(&rig, WORLD, "world").await;
    let content = || manifest("1.0", &[("a.zip", HELLO)]);
    let make =
        async |content: Value, files: Vec<AttachmentsSource>| said(rig.root(package(content, files)).await);
    let none = make(content(), vec![]).await;
    assert!(
        none.starts_with("InvalidDocumentContent") && none.contains("a.zip, which is not attached"),
        "{none}"
    );
    let other = make(content(), vec![blob("a.zip", WORLD)]).await;
    assert!(other.starts_with("InvalidDocumentContent") && other.contains(WORLD), "{other}");
    let stray = make(content(), vec![blob("a.zip", HELLO), blob("b.zip", WORLD)]).await;
    assert!(stray.contains("b.zip is attached, and the manifest does not describe it"), "{stray}");
    let twice = make(content(), vec![blob("a.zip", HELLO), blob("a.zip", HELLO)]).await;
    assert!(twice.contains("two files are attached as a.zip"), "{twice}");
    let unknown = make(content(), vec![blob("a.zip", &"0".repeat(64))]).await;
    assert!(unknown.contains("a.zip is not here") && unknown.contains("PutBlobPiece"), "{unknown}");
    let elsewhere = make(content(), vec![source("a.zip", "https://example.com/a.zip")]).await;
    assert!(
        elsewhere.starts_with("ValidationException") && elsewhere.contains("package push"),
        "{elsewhere}"
    );
    let broken = make(json!({ "schemaVersion": "2.0" }), vec![]).await;
    assert!(broken.starts_with("InvalidDocumentContent") && broken.contains("missing field"), "{broken}");
    let schema =
        make(json!({ "schemaVersion": "1.0", "version": "1", "packages": {}, "files": {} }), vec![]).await;
    assert!(schema.starts_with("InvalidDocumentSchemaVersion"), "{schema}");
}

#[tokio::test]
async fn the_next_version_keeps_its_files_or_gets_others() {
    let rig = Rig::new().await;
    bring(&rig, HELLO, "hello").await;
    bring(&rig, WORLD, "world").await;
    rig.root(package(manifest("1.0", &[("a.zip", HELLO)]), vec![blob("a.zip", HELLO)])).await.unwrap();
    let update = |content: Value, attachments| UpdateDocument {
        content: content.to_string(),
        name: "web".into(),
        document_version: Some("$LATEST".into()),
        attachments,
        ..UpdateDocument::default()
    };
    let kept = rig.root(update(manifest("1.1", &[("a.zip", HELLO)]), vec![])).await.unwrap();
    assert_eq!(kept.document_description.attachments_information[0].name, "a.zip");
    let referred = AttachmentsSource {
        key: Some("AttachmentReference".into()),
        values: vec!["web/1/a.zip".into()],
        name: Some("old.zip".into()),
    };
    let both = manifest("2.0", &[("b.zip", WORLD), ("old.zip", HELLO)]);
    rig.root(update(both, vec![blob("b.zip", WORLD), referred])).await.unwrap();
    let newest = GetDocument { document_version: Some("$LATEST".into()), ..get() };
    let names: Vec<String> =
        rig.root(newest).await.unwrap().attachments_content.into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["b.zip", "old.zip"]);
    assert_eq!(
        rig.root(get()).await.unwrap().attachments_content.len(),
        1,
        "the default version is as it was"
    );
}

#[tokio::test]
async fn what_nobody_uses_goes_after_a_day() {
    let rig = Rig::new().await;
    bring(&rig, HELLO, "hello").await;
    bring(&rig, WORLD, "world").await;
    rig.root(package(manifest("1.0", &[("a.zip", HELLO)]), vec![blob("a.zip", HELLO)])).await.unwrap();
    assert_eq!(swept(&rig).await, 0);
    rig.pass(DAY + 1);
    assert_eq!(swept(&rig).await, 1, "what was not attached");
    assert!(said(rig.root(package(manifest("1.0", &[("a.zip", WORLD)]), vec![])).await).contains("exists"));
    let delete = DeleteDocument { name: "web".into(), ..DeleteDocument::default() };
    rig.root(delete).await.unwrap();
    assert_eq!(swept(&rig).await, 0, "from now on it is unused");
    rig.pass(DAY + 1);
    assert_eq!(swept(&rig).await, 1);
    let again = rig.root(piece(HELLO, 0, "")).await.unwrap();
    assert_eq!((again.received, again.complete), (0, false));
}

#[tokio::test]
async fn a_node_brings_no_blobs() {
    let rig = Rig::new().await;
    let node = rig.node("web-01", &[]).await;
    assert!(
        said(rig.perform(Caller::Node(node), piece(HELLO, 0, "hello")).await).starts_with("AccessDenied")
    );
}
