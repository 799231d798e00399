//! A tree that is read as one goes: what is under a branch is asked for when it is opened, page by page.
//!
//! In: pages of children by whoever has them, messages. Out: what must be read next, and cells. Drawing costs by the rows in
//! sight; opening, closing and a new page by the rows that come or go. The cursor stays with what it was put on.
//! Never here: what an item is, where pages come from, a filter.

mod grown;
mod keys;
mod rows;
mod view;

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::Hash;

pub use self::keys::{TreeMsg, keys};
use self::rows::Row;
pub use self::view::{RowsLike, TreeView};

/// An item of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<K> {
    /// What it is known by, in the whole tree.
    pub key: K,
    /// Whether it can be opened.
    pub branch: bool,
}

/// What must be read: the children of a branch (`None`: of the root), from the beginning or behind those that are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want<K> {
    /// Whose children.
    pub parent: Option<K>,
    /// How many of them are there: the page behind these. 0 is the first.
    pub behind: usize,
}

/// What is known of what is under a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    /// Nothing was asked.
    Unknown,
    /// The first page is asked for; older children may be there.
    Reading,
    /// All is there.
    Whole,
    /// There are more.
    More,
    /// The next page is asked for.
    ReadingMore,
    /// It could not be read, and why.
    Failed(String),
}

#[derive(Clone, Debug)]
struct Node<K> {
    /// The root has none, and so has a place that nothing is in.
    key: Option<K>,
    parent: u32,
    /// Children of the root have none.
    depth: u16,
    branch: bool,
    open: bool,
    standing: Standing,
    children: Vec<u32>,
}

/// The root's place among the nodes.
const ROOT: u32 = 0;

/// A tree, as far as it was read, with its cursor.
#[derive(Clone, Debug)]
pub struct Tree<K> {
    nodes: Vec<Node<K>>,
    free: Vec<u32>,
    by_key: HashMap<K, u32>,
    rows: Vec<Row>,
    cursor: usize,
    /// The row that the cursor was put on.
    on: Option<Row>,
    top: Cell<usize>,
    height: Cell<usize>,
}

impl<K: Clone + Eq + Hash> Default for Tree<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Clone + Eq + Hash> Tree<K> {
    /// A tree of which nothing was read.
    #[must_use]
    pub fn new() -> Self {
        let root = Node {
            key: None,
            parent: ROOT,
            depth: 0,
            branch: true,
            open: true,
            standing: Standing::Unknown,
            children: Vec::new(),
        };
        let mut tree = Self {
            nodes: vec![root],
            free: Vec::new(),
            by_key: HashMap::new(),
            rows: Vec::new(),
            cursor: 0,
            on: None,
            top: Cell::new(0),
            height: Cell::new(1),
        };
        tree.rebuild();
        tree.put_cursor(0);
        tree
    }

    /// What the cursor is on, if it is an item.
    #[must_use]
    pub fn on(&self) -> Option<&K> {
        let row = self.rows.get(self.cursor)?;
        self.key_of(*row)
    }

    /// What the item under the cursor is in, or what the row under the cursor is about; `None` is the root.
    #[must_use]
    pub fn inside(&self) -> Option<&K> {
        let row = self.rows.get(self.cursor)?;
        let node = if row.is_item() { self.node(row.node).parent } else { row.node };
        self.node(node).key.as_ref()
    }

    /// Why what the row under the cursor is about could not be read.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        let row = self.rows.get(self.cursor).filter(|row| !row.is_item())?;
        match &self.node(row.node).standing {
            Standing::Failed(why) => Some(why),
            _ => None,
        }
    }

    /// Rows there are now, with those that say "loading" and "more".
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether an item is in it.
    #[must_use]
    pub fn contains(&self, key: &K) -> bool {
        self.by_key.contains_key(key)
    }

    /// Whether a branch is open.
    #[must_use]
    pub fn is_open(&self, key: &K) -> bool {
        self.by_key.get(key).is_some_and(|&id| self.node(id).open)
    }

    /// The items in sight of the tree, from above: those whose branches are all open.
    pub fn shown(&self) -> impl Iterator<Item = &K> {
        self.rows.iter().filter_map(|row| self.key_of(*row))
    }

    /// Puts the cursor on an item; says whether it is there to be put on.
    pub fn select(&mut self, key: &K) -> bool {
        let Some(&id) = self.by_key.get(key) else { return false };
        let mut above = self.node(id).parent;
        let mut closed = Vec::new();
        while above != ROOT {
            if !self.node(above).open {
                closed.push(above);
            }
            above = self.node(above).parent;
        }
        closed.into_iter().rev().for_each(|id| self.set_open(id, true));
        self.row_of(Row::item(id)).is_some_and(|at| {
            self.put_cursor(at);
            true
        })
    }

    fn node(&self, id: u32) -> &Node<K> {
        &self.nodes[id as usize]
    }

    fn node_mut(&mut self, id: u32) -> &mut Node<K> {
        &mut self.nodes[id as usize]
    }

    fn key_of(&self, row: Row) -> Option<&K> {
        if row.is_item() { self.node(row.node).key.as_ref() } else { None }
    }

    fn id_of(&self, parent: Option<&K>) -> Option<u32> {
        match parent {
            None => Some(ROOT),
            Some(key) => self.by_key.get(key).copied(),
        }
    }
}

#[cfg(test)]
mod tests;
