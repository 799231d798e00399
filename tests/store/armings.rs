//! Armed environments.

use std::collections::BTreeSet;

use pilothouse_protocol::Millis;
use pilothouse_store::armings::{self, ArmingRecord};

use crate::fixtures::HOSTILE;
use crate::place::{Place, stories};

stories! {
    an_arming_holds_until_its_end_and_not_longer
    who_arms_again_has_the_new_time_and_reason
    each_person_arms_for_itself
    armings_are_listed_in_the_order_of_their_ends
    what_has_ended_is_forgotten_and_followers_see_that
}

fn arming(person: &str, environment: &str, until: i64) -> ArmingRecord {
    ArmingRecord {
        person: person.to_owned(),
        environment: environment.to_owned(),
        reason: HOSTILE.to_owned(),
        since: Millis(1_000),
        until: Millis(until),
    }
}

fn set(environments: &[&str]) -> BTreeSet<String> {
    environments.iter().map(|it| (*it).to_owned()).collect()
}

async fn an_arming_holds_until_its_end_and_not_longer(place: Place) {
    place.write(async |tx| armings::put(tx, &arming("user/ann", "prod", 5_000)).await).await;
    let tx = &mut place.read().await;
    assert_eq!(armings::armed(tx, "user/ann", Millis(4_999)).await.unwrap(), set(&["prod"]));
    assert_eq!(armings::armed(tx, "user/ann", Millis(5_000)).await.unwrap(), set(&[]));
    assert_eq!(armings::list(tx, Millis(4_999)).await.unwrap(), [arming("user/ann", "prod", 5_000)]);
    assert_eq!(armings::list(tx, Millis(5_000)).await.unwrap(), []);
}

async fn who_arms_again_has_the_new_time_and_reason(place: Place) {
    let again = ArmingRecord { reason: "again".to_owned(), ..arming("root", "prod", 3_000) };
    place.write(async |tx| armings::put(tx, &arming("root", "prod", 9_000)).await).await;
    place.write(async |tx| armings::put(tx, &again).await).await;
    assert_eq!(armings::list(&mut place.read().await, Millis(0)).await.unwrap(), [again]);
}

async fn each_person_arms_for_itself(place: Place) {
    place.write(async |tx| armings::put(tx, &arming("user/ann", "prod", 5_000)).await).await;
    assert_eq!(armings::armed(&mut place.read().await, "user/ben", Millis(0)).await.unwrap(), set(&[]));
    assert!(!place.write(async |tx| armings::end(tx, "user/ben", "prod").await).await);
    assert!(place.write(async |tx| armings::end(tx, "user/ann", "prod").await).await);
    assert_eq!(armings::armed(&mut place.read().await, "user/ann", Millis(0)).await.unwrap(), set(&[]));
}

async fn armings_are_listed_in_the_order_of_their_ends(place: Place) {
    let [last, first, over] = [("root", 9_000), ("user/ann", 5_000), ("user/ben", 2_000)]
        .map(|(person, until)| arming(person, "prod", until));
    for it in [&last, &first, &over] {
        place.write(async |tx| armings::put(tx, it).await).await;
    }
    assert_eq!(armings::list(&mut place.read().await, Millis(2_000)).await.unwrap(), [first, last]);
}

async fn what_has_ended_is_forgotten_and_followers_see_that(place: Place) {
    place.write(async |tx| armings::put(tx, &arming("root", "prod", 5_000)).await).await;
    let told = place.read().await.latest_revision("").await.unwrap();
    assert_eq!(place.write(async |tx| armings::forget_ended(tx, Millis(4_999)).await).await, 0);
    assert_eq!(place.read().await.latest_revision("").await.unwrap(), told, "nothing changed");
    assert_eq!(place.write(async |tx| armings::forget_ended(tx, Millis(5_000)).await).await, 1);
    assert_eq!(place.read().await.latest_revision("").await.unwrap(), told + 1);
}
