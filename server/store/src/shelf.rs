//! Parameters kept in memory: all of them where there is room, else those that were asked for lately.
//!
//! Only for a database that this process alone writes to: a SQLite file, which its server holds a lock on. What is kept is what
//! is stored, so what is sealed stays sealed. From before a transaction that changes a parameter commits until after it, nobody is
//! told of that one from memory; then the shelf holds what it became, or does not know it. Whoever read it before cannot put it
//! back.
//!
//! Never here: what is in the middle of being changed, the state of a past moment, what a parameter is.

mod kept;
mod load;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kept::Kept;
pub(crate) use load::Load;

/// Region and path.
pub(crate) type Place = (String, String);
/// What is kept: the shelf does not look into it.
pub(crate) type Item = Arc<[u8]>;

/// The shelf. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf(Arc<Mutex<Kept>>);

/// How often anything was changed: who reads notes it before it begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Epoch(u64);

/// What there is at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// This.
    Item(Item),
    /// Nothing.
    Nothing,
    /// It is not known here.
    Unknown,
}

/// Which paths are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Those directly on the level.
    Level,
    /// All that are below it.
    Below,
}

impl Shelf {
    /// How things stand.
    pub(crate) fn epoch(&self) -> Epoch {
        Epoch(self.kept().epoch)
    }

    /// What is at a place.
    pub(crate) fn get(&self, region: &str, path: &str) -> Found {
        self.kept().find(region, path)
    }

    /// What is below a path that ends in a slash, in order, after this place; nothing if not all of it is kept.
    pub(crate) fn list(
        &self,
        region: &str,
        below: &str,
        reach: Reach,
        after: &str,
        count: usize,
    ) -> Option<Vec<(String, Item)>> {
        self.kept().list(region, below, reach, after, count)
    }

    /// Keeps what was read in a transaction which began when things stood so.
    pub(crate) fn put(&self, began: Epoch, place: Place, it: Item) {
        let mut kept = self.kept();
        if kept.epoch == began.0 {
            kept.put(place, it);
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.kept().clear();
    }

    /// Begins to fill it with everything; nothing if it is full, or somebody else is at it.
    pub(crate) fn load(&self) -> Option<Load> {
        self.kept().begin_load().then(|| Load::new(self.clone()))
    }

    /// Nobody is told of these from memory until what is returned is gone.
    pub(crate) fn change(&self, places: BTreeMap<Place, Found>) -> Changing {
        self.kept().begin_change(places.keys());
        Changing { shelf: self.clone(), places, is_committed: false }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Whatever panicked left whole entries.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Parameters that a transaction changes, while it commits. It ends with this value, even if nobody waits for the end of the commit.
#[derive(Debug)]
pub(crate) struct Changing {
    shelf: Shelf,
    places: BTreeMap<Place, Found>,
    is_committed: bool,
}

impl Changing {
    /// They are what they were to become.
    pub(crate) fn committed(mut self) {
        self.is_committed = true;
    }
}

impl Drop for Changing {
    fn drop(&mut self) {
        let (places, is_committed) = (std::mem::take(&mut self.places), self.is_committed);
        self.shelf.kept().end_change(places, is_committed);
    }
}

#[cfg(test)]
mod tests;
