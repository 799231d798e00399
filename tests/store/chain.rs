//! Whoever can write to the database, and does not have the master key, is found.

use std::sync::Arc;

use pilothouse_protocol::Millis;
use pilothouse_server::access::{Kind, Resource};
use pilothouse_server::audit::{
    Anchor, AuditTrail, CallRecord, ChainError, ChainKey, Defect, Outcome, Scribe, Span, Touched, Verified,
    anchor_holds, export, verify,
};
use pilothouse_server::clock::{Clock, Dice, SystemChance, SystemClock};
use pilothouse_server::cx::Caller;
use pilothouse_server::doorbell::Doorbell;
use pilothouse_server::secrets::{LocalMasterKeys, MasterKey, MasterKeyring, Secrets};
use pilothouse_store::{Backend, Store, StoreError, audit};

use crate::fixtures::REGION;
use crate::place::{Place, stories};

stories! {
    what_was_only_appended_to_is_whole
    a_trail_goes_on_under_its_own_key_after_a_restart
    two_servers_at_once_keep_one_chain
    a_deleted_record_is_found
    a_changed_record_is_found_in_whatever_column
    a_record_that_is_forged_with_its_hashes_is_found
    records_that_changed_places_are_found
    an_inserted_record_is_found
    a_forged_mark_is_found
    a_cut_end_is_found_by_an_anchor_and_by_the_head
    a_trail_that_was_removed_as_a_whole_is_found_by_an_anchor
    the_index_of_lookups_cannot_be_bent
    without_its_key_a_trail_is_not_continued
    an_export_holds_every_record_of_its_time_in_order
}

struct Yard {
    place: Place,
    secrets: Secrets,
    trail: AuditTrail,
}

fn dice() -> Dice {
    Dice(Arc::new(SystemChance::default()))
}

fn secrets() -> Secrets {
    let ring = MasterKeyring::of(MasterKey::draw(&dice(), Millis(0)));
    Secrets::new(Arc::new(LocalMasterKeys::given(ring, dice())), dice())
}

async fn trail(store: &Store, secrets: &Secrets) -> Result<AuditTrail, ChainError> {
    let key = ChainKey::open(store, secrets, &dice(), SystemClock.now()).await?;
    let scribe = Scribe::new("000000000000", REGION, dice());
    Ok(AuditTrail::start(store.clone(), Arc::new(SystemClock), key, scribe, Doorbell::default()))
}

fn call(number: i64) -> CallRecord {
    CallRecord {
        at: Millis(1_000 * number),
        region: REGION.to_owned(),
        caller: Caller::root("PILOROOT"),
        source: String::from("192.0.2.1"),
        user_agent: String::new(),
        operation: "SendCommand",
        target: "AmazonSSM.SendCommand",
        permission: "ssm:SendCommand",
        read_only: false,
        request: serde_json::json!({ "number": number }),
        touched: Touched::from_iter([&Resource::new(Kind::Node, format!("mi-{number}"))]),
        outcome: Outcome::Done,
        request_id: String::new(),
        decided_by: Vec::new(),
        reason: None,
        approval_id: None,
        system_user: None,
        changes: Vec::new(),
    }
}

impl Yard {
    /// A trail of so many records.
    async fn with(place: Place, records: i64) -> Self {
        let secrets = secrets();
        let trail = trail(&place.store, &secrets).await.unwrap();
        let yard = Self { place, secrets, trail };
        yard.append(1..=records).await;
        yard
    }

    async fn append(&self, numbers: std::ops::RangeInclusive<i64>) {
        for number in numbers {
            self.trail.note(call(number)).await.unwrap();
        }
        self.trail.settled().await;
    }

    async fn verify(&self, anchors: &[Anchor]) -> Result<Verified, Defect> {
        verify(&self.place.store, &self.secrets, anchors).await.unwrap()
    }

    /// What is found after this was done past the server.
    async fn after(&self, statements: &[&'static str]) -> Defect {
        for statement in statements {
            self.place.sql(statement).await;
        }
        self.verify(&[]).await.unwrap_err()
    }
}

async fn what_was_only_appended_to_is_whole(place: Place) {
    let yard = Yard::with(place, 0).await;
    assert_eq!(yard.verify(&[]).await.unwrap().records, 0);
    // More than is read at a time.
    yard.append(1..=1203).await;
    let mut tx = yard.place.store.write().await.unwrap();
    yard.trail.append(&mut tx, &[call(7), call(8)]).await.unwrap();
    tx.commit().await.unwrap();
    let verified = yard.verify(&[]).await.unwrap();
    assert_eq!((verified.first, verified.records, verified.anchor.seq), (1, 1205, 1205));
    assert_eq!(yard.verify(std::slice::from_ref(&verified.anchor)).await, Ok(verified.clone()));
    assert_eq!(anchor_holds(&yard.place.store, &verified.anchor).await.unwrap(), Ok(()));
}

async fn a_trail_goes_on_under_its_own_key_after_a_restart(place: Place) {
    let yard = Yard::with(place, 3).await;
    let again = trail(&yard.place.store, &yard.secrets).await.unwrap();
    again.note(call(4)).await.unwrap();
    again.settled().await;
    assert_eq!(yard.verify(&[]).await.unwrap().records, 4);
}

async fn two_servers_at_once_keep_one_chain(place: Place) {
    const EACH: i64 = 60;
    let is_shared = place.store.backend() == Backend::Postgres;
    let secrets = secrets();
    let mut servers = Vec::new();
    for server in 0..2 {
        let store = if is_shared { Store::open(&place.url).await.unwrap() } else { place.store.clone() };
        let secrets = secrets.clone();
        servers.push(tokio::spawn(async move {
            // Both begin the trail.
            let trail = trail(&store, &secrets).await.unwrap();
            for number in 0..EACH {
                trail.note(call(number)).await.unwrap();
                let mut tx = store.write().await.unwrap();
                tx.revision(REGION).await.unwrap();
                trail.append(&mut tx, &[call(1000 * server + number)]).await.unwrap();
                tx.commit().await.unwrap();
            }
            trail.settled().await;
        }));
    }
    for server in servers {
        server.await.unwrap();
    }
    let verified = verify(&place.store, &secrets, &[]).await.unwrap().unwrap();
    assert_eq!(verified.records, 4 * EACH);
}

async fn a_deleted_record_is_found(place: Place) {
    let yard = Yard::with(place, 9).await;
    let both = ["DELETE FROM audit_records WHERE seq = 5", "DELETE FROM audit_resources WHERE seq = 5"];
    assert_eq!(yard.after(&both).await, Defect::Missing { from: 5, to: 5 });
    let more = ["DELETE FROM audit_records WHERE seq IN (4, 6)"];
    assert_eq!(yard.after(&more).await, Defect::Missing { from: 4, to: 6 });
    assert_eq!(
        yard.after(&["DELETE FROM audit_records WHERE seq = 1"]).await,
        Defect::Missing { from: 1, to: 1 }
    );
}

async fn a_changed_record_is_found_in_whatever_column(place: Place) {
    let yard = Yard::with(place, 5).await;
    for (bend, mend) in [
        (
            "UPDATE audit_records SET at = at + 1 WHERE seq = 3",
            "UPDATE audit_records SET at = at - 1 WHERE seq = 3",
        ),
        (
            "UPDATE audit_records SET who = 'user/ann' WHERE seq = 3",
            "UPDATE audit_records SET who = 'root' WHERE seq = 3",
        ),
        (
            "UPDATE audit_records SET outcome = 'AccessDeniedException' WHERE seq = 3",
            "UPDATE audit_records SET outcome = 'ok' WHERE seq = 3",
        ),
        (
            "UPDATE audit_records SET record = REPLACE(record, 'Root', 'Boot') WHERE seq = 3",
            "UPDATE audit_records SET record = REPLACE(record, 'Boot', 'Root') WHERE seq = 3",
        ),
        (
            "UPDATE audit_records SET sought_where = sought_where || 'x' WHERE seq = 3",
            "UPDATE audit_records SET sought_where = REPLACE(sought_where, 'x', '') WHERE seq = 3",
        ),
        (
            "UPDATE audit_records SET resources = '[]' WHERE seq = 3",
            "UPDATE audit_records SET resources = \
             '[{\"resource\":\"node/mi-3\",\"type\":\"AWS::SSM::ManagedInstance\",\"name\":\"mi-3\"}]' WHERE seq = 3",
        ),
        (
            "UPDATE audit_records SET read_only = 1 WHERE seq = 3",
            "UPDATE audit_records SET read_only = 0 WHERE seq = 3",
        ),
    ] {
        assert_eq!(yard.after(&[bend]).await, Defect::Changed(3), "{bend}");
        yard.place.sql(mend).await;
        yard.verify(&[]).await.unwrap();
    }
    let hash = "UPDATE audit_records SET hash = (SELECT hash FROM audit_records WHERE seq = 2) WHERE seq = 3";
    assert_eq!(yard.after(&[hash]).await, Defect::Changed(3));
}

async fn a_record_that_is_forged_with_its_hashes_is_found(place: Place) {
    let yard = Yard::with(place, 3).await;
    // Who has read the source makes everything as the server does, but under a key of their own.
    let forger = ChainKey::new(&[1; 32]);
    let scribe = Scribe::new("000000000000", REGION, dice());
    let store = yard.place.store.clone();
    let forgery = AuditTrail::start(store, Arc::new(SystemClock), forger, scribe, Doorbell::default());
    forgery.note(call(4)).await.unwrap();
    forgery.settled().await;
    assert_eq!(yard.verify(&[]).await, Err(Defect::ForgedMark("head")));
    // The server goes on after it, and seals the head again.
    yard.append(5..=6).await;
    assert_eq!(yard.verify(&[]).await, Err(Defect::Changed(4)));
}

async fn records_that_changed_places_are_found(place: Place) {
    let yard = Yard::with(place, 6).await;
    let swapped = [
        "UPDATE audit_records SET seq = -seq WHERE seq IN (2, 4)",
        "UPDATE audit_records SET seq = 6 + seq WHERE seq < 0",
        "UPDATE audit_resources SET seq = -seq WHERE seq IN (2, 4)",
        "UPDATE audit_resources SET seq = 6 + seq WHERE seq < 0",
    ];
    assert_eq!(yard.after(&swapped).await, Defect::Reordered { seq: 2, stands_at: 4 });
}

async fn an_inserted_record_is_found(place: Place) {
    let yard = Yard::with(place, 3).await;
    let copy = "INSERT INTO audit_records SELECT 4, at, region, event_id, who, username, access_key_id, operation, permission, \
        event_source, read_only, outcome, note, source, resources, resource_count, sought_who, sought_where, record, \
        (SELECT hash FROM audit_records WHERE seq = 3), hash FROM audit_records WHERE seq = 2";
    assert_eq!(yard.after(&[copy]).await, Defect::Inserted(4));
}

async fn a_forged_mark_is_found(place: Place) {
    let yard = Yard::with(place, 5).await;
    let lower = [
        "UPDATE audit_marks SET seq = 4, hash = (SELECT hash FROM audit_records WHERE seq = 4) WHERE name = 'head'",
        "DELETE FROM audit_resources WHERE seq = 5",
        "DELETE FROM audit_records WHERE seq = 5",
    ];
    assert_eq!(yard.after(&lower).await, Defect::ForgedMark("head"));
    let raise = [
        "UPDATE audit_marks SET seq = 2, hash = (SELECT hash FROM audit_records WHERE seq = 2) WHERE name = 'floor'",
        "DELETE FROM audit_resources WHERE seq <= 2",
        "DELETE FROM audit_records WHERE seq <= 2",
    ];
    assert_eq!(yard.after(&raise).await, Defect::ForgedMark("floor"));
    assert_eq!(yard.after(&["DELETE FROM audit_marks WHERE name = 'floor'"]).await, Defect::NoMark("floor"));
}

async fn a_cut_end_is_found_by_an_anchor_and_by_the_head(place: Place) {
    let yard = Yard::with(place, 3).await;
    let old_head = audit::head(&mut yard.place.read().await).await.unwrap().unwrap();
    yard.append(4..=6).await;
    let anchor = yard.verify(&[]).await.unwrap().anchor;
    let cut = ["DELETE FROM audit_resources WHERE seq > 3", "DELETE FROM audit_records WHERE seq > 3"];
    assert_eq!(yard.after(&cut).await, Defect::Missing { from: 4, to: 6 });
    // With the head as it was then, nothing but an anchor can tell.
    yard.place.write(async |tx| audit::set_mark(tx, audit::Which::Head, &old_head).await).await;
    assert_eq!(yard.verify(&[]).await.unwrap().records, 3);
    let found = Err(Defect::Cut { head: 3, anchor: 6 });
    assert_eq!(yard.verify(std::slice::from_ref(&anchor)).await, found.clone());
    assert_eq!(
        anchor_holds(&yard.place.store, &anchor).await.unwrap(),
        Err(Defect::Cut { head: 3, anchor: 6 })
    );
    // And when it goes on from there as if nothing had been.
    yard.append(4..=9).await;
    assert_eq!(yard.verify(std::slice::from_ref(&anchor)).await, Err(Defect::OtherChain(6)));
    assert_eq!(anchor_holds(&yard.place.store, &anchor).await.unwrap(), Err(Defect::OtherChain(6)));
}

async fn a_trail_that_was_removed_as_a_whole_is_found_by_an_anchor(place: Place) {
    let yard = Yard::with(place, 3).await;
    let anchor = yard.verify(&[]).await.unwrap().anchor;
    for statement in ["DELETE FROM audit_records", "DELETE FROM audit_resources", "DELETE FROM audit_marks"] {
        yard.place.sql(statement).await;
    }
    assert_eq!(yard.verify(&[]).await, Err(Defect::NoMark("floor")), "its key is still there");
    yard.place.sql("DELETE FROM sealed_items").await;
    assert_eq!(yard.verify(&[anchor]).await, Err(Defect::Gone));
}

async fn the_index_of_lookups_cannot_be_bent(place: Place) {
    let yard = Yard::with(place, 3).await;
    let hide = ["DELETE FROM audit_resources WHERE seq = 2"];
    assert_eq!(yard.after(&hide).await, Defect::Index(2));
    let invent = [
        "INSERT INTO audit_resources (seq, resource, region, at, type, name) VALUES (1, 'x', 'y', 1, 'z', 'z')",
    ];
    assert_eq!(yard.after(&invent).await, Defect::Index(1));
}

async fn without_its_key_a_trail_is_not_continued(place: Place) {
    let yard = Yard::with(place, 3).await;
    yard.place.sql("DELETE FROM sealed_items").await;
    let refused = trail(&yard.place.store, &yard.secrets).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, ChainError::KeyIsGone), "{refused}");
    let refused = verify(&yard.place.store, &yard.secrets, &[]).await.unwrap_err();
    assert!(matches!(refused, ChainError::KeyIsGone), "{refused}");
}

async fn an_export_holds_every_record_of_its_time_in_order(place: Place) {
    let yard = Yard::with(place, 700).await;
    let numbers = async |from: i64, to: i64, after: i64| {
        let mut numbers = Vec::new();
        let span = Span { from: Millis(from), to: Millis(to) };
        let done = export(&yard.place.store, span, after, |line| -> Result<(), StoreError> {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            numbers.push(record["requestParameters"]["number"].as_i64().unwrap());
            Ok(())
        });
        (done.await.unwrap(), numbers)
    };
    assert_eq!(numbers(i64::MIN, i64::MAX, 0).await, (700, (1..=700).collect()));
    assert_eq!(numbers(5_000, 8_000, 0).await, (700, vec![5, 6, 7]));
    assert_eq!(numbers(i64::MIN, i64::MAX, 698).await, (700, vec![699, 700]));
    assert_eq!(numbers(701_000, i64::MAX, 0).await.1, Vec::<i64>::new());
}
