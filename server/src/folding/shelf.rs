//! The folds that are kept, and for how long.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pilothouse_api::folding::Normal;
use pilothouse_protocol::{CommandId, Millis};

use super::Fold;

/// Folds of commands that are not over and that somebody follows.
const FOLLOWED: usize = 64;
/// The same that nobody follows: somebody asked once.
const ASKED: usize = 4;
/// How long one that nobody follows is kept after it was asked.
const ASKED_MS: i64 = 60_000;
/// Runs of commands that are over whose groups are remembered.
const REMEMBERED: usize = 100_000;

/// What is folded, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Of which command.
    pub command_id: CommandId,
    /// What is taken out of lines.
    pub normal: Normal,
}

/// A fold, to be worked on by one at a time.
pub type Shared = Arc<tokio::sync::Mutex<Fold>>;

/// Too many commands are folded at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the outputs of {FOLLOWED} commands are folded already: close one of them, or wait until it is over")]
pub struct TooMany;

#[derive(Debug)]
struct Kept {
    fold: Shared,
    used: Millis,
    /// Runs of a command that is over.
    over: Option<usize>,
}

#[derive(Debug, Default)]
struct Shelf {
    kept: HashMap<Key, Kept>,
    holders: HashMap<Key, usize>,
}

/// The folds that are kept. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Folds(Arc<Mutex<Shelf>>);

/// Keeps a fold until it is dropped.
#[derive(Debug)]
pub struct Hold {
    folds: Folds,
    key: Key,
}

impl Folds {
    /// The fold with this key, a new one if there is none.
    ///
    /// # Errors
    /// When there are too many.
    pub fn get(&self, key: &Key, now: Millis) -> Result<Shared, TooMany> {
        let mut shelf = self.lock();
        if let Some(kept) = shelf.kept.get_mut(key) {
            kept.used = now;
            return Ok(kept.fold.clone());
        }
        shelf.clear(now, 1);
        if shelf.kept.values().filter(|kept| kept.over.is_none()).count() >= FOLLOWED + ASKED {
            return Err(TooMany);
        }
        let fold: Shared = Arc::new(tokio::sync::Mutex::new(Fold::new(key.normal)));
        shelf.kept.insert(key.clone(), Kept { fold: fold.clone(), used: now, over: None });
        Ok(fold)
    }

    /// Notes that the command is over, with so many runs; or not any more.
    pub fn note(&self, key: &Key, over: Option<usize>, now: Millis) {
        let mut shelf = self.lock();
        if let Some(kept) = shelf.kept.get_mut(key) {
            kept.over = over;
        }
        shelf.clear(now, 0);
    }

    /// Somebody follows it from now on.
    #[must_use]
    pub fn hold(&self, key: Key) -> Hold {
        *self.lock().holders.entry(key.clone()).or_default() += 1;
        Hold { folds: self.clone(), key }
    }

    /// Frees what nobody follows and nobody asked for of late; gives the number of what is left.
    pub fn sweep(&self, now: Millis) -> usize {
        let mut shelf = self.lock();
        shelf.clear(now, 0);
        shelf.kept.len()
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    /// Frees what nobody follows, the one that was asked for longest ago first, until there is room for so many more.
    fn clear(&mut self, now: Millis, more: usize) {
        let Self { kept, holders } = self;
        kept.retain(|key, it| {
            it.over.is_some() || holders.contains_key(key) || now.since(it.used) < ASKED_MS
        });
        let mut idle: Vec<(Millis, Key, Option<usize>)> = kept
            .iter()
            .filter(|(key, _)| !holders.contains_key(*key))
            .map(|(key, it)| (it.used, key.clone(), it.over))
            .collect();
        idle.sort();
        let mut asked = idle.iter().filter(|(.., over)| over.is_none()).count() + more;
        let mut remembered: usize = idle.iter().filter_map(|(.., over)| *over).sum();
        for (_, key, over) in idle {
            let is_surplus = match over {
                None => asked > ASKED,
                Some(_) => remembered > REMEMBERED,
            };
            if is_surplus {
                kept.remove(&key);
                asked -= usize::from(over.is_none());
                remembered -= over.unwrap_or(0);
            }
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut shelf = self.folds.lock();
        let left = shelf.holders.get_mut(&self.key).map(|count| {
            *count -= 1;
            *count
        });
        if left == Some(0) {
            shelf.holders.remove(&self.key);
            if shelf.kept.get(&self.key).is_some_and(|it| it.over.is_none()) {
                shelf.kept.remove(&self.key);
            }
        }
    }
}
