//! Which rows are shown, in which order. Nothing is computed again unless the data, the filter or the sort changed; typing on
//! narrows what was found before.

use std::cmp::Ordering;

/// What an index was made of; the same recipe gives the same rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// The list's generation.
    pub generation: u64,
    /// Number of the column it is sorted by, and whether backwards.
    pub sort: (usize, bool),
    /// Everything that decides what is shown, as text.
    pub filter: String,
}

/// Positions of a list's rows: all of them sorted, and those shown.
#[derive(Clone, Debug, Default)]
pub struct Index {
    made: Option<Recipe>,
    sorted: Vec<u32>,
    shown: Vec<u32>,
}

impl Index {
    /// Makes the index anew if `recipe` is another than before. `narrows` says that what was hidden before stays
    /// hidden. Says whether it did.
    pub fn refresh(
        &mut self,
        recipe: Recipe,
        len: usize,
        narrows: bool,
        compare: impl Fn(usize, usize) -> Ordering,
        mut keep: impl FnMut(usize) -> bool,
    ) -> bool {
        let old = self.made.take();
        let same_order =
            old.as_ref().is_some_and(|old| (old.generation, old.sort) == (recipe.generation, recipe.sort));
        if same_order && old.as_ref().is_some_and(|old| old.filter == recipe.filter) {
            self.made = old;
            return false;
        }
        if !same_order {
            self.sort(len, compare);
        }
        if same_order && narrows {
            self.shown.retain(|&at| keep(at as usize));
        } else {
            self.shown.clear();
            self.shown.extend(self.sorted.iter().copied().filter(|&at| keep(at as usize)));
        }
        self.made = Some(recipe);
        true
    }

    /// Starts from the order before: a list in which little changed is sorted in one pass.
    fn sort(&mut self, len: usize, compare: impl Fn(usize, usize) -> Ordering) {
        let end = u32::try_from(len).unwrap_or(u32::MAX);
        let known = u32::try_from(self.sorted.len()).unwrap_or(u32::MAX);
        self.sorted.retain(|&at| at < end);
        self.sorted.extend(known.min(end)..end);
        self.sorted.sort_by(|&a, &b| compare(a as usize, b as usize));
    }

    /// The filter of the rows shown now.
    #[must_use]
    pub fn filter(&self) -> Option<&str> {
        self.made.as_ref().map(|made| made.filter.as_str())
    }

    /// Positions in the list, in the order in which they are shown.
    #[must_use]
    pub fn shown(&self) -> &[u32] {
        &self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(generation: u64, filter: &str) -> Recipe {
        Recipe { generation, sort: (0, false), filter: filter.to_owned() }
    }

    #[test]
    fn typing_on_looks_only_at_what_is_still_shown() {
        let words = ["web-1", "db-1", "web-2", "cache"];
        let mut index = Index::default();
        let by_name = |a: usize, b: usize| words[a].cmp(words[b]);
        index.refresh(recipe(1, "web"), 4, false, by_name, |at| words[at].contains("web"));
        assert_eq!(index.shown(), [0, 2]);
        let mut looked = 0;
        index.refresh(recipe(1, "web-2"), 4, true, by_name, |at| {
            looked += 1;
            words[at].contains("web-2")
        });
        assert_eq!((index.shown(), looked), (&[2][..], 2));
        index.refresh(recipe(1, "web-2"), 4, false, by_name, |_| unreachable!("nothing changed"));
    }

    #[test]
    fn new_data_is_sorted_in_and_gone_rows_go() {
        let mut index = Index::default();
        let values = [5, 1, 3];
        index.refresh(recipe(1, ""), 3, false, |a, b| values[a].cmp(&values[b]), |_| true);
        assert_eq!(index.shown(), [1, 2, 0]);
        let values = [5, 9];
        index.refresh(recipe(2, ""), 2, false, |a, b| values[a].cmp(&values[b]), |_| true);
        assert_eq!(index.shown(), [0, 1]);
    }
}
