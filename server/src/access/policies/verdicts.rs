//! What was decided, kept until other policies hold: what looks the same to the same statements in the same circumstances is the
//! same decision, whoever calls next.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::seen::text;
use crate::access::{Circumstances, Verdict};

/// Verdicts that are kept; beyond that many they are all found anew.
const MAX_VERDICTS: usize = 16_384;

/// The verdicts of one set of policies. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdicts {
    known: Arc<Mutex<HashMap<Vec<u8>, Arc<Verdict>>>>,
    slices: Arc<AtomicU64>,
}

impl Verdicts {
    /// A number that no other slice of these policies has.
    pub(super) fn next_slice(&self) -> u64 {
        self.slices.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn find(&self, key: &[u8]) -> Option<Arc<Verdict>> {
        self.known().get(key).cloned()
    }

    pub(super) fn keep(&self, key: &[u8], verdict: &Arc<Verdict>) {
        let mut known = self.known();
        if known.len() >= MAX_VERDICTS {
            known.clear();
        }
        known.insert(key.to_owned(), verdict.clone());
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Arc<Verdict>>> {
        // A panic while holding the lock leaves whole entries.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The beginning of a key: which statements are asked, and in which circumstances. Equal bytes, equal question but for the resource.
pub(super) fn prefix(slice: u64, it: &Circumstances) -> Vec<u8> {
    let Circumstances { armed, approved, target_count, source, region } = it;
    let mut key = Vec::with_capacity(128);
    key.extend(slice.to_le_bytes());
    key.push(u8::from(*approved));
    key.extend(target_count.to_le_bytes());
    match source.map(|source| source.to_canonical()) {
        None => key.push(0),
        Some(std::net::IpAddr::V4(source)) => {
            key.push(4);
            key.extend(source.octets());
        }
        Some(std::net::IpAddr::V6(source)) => {
            key.push(6);
            key.extend(source.octets());
        }
    }
    text(&mut key, region);
    key.extend(armed.len().to_le_bytes());
    armed.iter().for_each(|environment| text(&mut key, environment));
    key
}
