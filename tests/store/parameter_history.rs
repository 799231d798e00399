//! Parameters level by level, at a time, and after they are gone.

use std::collections::BTreeMap;

use pilothouse_protocol::Millis;
use pilothouse_store::parameters::past::{self, Among, Was};
use pilothouse_store::parameters::{self, Origin, ParameterRecord, Stop, Value, VersionRecord};
use pilothouse_store::{Tx, secrets, tags};
use pilothouse_tests::database;

use crate::fixtures::REGION;
use crate::place::{Place, stories};

stories! {
    a_level_is_walked_by_hops_and_in_pages
    the_past_is_whole_until_it_is_swept
    what_was_sealed_and_deleted_is_rotated_under_its_name
    a_mark_takes_back_what_came_after_it
    names_come_in_bulk
}

fn version(path: &str, number: i64, at: i64) -> VersionRecord {
    VersionRecord {
        region: REGION.to_owned(),
        path: path.to_owned(),
        name: path.to_owned(),
        version: number,
        kind: "String".to_owned(),
        value: Value::Plain(format!("{path} {number}")),
        key_name: None,
        description: None,
        allowed_pattern: None,
        tier: "Standard".to_owned(),
        data_type: "text".to_owned(),
        modified_at: Millis(at),
        modified_by: "root".to_owned(),
        origin: Origin::default(),
    }
}

fn sealed(path: &str, number: i64, at: i64) -> VersionRecord {
    let value = Value::Sealed { sealed: vec![0, 255, 7], key_id: "old".to_owned() };
    VersionRecord { kind: "SecureString".to_owned(), value, ..version(path, number, at) }
}

async fn put(place: &Place, it: &VersionRecord) {
    let was = (it.version > 1).then_some("Standard");
    place.write(async |tx| parameters::put(tx, it, was).await).await;
}

async fn end(place: &Place, it: &VersionRecord, at: i64) {
    place.write(async |tx| parameters::end(tx, it, Millis(at), "ann").await).await;
}

async fn walked(tx: &mut Tx, path: &str, at: Option<i64>, count: usize) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let stops = parameters::level(tx, REGION, path, at.map(Millis), &after, count).await.unwrap();
        let is_last = stops.len() < count;
        after = stops.last().map(Stop::end).unwrap_or_default();
        all.extend(stops.iter().map(|stop| stop.path().to_owned()));
        if is_last {
            return all;
        }
    }
}

async fn a_level_is_walked_by_hops_and_in_pages(place: Place) {
    for path in
        ["/a", "/a/1", "/a/b", "/a/b-c", "/a/b.c/x", "/a/b/c/d", "/a/b/c/e", "/a/z/1", "/a/Z", "/aa/x", "/b"]
    {
        put(&place, &version(path, 1, 1)).await;
    }
    let mut tx = place.read().await;
    for count in [1, 2, 3, 100] {
        let level = walked(&mut tx, "/a", None, count).await;
        assert_eq!(
            level,
            ["/a/1", "/a/Z", "/a/b", "/a/b-c", "/a/b.c/", "/a/b/", "/a/z/"],
            "{count} at a time"
        );
        assert_eq!(walked(&mut tx, "/", None, count).await, ["/a", "/a/", "/aa/", "/b"]);
        assert_eq!(walked(&mut tx, "/a", Some(5), count).await, level);
    }
    let first = parameters::level(&mut tx, REGION, "/a/b", None, "", 9).await.unwrap();
    assert_eq!(first, [Stop::Folder { path: "/a/b/c/".to_owned(), first: "/a/b/c/d".to_owned() }]);
}

async fn then(tx: &mut Tx, at: i64) -> Vec<(String, Option<i64>)> {
    let among = Among::Below { path: "/", after: "", count: 99 };
    let found = past::at(tx, REGION, Millis(at), among).await.unwrap();
    let paths: Vec<&str> = found.iter().map(Was::path).collect();
    let again = past::at(tx, REGION, Millis(at), Among::Paths(&paths)).await.unwrap();
    assert_eq!(again, found);
    let told = found.into_iter().map(|it| match it {
        Was::Known(it) => (it.newest.path, Some(it.newest.version)),
        Was::Lost { path, .. } => (path, None),
    });
    told.collect()
}

fn known(was: Was) -> Option<ParameterRecord> {
    match was {
        Was::Known(it) => Some(*it),
        Was::Lost { .. } => None,
    }
}

#[expect(clippy::cognitive_complexity, reason = "one story, told in its order")]
async fn the_past_is_whole_until_it_is_swept(place: Place) {
    put(&place, &version("/x", 1, 10)).await;
    put(&place, &sealed("/x/s", 1, 10)).await;
    put(&place, &sealed("/x/s", 2, 20)).await;
    let env = [("env".to_owned(), "prod".to_owned())];
    place.write(async |tx| tags::set(tx, REGION, parameters::KIND, "/x/s", &env).await).await;
    end(&place, &sealed("/x/s", 2, 20), 30).await;
    put(&place, &version("/x/s", 1, 40)).await;
    put(&place, &version("/x", 2, 40)).await;
    let some =
        |it: &[(&str, i64)]| it.iter().map(|(path, n)| ((*path).to_owned(), Some(*n))).collect::<Vec<_>>();
    let mut tx = place.read().await;
    assert_eq!(then(&mut tx, 9).await, []);
    assert_eq!(then(&mut tx, 10).await, some(&[("/x", 1), ("/x/s", 1)]));
    assert_eq!(then(&mut tx, 29).await, some(&[("/x", 1), ("/x/s", 2)]));
    assert_eq!(then(&mut tx, 30).await, some(&[("/x", 1)]));
    assert_eq!(then(&mut tx, 40).await, some(&[("/x", 2), ("/x/s", 1)]));
    assert_eq!(walked(&mut tx, "/", Some(29), 1).await, ["/x", "/x/"]);
    assert_eq!(walked(&mut tx, "/x", Some(30), 9).await, Vec::<String>::new());
    let was = past::at(&mut tx, REGION, Millis(29), Among::Paths(&["/x/s"])).await.unwrap().remove(0);
    let was = known(was).unwrap();
    assert_eq!((was.newest, was.tags), (sealed("/x/s", 2, 20), BTreeMap::from(env)));
    drop(tx);
    // A version that is dropped is lost, but that there was one is not.
    place.write(async |tx| parameters::drop_version(tx, REGION, "/x", 1).await).await;
    assert_eq!(
        then(&mut place.read().await, 10).await,
        [("/x".to_owned(), None), ("/x/s".to_owned(), Some(1))]
    );
    assert_eq!(place.write(async |tx| past::sweep(tx, Millis(30), 9).await).await, 0);
    assert_eq!(place.write(async |tx| past::sweep(tx, Millis(31), 9).await).await, 1);
    assert_eq!(then(&mut place.read().await, 29).await, [("/x".to_owned(), None)]);
    assert!(secrets::key_ids(&mut place.read().await).await.unwrap().is_empty());
}

async fn what_was_sealed_and_deleted_is_rotated_under_its_name(place: Place) {
    for life in 0..2 {
        put(&place, &sealed("/s", 1, 10 * life)).await;
        end(&place, &sealed("/s", 1, 10 * life), 10 * life + 5).await;
    }
    put(&place, &sealed("/s", 1, 30)).await;
    let mut tx = place.read().await;
    let (all, _) = secrets::wrapped_otherwise(&mut tx, &["new"], secrets::Place::default(), 9).await.unwrap();
    assert_eq!(secrets::samples(&mut tx).await.unwrap().len(), 2, "one of each table");
    drop(tx);
    let names: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, [parameters::sealed_name(REGION, "/s", 1).as_str(); 3]);
    for it in &all {
        assert!(place.write(async |tx| secrets::rewrap(tx, it, b"fresh", "new").await).await);
    }
    for at in [0, 10, 30] {
        let was = past::at(&mut place.read().await, REGION, Millis(at), Among::Paths(&["/s"])).await.unwrap();
        let was = was.into_iter().next().and_then(known).unwrap();
        assert_eq!(was.newest.value, Value::Sealed { sealed: b"fresh".to_vec(), key_id: "new".to_owned() });
    }
}

async fn a_mark_takes_back_what_came_after_it(place: Place) {
    let mut tx = place.store.write().await.unwrap();
    tx.revision(REGION).await.unwrap();
    parameters::put(&mut tx, &version("/kept", 1, 1), None).await.unwrap();
    tx.mark().await.unwrap();
    parameters::put(&mut tx, &version("/undone", 1, 1), None).await.unwrap();
    tx.mark().await.unwrap();
    parameters::put(&mut tx, &version("/inner", 1, 1), None).await.unwrap();
    tx.keep().await.unwrap();
    tx.undo().await.unwrap();
    parameters::put(&mut tx, &version("/after", 1, 1), None).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(walked(&mut place.read().await, "/", None, 9).await, ["/after", "/kept"]);
}

async fn names_come_in_bulk(place: Place) {
    let mut tx = place.read().await;
    assert_eq!(parameters::names(&mut tx, REGION, "").await.unwrap(), None);
    drop(tx);
    for path in ["/b", "/a/x", "/a"] {
        put(&place, &version(path, 1, 1)).await;
    }
    let mut tx = place.read().await;
    let (paths, last) = parameters::names(&mut tx, REGION, "").await.unwrap().unwrap();
    assert_eq!((paths.as_str(), last.as_str()), ("/a /a/x /b", "/b"));
    assert_eq!(parameters::names(&mut tx, REGION, &last).await.unwrap(), None);
}

/// A hundred thousand parameters, in folders of a thousand and on one level, written past the store.
async fn many(place: &Place) {
    for statement in [
        "INSERT INTO parameters (region, path, parent, name, version, tier, revision, created_at)
         WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49999)
         SELECT 'eu-test-1', '/deep/' || SUBSTR(CAST(1000 + i / 1000 AS TEXT), 2) || '/' || CAST(100000 + i AS TEXT),
             '/deep/' || SUBSTR(CAST(1000 + i / 1000 AS TEXT), 2), '/x', 1, 'Standard', 1, 1 FROM n",
        "INSERT INTO parameters (region, path, parent, name, version, tier, revision, created_at)
         WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49999)
         SELECT 'eu-test-1', '/flat/password-' || CAST(100000 + i AS TEXT), '/flat', '/x', 1, 'Standard', 1, 1 FROM n",
        "INSERT INTO parameter_versions (region, path, version, kind, value, tier, data_type, modified_at, modified_by)
         SELECT region, path, 1, 'String', 'x', 'Standard', 'text', 1, 'root' FROM parameters",
    ] {
        database::sql(&place.url, statement).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_costs_what_is_on_it_and_not_what_is_below_it() {
    let place = Place::on_sqlite().await;
    many(&place).await;
    let mut tx = place.read().await;
    // As many times as it takes to tell a look at everything from a look at the page, whatever else the machine does.
    let started = std::time::Instant::now();
    for _ in 0..20 {
        assert_eq!(parameters::level(&mut tx, REGION, "/deep", None, "", 200).await.unwrap().len(), 50);
        let flat = parameters::level(&mut tx, REGION, "/flat", None, "", 201).await.unwrap();
        assert_eq!(flat.len(), 201);
        let paths: Vec<&str> = flat.iter().map(Stop::path).collect();
        assert_eq!(parameters::get_many(&mut tx, REGION, &paths).await.unwrap().len(), 201);
    }
    let page = started.elapsed() / 40;
    let started = std::time::Instant::now();
    let (mut after, mut seen) = (String::new(), 0);
    while let Some((paths, last)) = parameters::names(&mut tx, REGION, &after).await.unwrap() {
        seen += paths.split(' ').count();
        after = last;
    }
    let names = started.elapsed();
    assert_eq!(seen, 100_000);
    println!("a page of 100,000 parameters: {page:?}; all names: {names:?}");
    assert!(page.as_millis() < 60, "a page took {page:?}");
    drop(tx);
    let plan = database::plan(
        &place.url,
        "SELECT MIN(p.path) FROM parameters p WHERE p.region = 'eu-test-1' AND p.path > '/deep/000/~' AND p.path < '/deep0'",
    )
    .await;
    assert!(plan.contains("SEARCH p USING COVERING INDEX"), "{plan}");
}
