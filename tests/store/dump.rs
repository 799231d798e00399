//! Everything that a database holds, taken out and into another one, of either kind.

use std::pin::pin;

use futures_util::TryStreamExt as _;
use pilothouse_protocol::Millis;
use pilothouse_store::catalog::{self, Table};
use pilothouse_store::dump::{self, Loader, Value};
use pilothouse_store::secrets::{self, SealedItem};
use pilothouse_store::{Store, StoreError, commands, invocations, meta, nodes, secrets as items};

use crate::fixtures::{HOSTILE, command, instance, invocation, node, over};
use crate::place::{Place, stories};

stories! {
    a_dump_is_one_state_while_others_write
    a_dump_comes_back_whole_in_both_kinds_of_database
    a_database_that_is_not_empty_takes_no_dump
    what_does_not_fit_the_schema_leaves_the_database_empty
    a_database_is_looked_at_without_being_made_or_migrated
}

type Dump = Vec<(Table, Vec<Vec<Value>>)>;

async fn dump_of(store: &Store) -> Dump {
    let mut tx = store.read().await.unwrap();
    let mut all = Vec::new();
    for table in catalog::tables(&mut tx).await.unwrap() {
        let mut rows: Vec<Vec<Value>> = pin!(dump::rows(&mut tx, &table)).try_collect().await.unwrap();
        rows.sort_by_key(|row| format!("{row:?}"));
        all.push((table, rows));
    }
    all
}

async fn version(store: &Store) -> i64 {
    catalog::version(&mut store.read().await.unwrap()).await.unwrap()
}

async fn load(store: &Store, version: i64, dump: &Dump) -> Result<(), StoreError> {
    let mut loader = Loader::begin(store, version).await?;
    for (table, rows) in dump {
        loader.rows(table, rows).await?;
    }
    loader.finish().await
}

async fn filled(place: &Place) {
    place
        .write(async |tx| {
            nodes::insert(tx, &node(1)).await?;
            commands::insert(tx, &command(1)).await?;
            let runs: Vec<_> = (0..600).map(|it| over(invocation(1, it), 3)).collect();
            invocations::insert_many(tx, &runs).await?;
            let item = SealedItem {
                name: HOSTILE.to_owned(),
                sealed: (0..=255).collect(),
                key_id: "key".to_owned(),
                updated_at: Millis(i64::MAX),
            };
            secrets::put(tx, &item).await?;
            meta::set(tx, "empty", "").await
        })
        .await;
}

async fn others() -> Vec<Store> {
    let mut others = vec![Store::empty("sqlite::memory:").await.unwrap()];
    if let Ok(cluster) = pilothouse_tests::postgres::cluster() {
        others.push(Store::empty(&cluster.database().unwrap()).await.unwrap());
    }
    others
}

async fn a_dump_is_one_state_while_others_write(place: Place) {
    filled(&place).await;
    let mut tx = place.read().await;
    let tables = catalog::tables(&mut tx).await.unwrap();
    place.write(async |tx| nodes::insert(tx, &node(2)).await).await;
    let nodes = tables.iter().find(|it| it.name == "nodes").unwrap();
    let rows: Vec<Vec<Value>> = pin!(dump::rows(&mut tx, nodes)).try_collect().await.unwrap();
    assert_eq!(rows.len(), 1);
}

async fn a_dump_comes_back_whole_in_both_kinds_of_database(place: Place) {
    filled(&place).await;
    let (dump, version) = (dump_of(&place.store).await, version(&place.store).await);
    assert!(dump.iter().any(|(table, rows)| table.name == "invocations" && rows.len() == 600));
    for other in others().await {
        load(&other, version, &dump).await.unwrap();
        assert_eq!(dump_of(&other).await, dump);
        let mut tx = other.read().await.unwrap();
        let read = nodes::find(&mut tx, &instance(1)).await.unwrap().unwrap();
        assert_eq!(read.name.as_deref(), Some(HOSTILE));
        assert_eq!(items::get(&mut tx, HOSTILE).await.unwrap().unwrap().updated_at, Millis(i64::MAX));
    }
}

async fn a_database_that_is_not_empty_takes_no_dump(place: Place) {
    let error = load(&place.store, 1, &Vec::new()).await.unwrap_err();
    assert!(matches!(error, StoreError::NotEmpty), "{error}");
}

async fn what_does_not_fit_the_schema_leaves_the_database_empty(place: Place) {
    let (dump, known) = (dump_of(&place.store).await, version(&place.store).await);
    for other in others().await {
        let error = load(&other, known + 1, &dump).await.unwrap_err();
        assert!(matches!(error, StoreError::NewerSchema { .. }), "{error}");
        let mut strange = dump.clone();
        strange[0].0.name = "\"; DROP TABLE nodes".to_owned();
        let error = load(&other, known, &strange).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
        assert_eq!(version(&other).await, 0);
        load(&other, known, &dump).await.unwrap();
    }
}

async fn a_database_is_looked_at_without_being_made_or_migrated(place: Place) {
    Store::attach(&place.url).await.unwrap().close().await;
    let known = version(&place.store).await;
    place.store.close().await;
    place.sql("DELETE FROM schema_version WHERE version > 1").await;
    let error = Store::attach(&place.url).await.unwrap_err();
    assert!(matches!(error, StoreError::OlderSchema { found: 1, .. }), "{error} {known}");
    let nowhere = place.url.replace("store.db", "nothing.db");
    if nowhere != place.url {
        let error = Store::attach(&nowhere).await.unwrap_err().to_string();
        assert!(error.contains("nothing.db"), "{error}");
    }
}
