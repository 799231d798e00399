//! What holds for the store as a whole: transactions, revisions, writers at once, migrations.

use pilothouse_store::{Backend, Store, StoreError, meta, nodes};

use crate::fixtures::{ELSEWHERE, HOSTILE, REGION, instance, node};
use crate::place::{Place, stories};

stories! {
    what_is_not_committed_leaves_no_trace
    a_reader_sees_one_state_while_others_write
    revisions_grow_by_transaction_and_by_region
    writers_at_once_lose_nothing_and_followers_miss_nothing
    facts_about_the_server_are_kept_by_name
    everything_is_there_after_a_restart
    a_newer_schema_is_refused_and_left_alone
    a_store_that_is_up_to_date_opens_again
    two_servers_may_start_at_once
}

async fn what_is_not_committed_leaves_no_trace(place: Place) {
    let mut tx = place.store.write().await.unwrap();
    nodes::insert(&mut tx, &node(1)).await.unwrap();
    meta::set(&mut tx, "name", "value").await.unwrap();
    drop(tx);
    let tx = &mut place.read().await;
    assert_eq!(nodes::find(tx, &instance(1)).await.unwrap(), None);
    assert_eq!(meta::get(tx, "name").await.unwrap(), None);
    let first = place.write(async |tx| tx.revision(REGION).await).await;
    assert_eq!(first, 1, "the revision that was taken was given back");
}

async fn a_reader_sees_one_state_while_others_write(place: Place) {
    place.write(async |tx| nodes::insert(tx, &node(1)).await).await;
    let mut reader = place.read().await;
    assert_eq!(nodes::all(&mut reader, REGION).await.unwrap().len(), 1);
    place.write(async |tx| nodes::insert(tx, &node(2)).await).await;
    assert_eq!(nodes::all(&mut reader, REGION).await.unwrap().len(), 1, "what it began with");
    drop(reader);
    assert_eq!(nodes::all(&mut place.read().await, REGION).await.unwrap().len(), 2);
}

async fn revisions_grow_by_transaction_and_by_region(place: Place) {
    let mut tx = place.store.write().await.unwrap();
    let first = tx.revision(REGION).await.unwrap();
    assert_eq!(tx.revision(REGION).await.unwrap(), first, "taken once for a transaction");
    assert_eq!(tx.revision(ELSEWHERE).await.unwrap(), 1, "each region counts for itself");
    tx.commit().await.unwrap();
    assert_eq!(place.write(async |tx| tx.revision(REGION).await).await, first + 1);
    assert_eq!(place.write(async |tx| tx.revision(REGION).await).await, first + 2);
}

async fn writers_at_once_lose_nothing_and_followers_miss_nothing(place: Place) {
    const WRITERS: u32 = 8;
    const EACH: u32 = 25;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = place.store.clone();
            tokio::spawn(async move {
                for i in 0..EACH {
                    let mut tx = store.write().await.unwrap();
                    nodes::insert(&mut tx, &node(writer * EACH + i)).await.unwrap();
                    tx.commit().await.unwrap();
                }
            })
        })
        .collect();
    // A follower reads along: after each page it only asks for what is newer, so a change that became visible late is missed.
    let (mut followed, mut cursor) = (Vec::new(), 0);
    while followed.len() < (WRITERS * EACH) as usize {
        let page = nodes::changed(&mut place.read().await, REGION, cursor, 10).await.unwrap();
        cursor = page.last().map_or(cursor, |it| it.revision);
        followed.extend(page.into_iter().map(|it| it.instance_id));
        let all_wrote = writers.iter().all(tokio::task::JoinHandle::is_finished);
        let end = nodes::changed(&mut place.read().await, REGION, cursor, 1).await.unwrap();
        assert!(
            !all_wrote || !end.is_empty() || followed.len() == (WRITERS * EACH) as usize,
            "a change was missed"
        );
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    followed.sort();
    followed.dedup();
    assert_eq!(followed.len(), (WRITERS * EACH) as usize);
}

async fn facts_about_the_server_are_kept_by_name(place: Place) {
    for value in ["first", HOSTILE] {
        place.write(async |tx| meta::set(tx, "root", value).await).await;
    }
    let tx = &mut place.read().await;
    assert_eq!(meta::get(tx, "root").await.unwrap().as_deref(), Some(HOSTILE));
    assert_eq!(meta::get(tx, "other").await.unwrap(), None);
}

async fn everything_is_there_after_a_restart(place: Place) {
    place.write(async |tx| nodes::insert(tx, &node(1)).await).await;
    place.store.close().await;
    let again = Store::open(&place.url).await.unwrap();
    assert_eq!(nodes::all(&mut again.read().await.unwrap(), REGION).await.unwrap().len(), 1);
    again.ping().await.unwrap();
}

async fn a_newer_schema_is_refused_and_left_alone(place: Place) {
    place.write(async |tx| nodes::insert(tx, &node(1)).await).await;
    place.store.close().await;
    place.sql("INSERT INTO schema_version (version) VALUES (999)").await;
    let refused = Store::open(&place.url).await.unwrap_err();
    let said = refused.to_string();
    assert!(matches!(refused, StoreError::NewerSchema { found: 999, .. }), "{said}");
    assert!(said.contains("999") && said.contains("newer"), "{said}");
    place.sql("DELETE FROM schema_version WHERE version = 999").await;
    let again = Store::open(&place.url).await.unwrap();
    assert_eq!(nodes::all(&mut again.read().await.unwrap(), REGION).await.unwrap().len(), 1);
}

async fn a_store_that_is_up_to_date_opens_again(place: Place) {
    for _ in 0..2 {
        Store::open(&place.url).await.unwrap().close().await;
    }
}

async fn two_servers_may_start_at_once(place: Place) {
    if place.store.backend() == Backend::Sqlite {
        // A file belongs to one server; the server's own lock says so.
        return;
    }
    place.sql("DROP SCHEMA public CASCADE").await;
    place.sql("CREATE SCHEMA public").await;
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let url = place.url.clone();
            tokio::spawn(async move { Store::open(&url).await.map(|_| ()) })
        })
        .collect();
    for it in starts {
        it.await.unwrap().unwrap();
    }
}
