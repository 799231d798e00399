//! When keys were used last: noted in memory as they sign, written beside, each key's at most once a minute.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use pilothouse_protocol::Millis;
use pilothouse_store::principals::keys::{self, LastUse};
use pilothouse_store::{Store, StoreError};

/// How long a written use stands before a later one is written, in milliseconds.
const STANDS_MS: i64 = 60_000;

#[derive(Debug)]
struct Used {
    last: LastUse,
    written: Option<Millis>,
}

/// Uses that are perhaps not written yet. Clones share them; there are no more than keys that sign.
#[derive(Clone, Debug, Default)]
pub struct Uses(Arc<Mutex<HashMap<String, Used>>>);

impl Uses {
    /// Notes that a key signed.
    pub(super) fn note(&self, access_key_id: &str, at: Millis, from: &str, what: &str) {
        let last = LastUse { at, from: from.to_owned(), what: what.to_owned() };
        // A panic while holding the lock leaves whole entries.
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match uses.get_mut(access_key_id) {
            Some(used) => used.last = last,
            None => drop(uses.insert(access_key_id.to_owned(), Used { last, written: None })),
        }
    }

    /// Writes what is due; with `all`, what is not written yet. What fails is written the next time.
    pub(super) async fn write(&self, store: &Store, all: bool) -> Result<(), StoreError> {
        let due = self.due(all);
        if due.is_empty() {
            return Ok(());
        }
        let mut tx = store.write().await?;
        for (id, last) in &due {
            keys::used(&mut tx, id, last).await?;
        }
        tx.commit().await?;
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, last) in due {
            if let Some(used) = uses.get_mut(&id) {
                used.written = Some(last.at);
            }
        }
        // What rests is forgotten: the next use is written at once.
        let newest = uses.values().map(|used| used.last.at.0).max().unwrap_or(0);
        uses.retain(|_, used| used.written != Some(used.last.at) || newest - used.last.at.0 < STANDS_MS);
        Ok(())
    }

    fn due(&self, all: bool) -> Vec<(String, LastUse)> {
        let uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = |used: &Used| match used.written {
            None => true,
            Some(written) => {
                let passed = used.last.at.0 - written.0;
                passed >= STANDS_MS || (all && passed > 0)
            }
        };
        uses.iter()
            .filter(|(_, used)| is_due(used))
            .map(|(id, used)| (id.clone(), used.last.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_use_is_due_at_once_and_the_next_after_a_minute() {
        let uses = Uses::default();
        let note = |at| uses.note("K1", Millis(at), "::1", "ssm:ListCommands");
        let due_at = |all| uses.due(all).first().map(|(_, last)| last.at.0);
        note(1_000);
        assert_eq!(due_at(false), Some(1_000));
        uses.0.lock().unwrap().get_mut("K1").unwrap().written = Some(Millis(1_000));
        assert_eq!(due_at(true), None, "it is written");
        note(60_000);
        assert_eq!((due_at(false), due_at(true)), (None, Some(60_000)));
        note(61_000);
        assert_eq!(due_at(false), Some(61_000));
    }
}
