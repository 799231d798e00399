//! What the room remembers.

use pilothouse_api::documents::DocumentIdentifier;

use super::glance::Glance;
use super::library::Library;
use super::table::{NAME, Shelf};
use crate::screen::Cx;
use crate::screens::rows::List;

/// From this width on, what is known of the document under the cursor stands beside the list.
pub(super) const WIDE: u16 = 110;

/// The documents.
#[derive(Clone, Debug, PartialEq)]
pub struct Documents {
    /// Filter, sort and cursor.
    pub list: List<String>,
    /// What the server listed.
    pub library: Library,
    /// What it said of the one under the cursor.
    pub glance: Glance,
    /// A deletion that is under way, with the document's name.
    pub(super) removing: Option<(u32, String)>,
    /// How often documents had changed when they were last asked for.
    pub(super) changes: u64,
    /// Whether the server was heard when it was last looked.
    pub(super) live: bool,
    next: u32,
}

impl Documents {
    /// The list, filtered by this.
    #[must_use]
    pub fn new(filter: Option<String>) -> Self {
        let mut list = List::new((NAME, false), filter.as_deref().unwrap_or_default());
        list.hint = "deploy  !x  ~fuzzy  owner:own  type:command  platform:linux  tag env=prod";
        Self {
            list,
            library: Library::default(),
            glance: Glance::default(),
            removing: None,
            changes: 0,
            live: false,
            next: 0,
        }
    }

    pub(super) fn ticket(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    pub(super) fn rows<'a>(&'a self, cx: &Cx<'a>) -> Shelf<'a> {
        Shelf::of(&self.library, cx)
    }

    /// The document under the cursor.
    #[must_use]
    pub fn document(&self) -> Option<&DocumentIdentifier> {
        self.library.documents.get(self.list.at()?)
    }

    /// Brings the list up to date.
    pub(super) fn refresh(&mut self, cx: &Cx<'_>) {
        self.list.refresh(&Shelf::of(&self.library, cx));
        let on = self.list.on().filter(|_| cx.size.width >= WIDE);
        self.glance.rest(on.as_deref(), cx.now);
    }
}
