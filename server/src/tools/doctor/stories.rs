//! Stories of findings.

use super::certificate::{DAY, lasts, look};
use super::database::{clocks, trail};
use super::place::{Room, clock, room_is_enough};
use super::*;
use crate::audit::{Defect, Tail};
use crate::config::Settings;
use crate::rig::counting_dice;
use crate::secrets::Secrets;
use crate::tls::{Facts, Names, Tls, Vault};
use pilothouse_protocol::Millis;
use pilothouse_store::Store;

const GIB: u64 = 1024 * 1024 * 1024;

#[test]
fn a_disk_is_warned_of_before_it_is_full() {
    let state = |free, files| room_is_enough(Room { free, files }).state;
    assert_eq!(state(20 * GIB, Some(1_000_000)), State::Ok);
    assert_eq!(state(20 * GIB, None), State::Ok, "a file system that does not count files");
    assert_eq!(state(GIB / 2, Some(1_000_000)), State::Warn);
    assert_eq!(state(20 * GIB, Some(100)), State::Warn);
    assert_eq!(state(1024, None), State::Fail);
    assert_eq!(state(20 * GIB, Some(0)), State::Fail);
}

#[test]
fn a_clock_that_cannot_be_right_is_found() {
    assert_eq!(clock(Millis(0)).state, State::Fail);
    assert_eq!(clock(Millis(1_800_000_000_000)).state, State::Ok);
    assert_eq!(clocks(Millis(10_000), Millis(11_000)).state, State::Ok);
    assert_eq!(clocks(Millis(10_000), Millis(1_000)).state, State::Warn);
}

#[test]
fn a_finding_and_how_to_mend_it_are_one_line() {
    let finding = Finding::fail("disk", "full", "free some space");
    assert_eq!(finding.to_string(), "fail  disk         full -> free some space");
    assert_eq!(Finding::ok("disk", "wide").to_string(), "ok    disk         wide");
}

#[test]
fn a_certificate_is_told_of_before_it_ends() {
    let now = Millis(1_800_000_000_000);
    let state = |from: i64, days: i64| {
        let (not_before, not_after) = (Millis(now.0 + from), Millis(now.0 + days * DAY + 1));
        lasts(&Facts { not_before, not_after, names: Names::default() }, now, 14, "renew it").state
    };
    assert_eq!(state(-DAY, 60), State::Ok);
    assert_eq!(state(-DAY, 13), State::Warn);
    assert_eq!(state(-DAY, -1), State::Fail);
    assert_eq!(state(DAY, 60), State::Fail, "not valid yet");
}

#[tokio::test]
async fn a_certificate_is_looked_at_though_the_settings_that_were_given_ask_for_none() {
    let now = Millis(1_800_000_000_000);
    let dir = tempfile::tempdir().unwrap();
    let mut settings = Settings::local(dir.path().to_owned());
    let plain = look(&settings, now);
    assert_eq!(plain.state, State::Ok);
    assert!(plain.seen.contains("by the settings that doctor was given"), "{plain}");
    let store = Store::open("sqlite::memory:").await.unwrap();
    let vault = Vault { store, secrets: Secrets::for_tests(), dice: counting_dice() };
    let names = Names::of_server(settings.listen, None, &[String::from("ops.example")]);
    Tls::own(dir.path(), names, vault, now).await.unwrap();
    let found = look(&settings, now);
    assert_eq!(found.state, State::Ok);
    assert!(found.seen.contains("ops.example") && found.seen.contains("days left"), "{found}");
    let ended = look(&settings, Millis(now.0 + 1000 * DAY));
    assert_eq!(ended.state, State::Warn, "{ended}");
    settings.listen = "0.0.0.0:8440".parse().unwrap();
    settings.allow_plain = true;
    assert_eq!(look(&settings, now).state, State::Warn, "plain HTTP that others can reach stays one");
}

#[test]
fn a_clock_that_was_set_back_is_seen_in_the_trail() {
    let now = Millis(1_800_000_000_000);
    let state = |at| trail(Ok(Ok(Some(Tail { seq: 7, at: Millis(at) }))), now).state;
    assert_eq!(state(now.0 - 1_000), State::Ok);
    assert_eq!(state(now.0 + 60_000), State::Warn);
    assert_eq!(trail(Ok(Err(Defect::Changed(7))), now).state, State::Fail);
    assert_eq!(trail(Ok(Ok(None)), now).state, State::Ok);
}
