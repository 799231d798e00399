//! Commands.

use std::collections::BTreeMap;

use pilothouse_api::commands::CommandState;
use pilothouse_protocol::{InvocationState, Millis};
use pilothouse_store::commands::{self, CommandQuery, CommandRecord};
use pilothouse_store::invocations::{self, InvocationRecord};
use pilothouse_store::nodes::{self, NodeRecord};

use crate::fixtures::{ELSEWHERE, REGION, command, command_id, instance, invocation, node};
use crate::place::{Place, stories};

stories! {
    a_command_reads_back_as_it_was_written
    what_becomes_of_a_command_is_saved
    commands_are_listed_newest_first_in_pages
    commands_are_found_by_what_is_asked_for
    commands_are_ready_when_a_linked_node_waits_or_a_run_failed
    followers_of_commands_miss_nothing
}

async fn insert(place: &Place, numbers: impl IntoIterator<Item = u32>) {
    for number in numbers {
        place.write(async |tx| commands::insert(tx, &command(number)).await).await;
    }
}

async fn ids(place: &Place, query: CommandQuery) -> Vec<u32> {
    let query = CommandQuery { limit: 99, ..query };
    let found = commands::list(&mut place.read().await, REGION, &query).await.unwrap();
    found.iter().map(|it| u32::from_str_radix(&it.command_id.as_str()[..8], 16).unwrap()).collect()
}

async fn a_command_reads_back_as_it_was_written(place: Place) {
    insert(&place, [1]).await;
    let tx = &mut place.read().await;
    let read = commands::get(tx, REGION, &command_id(1)).await.unwrap().unwrap();
    let mut written = command(1);
    written.revision = read.revision;
    assert_eq!(read, written);
    assert_eq!(commands::get(tx, ELSEWHERE, &command_id(1)).await.unwrap(), None);
}

async fn what_becomes_of_a_command_is_saved(place: Place) {
    insert(&place, [1]).await;
    let mut it = command(1);
    it.state = CommandState::Incomplete;
    it.cancel_requested = true;
    it.counts = BTreeMap::from([(InvocationState::Success, 2), (InvocationState::Failed, 1)]);
    place.write(async |tx| commands::save(tx, &it).await).await;
    let read = commands::get(&mut place.read().await, REGION, &command_id(1)).await.unwrap().unwrap();
    it.revision = read.revision;
    assert_eq!(read, it);
}

async fn commands_are_listed_newest_first_in_pages(place: Place) {
    insert(&place, 1..=5).await;
    let tx = &mut place.read().await;
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let query = CommandQuery { before, limit: 2, ..CommandQuery::default() };
        let page = commands::list(tx, REGION, &query).await.unwrap();
        let Some(end) = page.last() else { break };
        before = Some((end.requested_at, end.command_id.clone()));
        seen.extend(page.into_iter().map(|it| it.command_id));
    }
    assert_eq!(seen, [5, 4, 3, 2, 1].map(command_id));
    let newest = commands::recent(tx, REGION, 2).await.unwrap();
    assert_eq!(newest.iter().map(|it| &it.command_id).collect::<Vec<_>>(), [&command_id(5), &command_id(4)]);
}

async fn commands_are_found_by_what_is_asked_for(place: Place) {
    insert(&place, 1..=3).await;
    place.write(async |tx| invocations::insert_many(tx, &[invocation(2, 7)]).await).await;
    let done = CommandRecord { state: CommandState::Success, ..command(3) };
    place.write(async |tx| commands::save(tx, &done).await).await;
    let query = CommandQuery::default;
    assert_eq!(ids(&place, query()).await, [3, 2, 1]);
    assert_eq!(ids(&place, CommandQuery { instance: Some(instance(7)), ..query() }).await, [2]);
    assert_eq!(ids(&place, CommandQuery { after_time: Some(Millis(1_001)), ..query() }).await, [3, 2]);
    assert_eq!(ids(&place, CommandQuery { before_time: Some(Millis(1_002)), ..query() }).await, [1]);
    assert_eq!(ids(&place, CommandQuery { states: Some(vec![CommandState::Success]), ..query() }).await, [3]);
    let two = vec![CommandState::Success, CommandState::Pending];
    assert_eq!(ids(&place, CommandQuery { states: Some(two), ..query() }).await, [3, 2, 1]);
    assert_eq!(ids(&place, CommandQuery { states: Some(vec![]), ..query() }).await, [0; 0]);
    assert_eq!(
        ids(&place, CommandQuery { document_name: Some("Other".to_owned()), ..query() }).await,
        [0; 0]
    );
}

async fn commands_are_ready_when_a_linked_node_waits_or_a_run_failed(place: Place) {
    insert(&place, 1..=5).await;
    let waiting = |command| invocation(command, 1);
    let away = |command| invocation(command, 2);
    let failed = InvocationRecord { state: InvocationState::Failed, ..invocation(5, 1) };
    place
        .write(async |tx| {
            for number in 1..=2 {
                nodes::insert(tx, &NodeRecord { connected: number == 1, ..node(number) }).await?;
            }
            let over = CommandRecord { state: CommandState::NoInstancesInTag, ..command(1) };
            commands::save(tx, &over).await?;
            let runs = [waiting(1), waiting(2), away(2), away(3), waiting(4), away(5), failed];
            invocations::insert_many(tx, &runs).await
        })
        .await;
    let ready = commands::ready(&mut place.read().await, 9).await.unwrap();
    let ids: Vec<_> = ready.iter().map(|it| &it.command_id).collect();
    assert_eq!(ids, [2, 4, 5].map(command_id).iter().collect::<Vec<_>>());
}

async fn followers_of_commands_miss_nothing(place: Place) {
    insert(&place, 1..=3).await;
    let tx = &mut place.read().await;
    let first = commands::changed(tx, REGION, 0, 2).await.unwrap();
    assert_eq!(first.iter().map(|it| &it.command_id).collect::<Vec<_>>(), [&command_id(1), &command_id(2)]);
    let rest = commands::changed(tx, REGION, first[1].revision, 2).await.unwrap();
    assert_eq!(rest.iter().map(|it| &it.command_id).collect::<Vec<_>>(), [&command_id(3)]);
    assert_eq!(commands::changed(tx, REGION, rest[0].revision, 2).await.unwrap(), []);
}
