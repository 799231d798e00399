//! Parameters that were read, kept in memory until somebody changes them.
//!
//! Only for a database that this process alone writes to: a SQLite file, which its server holds a lock on. What is kept is what
//! is stored, so what is sealed stays sealed. A transaction that changes a parameter takes it off the shelf when it commits, and
//! whoever read it before that cannot put it back.
//!
//! Never here: what is in the middle of being changed, the state of a past moment, other nouns.

use std::collections::{BTreeSet, HashMap};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::parameters::{ParameterRecord, Value};

/// Bytes that half of the shelf takes, as far as they are counted.
const HALF: usize = 16 * 1024 * 1024;
/// What an entry costs beside its texts.
const ENTRY: usize = 512;

/// Region and path.
pub(crate) type Place = (String, String);

/// The shelf. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf(Arc<Mutex<Kept>>);

/// How often anything was taken off: who reads notes it before it begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Epoch(u64);

/// What was asked for lately, and what was asked for before that. When the younger half is full the elder half is let go.
#[derive(Debug, Default)]
struct Kept {
    epoch: u64,
    young: HashMap<Place, Arc<ParameterRecord>>,
    old: HashMap<Place, Arc<ParameterRecord>>,
    young_bytes: usize,
}

impl Shelf {
    /// How things stand.
    pub(crate) fn epoch(&self) -> Epoch {
        Epoch(self.kept().epoch)
    }

    /// A parameter, if it is kept.
    pub(crate) fn get(&self, place: &Place) -> Option<Arc<ParameterRecord>> {
        let mut kept = self.kept();
        if let Some(found) = kept.young.get(place) {
            return Some(found.clone());
        }
        let (place, found) = kept.old.remove_entry(place)?;
        kept.put(place, found.clone());
        Some(found)
    }

    /// Keeps a parameter that was read in a transaction which began when things stood so.
    pub(crate) fn put(&self, began: Epoch, place: Place, it: Arc<ParameterRecord>) {
        let mut kept = self.kept();
        if kept.epoch == began.0 {
            kept.put(place, it);
        }
    }

    /// Takes all of them off.
    pub(crate) fn clear(&self) {
        let mut kept = self.kept();
        let epoch = kept.epoch + 1;
        *kept = Kept { epoch, ..Kept::default() };
    }

    /// Takes parameters off.
    fn forget(&self, places: &BTreeSet<Place>) {
        let mut kept = self.kept();
        kept.epoch += 1;
        for place in places {
            kept.young.remove(place);
            kept.old.remove(place);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Whatever panicked left whole entries.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn put(&mut self, place: Place, it: Arc<ParameterRecord>) {
        let bytes = cost(&place, &it);
        if self.young_bytes + bytes > HALF {
            self.old = mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += bytes;
        self.young.insert(place, it);
    }
}

fn cost((region, path): &Place, it: &ParameterRecord) -> usize {
    let value = match &it.newest.value {
        Value::Plain(value) => value.len(),
        Value::Sealed { sealed, .. } => sealed.len(),
    };
    let tags: usize = it.tags.iter().map(|(name, value)| name.len() + value.len() + ENTRY / 8).sum();
    ENTRY + 2 * (region.len() + path.len()) + value + tags
}

/// Parameters that a transaction changes. They are taken off the shelf when this is dropped, so that it happens even if nobody
/// waits for the end of the commit.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) shelf: Shelf,
    pub(crate) places: BTreeSet<Place>,
}

impl Drop for Changed {
    fn drop(&mut self) {
        if !self.places.is_empty() {
            self.shelf.forget(&self.places);
        }
    }
}
