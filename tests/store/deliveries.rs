//! The outbox.

use pilothouse_protocol::Millis;
use pilothouse_store::deliveries::{self, Attempt, DeliveryRecord, Kind, State, Wanted};

use crate::fixtures::{HOSTILE, REGION};
use crate::place::{Place, stories};

stories! {
    a_reason_is_written_once_whatever_became_of_it
    what_is_taken_is_nobody_elses_until_its_lease_ends
    a_late_word_about_an_attempt_changes_nothing
    who_does_not_answer_keeps_nobody_waiting
    what_ended_long_ago_is_forgotten
}

fn delivery(number: i64) -> DeliveryRecord {
    DeliveryRecord {
        delivery_id: format!("command-{number}/Success"),
        region: REGION.to_owned(),
        kind: Kind::Webhook,
        destination: "ops".to_owned(),
        command_id: format!("command-{number}"),
        instance_id: String::new(),
        payload: serde_json::json!({ "said": HOSTILE }),
        state: State::Waiting,
        due_at: Millis(number),
        attempts: 0,
        problem: String::new(),
        created_at: Millis(number),
        ended_at: None,
    }
}

fn wanted(lease_until: i64) -> Wanted {
    Wanted { kind: Kind::Webhook, except: vec![], lease_until: Millis(lease_until), count: 10 }
}

async fn add(place: &Place, records: &[DeliveryRecord]) {
    place.write(async |tx| deliveries::add(tx, records).await).await;
}

async fn take(place: &Place, wanted: &Wanted, now: i64) -> Vec<DeliveryRecord> {
    place.write(async |tx| deliveries::take(tx, wanted, Millis(now)).await).await
}

async fn settle(place: &Place, taken: &DeliveryRecord, attempt: &Attempt, now: i64) -> bool {
    place.write(async |tx| deliveries::settle(tx, taken, attempt, Millis(now)).await).await
}

async fn get(place: &Place, number: i64) -> DeliveryRecord {
    let id = delivery(number).delivery_id;
    deliveries::get(&mut place.read().await, &id).await.unwrap().unwrap()
}

async fn a_reason_is_written_once_whatever_became_of_it(place: Place) {
    add(&place, &[delivery(1), delivery(2)]).await;
    let taken = take(&place, &wanted(100), 5).await;
    assert!(settle(&place, &taken[0], &Attempt::Done, 6).await);
    add(&place, &[delivery(1), delivery(2), delivery(3)]).await;
    let first = get(&place, 1).await;
    assert_eq!((first.state, first.ended_at, first.attempts), (State::Done, Some(Millis(6)), 1));
    assert_eq!(first.payload, delivery(1).payload);
    assert_eq!(get(&place, 3).await, delivery(3));
    let of = deliveries::of_command(&mut place.read().await, REGION, "command-2").await.unwrap();
    assert_eq!(of.len(), 1);
}

async fn what_is_taken_is_nobody_elses_until_its_lease_ends(place: Place) {
    add(&place, &[delivery(1), delivery(9)]).await;
    let is_due =
        async |now| deliveries::is_due(&mut place.read().await, Kind::Webhook, Millis(now)).await.unwrap();
    assert!(!is_due(0).await && is_due(1).await);
    assert_eq!(take(&place, &wanted(100), 5).await.len(), 1, "the other is not due");
    assert!(take(&place, &wanted(100), 6).await.is_empty() && !is_due(6).await);
    assert_eq!(take(&place, &wanted(200), 101).await.len(), 2);
    let other = Wanted { kind: Kind::OutputToS3, ..wanted(999) };
    assert!(take(&place, &other, 300).await.is_empty());
}

async fn a_late_word_about_an_attempt_changes_nothing(place: Place) {
    add(&place, &[delivery(1)]).await;
    let first = take(&place, &wanted(100), 5).await.remove(0);
    let second = take(&place, &wanted(200), 101).await.remove(0);
    assert_eq!((first.attempts, second.attempts), (1, 2));
    assert!(!settle(&place, &first, &Attempt::GivenUp("late".to_owned()), 102).await);
    assert!(settle(&place, &second, &Attempt::Again(HOSTILE.to_owned(), Millis(500)), 102).await);
    let now = get(&place, 1).await;
    assert_eq!((now.state, now.due_at, now.problem.as_str()), (State::Waiting, Millis(500), HOSTILE));
    let third = take(&place, &wanted(900), 500).await.remove(0);
    assert!(settle(&place, &third, &Attempt::GivenUp("enough".to_owned()), 501).await);
    assert!(!settle(&place, &third, &Attempt::Done, 502).await, "it is over");
    assert_eq!(get(&place, 1).await.state, State::GivenUp);
}

async fn who_does_not_answer_keeps_nobody_waiting(place: Place) {
    let elsewhere = DeliveryRecord { destination: "chat".to_owned(), ..delivery(2) };
    add(&place, &[delivery(1), elsewhere.clone()]).await;
    let taken = take(&place, &Wanted { except: vec!["ops".to_owned()], ..wanted(100) }, 5).await;
    assert_eq!(taken.iter().map(|it| &it.delivery_id).collect::<Vec<_>>(), [&elsewhere.delivery_id]);
}

async fn what_ended_long_ago_is_forgotten(place: Place) {
    add(&place, &[delivery(1), delivery(2), delivery(3)]).await;
    let taken = take(&place, &wanted(100), 5).await;
    settle(&place, &taken[0], &Attempt::Done, 10).await;
    settle(&place, &taken[1], &Attempt::GivenUp("no".to_owned()), 20).await;
    let sweep = async |before| place.write(async |tx| deliveries::sweep(tx, Millis(before), 10).await).await;
    assert_eq!(sweep(15).await, 1);
    assert_eq!(sweep(1_000).await, 1, "what waits is not forgotten");
    assert_eq!(get(&place, 3).await.state, State::Waiting);
}
