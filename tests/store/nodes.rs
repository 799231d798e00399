//! Nodes and their tags.

use std::collections::BTreeMap;

use pilothouse_protocol::{Millis, PingStatus};
use pilothouse_store::{nodes, tags};

use crate::fixtures::{ELSEWHERE, HOSTILE, REGION, instance, node};
use crate::place::{Place, stories};

stories! {
    a_node_reads_back_as_it_was_written
    what_changed_of_a_node_is_saved
    a_node_belongs_to_its_region
    a_deregistered_node_is_only_told_to_followers
    nodes_come_in_pages_without_gap_or_double
    thousands_of_nodes_are_selected_at_once
    tags_are_set_replaced_and_removed
    a_cursor_finds_each_change_once
    nodes_of_one_transaction_stay_on_one_page
    being_heard_is_no_change
    only_silent_nodes_without_a_link_are_stale
}

const KIND: &str = "ManagedInstance";

fn pairs(tags: &[(&str, &str)]) -> Vec<(String, String)> {
    tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

async fn a_node_reads_back_as_it_was_written(place: Place) {
    let mut written = node(1);
    place.write(async |tx| nodes::insert(tx, &written).await).await;
    let read = nodes::get(&mut place.read().await, REGION, &instance(1)).await.unwrap().unwrap();
    written.revision = read.revision;
    assert!(read.revision > 0);
    assert_eq!(read, written);
}

async fn what_changed_of_a_node_is_saved(place: Place) {
    let mut it = node(1);
    place.write(async |tx| nodes::insert(tx, &it).await).await;
    it.name = None;
    it.facts.computer_name = HOSTILE.to_owned();
    it.public_key = vec![9; 32];
    it.fingerprint = "another".to_owned();
    (it.last_ping, it.ping, it.connected) = (Millis(3_000), PingStatus::ConnectionLost, false);
    it.conflict = Some("from 192.0.2.1".to_owned());
    place.write(async |tx| nodes::save(tx, &it).await).await;
    let read = nodes::find(&mut place.read().await, &instance(1)).await.unwrap().unwrap();
    it.revision = read.revision;
    assert_eq!(read, it);
}

async fn a_node_belongs_to_its_region(place: Place) {
    place.write(async |tx| nodes::insert(tx, &node(1)).await).await;
    let tx = &mut place.read().await;
    assert_eq!(nodes::get(tx, ELSEWHERE, &instance(1)).await.unwrap(), None);
    assert_eq!(nodes::list(tx, ELSEWHERE, None, 9).await.unwrap(), []);
    assert_eq!(nodes::select(tx, ELSEWHERE, &[instance(1)]).await.unwrap(), []);
    assert_eq!(nodes::changed(tx, ELSEWHERE, 0, 9).await.unwrap(), []);
    assert!(nodes::find(tx, &instance(1)).await.unwrap().is_some(), "who connects knows no region");
}

async fn a_deregistered_node_is_only_told_to_followers(place: Place) {
    let mut it = node(1);
    place.write(async |tx| nodes::insert(tx, &it).await).await;
    it.gone = true;
    place.write(async |tx| nodes::save(tx, &it).await).await;
    let tx = &mut place.read().await;
    assert_eq!(nodes::find(tx, &instance(1)).await.unwrap(), None);
    assert_eq!(nodes::all(tx, REGION).await.unwrap(), []);
    assert_eq!(nodes::select(tx, REGION, &[instance(1)]).await.unwrap(), []);
    let told = nodes::changed(tx, REGION, 0, 9).await.unwrap();
    assert!(told.len() == 1 && told[0].gone);
}

async fn nodes_come_in_pages_without_gap_or_double(place: Place) {
    place
        .write(async |tx| {
            for number in [5, 3, 1, 4, 2] {
                nodes::insert(tx, &node(number)).await?;
            }
            Ok(())
        })
        .await;
    let tx = &mut place.read().await;
    let (mut seen, mut last) = (Vec::new(), None);
    loop {
        let page = nodes::list(tx, REGION, last.as_ref(), 2).await.unwrap();
        let Some(end) = page.last() else { break };
        last = Some(end.instance_id.clone());
        seen.extend(page.into_iter().map(|it| it.instance_id));
    }
    assert_eq!(seen, (1..=5).map(instance).collect::<Vec<_>>());
}

async fn thousands_of_nodes_are_selected_at_once(place: Place) {
    place
        .write(async |tx| {
            for number in 0..2_000 {
                nodes::insert(tx, &node(number)).await?;
            }
            tags::set(tx, REGION, KIND, instance(1_999).as_str(), &pairs(&[("last", "yes")])).await
        })
        .await;
    let ids: Vec<_> = (0..2_500).map(instance).collect();
    let mut found = nodes::select(&mut place.read().await, REGION, &ids).await.unwrap();
    found.sort_by(|a, b| a.instance_id.cmp(&b.instance_id));
    assert_eq!(found.len(), 2_000);
    assert_eq!(found[1_999].tags, BTreeMap::from([("last".to_owned(), "yes".to_owned())]));
}

async fn tags_are_set_replaced_and_removed(place: Place) {
    place.write(async |tx| nodes::insert(tx, &node(1)).await).await;
    let id = instance(1).to_string();
    let first = pairs(&[("env", "prod"), ("owner", HOSTILE), ("empty", "")]);
    place.write(async |tx| tags::set(tx, REGION, KIND, &id, &first).await).await;
    place.write(async |tx| tags::set(tx, REGION, KIND, &id, &pairs(&[("env", "dev")])).await).await;
    place
        .write(async |tx| {
            tags::remove(tx, REGION, KIND, &id, &["empty".to_owned(), "never".to_owned()]).await
        })
        .await;
    let tx = &mut place.read().await;
    let left = pairs(&[("env", "dev"), ("owner", HOSTILE)]);
    assert_eq!(tags::list(tx, REGION, KIND, &id).await.unwrap(), left);
    assert_eq!(tags::list(tx, ELSEWHERE, KIND, &id).await.unwrap(), []);
    assert_eq!(tags::list(tx, REGION, "Document", &id).await.unwrap(), []);
    let read = nodes::find(tx, &instance(1)).await.unwrap().unwrap();
    assert_eq!(read.tags, left.into_iter().collect());
}

async fn a_cursor_finds_each_change_once(place: Place) {
    for number in 1..=3 {
        place.write(async |tx| nodes::insert(tx, &node(number)).await).await;
    }
    let all = nodes::changed(&mut place.read().await, REGION, 0, 99).await.unwrap();
    assert_eq!(all.len(), 3);
    assert!(all.windows(2).all(|it| it[0].revision < it[1].revision));
    let cursor = all[2].revision;
    place.write(async |tx| nodes::save(tx, &node(1)).await).await;
    let news = nodes::changed(&mut place.read().await, REGION, cursor, 99).await.unwrap();
    assert_eq!(news.iter().map(|it| &it.instance_id).collect::<Vec<_>>(), [&instance(1)]);
    let quiet = nodes::changed(&mut place.read().await, REGION, news[0].revision, 99).await.unwrap();
    assert_eq!(quiet, []);
}

async fn nodes_of_one_transaction_stay_on_one_page(place: Place) {
    for group in [1..=3, 4..=6] {
        place
            .write(async |tx| {
                for number in group {
                    nodes::insert(tx, &node(number)).await?;
                }
                Ok(())
            })
            .await;
    }
    let tx = &mut place.read().await;
    let page = nodes::changed(tx, REGION, 0, 2).await.unwrap();
    assert_eq!(page.len(), 3, "a page may grow, a revision is never cut");
    let next = nodes::changed(tx, REGION, page[2].revision, 2).await.unwrap();
    assert_eq!(
        next.iter().map(|it| it.instance_id.clone()).collect::<Vec<_>>(),
        (4..=6).map(instance).collect::<Vec<_>>()
    );
}

async fn being_heard_is_no_change(place: Place) {
    place.write(async |tx| nodes::insert(tx, &node(1)).await).await;
    let before = nodes::find(&mut place.read().await, &instance(1)).await.unwrap().unwrap();
    let heard = [(instance(1), Millis(7_000)), (instance(1), Millis(6_000)), (instance(99), Millis(1))];
    place.write(async |tx| nodes::touch_many(tx, &heard).await).await;
    let after = nodes::find(&mut place.read().await, &instance(1)).await.unwrap().unwrap();
    assert_eq!(
        (after.last_ping, after.revision),
        (Millis(7_000), before.revision),
        "late news never turns time back"
    );
}

async fn only_silent_nodes_without_a_link_are_stale(place: Place) {
    let silent = |number, connected, ping, gone| {
        let mut it = node(number);
        (it.connected, it.ping, it.gone) = (connected, ping, gone);
        it
    };
    let fleet = [
        silent(1, true, PingStatus::Online, false),
        silent(2, false, PingStatus::ConnectionLost, false),
        silent(3, false, PingStatus::Online, true),
        silent(4, false, PingStatus::Online, false),
    ];
    place
        .write(async |tx| {
            for it in &fleet {
                nodes::insert(tx, it).await?;
            }
            Ok(())
        })
        .await;
    let ids = async |before| {
        let found = nodes::stale(&mut place.read().await, Millis(before), 9).await.unwrap();
        found.into_iter().map(|it| it.instance_id).collect::<Vec<_>>()
    };
    assert_eq!(ids(2_000).await, []);
    assert_eq!(ids(2_001).await, [instance(4)]);
    place.write(async |tx| nodes::disconnect_all(tx).await).await;
    assert_eq!(ids(2_001).await.len(), 2);
}
