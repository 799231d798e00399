//! The audit trail as the store keeps it: places without a gap whoever writes, marks, what is sought in it.

use pilothouse_api::audit::AuditFilter;
use pilothouse_protocol::Millis;
use pilothouse_store::audit::{self, Attribute, AuditRow, Mark, Sought, Touched, WINDOW, Which};
use pilothouse_store::{Store, StoreError, Tx};

use crate::fixtures::{ELSEWHERE, HOSTILE, REGION};
use crate::place::{Place, stories};

stories! {
    what_is_recorded_is_read_as_it_was
    places_are_taken_only_by_what_is_committed
    writers_at_once_keep_one_chain
    marks_are_begun_once_and_the_floor_is_raised_from_where_it_was_seen
    events_are_looked_up_by_each_attribute_newest_first_page_by_page
    an_event_whose_id_tells_its_time_is_found_by_that
    events_of_the_usual_service_are_found_without_an_index_of_their_own
    records_are_found_by_parts_of_texts_in_both_directions
    a_rare_match_is_looked_for_window_by_window
    what_retention_removes_is_gone_with_its_index
}

/// A record with something in every member. Its hash stands for a true one: the store does not look at it.
fn row(number: i64) -> AuditRow {
    AuditRow {
        seq: 0,
        at: Millis(1_000 * number),
        region: REGION.to_owned(),
        event_id: format!("event-{number}"),
        who: String::from("user/ann"),
        username: String::from("ann"),
        access_key_id: String::from("PILOANN"),
        operation: String::from("SendCommand"),
        permission: String::from("ssm:SendCommand"),
        event_source: String::from("ssm.amazonaws.com"),
        read_only: false,
        outcome: String::from("ok"),
        note: HOSTILE.to_owned(),
        source: String::from("192.0.2.1"),
        resources: vec![touched(&format!("mi-{number}")), touched("mi-all")],
        resource_count: 2,
        sought_who: String::from("user/ann\narn:aws:iam::000000000000:user/ann"),
        sought_where: format!("node/mi-{number}\nweb_{number}%!\nstaging"),
        record: format!("{{\"n\":{number},\"text\":{HOSTILE:?}}}"),
        previous: Vec::new(),
        hash: Vec::new(),
    }
}

fn touched(name: &str) -> Touched {
    Touched {
        resource: format!("node/{name}"),
        r#type: String::from("AWS::SSM::ManagedInstance"),
        name: name.to_owned(),
    }
}

fn hash(seq: i64) -> Vec<u8> {
    seq.to_be_bytes().repeat(4)
}

/// As the server appends: places, rows, head.
async fn append(tx: &mut Tx, rows: &mut [AuditRow]) -> Result<(), StoreError> {
    let Mark { mut seq, hash: mut previous, .. } = audit::take_places(tx, rows.len()).await?;
    for row in rows.iter_mut() {
        seq += 1;
        row.seq = seq;
        row.hash = hash(seq);
        row.previous = std::mem::replace(&mut previous, row.hash.clone());
    }
    audit::insert_many(tx, rows).await?;
    audit::set_mark(tx, Which::Head, &Mark { seq, hash: previous, at: Millis(7), seal: vec![1, 2] }).await
}

async fn begun(place: &Place) {
    place
        .write(async |tx| {
            assert!(audit::begin(tx).await?);
            let genesis = Mark { seq: 0, hash: hash(0), at: Millis(0), seal: vec![9] };
            audit::set_mark(tx, Which::Head, &genesis).await?;
            audit::set_mark(tx, Which::Floor, &genesis).await
        })
        .await;
}

async fn with(place: &Place, mut rows: Vec<AuditRow>) -> Vec<AuditRow> {
    begun(place).await;
    place.write(async |tx| append(tx, &mut rows).await).await;
    rows
}

async fn what_is_recorded_is_read_as_it_was(place: Place) {
    let mut bare = row(61);
    bare.resources.clear();
    let rows = with(&place, (1..=60).map(row).chain([bare]).collect()).await;
    let tx = &mut place.read().await;
    assert_eq!(audit::following(tx, 0, 100).await.unwrap(), rows);
    assert_eq!(audit::following(tx, 58, 2).await.unwrap(), rows[58..60]);
    assert_eq!(audit::get(tx, REGION, 5).await.unwrap().as_ref(), rows.get(4));
    assert_eq!(audit::get(tx, ELSEWHERE, 5).await.unwrap(), None);
    assert_eq!(audit::first_since(tx, Millis(59_500)).await.unwrap(), Some(60));
    assert_eq!(audit::first_since(tx, Millis(61_001)).await.unwrap(), None);
    assert_eq!(audit::successor_of(tx, &hash(6)).await.unwrap(), Some(7));
    let index = audit::indexed(tx, 60, 61).await.unwrap();
    let names: Vec<_> = index.iter().map(|line| (line.seq, line.touched.name.as_str())).collect();
    assert_eq!(names, [(60, "mi-60"), (60, "mi-all")]);
}

async fn places_are_taken_only_by_what_is_committed(place: Place) {
    with(&place, vec![row(1)]).await;
    let mut tx = place.store.write().await.unwrap();
    append(&mut tx, &mut [row(2)]).await.unwrap();
    drop(tx);
    let mut rows = [row(3)];
    place.write(async |tx| append(tx, &mut rows).await).await;
    assert_eq!(rows[0].seq, 2, "the place that was given back");
    assert_eq!(audit::head(&mut place.read().await).await.unwrap().unwrap().seq, 2);
}

async fn writers_at_once_keep_one_chain(place: Place) {
    const WRITERS: i64 = 6;
    const EACH: i64 = 20;
    begun(&place).await;
    // Two servers on one database, where the database can be shared.
    let other = match place.store.backend() {
        pilothouse_store::Backend::Postgres => Store::open(&place.url).await.unwrap(),
        pilothouse_store::Backend::Sqlite => place.store.clone(),
    };
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = if writer % 2 == 0 { place.store.clone() } else { other.clone() };
            tokio::spawn(async move {
                for i in 0..EACH {
                    let mut tx = store.write().await.unwrap();
                    // What is recorded changes something first, and two servers change the same.
                    tx.revision(REGION).await.unwrap();
                    append(&mut tx, &mut [row(writer * EACH + i), row(0)]).await.unwrap();
                    tx.commit().await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let rows = audit::following(&mut place.read().await, 0, 1000).await.unwrap();
    assert_eq!(rows.len(), (WRITERS * EACH * 2) as usize);
    for (place, row) in (1..).zip(&rows) {
        assert_eq!((row.seq, &row.previous), (place, &hash(place - 1)), "no gap, no fork");
    }
}

async fn marks_are_begun_once_and_the_floor_is_raised_from_where_it_was_seen(place: Place) {
    assert_eq!(audit::head(&mut place.read().await).await.unwrap(), None);
    let refused = audit::take_places(&mut place.store.write().await.unwrap(), 1).await.unwrap_err();
    assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused}");
    begun(&place).await;
    assert!(!place.write(async |tx| audit::begin(tx).await).await);
    let mark = |seq| Mark { seq, hash: hash(seq), at: Millis(seq), seal: vec![3] };
    assert!(place.write(async |tx| audit::raise_floor(tx, 0, &mark(5)).await).await);
    assert!(!place.write(async |tx| audit::raise_floor(tx, 0, &mark(6)).await).await, "somebody else did");
    assert_eq!(audit::floor(&mut place.read().await).await.unwrap(), Some(mark(5)));
    assert_eq!(audit::head(&mut place.read().await).await.unwrap().unwrap().seq, 0);
}

async fn events_are_looked_up_by_each_attribute_newest_first_page_by_page(place: Place) {
    let mut rows: Vec<_> = (1..=5).map(row).collect();
    rows[1] = AuditRow {
        event_id: String::from("other"),
        username: String::from("bob"),
        access_key_id: String::from("PILOBOB"),
        operation: String::from("AssumeRole"),
        event_source: String::from("sts.amazonaws.com"),
        read_only: true,
        resources: vec![Touched {
            resource: String::from("role/ops"),
            r#type: String::from("AWS::IAM::Role"),
            name: String::from("ops"),
        }],
        ..row(2)
    };
    rows.push(AuditRow { region: ELSEWHERE.to_owned(), ..row(6) });
    with(&place, rows).await;
    let tx = &mut place.read().await;
    let whenever = |attribute| Sought { attribute, from: Millis(i64::MIN), to: Millis(i64::MAX) };
    let text = String::from;
    for attribute in [
        Attribute::EventId(text("other")),
        Attribute::EventName(text("AssumeRole")),
        Attribute::ReadOnly(true),
        Attribute::Username(text("bob")),
        Attribute::ResourceType(text("AWS::IAM::Role")),
        Attribute::ResourceName(text("ops")),
        Attribute::EventSource(text("sts.amazonaws.com")),
        Attribute::AccessKeyId(text("PILOBOB")),
    ] {
        let found = audit::lookup(tx, REGION, &whenever(Some(attribute.clone())), None, 9).await.unwrap();
        assert_eq!(found.iter().map(|row| row.seq).collect::<Vec<_>>(), [2], "{attribute:?}");
    }
    for attribute in [
        None,
        Some(Attribute::ReadOnly(false)),
        Some(Attribute::ResourceName(text("mi-all"))),
        Some(Attribute::ResourceType(text("AWS::SSM::ManagedInstance"))),
    ] {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = audit::lookup(tx, REGION, &whenever(attribute.clone()), before, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some((last.at, last.seq));
            seen.extend(page.iter().map(|row| row.seq));
        }
        let expected = if attribute.is_none() { vec![5, 4, 3, 2, 1] } else { vec![5, 4, 3, 1] };
        assert_eq!(seen, expected, "{attribute:?}");
    }
    let narrow = Sought { attribute: None, from: Millis(2_000), to: Millis(3_000) };
    let found = audit::lookup(tx, REGION, &narrow, None, 9).await.unwrap();
    assert_eq!(found.iter().map(|row| row.seq).collect::<Vec<_>>(), [3, 2]);
    let hostile = whenever(Some(Attribute::Username(HOSTILE.to_owned())));
    assert_eq!(audit::lookup(tx, REGION, &hostile, None, 9).await.unwrap(), []);
}

async fn an_event_whose_id_tells_its_time_is_found_by_that(place: Place) {
    let id = |at: i64| format!("{:08x}-{:04x}-7abc-9abc-0123456789ab", at >> 16, at & 0xffff);
    let (early, late) = (1_764_000_000_123, 1_764_000_000_124);
    let told = |at| AuditRow { at: Millis(at), event_id: id(at), ..row(1) };
    let twin = AuditRow { event_id: id(early).replace("9abc", "8abc"), ..told(early) };
    with(
        &place,
        vec![told(early), twin, told(late), AuditRow { region: ELSEWHERE.to_owned(), ..told(late + 1) }],
    )
    .await;
    let tx = &mut place.read().await;
    let mut found = async |id: String, from, to| {
        let sought = Sought { attribute: Some(Attribute::EventId(id)), from: Millis(from), to: Millis(to) };
        let rows = audit::lookup(tx, REGION, &sought, None, 9).await.unwrap();
        rows.iter().map(|row| row.seq).collect::<Vec<_>>()
    };
    assert_eq!(found(id(early), i64::MIN, i64::MAX).await, [1]);
    assert_eq!(found(id(late), early, late).await, [3]);
    assert_eq!(found(id(late), i64::MIN, early).await, [0; 0], "not at that time");
    assert_eq!(found(id(late + 1), i64::MIN, i64::MAX).await, [0; 0], "not in that region");
    for odd in ["", "é", "+1a4b5c6d-7e8f-7abc", "zzzzzzzz-zzzz-7abc-9abc-0123456789ab"] {
        assert_eq!(found(odd.to_owned(), i64::MIN, i64::MAX).await, [0; 0]);
    }
}

async fn events_of_the_usual_service_are_found_without_an_index_of_their_own(place: Place) {
    let other = AuditRow { event_source: String::from("pilothouse"), ..row(2) };
    with(&place, vec![row(1), other, row(3)]).await;
    let tx = &mut place.read().await;
    let whenever = |source: &str| {
        let attribute = Some(Attribute::EventSource(source.to_owned()));
        Sought { attribute, from: Millis(i64::MIN), to: Millis(i64::MAX) }
    };
    for (source, expected) in [("ssm.amazonaws.com", vec![3, 1]), ("pilothouse", vec![2]), ("none", vec![])] {
        let found = audit::lookup(tx, REGION, &whenever(source), None, 9).await.unwrap();
        assert_eq!(found.iter().map(|row| row.seq).collect::<Vec<_>>(), expected, "{source}");
    }
}

async fn records_are_found_by_parts_of_texts_in_both_directions(place: Place) {
    let refused = AuditRow {
        outcome: String::from("AccessDeniedException"),
        operation: String::from("ListCommands"),
        permission: String::from("ssm:ListCommands"),
        read_only: true,
        sought_who: String::from("role/ops/bob (user/bob)"),
        sought_where: String::from("node/mi-9\nprod"),
        ..row(2)
    };
    with(&place, vec![row(1), refused, row(3)]).await;
    let tx = &mut place.read().await;
    let filter = |who: &str, what: &str, place: &str, result: &str, writes_only| AuditFilter {
        who: who.to_owned(),
        what: what.to_owned(),
        r#where: place.to_owned(),
        result: result.to_owned(),
        writes_only,
    };
    for (filter, expected) in [
        (filter("", "", "", "", false), &[1, 2, 3][..]),
        (filter("BOB", "", "", "", false), &[2]),
        (filter("iam::000000000000:user/ann", "", "", "", false), &[1, 3]),
        (filter("", "sendc", "", "", false), &[1, 3]),
        (filter("", "SSM:list", "", "", false), &[2]),
        (filter("", "", "Prod", "", false), &[2]),
        (filter("", "", "mi-3", "", false), &[3]),
        (filter("", "", "web_1%!", "", false), &[1]),
        (filter("", "", "web%1", "", false), &[]),
        (filter("", "", "", "ok", false), &[1, 3]),
        (filter("", "", "", "REFUSED", false), &[2]),
        (filter("", "", "", "denied", false), &[2]),
        (filter("", "", "", "", true), &[1, 3]),
        (filter("ann", "send", "staging", "ok", true), &[1, 3]),
        (filter(HOSTILE, HOSTILE, HOSTILE, HOSTILE, true), &[]),
    ] {
        let seqs = |rows: Vec<AuditRow>| rows.iter().map(|row| row.seq).collect::<Vec<_>>();
        let mut newest = seqs(audit::newest(tx, REGION, &filter, 4, 9).await.unwrap());
        newest.reverse();
        assert_eq!(newest, expected, "{filter:?}");
        assert_eq!(seqs(audit::since(tx, REGION, &filter, 0, 9).await.unwrap()), expected, "{filter:?}");
    }
    let all = AuditFilter::default();
    assert_eq!(audit::newest(tx, REGION, &all, 3, 1).await.unwrap()[0].seq, 2);
    assert_eq!(audit::since(tx, REGION, &all, 1, 1).await.unwrap()[0].seq, 2);
    assert_eq!(audit::newest(tx, ELSEWHERE, &all, 4, 9).await.unwrap(), []);
}

async fn a_rare_match_is_looked_for_window_by_window(place: Place) {
    with(&place, vec![row(1)]).await;
    let tx = &mut place.read().await;
    let all = AuditFilter::default();
    assert_eq!(audit::newest(tx, REGION, &all, WINDOW + 2, 9).await.unwrap(), []);
    assert_eq!(audit::newest(tx, REGION, &all, WINDOW + 1, 9).await.unwrap().len(), 1);
    assert_eq!(audit::since(tx, REGION, &all, -WINDOW, 9).await.unwrap(), []);
    assert_eq!(audit::since(tx, REGION, &all, 1 - WINDOW, 9).await.unwrap().len(), 1);
}

async fn what_retention_removes_is_gone_with_its_index(place: Place) {
    with(&place, (1..=5).map(row).collect()).await;
    let oldest = audit::oldest(&mut place.read().await, 2).await.unwrap();
    assert_eq!(oldest, [(1, Millis(1_000), hash(1)), (2, Millis(2_000), hash(2))]);
    place.write(async |tx| audit::remove_through(tx, 2).await).await;
    let tx = &mut place.read().await;
    assert_eq!(audit::oldest(tx, 1).await.unwrap()[0].0, 3);
    assert_eq!(audit::indexed(tx, 1, 9).await.unwrap().first().map(|line| line.seq), Some(3));
}
