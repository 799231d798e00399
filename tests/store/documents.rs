//! Documents, their versions, shares, reviews, and what refers to what.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_api::documents::DocumentRequires;
use pilothouse_protocol::Millis;
use pilothouse_store::documents::{self, DocumentRecord, Reference, Referrer, ReviewRecord, VersionRecord};
use pilothouse_store::tags;

use crate::fixtures::{ELSEWHERE, HOSTILE, REGION};
use crate::place::{Place, stories};

stories! {
    a_version_reads_back_whole_with_its_content_and_the_documents_tags
    versions_are_numbered_on_and_found_by_name_and_hash
    documents_stand_in_the_order_of_bytes_with_their_default_versions
    a_document_is_shared_with_accounts_one_by_one
    reviews_are_steps_and_the_newest_is_the_versions_state
    what_refers_to_a_thing_is_known_until_it_goes
    a_document_goes_with_all_that_belongs_to_it
}

fn document(name: &str) -> DocumentRecord {
    DocumentRecord {
        region: REGION.to_owned(),
        name: name.to_owned(),
        kind: "Command".to_owned(),
        default_version: 1,
        latest_version: 1,
        next_version: 2,
        created_at: Millis(1_000),
        tags: BTreeMap::new(),
    }
}

fn version(name: &str, number: i64) -> VersionRecord {
    let requires = DocumentRequires { name: "Other".to_owned(), ..DocumentRequires::default() };
    VersionRecord {
        region: REGION.to_owned(),
        name: name.to_owned(),
        version: number,
        version_name: Some(format!("v{number}")),
        display_name: Some(HOSTILE.to_owned()),
        format: "JSON".to_owned(),
        hash: format!("hash-{number}"),
        status: "Active".to_owned(),
        status_information: Some(HOSTILE.to_owned()),
        schema_version: "2.2".to_owned(),
        description: HOSTILE.to_owned(),
        platforms: vec!["Linux".to_owned(), "MacOS".to_owned()],
        target_type: Some("/AWS::EC2::Instance".to_owned()),
        requires: vec![requires],
        review_status: "NOT_REVIEWED".to_owned(),
        created_at: Millis(1_000 + number),
        created_by: "root".to_owned(),
    }
}

async fn make(place: &Place, name: &str, refers_to: &[Reference]) {
    place
        .write(async |tx| documents::insert(tx, &document(name), &version(name, 1), HOSTILE, refers_to).await)
        .await;
}

async fn add(place: &Place, it: &VersionRecord, refers_to: &[Reference]) {
    place.write(async |tx| documents::add_version(tx, it, "next", refers_to).await).await;
}

async fn a_version_reads_back_whole_with_its_content_and_the_documents_tags(place: Place) {
    make(&place, "Say", &[]).await;
    let elsewhere = DocumentRecord { region: ELSEWHERE.to_owned(), ..document("Say") };
    let there = VersionRecord { region: ELSEWHERE.to_owned(), hash: "x".to_owned(), ..version("Say", 1) };
    place.write(async |tx| documents::insert(tx, &elsewhere, &there, "there", &[]).await).await;
    let tag = [(HOSTILE.to_owned(), HOSTILE.to_owned())];
    place.write(async |tx| tags::set(tx, REGION, documents::KIND, "Say", &tag).await).await;
    let mut tx = place.read().await;
    let read = documents::get(&mut tx, REGION, "Say").await.unwrap().unwrap();
    assert_eq!(read, DocumentRecord { tags: BTreeMap::from(tag), ..document("Say") });
    assert_eq!(documents::get(&mut tx, REGION, "say").await.unwrap(), None);
    let first = documents::get_version(&mut tx, REGION, "Say", 1).await.unwrap();
    assert_eq!(first, Some(version("Say", 1)));
    assert_eq!(documents::get_version(&mut tx, REGION, "Say", 2).await.unwrap(), None);
    let content = documents::content(&mut tx, REGION, "Say", 1).await.unwrap();
    assert_eq!(content.as_deref(), Some(HOSTILE));
    assert_eq!(documents::content(&mut tx, ELSEWHERE, "Say", 1).await.unwrap().as_deref(), Some("there"));
    assert_eq!(documents::count(&mut tx, REGION).await.unwrap(), 1);
}

async fn versions_are_numbered_on_and_found_by_name_and_hash(place: Place) {
    make(&place, "Say", &[]).await;
    add(&place, &version("Say", 2), &[]).await;
    add(&place, &version("Say", 3), &[]).await;
    place.write(async |tx| documents::set_default(tx, REGION, "Say", 2).await).await;
    let mut tx = place.read().await;
    let numbers = |versions: Vec<VersionRecord>| versions.iter().map(|it| it.version).collect::<Vec<_>>();
    assert_eq!(numbers(documents::versions(&mut tx, REGION, "Say", i64::MAX, 2).await.unwrap()), [3, 2]);
    assert_eq!(numbers(documents::versions(&mut tx, REGION, "Say", 2, 9).await.unwrap()), [1]);
    assert_eq!(documents::version_named(&mut tx, REGION, "Say", "v2").await.unwrap(), Some(2));
    assert_eq!(documents::version_named(&mut tx, REGION, "Say", "V2").await.unwrap(), None);
    assert_eq!(documents::version_of_hash(&mut tx, REGION, "Say", "hash-3").await.unwrap(), Some(3));
    assert_eq!(documents::version_count(&mut tx, REGION, "Say").await.unwrap(), 3);
    drop(tx);
    place.write(async |tx| documents::remove_version(tx, REGION, "Say", 3).await).await;
    let read = documents::get(&mut place.read().await, REGION, "Say").await.unwrap().unwrap();
    assert_eq!((read.default_version, read.latest_version, read.next_version), (2, 2, 4));
}

async fn documents_stand_in_the_order_of_bytes_with_their_default_versions(place: Place) {
    for name in ["b-x", "B-x", "a_x", "a-x", "a.x"] {
        make(&place, name, &[]).await;
    }
    add(&place, &version("a.x", 2), &[]).await;
    let mut tx = place.read().await;
    let all = documents::list(&mut tx, REGION, "", 9).await.unwrap();
    let names: Vec<&str> = all.iter().map(|(it, _)| it.name.as_str()).collect();
    assert_eq!(names, ["B-x", "a-x", "a.x", "a_x", "b-x"]);
    assert!(all.iter().all(|(it, version)| version.version == it.default_version && version.name == it.name));
    let page = documents::list(&mut tx, REGION, "a.x", 1).await.unwrap();
    assert_eq!(page[0].0.name, "a_x");
    assert!(documents::list(&mut tx, ELSEWHERE, "", 9).await.unwrap().is_empty());
}

async fn a_document_is_shared_with_accounts_one_by_one(place: Place) {
    make(&place, "Say", &[]).await;
    place.write(async |tx| documents::share(tx, REGION, "Say", "222222222222", "$LATEST").await).await;
    place.write(async |tx| documents::share(tx, REGION, "Say", "111111111111", "$ALL").await).await;
    place.write(async |tx| documents::share(tx, REGION, "Say", "111111111111", "$DEFAULT").await).await;
    let shares = documents::shares(&mut place.read().await, REGION, "Say").await.unwrap();
    let texts = [("111111111111", "$DEFAULT"), ("222222222222", "$LATEST")];
    assert_eq!(shares, texts.map(|(a, b)| (a.to_owned(), b.to_owned())).into());
    assert_eq!(documents::public_count(&mut place.read().await, REGION).await.unwrap(), 0);
    place.write(async |tx| documents::share(tx, REGION, "Say", documents::EVERYBODY, "$DEFAULT").await).await;
    place.write(async |tx| documents::unshare(tx, REGION, "Say", "111111111111").await).await;
    let mut tx = place.read().await;
    assert_eq!(documents::public_count(&mut tx, REGION).await.unwrap(), 1);
    assert_eq!(documents::public(&mut tx, REGION).await.unwrap(), BTreeSet::from(["Say".to_owned()]));
    assert_eq!(documents::shares(&mut tx, REGION, "Say").await.unwrap().len(), 2);
}

async fn reviews_are_steps_and_the_newest_is_the_versions_state(place: Place) {
    make(&place, "Say", &[]).await;
    let step = |number: i64, status: &str| ReviewRecord {
        step: number,
        status: status.to_owned(),
        reviewer: "ann".to_owned(),
        comment: Some(HOSTILE.to_owned()),
        created_at: Millis(number),
        updated_at: Millis(number),
    };
    let of = (REGION, "Say", 1);
    for (number, status) in [(1, "PENDING"), (2, "REJECTED"), (3, "PENDING")] {
        place.write(async |tx| documents::add_review(tx, of, &step(number, status)).await).await;
    }
    let mut tx = place.read().await;
    assert_eq!(documents::newest_review(&mut tx, of).await.unwrap(), Some(step(3, "PENDING")));
    let before = documents::reviews(&mut tx, of, 3, 9).await.unwrap();
    assert_eq!(before, [step(2, "REJECTED"), step(1, "PENDING")]);
    assert_eq!(documents::reviewed(&mut tx, REGION, "Say", "PENDING").await.unwrap(), Some(1));
    assert_eq!(documents::reviewed(&mut tx, REGION, "Say", "APPROVED").await.unwrap(), None);
    let state = documents::get_version(&mut tx, REGION, "Say", 1).await.unwrap().unwrap().review_status;
    assert_eq!(state, "PENDING");
    drop(tx);
    place.write(async |tx| documents::set_comment(tx, of, 3, None, Millis(9)).await).await;
    let newest = documents::newest_review(&mut place.read().await, of).await.unwrap().unwrap();
    assert_eq!((newest.comment, newest.updated_at, newest.created_at), (None, Millis(9), Millis(3)));
}

async fn what_refers_to_a_thing_is_known_until_it_goes(place: Place) {
    let path = Reference::Parameter("/app/db".to_owned());
    make(&place, "Say", &[path.clone(), Reference::Document("Base".to_owned()), path.clone()]).await;
    make(&place, "Ask", std::slice::from_ref(&path)).await;
    add(&place, &version("Say", 2), std::slice::from_ref(&path)).await;
    let referrers =
        async |to: &Reference| documents::referrers(&mut place.read().await, REGION, to).await.unwrap();
    let by = |name: &str, version, is_default| Referrer { name: name.to_owned(), version, is_default };
    assert_eq!(referrers(&path).await, [by("Ask", 1, true), by("Say", 2, false), by("Say", 1, true)]);
    assert_eq!(referrers(&Reference::Document("Base".to_owned())).await, [by("Say", 1, true)]);
    assert_eq!(referrers(&Reference::Document("/app/db".to_owned())).await, []);
    place.write(async |tx| documents::remove_version(tx, REGION, "Say", 2).await).await;
    place.write(async |tx| documents::remove(tx, REGION, "Ask").await).await;
    assert_eq!(referrers(&path).await, [by("Say", 1, true)]);
}

async fn a_document_goes_with_all_that_belongs_to_it(place: Place) {
    make(&place, "Say", &[Reference::Parameter("/x".to_owned())]).await;
    let env = [("env".to_owned(), "prod".to_owned())];
    place.write(async |tx| tags::set(tx, REGION, documents::KIND, "Say", &env).await).await;
    place.write(async |tx| documents::share(tx, REGION, "Say", documents::EVERYBODY, "$ALL").await).await;
    place.write(async |tx| documents::remove(tx, REGION, "Say").await).await;
    let mut tx = place.read().await;
    assert_eq!(documents::get(&mut tx, REGION, "Say").await.unwrap(), None);
    assert_eq!(documents::content(&mut tx, REGION, "Say", 1).await.unwrap(), None);
    assert_eq!(documents::public_count(&mut tx, REGION).await.unwrap(), 0);
    drop(tx);
    make(&place, "Say", &[]).await;
    let read = documents::get(&mut place.read().await, REGION, "Say").await.unwrap().unwrap();
    assert!(read.tags.is_empty());
}
