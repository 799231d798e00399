//! How much one client gets, so that a flood by one leaves the others served.
//!
//! A principal has a bucket of requests that fills at a steady rate; who empties it is told `ThrottlingException`, which AWS's
//! SDKs wait out by themselves. What is in work at a time is bounded per address and key before a body is read, and per principal
//! for streams. All state is bounded, too: buckets that are full again are forgotten.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use pilothouse_api::Fault;
use pilothouse_protocol::Millis;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Limits as Settings;

/// Buckets that are kept before full ones are looked for and forgotten.
const BUCKETS: usize = 10_000;

/// Bodies up to this are read whoever sends them.
const SMALL_BODY: u64 = 64 * 1024;
/// Longer bodies that are held at a time while it is not known yet whether their signatures are true: whoever knows the name of a
/// key can send them.
const LARGE_BODIES: usize = 32;

/// What everybody used lately.
pub(super) struct Limits {
    rates: Settings,
    buckets: Mutex<HashMap<String, Bucket>>,
    in_flight: Crowd<(IpAddr, String)>,
    streams: Crowd<String>,
    large: Arc<Semaphore>,
}

/// Thousandths of requests that are left, and when that was so.
#[derive(Clone, Copy)]
struct Bucket {
    left: u64,
    at: Millis,
}

impl Limits {
    pub(super) fn new(rates: Settings) -> Self {
        let Settings { requests_in_flight, streams, .. } = rates;
        Self {
            rates,
            buckets: Mutex::default(),
            in_flight: Crowd::new(requests_in_flight),
            streams: Crowd::new(streams),
            large: Arc::new(Semaphore::new(LARGE_BODIES)),
        }
    }

    /// Takes one request out of a principal's bucket.
    pub(super) fn take(&self, principal: &str, now: Millis) -> Result<(), Fault> {
        let Settings { requests_per_second: rate, request_burst: burst, .. } = self.rates;
        if rate == 0 {
            return Ok(());
        }
        let full = u64::from(burst) * 1000;
        // A panic while holding the lock leaves whole buckets.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS {
            buckets.retain(|_, bucket| bucket.filled(rate, full, now) < full);
        }
        let bucket = buckets.entry(principal.to_owned()).or_insert(Bucket { left: full, at: now });
        *bucket = Bucket { left: bucket.filled(rate, full, now), at: now };
        match bucket.left.checked_sub(1000) {
            Some(left) => {
                bucket.left = left;
                Ok(())
            }
            None => {
                let why = format!("{principal} may send {rate} requests per second, and {burst} at once");
                Err(throttled(why))
            }
        }
    }

    /// A place for a request of this key from this address, before its body is read.
    pub(super) fn enter(&self, source: IpAddr, access_key_id: &str) -> Result<RequestPlace, Fault> {
        self.in_flight.enter((source, access_key_id.to_owned())).ok_or_else(|| {
            let most = self.rates.requests_in_flight;
            throttled(format!("{most} requests of this key from {source} are in work already"))
        })
    }

    /// A place for a body that is to be read, until its signature is compared; small ones need none. `length` is what its head says.
    pub(super) fn hold_body(&self, length: Option<u64>) -> Result<Option<OwnedSemaphorePermit>, Fault> {
        if length.is_some_and(|length| length <= SMALL_BODY) {
            return Ok(None);
        }
        let place = self.large.clone().try_acquire_owned();
        place.map(Some).map_err(|_| {
            throttled(format!(
                "{LARGE_BODIES} requests of more than {SMALL_BODY} bytes are being read already"
            ))
        })
    }

    /// A place for an event stream.
    pub(super) fn open_stream(&self, principal: &str) -> Result<Place<String>, Fault> {
        self.streams.enter(principal.to_owned()).ok_or_else(|| {
            let most = self.rates.streams;
            throttled(format!("{principal} has {most} event streams open: close one first"))
        })
    }
}

impl Bucket {
    /// Its content now.
    fn filled(self, rate: u32, full: u64, now: Millis) -> u64 {
        let passed = u64::try_from(now.since(self.at)).unwrap_or(0);
        self.left.saturating_add(passed.saturating_mul(u64::from(rate))).min(full)
    }
}

fn throttled(why: String) -> Fault {
    Fault::caller("ThrottlingException", format!("Rate exceeded: {why}"))
}

/// Who is inside, up to a number for each.
#[derive(Clone)]
struct Crowd<K: Eq + Hash> {
    most: u32,
    inside: Arc<Mutex<HashMap<K, u32>>>,
}

/// A place for a request, by address and key.
pub(super) type RequestPlace = Place<(IpAddr, String)>;

/// A place in a crowd, free again when it is dropped.
pub(super) struct Place<K: Eq + Hash> {
    crowd: Crowd<K>,
    who: K,
}

impl<K: Eq + Hash + Clone> Crowd<K> {
    fn new(most: u32) -> Self {
        Self { most, inside: Arc::default() }
    }

    fn enter(&self, who: K) -> Option<Place<K>> {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let count = inside.get(&who).copied().unwrap_or(0);
        if count >= self.most {
            return None;
        }
        inside.insert(who.clone(), count + 1);
        drop(inside);
        Some(Place { crowd: self.clone(), who })
    }
}

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut inside = self.crowd.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = inside.get_mut(&self.who) {
            *count -= 1;
            if *count == 0 {
                inside.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits::new(Settings { requests_per_second: 10, request_burst: 3, requests_in_flight: 2, streams: 1 })
    }

    #[test]
    fn a_burst_passes_and_then_it_goes_at_the_rate() {
        let limits = limits();
        let at = |millis| limits.take("user/ann", Millis(millis)).is_ok();
        assert!((0..3).all(|_| at(0)) && !at(0));
        assert!(!at(99) && at(100) && !at(100), "ten a second is one every 100 ms");
        assert!((0..3).all(|_| at(60_000)) && !at(60_000), "a bucket holds no more than a burst");
    }

    #[test]
    fn one_principals_flood_takes_nothing_from_another() {
        let limits = limits();
        while limits.take("user/ann", Millis(0)).is_ok() {}
        limits.take("user/ben", Millis(0)).unwrap();
        let fault = limits.take("user/ann", Millis(0)).unwrap_err();
        assert_eq!(fault.code, "ThrottlingException");
        assert!(fault.message.contains("user/ann") && fault.message.contains("10 requests per second"));
    }

    #[test]
    fn a_clock_that_steps_back_neither_fills_nor_breaks_a_bucket() {
        let limits = limits();
        while limits.take("user/ann", Millis(10_000)).is_ok() {}
        assert!(limits.take("user/ann", Millis(0)).is_err());
        assert!(limits.take("user/ann", Millis(100)).is_ok());
    }

    #[test]
    fn long_bodies_that_nobody_has_signed_yet_fill_no_memory_and_short_ones_pass_by_them() {
        let limits = limits();
        let held: Vec<_> =
            (0..LARGE_BODIES).map(|_| limits.hold_body(Some(SMALL_BODY + 1)).unwrap()).collect();
        for length in [Some(SMALL_BODY + 1), None] {
            assert_eq!(limits.hold_body(length).unwrap_err().code, "ThrottlingException");
        }
        assert!(limits.hold_body(Some(SMALL_BODY)).unwrap().is_none());
        drop(held);
        assert!(limits.hold_body(None).unwrap().is_some());
    }

    #[test]
    fn full_buckets_are_forgotten_when_there_are_many() {
        let limits = limits();
        for n in 0..BUCKETS {
            limits.take(&format!("user/{n}"), Millis(0)).unwrap();
        }
        limits.take("user/ann", Millis(1_000)).unwrap();
        assert_eq!(limits.buckets.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_place_is_free_again_when_its_request_is_over() {
        let limits = limits();
        let here = IpAddr::from([127, 0, 0, 1]);
        let first = limits.enter(here, "PILOA").unwrap();
        let _second = limits.enter(here, "PILOA").unwrap();
        assert!(limits.enter(here, "PILOA").is_err());
        assert!(limits.enter(IpAddr::from([127, 0, 0, 2]), "PILOA").is_ok(), "another address has its own");
        drop(first);
        assert!(limits.enter(here, "PILOA").is_ok());
        let stream = limits.open_stream("user/ann").unwrap();
        assert!(limits.open_stream("user/ann").is_err());
        drop(stream);
        assert!(limits.streams.inside.lock().unwrap().is_empty());
    }
}
