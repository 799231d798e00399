//! Runs of commands on nodes.

use std::collections::BTreeMap;

use pilothouse_protocol::{InvocationState, JobId, Millis};
use pilothouse_store::invocations::{self, InvocationQuery, InvocationRecord};
use pilothouse_store::{commands, nodes};

use crate::fixtures::{ELSEWHERE, REGION, command, command_id, instance, invocation, node, over};
use crate::place::{Place, stories};

stories! {
    a_run_reads_back_as_it_was_written
    the_end_of_a_run_is_saved
    runs_of_a_command_come_in_pages_in_order_of_position
    runs_are_listed_newest_command_first
    runs_are_counted_by_state
    only_runs_on_linked_nodes_are_ready_to_be_sent
    runs_past_their_time_are_overdue
    cancels_wait_for_a_link
    followers_of_a_command_are_told_each_run_once
    ten_thousand_results_are_one_transaction
}

async fn insert(place: &Place, runs: &[InvocationRecord]) {
    place.write(async |tx| invocations::insert_many(tx, runs).await).await;
}

fn positions(runs: &[InvocationRecord]) -> Vec<i64> {
    runs.iter().map(|it| it.position).collect()
}

fn job(command: u32, number: u32) -> JobId {
    JobId { command: command_id(command), instance: instance(number) }
}

async fn a_run_reads_back_as_it_was_written(place: Place) {
    let written = [invocation(1, 1), over(invocation(1, 2), -1)];
    insert(&place, &written).await;
    let tx = &mut place.read().await;
    for mut it in written {
        let read = invocations::get(tx, REGION, &it.command_id, &it.instance_id).await.unwrap().unwrap();
        it.revision = read.revision;
        assert_eq!(read, it);
    }
    assert_eq!(invocations::get(tx, ELSEWHERE, &command_id(1), &instance(1)).await.unwrap(), None);
}

async fn the_end_of_a_run_is_saved(place: Place) {
    insert(&place, &[invocation(1, 1), invocation(1, 2)]).await;
    let mut ended = InvocationRecord { cancel: true, ..over(invocation(1, 1), 7) };
    place.write(async |tx| invocations::save_many(tx, std::slice::from_ref(&ended)).await).await;
    let found =
        invocations::find_many(&mut place.read().await, &[job(1, 1), job(9, 1), job(1, 9)]).await.unwrap();
    ended.revision = found[0].revision;
    assert_eq!(found, [ended]);
}

async fn runs_of_a_command_come_in_pages_in_order_of_position(place: Place) {
    insert(&place, &[3, 1, 5, 2, 4].map(|number| invocation(1, number))).await;
    insert(&place, &[invocation(2, 1)]).await;
    place.write(async |tx| invocations::save_many(tx, &[over(invocation(1, 4), 0)]).await).await;
    let tx = &mut place.read().await;
    let id = &command_id(1);
    assert_eq!(positions(&invocations::page(tx, REGION, id, None, None, 3).await.unwrap()), [1, 2, 3]);
    assert_eq!(positions(&invocations::page(tx, REGION, id, Some(3), None, 3).await.unwrap()), [4, 5]);
    let done: &[_] = &[InvocationState::Success, InvocationState::Failed];
    assert_eq!(positions(&invocations::page(tx, REGION, id, None, Some(done), 9).await.unwrap()), [4]);
    assert_eq!(invocations::page(tx, REGION, id, None, Some(&[]), 9).await.unwrap(), []);
    assert_eq!(invocations::page(tx, ELSEWHERE, id, None, None, 9).await.unwrap(), []);
}

async fn runs_are_listed_newest_command_first(place: Place) {
    insert(&place, &[invocation(1, 1), invocation(1, 2), invocation(2, 1), invocation(2, 2)]).await;
    let tx = &mut place.read().await;
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let query = InvocationQuery { before, limit: 3, ..InvocationQuery::default() };
        let page = invocations::list(tx, REGION, &query).await.unwrap();
        let Some(end) = page.last() else { break };
        before = Some((end.requested_at, end.command_id.clone(), end.position));
        seen.extend(page.into_iter().map(|it| (it.command_id, it.position)));
    }
    assert_eq!(
        seen,
        [(2, 1), (2, 2), (1, 1), (1, 2)].map(|(command, position)| (command_id(command), position))
    );
    let query = InvocationQuery { instance: Some(instance(2)), limit: 9, ..InvocationQuery::default() };
    assert_eq!(positions(&invocations::list(tx, REGION, &query).await.unwrap()), [2, 2]);
    let query = InvocationQuery { states: Some(vec![InvocationState::Failed]), ..query };
    assert_eq!(invocations::list(tx, REGION, &query).await.unwrap(), []);
}

async fn runs_are_counted_by_state(place: Place) {
    insert(&place, &[1, 2, 3].map(|number| invocation(1, number))).await;
    insert(&place, &[invocation(2, 1)]).await;
    place.write(async |tx| invocations::save_many(tx, &[over(invocation(1, 3), 1)]).await).await;
    let counts = invocations::counts(&mut place.read().await, &command_id(1)).await.unwrap();
    assert_eq!(counts, BTreeMap::from([(InvocationState::Pending, 2), (InvocationState::Failed, 1)]));
}

async fn only_runs_on_linked_nodes_are_ready_to_be_sent(place: Place) {
    place
        .write(async |tx| {
            for number in 1..=4 {
                let mut it = node(number);
                it.connected = number != 2;
                it.gone = number == 3;
                nodes::insert(tx, &it).await?;
            }
            Ok(())
        })
        .await;
    insert(&place, &[4, 3, 2, 1].map(|number| invocation(1, number))).await;
    let tx = &mut place.read().await;
    assert_eq!(positions(&invocations::unsent(tx, &command_id(1), None, 9).await.unwrap()), [1, 4]);
    assert_eq!(positions(&invocations::unsent(tx, &command_id(1), None, 1).await.unwrap()), [1]);
    assert_eq!(positions(&invocations::unsent(tx, &command_id(1), Some(1), 9).await.unwrap()), [4]);
    assert_eq!(positions(&invocations::orphaned(tx).await.unwrap()), [3]);
    let open = [InvocationState::Pending, InvocationState::InProgress];
    assert_eq!(invocations::of_node(tx, &instance(2), &open).await.unwrap().len(), 1);
    assert_eq!(invocations::of_node(tx, &instance(2), &open[1..]).await.unwrap(), []);
}

async fn runs_past_their_time_are_overdue(place: Place) {
    place.write(async |tx| commands::insert(tx, &command(1)).await).await;
    let running = InvocationRecord { state: InvocationState::InProgress, ..invocation(1, 2) };
    insert(&place, &[invocation(1, 1), running, over(invocation(1, 3), 0)]).await;
    let tx = &mut place.read().await;
    // The command must start by 5,000 and be over by 9,000.
    assert_eq!(invocations::overdue(tx, Millis(5_000)).await.unwrap(), []);
    assert_eq!(positions(&invocations::overdue(tx, Millis(5_001)).await.unwrap()), [1]);
    let mut late = positions(&invocations::overdue(tx, Millis(9_001)).await.unwrap());
    late.sort_unstable();
    assert_eq!(late, [1, 2]);
}

async fn cancels_wait_for_a_link(place: Place) {
    let mut offline = node(2);
    offline.connected = false;
    for it in [node(1), offline, node(3)] {
        place.write(async |tx| nodes::insert(tx, &it).await).await;
    }
    let asked = |number, run: InvocationRecord| InvocationRecord { cancel: number < 4, ..run };
    insert(
        &place,
        &[asked(1, invocation(1, 1)), asked(2, invocation(1, 2)), asked(3, over(invocation(1, 3), 0))],
    )
    .await;
    assert_eq!(positions(&invocations::cancelling(&mut place.read().await).await.unwrap()), [1]);
}

async fn followers_of_a_command_are_told_each_run_once(place: Place) {
    insert(&place, &[1, 2, 3].map(|number| invocation(1, number))).await;
    insert(&place, &[invocation(2, 1)]).await;
    let id = &command_id(1);
    let first = invocations::changed(&mut place.read().await, REGION, id, 0, 1).await.unwrap();
    assert_eq!(positions(&first), [1, 2, 3], "what one transaction wrote is told at once");
    place.write(async |tx| invocations::save_many(tx, &[over(invocation(1, 2), 0)]).await).await;
    let news = invocations::changed(&mut place.read().await, REGION, id, first[0].revision, 9).await.unwrap();
    assert_eq!(positions(&news), [2]);
    let quiet = invocations::changed(&mut place.read().await, REGION, id, news[0].revision, 9).await.unwrap();
    assert_eq!(quiet, []);
}

async fn ten_thousand_results_are_one_transaction(place: Place) {
    let runs: Vec<_> = (0..10_000).map(|number| invocation(1, number)).collect();
    insert(&place, &runs).await;
    let ended: Vec<_> = runs.into_iter().map(|run| over(run, 0)).collect();
    place.write(async |tx| invocations::save_many(tx, &ended).await).await;
    let tx = &mut place.read().await;
    let counts = invocations::counts(tx, &command_id(1)).await.unwrap();
    assert_eq!(counts, BTreeMap::from([(InvocationState::Success, 10_000)]));
    let jobs: Vec<_> = (0..10_000).map(|number| job(1, number)).collect();
    let found = invocations::find_many(tx, &jobs).await.unwrap();
    let revision = found[0].revision;
    assert!(
        found.len() == 10_000 && found.iter().all(|it| it.revision == revision),
        "one transaction, one revision"
    );
}
