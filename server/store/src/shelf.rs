//! Parameters that were read, kept in memory until somebody changes them.
//!
//! Only for a database that this process alone writes to: a SQLite file, which its server holds a lock on. What is kept is what
//! is stored, so what is sealed stays sealed. A transaction that changes a parameter takes it off the shelf when it commits, and
//! whoever read it before that cannot put it back.
//!
//! Never here: what is in the middle of being changed, the state of a past moment, what a parameter is.

use std::any::Any;
use std::collections::{BTreeSet, HashMap};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes that half of the shelf takes, as far as they are counted.
const HALF: usize = 16 * 1024 * 1024;
/// What an entry costs beside its texts.
const ENTRY: usize = 512;

/// Region and path.
pub(crate) type Place = (String, String);
/// What is kept: the shelf does not look into it.
type Item = Arc<dyn Any + Send + Sync>;

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
    young: HashMap<Place, (Item, usize)>,
    old: HashMap<Place, (Item, usize)>,
    young_bytes: usize,
}

impl Shelf {
    /// How things stand.
    pub(crate) fn epoch(&self) -> Epoch {
        Epoch(self.kept().epoch)
    }

    /// A parameter, if it is kept.
    pub(crate) fn get<T: Any + Send + Sync>(&self, place: &Place) -> Option<Arc<T>> {
        self.kept().find(place)?.downcast().ok()
    }

    /// Keeps a parameter of so many bytes that was read in a transaction which began when things stood so.
    pub(crate) fn put<T: Any + Send + Sync>(&self, began: Epoch, place: Place, it: T, bytes: usize) {
        let mut kept = self.kept();
        if kept.epoch == began.0 {
            let bytes = ENTRY + 2 * (place.0.len() + place.1.len()) + bytes;
            kept.put(place, (Arc::new(it), bytes));
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
    fn find(&mut self, place: &Place) -> Option<Item> {
        if let Some((found, _)) = self.young.get(place) {
            return Some(found.clone());
        }
        let (place, entry) = self.old.remove_entry(place)?;
        let found = entry.0.clone();
        self.put(place, entry);
        Some(found)
    }

    fn put(&mut self, place: Place, entry: (Item, usize)) {
        if self.young_bytes + entry.1 > HALF {
            self.old = mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += entry.1;
        self.young.insert(place, entry);
    }
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
