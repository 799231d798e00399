//! Tabs, each with its own history. Rooms that one can go back to are kept as they were left.

use super::rooms::Room;

/// The most tabs: what the digits reach.
pub const MAX_TABS: usize = 9;
/// The most places that a tab remembers; the oldest go first.
const MAX_PLACES: usize = 50;

/// The shell's name for a room, unique in this cockpit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoomId(pub u64);

/// A room with its name.
pub struct Place {
    /// Its name.
    pub id: RoomId,
    /// The room.
    pub room: Room,
}

/// A tab: places in the order in which they were gone to, and where one is.
pub struct Tab {
    places: Vec<Place>,
    at: usize,
    last: Option<RoomId>,
}

impl Tab {
    /// A tab that begins here.
    #[must_use]
    pub fn new(place: Place) -> Self {
        Self { places: vec![place], at: 0, last: None }
    }

    /// Where one is.
    #[must_use]
    pub fn here(&self) -> &Place {
        &self.places[self.at]
    }

    /// Where one is.
    pub fn here_mut(&mut self) -> &mut Place {
        &mut self.places[self.at]
    }

    /// Whether nothing is before this place.
    #[must_use]
    pub fn at_root(&self) -> bool {
        self.at == 0
    }

    /// Goes to a new place; what was ahead is forgotten, as in a browser, unless something that was typed there would be lost.
    pub fn open(&mut self, place: Place) {
        self.last = Some(self.here().id);
        self.forget_ahead();
        self.at += 1;
        self.places.insert(self.at, place);
        if self.places.len() > MAX_PLACES {
            self.places.remove(0);
            self.at -= 1;
        }
    }

    fn forget_ahead(&mut self) {
        let ahead = self.places.split_off(self.at + 1);
        self.places.extend(ahead.into_iter().filter(|place| place.room.unsaved().is_some()));
    }

    /// Goes to a new place that takes this one's place.
    pub fn replace(&mut self, place: Place) {
        self.forget_ahead();
        self.places[self.at] = place;
    }

    /// Leaves this place for the one before and forgets it; `false` at the root, where nothing happens.
    pub fn close(&mut self) -> bool {
        if self.at == 0 {
            return false;
        }
        self.forget_ahead();
        self.places.remove(self.at);
        self.at -= 1;
        true
    }

    /// Goes that many places forward, or back when negative; `false` when there are not as many.
    pub fn go(&mut self, by: isize) -> bool {
        let Some(to) = self.at.checked_add_signed(by).filter(|to| *to < self.places.len()) else {
            return false;
        };
        self.move_to(to)
    }

    /// Goes to where one was before; twice is back here.
    pub fn last(&mut self) -> bool {
        let to = self.last.and_then(|last| self.places.iter().position(|place| place.id == last));
        to.is_some_and(|to| self.move_to(to))
    }

    fn move_to(&mut self, to: usize) -> bool {
        let moved = to != self.at;
        if moved {
            self.last = Some(self.here().id);
            self.at = to;
        }
        moved
    }
}

/// All tabs, and which one is seen.
pub struct Tabs {
    list: Vec<Tab>,
    at: usize,
}

impl Tabs {
    /// One tab that begins here.
    #[must_use]
    pub fn new(place: Place) -> Self {
        Self { list: vec![Tab::new(place)], at: 0 }
    }

    /// The tab that is seen.
    #[must_use]
    pub fn current(&self) -> &Tab {
        &self.list[self.at]
    }

    /// The tab that is seen.
    pub fn current_mut(&mut self) -> &mut Tab {
        &mut self.list[self.at]
    }

    /// Which one is seen, from 0.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// All of them.
    #[must_use]
    pub fn list(&self) -> &[Tab] {
        &self.list
    }

    /// Adds a tab after the one that is seen and goes there; `false` when there are enough.
    pub fn add(&mut self, place: Place) -> bool {
        if self.list.len() >= MAX_TABS {
            return false;
        }
        self.at += 1;
        self.list.insert(self.at, Tab::new(place));
        true
    }

    /// Closes the tab that is seen; `false` when it is the last.
    pub fn close(&mut self) -> bool {
        if self.list.len() == 1 {
            return false;
        }
        self.list.remove(self.at);
        self.at = self.at.min(self.list.len() - 1);
        true
    }

    /// Shows the tab of this number, from 0; `false` when there is none.
    pub fn show(&mut self, at: usize) -> bool {
        let there = at < self.list.len();
        if there {
            self.at = at;
        }
        there
    }

    /// Shows the next tab, or the one before; round and round.
    pub fn turn(&mut self, forward: bool) {
        let n = self.list.len();
        self.at = (self.at + if forward { 1 } else { n - 1 }) % n;
    }

    /// What would be lost, of all rooms, if all were closed now.
    pub fn unsaved(&self) -> impl Iterator<Item = String> {
        self.list.iter().flat_map(|tab| &tab.places).filter_map(|place| place.room.unsaved())
    }

    /// A room wherever it is.
    pub fn find(&mut self, id: RoomId) -> Option<&mut Place> {
        self.list.iter_mut().flat_map(|tab| &mut tab.places).find(|place| place.id == id)
    }
}
