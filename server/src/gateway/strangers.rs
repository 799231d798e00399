//! Strangers: how many of those who proved nothing yet are listened to, and how often they are refused in writing.
//!
//! What somebody says before it has proven who it is, is held in memory, up to a whole frame. So only so many are listened to at a
//! time, of each address and of all; the others wait, unread.
//!
//! A registration that is refused is a transaction and a record in the audit trail, and everybody who reaches the socket can ask for
//! one. So each address has a few of them at a time; who has used them up is sent away before anything is written.
//!
//! In: addresses, and which of them were refused. Out: when and whether to listen. Never here: why somebody is refused.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pilothouse_protocol::Millis;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Links of one address that are listened to at a time before they have proven themselves.
const HEARD_OF_ONE: usize = 64;
/// Such links of all addresses.
const HEARD: usize = 512;
/// Refusals that an address has at once.
const BURST: i64 = 20;
/// Milliseconds until it has one more.
const PERIOD_MS: i64 = 60_000;
/// Addresses that are remembered; all beyond them share one place.
const ADDRESSES: usize = 10_000;

/// Those who proved nothing yet.
#[derive(Debug)]
pub(super) struct Strangers {
    heard: Arc<Semaphore>,
    heard_of: Mutex<HashMap<IpAddr, Arc<Semaphore>>>,
    /// When each address has all its refusals again.
    refused: Mutex<HashMap<IpAddr, Millis>>,
}

/// A stranger is listened to until this is dropped.
#[derive(Debug)]
pub(super) struct Hearing(#[expect(dead_code, reason = "held, not read")] [Option<OwnedSemaphorePermit>; 2]);

impl Default for Strangers {
    fn default() -> Self {
        let heard = Arc::new(Semaphore::new(HEARD));
        Self { heard, heard_of: Mutex::default(), refused: Mutex::default() }
    }
}

impl Strangers {
    /// Waits until a link from this address may be listened to.
    pub(super) async fn hear(&self, from: IpAddr) -> Hearing {
        // Neither is ever closed.
        let of_one = self.heard_of(from).acquire_owned().await.ok();
        Hearing([of_one, self.heard.clone().acquire_owned().await.ok()])
    }

    fn heard_of(&self, from: IpAddr) -> Arc<Semaphore> {
        let mut heard_of = self.heard_of.lock().unwrap_or_else(PoisonError::into_inner);
        if heard_of.len() >= ADDRESSES {
            // Who is heard, or waits to be, holds it.
            heard_of.retain(|_, of_one| Arc::strong_count(of_one) > 1);
        }
        heard_of.entry(place(from)).or_insert_with(|| Arc::new(Semaphore::new(HEARD_OF_ONE))).clone()
    }

    /// Whether the address may be refused once more.
    pub(super) fn may_try(&self, from: IpAddr, now: Millis) -> bool {
        let known = self.known();
        let whole_at = known.get(&place(from)).or_else(|| {
            let is_full = known.len() >= ADDRESSES;
            known.get(&OTHERS).filter(|_| is_full)
        });
        // More than a whole burst can only be owed to a clock that has stepped back.
        let owed = whole_at.map_or(0, |at| at.since(now));
        owed <= (BURST - 1) * PERIOD_MS || owed > BURST * PERIOD_MS
    }

    /// The address was refused.
    pub(super) fn refused(&self, from: IpAddr, now: Millis) {
        let mut known = self.known();
        if known.len() >= ADDRESSES {
            known.retain(|_, at| *at > now);
        }
        let from = place(from);
        let from = if known.len() >= ADDRESSES && !known.contains_key(&from) { OTHERS } else { from };
        let at = known.entry(from).or_insert(now);
        let (owed, most) = (at.since(now).max(0) + PERIOD_MS, BURST * PERIOD_MS);
        *at = Millis(now.0 + owed.min(most));
    }

    fn known(&self) -> MutexGuard<'_, HashMap<IpAddr, Millis>> {
        // A panic while holding the lock leaves whole entries.
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where those stand for whom there is no place of their own.
const OTHERS: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

/// Who has one address of the sixth version has all of its network.
fn place(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn is_refused(strangers: &Strangers, from: IpAddr, at: i64) -> bool {
        let may_try = strangers.may_try(from, Millis(at));
        if may_try {
            strangers.refused(from, Millis(at));
        }
        may_try
    }

    #[tokio::test]
    async fn of_one_address_only_so_many_are_listened_to_and_others_do_not_wait_for_them() {
        let strangers = Strangers::default();
        let mut heard = Vec::new();
        for _ in 0..HEARD_OF_ONE {
            heard.push(strangers.hear(HERE).await);
        }
        let next = async || tokio::time::timeout(std::time::Duration::ZERO, strangers.hear(HERE)).await;
        assert!(next().await.is_err());
        drop(strangers.hear("192.0.2.1".parse().unwrap()).await);
        heard.pop();
        assert!(next().await.is_ok());
    }

    #[test]
    fn an_address_has_a_burst_of_refusals_and_then_one_now_and_then() {
        let strangers = Strangers::default();
        assert_eq!((0..100).filter(|_| is_refused(&strangers, HERE, 0)).count(), 20);
        assert!(!is_refused(&strangers, HERE, PERIOD_MS - 1) && is_refused(&strangers, HERE, PERIOD_MS));
        assert!(is_refused(&strangers, "192.0.2.1".parse().unwrap(), 0), "another address has its own");
        assert_eq!((0..100).filter(|_| is_refused(&strangers, HERE, 86_400_000)).count(), 20);
        assert!(is_refused(&strangers, HERE, 0), "a clock that steps back locks nobody out for a day");
        assert!(!is_refused(&strangers, HERE, 0));
    }

    #[test]
    fn a_network_of_the_sixth_version_is_one_address() {
        let strangers = Strangers::default();
        let other = |n: u32| format!("2001:db8::{n:x}").parse().unwrap();
        assert_eq!((0..100).filter(|n| is_refused(&strangers, other(*n), 0)).count(), 20);
        assert!(is_refused(&strangers, "2001:db8:0:1::1".parse().unwrap(), 0));
        assert_eq!(place("::ffff:127.0.0.1".parse().unwrap()), HERE);
    }

    #[test]
    fn however_many_addresses_there_are_what_is_remembered_is_bounded() {
        let strangers = Strangers::default();
        for n in 0..2 * u32::try_from(ADDRESSES).unwrap() {
            strangers.refused(IpAddr::V4(n.into()), Millis(0));
        }
        assert!(strangers.known().len() <= ADDRESSES + 1);
        assert!(!strangers.may_try("203.0.113.9".parse().unwrap(), Millis(0)), "the others share one place");
    }
}
