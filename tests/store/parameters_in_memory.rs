//! Parameters that are told from memory: whatever happens to them, what is told is what is stored.

use std::collections::BTreeMap;

use pilothouse_protocol::Millis;
use pilothouse_store::parameters::{self, Origin, ParameterRecord, Seek, Value, VersionRecord, Within};
use pilothouse_store::{Store, Tx, secrets, tags};

use crate::fixtures::REGION;
use crate::place::{Place, stories};

stories! {
    what_is_told_from_memory_is_what_is_stored
    what_was_undone_or_given_up_is_not_told
    what_changes_while_everything_is_read_is_told_as_it_became
    what_was_sealed_anew_is_told_so
}

/// Paths on several levels, one of which looks like another one's level.
const PATHS: [&str; 8] = ["/a", "/a/b", "/a/b/c", "/a/c", "/a/d/e", "/a0", "/b", "/c/d"];

fn version(path: &str, number: i64) -> VersionRecord {
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
        modified_at: Millis(number),
        modified_by: "root".to_owned(),
        origin: Origin::default(),
    }
}

fn bare(newest: VersionRecord) -> ParameterRecord {
    ParameterRecord { newest, tags: BTreeMap::new() }
}

/// As the server puts one that has no tags.
async fn put(tx: &mut Tx, it: &VersionRecord) {
    let was = (it.version > 1).then_some("Standard");
    parameters::put(tx, it, was).await.unwrap();
    parameters::became(tx, &bare(it.clone()));
}

async fn with(place: &Place, paths: &[&str]) {
    let mut tx = place.store.write().await.unwrap();
    for path in paths {
        put(&mut tx, &version(path, 1)).await;
    }
    tx.commit().await.unwrap();
}

/// All that is asked of one store: each path, and what is below and on the levels, in pages.
async fn told(store: &Store) -> Vec<Vec<ParameterRecord>> {
    let mut all = Vec::new();
    for path in PATHS {
        let found = parameters::get(&mut store.read().await.unwrap(), REGION, path).await.unwrap();
        all.push(found.into_iter().collect());
    }
    for (base, after) in [("/", ""), ("/a", ""), ("/a", "/a/b"), ("/a/b", ""), ("/none", "")] {
        for within in [Within::Level(base.to_owned()), Within::Below(base.to_owned())] {
            let seek = Seek { within: vec![within], ..Seek::default() };
            let mut tx = store.read().await.unwrap();
            all.push(parameters::seek(&mut tx, REGION, &seek, after, 3).await.unwrap());
        }
    }
    all
}

/// Somebody who has nothing in memory is told the same.
async fn is_true(place: &Place) {
    let cold = Store::attach(&place.url).await.unwrap();
    let stored = told(&cold).await;
    cold.close().await;
    assert_eq!(told(&place.store).await, stored);
    assert_eq!(told(&place.store).await, stored, "also when it was just read");
}

async fn what_is_told_from_memory_is_what_is_stored(place: Place) {
    with(&place, &PATHS[..6]).await;
    parameters::warm(&place.store).await.unwrap();
    is_true(&place).await;
    with(&place, &PATHS[6..]).await;
    place
        .write(async |tx| {
            put(tx, &version("/a/b", 2)).await;
            Ok(())
        })
        .await;
    is_true(&place).await;
    place.write(async |tx| parameters::remove(tx, &version("/a", 1)).await).await;
    place.write(async |tx| parameters::end(tx, &version("/a/d/e", 1), Millis(9), "root").await).await;
    is_true(&place).await;
    let env = [(String::from("env"), String::from("prod"))];
    place.write(async |tx| tags::set(tx, REGION, parameters::KIND, "/a/c", &env).await).await;
    is_true(&place).await;
    place
        .write(async |tx| tags::remove(tx, REGION, parameters::KIND, "/a/c", &[env[0].0.clone()]).await)
        .await;
    is_true(&place).await;
    with(&place, &["/a"]).await;
    is_true(&place).await;
    place.store.forget_parameters();
    is_true(&place).await;
    parameters::warm(&place.store).await.unwrap();
    is_true(&place).await;
}

async fn what_was_undone_or_given_up_is_not_told(place: Place) {
    with(&place, &["/a", "/b"]).await;
    parameters::warm(&place.store).await.unwrap();
    let mut tx = place.store.write().await.unwrap();
    put(&mut tx, &version("/a", 2)).await;
    let own = parameters::get(&mut tx, REGION, "/a").await.unwrap();
    assert_eq!(own, Some(bare(version("/a", 2))), "who changes it sees that");
    drop(tx);
    is_true(&place).await;
    let mut tx = place.store.write().await.unwrap();
    tx.revision(REGION).await.unwrap();
    tx.mark().await.unwrap();
    put(&mut tx, &version("/a", 2)).await;
    parameters::remove(&mut tx, &version("/b", 1)).await.unwrap();
    tx.undo().await.unwrap();
    put(&mut tx, &version("/c/d", 1)).await;
    tx.commit().await.unwrap();
    is_true(&place).await;
    let newest = parameters::get(&mut place.read().await, REGION, "/a").await.unwrap();
    assert_eq!(newest, Some(bare(version("/a", 1))));
}

async fn what_changes_while_everything_is_read_is_told_as_it_became(place: Place) {
    with(&place, &PATHS).await;
    let reading = async { parameters::warm(&place.store).await.unwrap() };
    let changing = async {
        for number in 2..20 {
            place
                .write(async |tx| {
                    put(tx, &version("/a/b", number)).await;
                    Ok(())
                })
                .await;
            let newest = parameters::get(&mut place.read().await, REGION, "/a/b").await.unwrap();
            assert_eq!(newest, Some(bare(version("/a/b", number))));
        }
        place.write(async |tx| parameters::remove(tx, &version("/a0", 1)).await).await;
    };
    tokio::join!(reading, changing);
    is_true(&place).await;
}

async fn what_was_sealed_anew_is_told_so(place: Place) {
    let value = Value::Sealed { sealed: vec![1], key_id: "old".to_owned() };
    let it = VersionRecord { kind: "SecureString".to_owned(), value, ..version("/a", 1) };
    place
        .write(async |tx| {
            put(tx, &it).await;
            Ok(())
        })
        .await;
    parameters::warm(&place.store).await.unwrap();
    let before = pilothouse_store::versions::get(&mut place.read().await).await.unwrap();
    place
        .write(async |tx| {
            let (found, _) = secrets::wrapped_otherwise(tx, &["new"], Default::default(), 9).await?;
            assert!(secrets::rewrap(tx, &found[0], &[2], "new").await?);
            Ok(())
        })
        .await;
    is_true(&place).await;
    let after = pilothouse_store::versions::get(&mut place.read().await).await.unwrap();
    assert_ne!(after.parameters, before.parameters, "servers beside this one hear of it");
    assert_eq!(after.keys, before.keys);
}
