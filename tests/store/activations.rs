//! Activations.

use pilothouse_store::activations;

use crate::fixtures::{ELSEWHERE, REGION, activation, activation_id};
use crate::place::{Place, stories};

stories! {
    an_activation_reads_back_as_it_was_written
    an_activation_is_used_up_exactly_even_when_many_try_at_once
    activations_are_listed_newest_first_in_pages
    a_deleted_activation_is_gone
}

async fn an_activation_reads_back_as_it_was_written(place: Place) {
    place.write(async |tx| activations::insert(tx, &activation(1)).await).await;
    let read = activations::find(&mut place.read().await, &activation_id(1)).await.unwrap();
    assert_eq!(read, Some(activation(1)));
}

async fn an_activation_is_used_up_exactly_even_when_many_try_at_once(place: Place) {
    place.write(async |tx| activations::insert(tx, &activation(1)).await).await;
    let tries = (0..8).map(|_| {
        let store = place.store.clone();
        tokio::spawn(async move {
            let mut tx = store.write().await.unwrap();
            let used = activations::use_one(&mut tx, &activation_id(1)).await.unwrap();
            tx.commit().await.unwrap();
            used
        })
    });
    let mut used = 0;
    for it in tries.collect::<Vec<_>>() {
        used += usize::from(it.await.unwrap());
    }
    assert_eq!(used, 2);
    let read = activations::find(&mut place.read().await, &activation_id(1)).await.unwrap().unwrap();
    assert_eq!(read.registrations, 2);
}

async fn activations_are_listed_newest_first_in_pages(place: Place) {
    place
        .write(async |tx| {
            for number in 1..=5 {
                let mut it = activation(number);
                // Three of one age: the id decides between them.
                it.created_at.0 = i64::from(number / 2);
                activations::insert(tx, &it).await?;
            }
            Ok(())
        })
        .await;
    let tx = &mut place.read().await;
    let (mut seen, mut last) = (Vec::new(), None);
    loop {
        let page = activations::list(tx, REGION, last, 2).await.unwrap();
        let Some(end) = page.last() else { break };
        last = Some((end.created_at, end.activation_id.clone()));
        seen.extend(page.into_iter().map(|it| it.activation_id));
    }
    assert_eq!(seen, [5, 4, 3, 2, 1].map(activation_id));
    assert_eq!(activations::list(tx, ELSEWHERE, None, 9).await.unwrap(), []);
}

async fn a_deleted_activation_is_gone(place: Place) {
    place.write(async |tx| activations::insert(tx, &activation(1)).await).await;
    assert!(!place.write(async |tx| activations::delete(tx, ELSEWHERE, &activation_id(1)).await).await);
    assert!(place.write(async |tx| activations::delete(tx, REGION, &activation_id(1)).await).await);
    assert!(!place.write(async |tx| activations::delete(tx, REGION, &activation_id(1)).await).await);
    assert!(!place.write(async |tx| activations::use_one(tx, &activation_id(1)).await).await);
}
