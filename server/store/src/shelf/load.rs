//! Filling the shelf with everything there is, while others read and change it.

use super::{Item, Place, Shelf};

/// The filling of a shelf. Dropped without [`Load::finish`], the shelf is as if it had not begun.
#[derive(Debug)]
pub(crate) struct Load {
    shelf: Shelf,
    is_done: bool,
}

impl Load {
    pub(super) fn new(shelf: Shelf) -> Self {
        Self { shelf, is_done: false }
    }

    /// Takes items that were read in one transaction which began after the load; `false` when it is of no use any more: there are
    /// too many, or everything was forgotten.
    pub(crate) fn take(&self, items: Vec<(Place, Item)>) -> bool {
        let mut kept = self.shelf.kept();
        items.into_iter().all(|(place, it)| kept.load(place, it))
    }

    /// These were all.
    pub(crate) fn finish(mut self) {
        self.is_done = true;
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shelf.kept().end_load(self.is_done);
    }
}
