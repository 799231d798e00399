//! What the shelf holds, and how much of all there is.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::mem;
use std::ops::Bound;

use super::{Found, Item, Place, Reach};

/// Bytes that half of the shelf takes; all of it, where everything is kept, takes two halves.
const HALF: usize = 32 * 1024 * 1024;
/// What an entry costs beside its path and its bytes.
const ENTRY: usize = 112;
/// Parameters that may be unknown before everything is read anew.
const HOLES: usize = 1000;

/// Items by path, by region.
type Regions = HashMap<String, BTreeMap<String, Item>>;

/// How much is kept.
#[derive(Debug, Default)]
enum Extent {
    /// What was asked for.
    #[default]
    Some,
    /// Everything is being read; what was changed meanwhile is not to be taken from there.
    Loading(HashSet<Place>),
    /// Everything.
    Whole,
    /// More than there is room for was found.
    TooMuch,
}

/// What was asked for lately, and what was asked for before that. When the younger half is full the elder half is let go. What is
/// kept as a whole is all in the younger.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) epoch: u64,
    young: Regions,
    old: Regions,
    young_bytes: usize,
    extent: Extent,
    /// Not known, though everything else is.
    holes: BTreeSet<Place>,
    /// Of transactions that are being committed.
    changing: Vec<Place>,
}

fn bytes(path: &str, it: &Item) -> usize {
    ENTRY + path.len() + it.len()
}

fn find<'a>(regions: &'a Regions, region: &str, path: &str) -> Option<&'a Item> {
    regions.get(region)?.get(path)
}

impl Kept {
    fn is_changing(&self, region: &str, path: &str) -> bool {
        self.changing.iter().any(|(of, it)| of == region && it == path)
    }

    fn is_whole(&self) -> bool {
        matches!(self.extent, Extent::Whole)
    }

    fn is_to_be_whole(&self) -> bool {
        matches!(self.extent, Extent::Whole | Extent::Loading(_))
    }

    pub(super) fn find(&mut self, region: &str, path: &str) -> Found {
        if self.is_changing(region, path) {
            return Found::Unknown;
        }
        if let Some(found) = find(&self.young, region, path) {
            return Found::Item(found.clone());
        }
        if let Some(found) = self.old.get_mut(region).and_then(|items| items.remove(path)) {
            self.insert(region, path, found.clone());
            return Found::Item(found);
        }
        // The holes are few.
        let is_hole = self.holes.iter().any(|(of, it)| of == region && it == path);
        if self.is_whole() && !is_hole { Found::Nothing } else { Found::Unknown }
    }

    pub(super) fn list(
        &self,
        region: &str,
        below: &str,
        reach: Reach,
        after: &str,
        count: usize,
    ) -> Option<Vec<(String, Item)>> {
        let is_there = |(of, path): &Place| of == region && path.starts_with(below);
        if !self.is_whole() || self.holes.iter().chain(&self.changing).any(is_there) {
            return None;
        }
        let mut found = Vec::new();
        let Some(items) = self.young.get(region) else { return Some(found) };
        let mut from = Bound::Excluded(after.max(below).to_owned());
        while found.len() < count {
            let mut next = items.range::<String, _>((from.as_ref(), Bound::Unbounded));
            let mut folder = None;
            for (path, it) in next.by_ref().take_while(|(path, _)| path.starts_with(below)) {
                let slash = path[below.len()..].find('/').filter(|_| reach == Reach::Level);
                if let Some(slash) = slash {
                    folder = Some(&path[..below.len() + slash]);
                    break;
                }
                found.push((path.clone(), it.clone()));
                if found.len() == count {
                    break;
                }
            }
            // Over everything that is in the folder: a zero is what follows the slash.
            let Some(folder) = folder else { break };
            from = Bound::Included(format!("{folder}0"));
        }
        Some(found)
    }

    pub(super) fn put(&mut self, place: Place, it: Item) {
        let (region, path) = (place.0.as_str(), place.1.as_str());
        if !self.is_changing(region, path) {
            self.insert(region, path, it);
            self.holes.remove(&place);
        }
    }

    fn insert(&mut self, region: &str, path: &str, it: Item) {
        let more = bytes(path, &it);
        let most = if self.is_to_be_whole() { 2 * HALF } else { HALF };
        if self.young_bytes + more > most {
            if self.is_to_be_whole() {
                self.extent = Extent::TooMuch;
                self.holes.clear();
            }
            self.old = mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        let items = match self.young.get_mut(region) {
            Some(items) => items,
            None => self.young.entry(region.to_owned()).or_default(),
        };
        if let Some(former) = items.insert(path.to_owned(), it) {
            self.young_bytes -= bytes(path, &former);
        }
        self.young_bytes += more;
    }

    fn remove(&mut self, (region, path): &Place) {
        if let Some(former) = self.young.get_mut(region).and_then(|items| items.remove(path)) {
            self.young_bytes -= bytes(path, &former);
        }
        self.old.get_mut(region).and_then(|items| items.remove(path));
    }

    pub(super) fn clear(&mut self) {
        let (epoch, changing) = (self.epoch + 1, mem::take(&mut self.changing));
        *self = Self { epoch, changing, ..Self::default() };
    }

    pub(super) fn begin_change<'a>(&mut self, places: impl Iterator<Item = &'a Place>) {
        for place in places {
            self.remove(place);
            self.changing.push(place.clone());
        }
    }

    pub(super) fn end_change(&mut self, places: BTreeMap<Place, Found>, is_committed: bool) {
        self.epoch += 1;
        for (place, became) in places {
            if let Some(nth) = self.changing.iter().position(|it| *it == place) {
                self.changing.swap_remove(nth);
            }
            if let Extent::Loading(changed) = &mut self.extent {
                changed.insert(place.clone());
            }
            self.holes.remove(&place);
            match became {
                Found::Item(it) if is_committed => self.put(place, it),
                Found::Nothing if is_committed => {}
                _ if self.is_to_be_whole() => drop(self.holes.insert(place)),
                _ => {}
            }
        }
        if self.holes.len() > HOLES {
            self.extent = Extent::Some;
            self.holes.clear();
        }
    }

    pub(super) fn begin_load(&mut self) -> bool {
        let is_due = matches!(self.extent, Extent::Some);
        if is_due {
            self.extent = Extent::Loading(HashSet::new());
        }
        is_due
    }

    /// Takes what was read of everything; `false` when it is of no use any more.
    pub(super) fn load(&mut self, place: Place, it: Item) -> bool {
        let Extent::Loading(changed) = &self.extent else { return false };
        let is_known = changed.contains(&place) || find(&self.young, &place.0, &place.1).is_some();
        if !is_known && !self.is_changing(&place.0, &place.1) {
            self.insert(&place.0, &place.1, it);
        }
        self.is_to_be_whole()
    }

    pub(super) fn end_load(&mut self, is_done: bool) {
        if let Extent::Loading(_) = self.extent {
            self.extent = if is_done { Extent::Whole } else { Extent::Some };
            if !is_done {
                self.holes.clear();
            }
        }
    }
}
