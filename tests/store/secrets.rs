//! What is sealed, in whatever table, and putting it under another key.

use pilothouse_protocol::Millis;
use pilothouse_store::Backend;
use pilothouse_store::secrets::{self, Place as Where, SealedItem};

use crate::fixtures::HOSTILE;
use crate::place::{Place, stories};

stories! {
    a_sealed_item_reads_back_as_it_was_written
    everything_under_another_key_is_found_in_every_table
    what_changed_meanwhile_is_not_overwritten
    a_sample_is_taken_of_every_key
}

fn item(name: &str, key_id: &str) -> SealedItem {
    SealedItem {
        name: name.to_owned(),
        sealed: [&[0, 255], name.as_bytes()].concat(),
        key_id: key_id.to_owned(),
        updated_at: Millis(1_000),
    }
}

async fn put(place: &Place, item: &SealedItem) {
    place.write(async |tx| secrets::put(tx, item).await).await;
}

async fn a_sealed_item_reads_back_as_it_was_written(place: Place) {
    put(&place, &item(HOSTILE, "old")).await;
    put(&place, &item("tls/ca", "old")).await;
    let again = SealedItem { sealed: vec![7], updated_at: Millis(2_000), ..item("tls/ca", "new") };
    put(&place, &again).await;
    let mut tx = place.read().await;
    assert_eq!(secrets::get(&mut tx, HOSTILE).await.unwrap(), Some(item(HOSTILE, "old")));
    assert_eq!(secrets::get(&mut tx, "tls/ca").await.unwrap(), Some(again));
    assert_eq!(secrets::get(&mut tx, "nothing").await.unwrap(), None);
    let counts = secrets::key_ids(&mut tx).await.unwrap();
    assert_eq!(counts, [("new".to_owned(), 1), ("old".to_owned(), 1)].into(), "one of each name");
}

/// A literal of bytes is written differently.
fn in_other_tables(backend: Backend) -> [&'static str; 2] {
    match backend {
        Backend::Sqlite => [
            "INSERT INTO access_keys (access_key_id, sealed, key_id, status, created_at) VALUES ('A', x'07', 'old', 'Active', 1)",
            "INSERT INTO approval_calls (approval_id, caller, sealed, key_id) VALUES ('P', 'root', x'08', 'old')",
        ],
        Backend::Postgres => [
            "INSERT INTO access_keys (access_key_id, sealed, key_id, status, created_at) VALUES ('A', '\\x07', 'old', 'Active', 1)",
            "INSERT INTO approval_calls (approval_id, caller, sealed, key_id) VALUES ('P', 'root', '\\x08', 'old')",
        ],
    }
}

async fn everything_under_another_key_is_found_in_every_table(place: Place) {
    for number in 0..7 {
        put(&place, &item(&format!("item/{number}"), if number == 3 { "new" } else { "old" })).await;
    }
    for statement in in_other_tables(place.store.backend()) {
        place.sql(statement).await;
    }
    let counts = secrets::key_ids(&mut place.read().await).await.unwrap();
    assert_eq!(counts, [("new".to_owned(), 1), ("old".to_owned(), 8)].into());
    let (mut found, mut from) = (Vec::new(), Where::default());
    loop {
        let (some, next) =
            secrets::wrapped_otherwise(&mut place.read().await, &["new"], from, 3).await.unwrap();
        if some.is_empty() {
            break;
        }
        from = next;
        found.extend(some);
    }
    let mut names: Vec<&str> = found.iter().map(|it| it.name.as_str()).collect();
    names.sort_unstable();
    let items = ["item/0", "item/1", "item/2", "item/4", "item/5", "item/6"];
    assert_eq!(names, [["access-key/A", "approval/P"].as_slice(), &items].concat());
    for was in &found {
        assert!(
            place.write(async |tx| secrets::rewrap(tx, was, b"fresh", "new").await).await,
            "{}",
            was.name
        );
    }
    let counts = secrets::key_ids(&mut place.read().await).await.unwrap();
    assert_eq!(counts, [("new".to_owned(), 9)].into());
}

async fn what_changed_meanwhile_is_not_overwritten(place: Place) {
    put(&place, &item("it", "old")).await;
    let (found, _) =
        secrets::wrapped_otherwise(&mut place.read().await, &["new"], Where::default(), 9).await.unwrap();
    let changed = SealedItem { sealed: vec![1, 2, 3], ..item("it", "old") };
    put(&place, &changed).await;
    assert!(!place.write(async |tx| secrets::rewrap(tx, &found[0], b"fresh", "new").await).await);
    assert_eq!(secrets::get(&mut place.read().await, "it").await.unwrap(), Some(changed));
}

async fn a_sample_is_taken_of_every_key(place: Place) {
    for (name, key_id) in [("a", "old"), ("b", "old"), ("c", "new")] {
        put(&place, &item(name, key_id)).await;
    }
    let samples = secrets::samples(&mut place.read().await).await.unwrap();
    let mut names: Vec<&str> = samples.iter().map(|it| it.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["a", "c"]);
}
