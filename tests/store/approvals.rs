//! Requests for approval.

use pilothouse_api::approvals::{ApprovalState, ApprovalTarget};
use pilothouse_protocol::Millis;
use pilothouse_store::approvals::{self, ApprovalRecord, Decided, StoredCall, TARGETS_SHOWN};
use serde_json::json;

use crate::fixtures::{HOSTILE, REGION};
use crate::place::{Place, stories};

stories! {
    a_request_reads_back_whole_and_is_listed_in_brief
    requests_are_listed_newest_first_in_pages_and_by_state
    a_request_is_decided_once_though_many_try_at_once
    a_request_whose_time_is_over_is_decided_by_nobody
    what_is_over_keeps_nothing_sealed
    a_request_ends_only_from_the_state_it_is_in
    followers_are_told_each_change_and_what_changed_together
    old_requests_are_forgotten
}

fn id(number: u32) -> String {
    format!("apr-{number:012x}")
}

fn request(number: u32) -> ApprovalRecord {
    let target = |n: usize| ApprovalTarget {
        resource: format!("node/mi-{n:017x}"),
        name: HOSTILE.to_owned(),
        environment: n.is_multiple_of(2).then(|| "prod".to_owned()),
    };
    ApprovalRecord {
        approval_id: id(number),
        region: REGION.to_owned(),
        person: "user/ann".to_owned(),
        requested_by: "role/deploy/s1 (user/ann)".to_owned(),
        requested_at: Millis(1_000 + i64::from(number)),
        expires_at: Millis(9_000),
        target: "AmazonSSM.SendCommand".to_owned(),
        operation: "SendCommand".to_owned(),
        permission: "ssm:SendCommand".to_owned(),
        request: json!({"Comment": HOSTILE, "nested": [1, null]}),
        targets: (0..TARGETS_SHOWN + 5).map(target).collect(),
        target_count: 105,
        digest: "d1".to_owned(),
        environments: vec!["prod".to_owned()],
        why: HOSTILE.to_owned(),
        reason: HOSTILE.to_owned(),
        state: ApprovalState::Pending,
        decided_by: None,
        decided_at: None,
        decision_comment: String::new(),
        outcome: String::new(),
        revision: 0,
    }
}

fn sealed() -> StoredCall {
    StoredCall { caller: json!({"who": HOSTILE}), sealed: vec![0, 255, 7], key_id: "m1".to_owned() }
}

async fn add(place: &Place, it: &ApprovalRecord) {
    place.write(async |tx| approvals::insert(tx, it, &json!("in brief"), &sealed()).await).await;
}

async fn decide(place: &Place, number: u32, state: ApprovalState, at: i64) -> bool {
    let decided = Decided { state, by: "user/ben", at: Millis(at), comment: HOSTILE };
    place.write(async |tx| approvals::decide(tx, &id(number), &decided).await).await
}

async fn end(place: &Place, number: u32, from: ApprovalState, to: ApprovalState) -> bool {
    place.write(async |tx| approvals::end(tx, &id(number), (from, to), Millis(4_000), HOSTILE).await).await
}

async fn read(place: &Place, number: u32) -> ApprovalRecord {
    approvals::get(&mut place.read().await, &id(number)).await.unwrap().unwrap()
}

async fn a_request_reads_back_whole_and_is_listed_in_brief(place: Place) {
    add(&place, &request(1)).await;
    let whole = ApprovalRecord { revision: 1, ..request(1) };
    assert_eq!(read(&place, 1).await, whole);
    let tx = &mut place.read().await;
    assert_eq!(approvals::call(tx, &id(1)).await.unwrap(), Some(sealed()));
    let brief = approvals::list(tx, &[], None, 9).await.unwrap();
    let targets = whole.targets[..TARGETS_SHOWN].to_vec();
    assert_eq!(brief, [ApprovalRecord { request: json!("in brief"), targets, ..whole }]);
    assert_eq!(approvals::pending_of(tx, "user/ann", Millis(8_999)).await.unwrap(), brief);
    assert_eq!(approvals::pending_of(tx, "user/ann", Millis(9_000)).await.unwrap(), []);
    assert_eq!(approvals::pending_of(tx, "user/ben", Millis(0)).await.unwrap(), []);
    assert_eq!(approvals::get(tx, &id(2)).await.unwrap(), None);
}

async fn requests_are_listed_newest_first_in_pages_and_by_state(place: Place) {
    for number in 1..=5 {
        // Three of one age: the id decides between them.
        add(&place, &ApprovalRecord { requested_at: Millis(i64::from(number / 2)), ..request(number) }).await;
    }
    assert!(decide(&place, 3, ApprovalState::Approved, 3_000).await);
    assert!(decide(&place, 4, ApprovalState::Rejected, 3_000).await);
    let tx = &mut place.read().await;
    let (mut seen, mut last) = (Vec::new(), None);
    loop {
        let page = approvals::list(tx, &[], last, 2).await.unwrap();
        let Some(end) = page.last() else { break };
        last = Some((end.requested_at, end.approval_id.clone()));
        seen.extend(page.into_iter().map(|it| it.approval_id));
    }
    assert_eq!(seen, [5, 4, 3, 2, 1].map(id));
    let of = async |states: &[ApprovalState], tx: &mut _| {
        let found = approvals::list(tx, states, None, 9).await.unwrap();
        found.into_iter().map(|it| it.approval_id).collect::<Vec<_>>()
    };
    assert_eq!(of(&[ApprovalState::Pending], tx).await, [5, 2, 1].map(id));
    assert_eq!(of(&[ApprovalState::Rejected, ApprovalState::Approved], tx).await, [4, 3].map(id));
    assert_eq!(approvals::approved(tx).await.unwrap(), [id(3)]);
}

async fn a_request_is_decided_once_though_many_try_at_once(place: Place) {
    add(&place, &request(1)).await;
    let tries = (0..8).map(|n| {
        let store = place.store.clone();
        tokio::spawn(async move {
            let by = format!("user/{n}");
            let state = if n % 2 == 0 { ApprovalState::Approved } else { ApprovalState::Rejected };
            let decided = Decided { state, by: &by, at: Millis(2_000), comment: "" };
            let mut tx = store.write().await.unwrap();
            let is_mine = approvals::decide(&mut tx, &id(1), &decided).await.unwrap();
            tx.commit().await.unwrap();
            is_mine.then_some((state, by))
        })
    });
    let mut deciders = Vec::new();
    for it in tries.collect::<Vec<_>>() {
        deciders.extend(it.await.unwrap());
    }
    let now = read(&place, 1).await;
    assert_eq!(deciders, [(now.state, now.decided_by.unwrap())], "one decided, and it is written who");
}

async fn a_request_whose_time_is_over_is_decided_by_nobody(place: Place) {
    add(&place, &request(1)).await;
    assert!(!decide(&place, 1, ApprovalState::Approved, 9_000).await);
    assert_eq!(read(&place, 1).await.state, ApprovalState::Pending);
    let tx = &mut place.read().await;
    assert!(approvals::overdue(tx, Millis(8_999), 9).await.unwrap().is_empty());
    assert_eq!(approvals::overdue(tx, Millis(9_000), 9).await.unwrap(), [id(1)]);
}

async fn what_is_over_keeps_nothing_sealed(place: Place) {
    for number in 1..=3 {
        add(&place, &request(number)).await;
    }
    assert!(decide(&place, 1, ApprovalState::Rejected, 2_000).await);
    assert!(decide(&place, 2, ApprovalState::Approved, 2_000).await);
    assert!(end(&place, 3, ApprovalState::Pending, ApprovalState::Withdrawn).await);
    let call = async |number| approvals::call(&mut place.read().await, &id(number)).await.unwrap();
    assert_eq!((call(1).await, call(2).await, call(3).await), (None, Some(sealed()), None));
    assert!(end(&place, 2, ApprovalState::Approved, ApprovalState::Executed).await);
    assert_eq!(call(2).await, None);
    let over = read(&place, 2).await;
    assert_eq!((over.state, over.outcome.as_str()), (ApprovalState::Executed, HOSTILE));
    assert_eq!((over.decided_by.as_deref(), over.decision_comment.as_str()), (Some("user/ben"), HOSTILE));
}

async fn a_request_ends_only_from_the_state_it_is_in(place: Place) {
    add(&place, &request(1)).await;
    assert!(!end(&place, 1, ApprovalState::Approved, ApprovalState::Executed).await);
    assert!(end(&place, 1, ApprovalState::Pending, ApprovalState::Expired).await);
    assert!(!end(&place, 1, ApprovalState::Pending, ApprovalState::Withdrawn).await);
    assert!(!decide(&place, 1, ApprovalState::Approved, 2_000).await);
    assert_eq!(read(&place, 1).await.state, ApprovalState::Expired);
}

async fn followers_are_told_each_change_and_what_changed_together(place: Place) {
    add(&place, &request(1)).await;
    place
        .write(async |tx| {
            approvals::insert(tx, &request(2), &json!(null), &sealed()).await?;
            approvals::insert(tx, &request(3), &json!(null), &sealed()).await
        })
        .await;
    let ids = async |after, count| {
        let found = approvals::changed(&mut place.read().await, after, count).await.unwrap();
        (
            found.last().map_or(after, |it| it.revision),
            found.into_iter().map(|it| it.approval_id).collect::<Vec<_>>(),
        )
    };
    let (first, told) = ids(0, 1).await;
    assert_eq!(told, [id(1)]);
    let (second, told) = ids(first, 1).await;
    assert_eq!(told, [2, 3].map(id), "of one transaction");
    assert_eq!(ids(second, 1).await.1, <[String; 0]>::default());
    assert!(decide(&place, 1, ApprovalState::Approved, 2_000).await);
    assert_eq!(ids(second, 9).await.1, [id(1)]);
}

async fn old_requests_are_forgotten(place: Place) {
    add(&place, &request(1)).await;
    add(&place, &request(2)).await;
    assert!(end(&place, 1, ApprovalState::Pending, ApprovalState::Withdrawn).await);
    assert_eq!(place.write(async |tx| approvals::forget(tx, Millis(4_000), 9).await).await, 0);
    assert_eq!(place.write(async |tx| approvals::forget(tx, Millis(4_001), 9).await).await, 1);
    let left = approvals::list(&mut place.read().await, &[], None, 9).await.unwrap();
    assert_eq!(left.into_iter().map(|it| it.approval_id).collect::<Vec<_>>(), [id(2)]);
}
