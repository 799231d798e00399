//! Where a list's rows come from.

use std::cmp::Ordering;

use super::filter::Fields;

/// The rows of a list, by position; positions hold while the generation does.
pub trait Rows {
    /// What a row's thing is known by.
    type Key: Ord + Clone;

    /// Counts changes of the data.
    fn generation(&self) -> u64;

    /// How many rows there are.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The thing at a position.
    fn key(&self, at: usize) -> Self::Key;

    /// The position of a thing, if it is still there.
    fn position(&self, key: &Self::Key) -> Option<usize>;

    /// What the filter may ask of it.
    fn fields(&self, at: usize) -> impl Fields;

    /// Whether it is a fault, for "faults only".
    fn is_fault(&self, _at: usize) -> bool {
        false
    }

    /// The order of two rows by a column's number.
    fn compare(&self, column: usize, a: usize, b: usize) -> Ordering;

    /// Numbers and titles of the columns by which it can be sorted.
    fn sorts(&self) -> Vec<(usize, String)>;
}
