//! Stories of reading: CloudTrail's pages, the cockpit's pages, one record, and news.

use pilothouse_api::Fault;
use pilothouse_api::audit::{
    AuditFilter, GetAuditRecord, ListAuditRecords, LookupAttribute, LookupEvents, LookupEventsResult,
};
use pilothouse_api::commands::ListCommands;
use pilothouse_api::fleet::{Follow, FollowResult};
use pilothouse_api::topics::{News, Topic};
use pilothouse_protocol::Millis;

use crate::rig::Rig;

/// A rig where root listed commands so many times, a second apart.
async fn after(calls: i64) -> Rig {
    let rig = Rig::new().await;
    for _ in 0..calls {
        rig.root(ListCommands::default()).await.unwrap();
        rig.pass(1);
    }
    rig.door.settled().await;
    rig
}

async fn look(rig: &Rig, request: LookupEvents) -> Result<LookupEventsResult, Fault> {
    let result = rig.root(request).await;
    rig.door.settled().await;
    result
}

fn by(key: &str, value: &str) -> Vec<LookupAttribute> {
    vec![LookupAttribute { attribute_key: key.to_owned(), attribute_value: value.to_owned() }]
}

#[tokio::test]
async fn events_come_newest_first_in_pages_that_hang_together() {
    let rig = after(5).await;
    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let page = LookupEvents {
            lookup_attributes: by("EventName", "ListCommands"),
            max_results: Some(2),
            next_token: token,
            ..LookupEvents::default()
        };
        let page = look(&rig, page).await.unwrap();
        seen.extend(page.events.into_iter().map(|event| event.event_time.0));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    let seconds: Vec<_> = seen.iter().map(|at| (at.0 - 1_700_000_000_000) / 1000).collect();
    assert_eq!(seconds, [4, 3, 2, 1, 0]);
}

#[tokio::test]
async fn an_event_says_who_what_and_in_full() {
    let rig = after(1).await;
    let all = look(&rig, LookupEvents::default()).await.unwrap();
    let event = &all.events[0];
    assert_eq!((event.event_name.as_str(), event.read_only.as_str()), ("ListCommands", "true"));
    assert_eq!(event.username.as_deref(), Some("root"));
    assert_eq!(event.access_key_id.as_deref(), Some("PILOTESTROOT"));
    let record: serde_json::Value = serde_json::from_str(&event.cloud_trail_event).unwrap();
    assert_eq!(record["eventID"], event.event_id.as_str());
    let by_id = LookupEvents { lookup_attributes: by("EventId", &event.event_id), ..LookupEvents::default() };
    assert_eq!(look(&rig, by_id).await.unwrap().events, all.events);
}

#[tokio::test]
async fn what_cannot_be_looked_up_is_said_as_cloudtrail_says_it() {
    let rig = after(1).await;
    let backwards = LookupEvents {
        start_time: Some(Millis(2000).into()),
        end_time: Some(Millis(1000).into()),
        ..LookupEvents::default()
    };
    assert_eq!(look(&rig, backwards).await.unwrap_err().code, "InvalidTimeRangeException");
    let stale = LookupEvents { next_token: Some(String::from("bm9wZQ")), ..LookupEvents::default() };
    assert_eq!(look(&rig, stale).await.unwrap_err().code, "InvalidNextTokenException");
    let neither = LookupEvents { lookup_attributes: by("ReadOnly", "maybe"), ..LookupEvents::default() };
    assert_eq!(look(&rig, neither).await.unwrap(), LookupEventsResult::default());
}

#[tokio::test]
async fn records_are_paged_backwards_to_the_first() {
    let rig = after(5).await;
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let filter = AuditFilter { what: String::from("listcom"), ..AuditFilter::default() };
        let page = rig.root(ListAuditRecords { filter, before, max_results: Some(2) }).await.unwrap();
        seen.extend(page.records.into_iter().map(|view| view.seq));
        before = page.before;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
}

#[tokio::test]
async fn one_record_is_read_whole_and_reading_is_recorded() {
    let rig = after(1).await;
    let read = rig.root(GetAuditRecord { seq: 1 }).await.unwrap();
    assert_eq!(read.record["eventName"], "ListCommands");
    assert_eq!((read.view.who.as_str(), read.hash.len()), ("root", 64));
    rig.door.settled().await;
    let second = rig.root(GetAuditRecord { seq: 2 }).await.unwrap();
    assert_eq!(second.view.operation, "GetAuditRecord");
    assert_eq!(second.view.resources, ["trail/default"]);
    assert_eq!(rig.root(GetAuditRecord { seq: 99 }).await.unwrap_err().code, "AuditRecordNotFound");
}

#[tokio::test]
async fn who_may_not_read_the_trail_reads_nothing_of_it() {
    let rig = after(1).await;
    let other = r#"permit (principal == Pilothouse::User::"nobody", action == Pilothouse::Action::"ssm:ListCommands", resource);"#;
    let nobody = rig.user("nobody", other).await;
    let follow = Follow { topic: Topic::Audit { filter: AuditFilter::default(), after: 0 } };
    let codes = [
        rig.perform(nobody.clone(), LookupEvents::default()).await.unwrap_err().code,
        rig.perform(nobody.clone(), ListAuditRecords::default()).await.unwrap_err().code,
        rig.perform(nobody.clone(), GetAuditRecord { seq: 1 }).await.unwrap_err().code,
        rig.perform(nobody, follow).await.unwrap_err().code,
    ];
    assert_eq!(codes, ["AccessDeniedException"; 4]);
}

async fn follow(rig: &Rig, filter: &AuditFilter, after: i64) -> (Vec<i64>, i64) {
    let topic = Topic::Audit { filter: filter.clone(), after };
    let FollowResult { news, next, .. } = rig.root(Follow { topic }).await.unwrap();
    rig.door.settled().await;
    match (news, next) {
        (News::Audit { records }, Topic::Audit { after, .. }) => {
            (records.into_iter().map(|view| view.seq).collect(), after)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_follower_is_told_the_newest_and_then_each_record_once() {
    let rig = after(3).await;
    let all = AuditFilter::default();
    let (first, cursor) = follow(&rig, &all, 0).await;
    assert_eq!((first, cursor), (vec![1, 2, 3], 3));
    // In this rig every reading is a fresh one, and is recorded as such.
    let (second, cursor) = follow(&rig, &all, cursor).await;
    assert_eq!((second, cursor), (vec![4], 4));
    rig.root(ListCommands::default()).await.unwrap();
    rig.door.settled().await;
    let lists = AuditFilter { what: String::from("ListCommands"), ..AuditFilter::default() };
    let (third, cursor) = follow(&rig, &lists, cursor).await;
    assert_eq!((third, cursor), (vec![6], 6));
    let (nothing, cursor) = follow(&rig, &lists, cursor).await;
    assert_eq!((nothing, cursor), (vec![], 7), "what does not match is passed");
}
