//! Slices that were cut, kept by who asks what, and found without making anything up for the search.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::entity;
use super::slice::Slice;
use crate::access::{Kind, Who};

/// Slices that are kept; beyond that many they are all cut anew.
const MAX_SLICES: usize = 2048;

/// The slices of all who asked.
#[derive(Debug, Default)]
pub(super) struct Slices(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// By what the principal is, its name, and the action.
    by_asker: HashMap<Kind, HashMap<String, HashMap<String, Cut>>>,
    count: usize,
}

/// A slice and the groups that the principal was in; no slice where Cedar does not take a part of it.
#[derive(Debug)]
struct Cut {
    groups: Vec<String>,
    slice: Option<Arc<Slice>>,
}

impl Kept {
    fn find(&self, kind: Kind, name: &str, groups: &[String], action: &str) -> Option<&Cut> {
        let cut = self.by_asker.get(&kind)?.get(name)?.get(action)?;
        Some(cut).filter(|cut| cut.groups == groups)
    }

    fn keep(&mut self, kind: Kind, name: &str, action: &str, cut: Cut) {
        if self.count >= MAX_SLICES {
            *self = Self::default();
        }
        let of_kind = self.by_asker.entry(kind).or_default();
        let former = of_kind.entry(name.to_owned()).or_default().insert(action.to_owned(), cut);
        self.count += usize::from(former.is_none());
    }
}

impl Slices {
    /// The slice of a principal in these groups for an action, cut if it is not kept; nothing where nobody can ask.
    pub(super) fn get(
        &self,
        who: &Who,
        groups: &[String],
        action: &str,
        cut: impl FnOnce() -> Option<Arc<Slice>>,
    ) -> Option<Arc<Slice>> {
        let (kind, name) = entity::caller(who)?;
        if let Some(cut) = self.kept().find(kind, name, groups, action) {
            return cut.slice.clone();
        }
        // Cut while others are served: two may cut the same, which does no harm.
        let slice = cut();
        self.kept().keep(kind, name, action, Cut { groups: groups.to_vec(), slice: slice.clone() });
        slice
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A panic while holding the lock leaves whole entries.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
