//! Parameters, their versions and labels.

use std::collections::BTreeMap;

use pilothouse_api::topics::ParameterOperation;
use pilothouse_protocol::Millis;
use pilothouse_store::parameters::events::{self, EventRecord};
use pilothouse_store::parameters::policies::{
    self, FINISHED, IN_PROGRESS, PENDING, PolicyPlace, PolicyRecord,
};
use pilothouse_store::parameters::{self, Name, Origin, Seek, TagValues, Value, VersionRecord, Within};
use pilothouse_store::{Tx, secrets, tags};

use crate::fixtures::{ELSEWHERE, HOSTILE, REGION};
use crate::place::{Place, stories};

stories! {
    a_version_reads_back_whole_and_the_newest_one_is_the_parameter
    what_is_sealed_is_found_by_rotation_under_its_name
    what_is_below_a_path_stands_in_the_order_of_bytes
    parameters_are_found_by_what_is_known_of_them
    a_label_stands_on_one_version
    a_parameter_goes_with_all_that_belongs_to_it
    of_many_parameters_each_is_on_one_page
    what_was_read_is_not_told_again_once_it_has_changed
    what_happened_is_told_in_order_and_a_revision_is_not_torn
    the_log_of_what_happened_is_bounded_and_says_where_it_was_cut
    policies_are_those_of_the_newest_version
    a_policy_that_is_due_is_taken_by_one_and_again_when_it_was_not_finished
}

fn version(path: &str, number: i64) -> VersionRecord {
    VersionRecord {
        region: REGION.to_owned(),
        path: path.to_owned(),
        name: path.to_owned(),
        version: number,
        kind: "String".to_owned(),
        value: Value::Plain(HOSTILE.to_owned()),
        key_name: None,
        description: Some(HOSTILE.to_owned()),
        allowed_pattern: None,
        tier: "Standard".to_owned(),
        data_type: "text".to_owned(),
        modified_at: Millis(1_000 + number),
        modified_by: "root".to_owned(),
        origin: Origin {
            source: HOSTILE.to_owned(),
            user_agent: HOSTILE.to_owned(),
            access_key_id: "PILO".to_owned(),
        },
    }
}

fn sealed(path: &str, number: i64) -> VersionRecord {
    VersionRecord {
        kind: "SecureString".to_owned(),
        value: Value::Sealed { sealed: vec![0, 255, 7], key_id: "old".to_owned() },
        key_name: Some("alias/aws/ssm".to_owned()),
        ..version(path, number)
    }
}

async fn put(place: &Place, it: &VersionRecord) {
    let was = (it.version > 1).then_some("Standard");
    place.write(async |tx| parameters::put(tx, it, was).await).await;
}

async fn found(place: &Place, seek: Seek) -> Vec<String> {
    let rows = parameters::seek(&mut place.read().await, REGION, &seek, "", 100).await.unwrap();
    rows.into_iter().map(|row| row.newest.path).collect()
}

async fn a_version_reads_back_whole_and_the_newest_one_is_the_parameter(place: Place) {
    let named = VersionRecord { name: "x".to_owned(), ..version("/x", 1) };
    put(&place, &named).await;
    put(&place, &VersionRecord { region: ELSEWHERE.to_owned(), ..version("/x", 1) }).await;
    let newest = VersionRecord {
        allowed_pattern: Some("^$".to_owned()),
        name: "x".to_owned(),
        tier: "Advanced".to_owned(),
        ..version("/x", 2)
    };
    put(&place, &newest).await;
    let tag = [(HOSTILE.to_owned(), HOSTILE.to_owned())];
    place.write(async |tx| tags::set(tx, REGION, parameters::KIND, "/x", &tag).await).await;
    let mut tx = place.read().await;
    let read = parameters::get(&mut tx, REGION, "/x").await.unwrap().unwrap();
    assert_eq!((read.newest, read.tags), (newest.clone(), BTreeMap::from(tag)));
    assert_eq!(parameters::get_version(&mut tx, REGION, "/x", 1).await.unwrap(), Some(named.clone()));
    assert_eq!(parameters::get_version(&mut tx, REGION, "/x", 3).await.unwrap(), None);
    assert_eq!(parameters::get(&mut tx, REGION, "/X").await.unwrap(), None);
    assert_eq!(parameters::versions(&mut tx, REGION, "/x", 0, 9).await.unwrap(), [named, newest.clone()]);
    assert_eq!(parameters::versions(&mut tx, REGION, "/x", 1, 9).await.unwrap(), [newest]);
    assert_eq!(parameters::kept(&mut tx, REGION, "/x").await.unwrap(), Some((2, 1)));
    assert_eq!(parameters::kept(&mut tx, REGION, "/y").await.unwrap(), None);
    let mut counts = Vec::new();
    for tier in ["Standard", "Advanced"] {
        counts.push(parameters::count(&mut tx, REGION, tier).await.unwrap());
    }
    assert_eq!(counts, [0, 1], "it is counted in the tier that it is in");
}

async fn what_is_sealed_is_found_by_rotation_under_its_name(place: Place) {
    put(&place, &sealed("/s", 1)).await;
    put(&place, &version("/s/plain", 1)).await;
    let mut tx = place.read().await;
    assert_eq!(parameters::get(&mut tx, REGION, "/s").await.unwrap().unwrap().newest, sealed("/s", 1));
    let (all, _) = secrets::wrapped_otherwise(&mut tx, &["new"], secrets::Place::default(), 9).await.unwrap();
    drop(tx);
    let names: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, [parameters::sealed_name(REGION, "/s", 1)]);
    assert_eq!(names, ["parameter/eu-test-1/s#1"]);
    assert!(place.write(async |tx| secrets::rewrap(tx, &all[0], b"fresh", "new").await).await);
    let read = parameters::get(&mut place.read().await, REGION, "/s").await.unwrap().unwrap();
    let fresh = Value::Sealed { sealed: b"fresh".to_vec(), key_id: "new".to_owned() };
    assert_eq!(read.newest.value, fresh);
}

async fn what_is_below_a_path_stands_in_the_order_of_bytes(place: Place) {
    for path in ["/b/x", "/B/x", "/a", "/a/z", "/a/Z", "/a/_", "/a/b/c", "/a-b/x", "/a.b/x", "/ab/x"] {
        put(&place, &version(path, 1)).await;
    }
    let within = |within| Seek { within: vec![within], ..Seek::default() };
    let below = |path: &str| within(Within::Below(path.to_owned()));
    assert_eq!(found(&place, below("/a")).await, ["/a/Z", "/a/_", "/a/b/c", "/a/z"]);
    assert_eq!(found(&place, within(Within::Level("/a".to_owned()))).await, ["/a/Z", "/a/_", "/a/z"]);
    assert_eq!(found(&place, within(Within::Level("/".to_owned()))).await, ["/a"]);
    let all = ["/B/x", "/a", "/a-b/x", "/a.b/x", "/a/Z", "/a/_", "/a/b/c", "/a/z", "/ab/x", "/b/x"];
    assert_eq!(found(&place, below("/")).await, all);
    assert_eq!(found(&place, Seek::default()).await, all);
    let page = parameters::seek(&mut place.read().await, REGION, &below("/a"), "/a/_", 1).await.unwrap();
    assert_eq!(page[0].newest.path, "/a/b/c");
}

async fn parameters_are_found_by_what_is_known_of_them(place: Place) {
    put(&place, &version("/plain", 1)).await;
    put(&place, &sealed("/sealed", 1)).await;
    put(
        &place,
        &VersionRecord { tier: "Advanced".to_owned(), data_type: "json".to_owned(), ..version("/big%", 1) },
    )
    .await;
    let env = [("env".to_owned(), "prod".to_owned()), (HOSTILE.to_owned(), String::new())];
    place.write(async |tx| tags::set(tx, REGION, parameters::KIND, "/plain", &env).await).await;
    place
        .write(async |tx| parameters::set_labels(tx, REGION, "/sealed", 1, &["live".to_owned()]).await)
        .await;
    let tagged = |key: &str, values| Seek { tags: vec![(key.to_owned(), values)], ..Seek::default() };
    let texts = |values: &[&str]| values.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let cases = [
        (Seek { kinds: texts(&["SecureString"]), ..Seek::default() }, vec!["/sealed"]),
        (Seek { kinds: texts(&["String", "StringList"]), ..Seek::default() }, vec!["/big%", "/plain"]),
        (Seek { keys: texts(&["alias/aws/ssm"]), ..Seek::default() }, vec!["/sealed"]),
        (Seek { key_begins: texts(&["alias/"]), ..Seek::default() }, vec!["/sealed"]),
        (Seek { tiers: texts(&["Advanced"]), ..Seek::default() }, vec!["/big%"]),
        (Seek { data_types: texts(&["json"]), ..Seek::default() }, vec!["/big%"]),
        (Seek { labels: texts(&["live", "x"]), ..Seek::default() }, vec!["/sealed"]),
        (tagged("env", TagValues::Are(texts(&["prod"]))), vec!["/plain"]),
        (tagged("env", TagValues::Begin(texts(&["x", "pr"]))), vec!["/plain"]),
        (tagged("env", TagValues::Begin(texts(&["rod"]))), vec![]),
        (tagged(HOSTILE, TagValues::Are(vec![])), vec!["/plain"]),
        (tagged("env", TagValues::Are(texts(&["dev"]))), vec![]),
        (Seek { names: vec![Name::Holds("g%".to_owned())], ..Seek::default() }, vec!["/big%"]),
        (Seek { names: vec![Name::Holds("P".to_owned())], ..Seek::default() }, vec![]),
        (
            Seek {
                names: vec![Name::Begins("/pl".to_owned()), Name::Is("/sealed".to_owned())],
                ..Seek::default()
            },
            vec!["/plain", "/sealed"],
        ),
        (
            Seek { names: vec![Name::Is(HOSTILE.to_owned())], kinds: texts(&["String"]), ..Seek::default() },
            vec![],
        ),
    ];
    for (seek, expected) in cases {
        assert_eq!(found(&place, seek.clone()).await, expected, "{seek:?}");
    }
}

async fn a_label_stands_on_one_version(place: Place) {
    put(&place, &version("/l", 1)).await;
    put(&place, &version("/l", 2)).await;
    let names = ["live".to_owned(), "next".to_owned()];
    place.write(async |tx| parameters::set_labels(tx, REGION, "/l", 1, &names).await).await;
    place.write(async |tx| parameters::set_labels(tx, REGION, "/l", 2, &names[1..]).await).await;
    let mut tx = place.read().await;
    let stand = parameters::labels(&mut tx, REGION, "/l").await.unwrap();
    assert_eq!(stand, BTreeMap::from([("live".to_owned(), 1), ("next".to_owned(), 2)]));
    let of = parameters::versions_of_label(&mut tx, REGION, &names, &["/l", "/none"]).await.unwrap();
    assert_eq!(of, BTreeMap::from([("/l".to_owned(), 2)]));
    drop(tx);
    place.write(async |tx| parameters::remove_labels(tx, REGION, "/l", &names[..1]).await).await;
    place.write(async |tx| parameters::drop_version(tx, REGION, "/l", 1).await).await;
    let mut tx = place.read().await;
    assert_eq!(parameters::labels(&mut tx, REGION, "/l").await.unwrap().len(), 1);
    assert_eq!(parameters::kept(&mut tx, REGION, "/l").await.unwrap(), Some((1, 2)));
}

async fn a_parameter_goes_with_all_that_belongs_to_it(place: Place) {
    put(&place, &sealed("/s", 1)).await;
    put(&place, &sealed("/s", 2)).await;
    put(&place, &sealed("/s/other", 1)).await;
    let env = [("env".to_owned(), "prod".to_owned())];
    place.write(async |tx| tags::set(tx, REGION, parameters::KIND, "/s", &env).await).await;
    place.write(async |tx| parameters::set_labels(tx, REGION, "/s", 1, &["live".to_owned()]).await).await;
    place.write(async |tx| parameters::remove(tx, &sealed("/s", 2)).await).await;
    let mut tx = place.read().await;
    assert_eq!(parameters::get(&mut tx, REGION, "/s").await.unwrap(), None);
    assert_eq!(parameters::kept(&mut tx, REGION, "/s").await.unwrap(), None);
    assert!(parameters::labels(&mut tx, REGION, "/s").await.unwrap().is_empty());
    assert!(tags::list(&mut tx, REGION, parameters::KIND, "/s").await.unwrap().is_empty());
    assert_eq!(parameters::count(&mut tx, REGION, "Standard").await.unwrap(), 1);
    assert_eq!(secrets::key_ids(&mut tx).await.unwrap(), [("old".to_owned(), 1)].into());
    drop(tx);
    put(&place, &sealed("/s", 1)).await;
}

async fn of_many_parameters_each_is_on_one_page(place: Place) {
    place
        .write(async |tx| {
            for number in 0..2_000 {
                let path = format!("/deep/{}/{number}", number % 7);
                parameters::put(tx, &version(&path, 1), None).await?;
            }
            parameters::put(tx, &version("/deep/last", 1), None).await
        })
        .await;
    let level = Seek { within: vec![Within::Level("/deep".to_owned())], ..Seek::default() };
    assert_eq!(found(&place, level).await, ["/deep/last"]);
    let below = Seek { within: vec![Within::Below("/deep/3".to_owned())], ..Seek::default() };
    let (mut after, mut seen) = (String::new(), 0);
    loop {
        let page = parameters::seek(&mut place.read().await, REGION, &below, &after, 100).await.unwrap();
        let Some(last) = page.last() else { break };
        after.clone_from(&last.newest.path);
        seen += page.len();
    }
    assert_eq!(seen, 286);
}

fn happened(path: &str, at: i64) -> EventRecord {
    let tags = vec![BTreeMap::from([("env".to_owned(), HOSTILE.to_owned())])];
    let it = EventRecord::of(&version(path, 1), ParameterOperation::Create, Millis(at), "root".to_owned());
    EventRecord { tags, detail: HOSTILE.to_owned(), ..it }
}

/// What a parameter holds, and its tags.
async fn told(tx: &mut Tx) -> Option<(i64, usize)> {
    let found = parameters::get(tx, REGION, "/kept").await.unwrap()?;
    Some((found.newest.version, found.tags.len()))
}

#[expect(clippy::cognitive_complexity, reason = "one story, told in its order")]
async fn what_was_read_is_not_told_again_once_it_has_changed(place: Place) {
    put(&place, &version("/kept", 1)).await;
    for _ in 0..2 {
        assert_eq!(told(&mut place.read().await).await, Some((1, 0)));
    }
    // It begins before the change, and reads after it: what it sees is the past, and does not become the present.
    let mut before = place.read().await;
    assert_eq!(parameters::get(&mut before, REGION, "/other").await.unwrap(), None);
    put(&place, &version("/kept", 2)).await;
    assert_eq!(told(&mut before).await, Some((1, 0)));
    drop(before);
    for _ in 0..2 {
        assert_eq!(told(&mut place.read().await).await, Some((2, 0)));
    }
    let tag = [("owner".to_owned(), "ops".to_owned())];
    place.write(async |tx| tags::set(tx, REGION, parameters::KIND, "/kept", &tag).await).await;
    assert_eq!(told(&mut place.read().await).await, Some((2, 1)));
    let key = ["owner".to_owned()];
    place.write(async |tx| tags::remove(tx, REGION, parameters::KIND, "/kept", &key).await).await;
    assert_eq!(told(&mut place.read().await).await, Some((2, 0)));
    // What is rolled back never was.
    let mut undone = place.store.write().await.unwrap();
    parameters::remove(&mut undone, &version("/kept", 2)).await.unwrap();
    assert_eq!(told(&mut undone).await, None);
    drop(undone);
    assert_eq!(told(&mut place.read().await).await, Some((2, 0)));
    place.write(async |tx| parameters::remove(tx, &version("/kept", 2)).await).await;
    assert_eq!(told(&mut place.read().await).await, None);
}

async fn append(place: &Place, all: &[EventRecord]) -> i64 {
    place
        .write(async |tx| {
            for it in all {
                events::append(tx, it).await?;
            }
            tx.revision(REGION).await
        })
        .await
}

async fn what_happened_is_told_in_order_and_a_revision_is_not_torn(place: Place) {
    let first = append(&place, &[happened("/a", 1)]).await;
    let gone = EventRecord { version: None, operation: ParameterOperation::Delete, ..happened("/b", 2) };
    let second = append(&place, &[gone.clone(), happened("/c", 2), happened("/d", 2)]).await;
    let third = append(
        &place,
        &[EventRecord { region: ELSEWHERE.to_owned(), ..happened("/e", 3) }, happened("/f", 3)],
    )
    .await;
    let mut tx = place.read().await;
    let mut told = Vec::new();
    for (after, count) in [(0, 2), (first, 2), (second, 2), (0, 100), (third, 2)] {
        let (found, more) = events::since(&mut tx, REGION, after, count).await.unwrap();
        told.push((found.iter().map(|it| it.path.clone()).collect::<Vec<_>>().join(" "), more));
        assert!(found.iter().all(|it| it.region == REGION && it.revision > after));
    }
    let expected = [("/a", true), ("/b /c /d", true), ("/f", false), ("/a /b /c /d /f", false), ("", false)];
    assert_eq!(told, expected.map(|(paths, more)| (paths.to_owned(), more)));
    let (found, _) = events::since(&mut tx, REGION, first, 1).await.unwrap();
    assert_eq!(found[0], EventRecord { revision: second, ..gone });
}

async fn the_log_of_what_happened_is_bounded_and_says_where_it_was_cut(place: Place) {
    let mut revisions = Vec::new();
    for at in 1..=9 {
        revisions.push(append(&place, &[happened("/x", at)]).await);
    }
    let sweep =
        async |before, kept| place.write(async |tx| events::sweep(tx, Millis(before), kept).await).await;
    assert_eq!(sweep(0, 9).await, 0);
    assert_eq!(events::dropped(&mut place.read().await, REGION).await.unwrap(), 0);
    assert_eq!(sweep(3, 9).await, 2);
    assert_eq!(sweep(0, 4).await, 3);
    let mut tx = place.read().await;
    assert_eq!(events::dropped(&mut tx, REGION).await.unwrap(), revisions[4]);
    assert_eq!(events::since(&mut tx, REGION, 0, 100).await.unwrap().0.len(), 4);
}

fn due(kind: &str, at: Option<i64>) -> PolicyRecord {
    PolicyRecord {
        kind: kind.to_owned(),
        policy: HOSTILE.to_owned(),
        status: PENDING.to_owned(),
        due_at: at.map(Millis),
    }
}

/// Puts a version with policies.
async fn give(place: &Place, path: &str, number: i64, all: &[PolicyRecord]) {
    put(place, &version(path, number)).await;
    place.write(async |tx| policies::set(tx, REGION, path, number, all).await).await;
}

async fn policies_are_those_of_the_newest_version(place: Place) {
    give(&place, "/a", 1, &[due("first", Some(5))]).await;
    let newest = [due("second", Some(20)), due("third", None), due("fourth", Some(10))];
    give(&place, "/a", 2, &newest).await;
    let mut tx = place.read().await;
    assert!(!policies::any_due(&mut tx, Millis(9)).await.unwrap(), "what was replaced is not due");
    assert!(policies::any_due(&mut tx, Millis(10)).await.unwrap());
    let of = policies::of_newest(&mut tx, REGION, &["/a", "/none"]).await.unwrap();
    assert_eq!(of, BTreeMap::from([("/a".to_owned(), newest.to_vec())]));
    let of = policies::of_versions(&mut tx, REGION, "/a", &[1, 2]).await.unwrap();
    assert_eq!(of[&1], [due("first", None)]);
}

fn at(path: &str, place: i64) -> PolicyPlace {
    PolicyPlace { region: REGION.to_owned(), path: path.to_owned(), version: 1, place }
}

async fn take(place: &Place, now: i64, until: i64) -> Vec<PolicyPlace> {
    place.write(async |tx| policies::take_due(tx, Millis(now), Millis(until), 9).await).await
}

async fn finish(place: &Place, it: &PolicyPlace) -> bool {
    place.write(async |tx| policies::finish(tx, it).await).await
}

async fn a_policy_that_is_due_is_taken_by_one_and_again_when_it_was_not_finished(place: Place) {
    give(&place, "/a", 1, &[due("second", Some(20)), due("third", None), due("fourth", Some(10))]).await;
    give(&place, "/b", 1, &[due("other", Some(15))]).await;
    let taken = take(&place, 16, 100).await;
    assert_eq!(taken, [at("/a", 3), at("/b", 1)], "the longest due first");
    assert_eq!(take(&place, 16, 100).await, []);
    let status = async |it: &PolicyPlace| {
        policies::get(&mut place.read().await, it).await.unwrap().map(|it| it.status)
    };
    assert_eq!(status(&taken[0]).await.as_deref(), Some(IN_PROGRESS));
    assert!(finish(&place, &taken[0]).await);
    assert!(!finish(&place, &taken[0]).await, "once");
    assert_eq!(status(&taken[0]).await.as_deref(), Some(FINISHED));
    assert_eq!(
        take(&place, 100, 200).await,
        [at("/a", 1), at("/b", 1)],
        "what was not finished is due again"
    );
    place.write(async |tx| parameters::remove(tx, &version("/a", 1)).await).await;
    assert_eq!(status(&taken[0]).await, None);
    assert!(!finish(&place, &at("/a", 1)).await);
}
