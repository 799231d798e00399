//! The rows of a tree: which there are, and what comes and goes when something is opened, closed or read.

use std::hash::Hash;

use super::{ROOT, Standing, Tree};

/// What a row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An item.
    Item,
    /// What is under a branch is being read, or is about to be.
    Reading,
    /// There is more under it.
    More,
    /// It could not be read.
    Failed,
    /// Nothing is under it.
    Nothing,
}

/// A row: an item, or something that is said of what is under one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub node: u32,
    pub kind: Kind,
}

impl Row {
    pub const fn item(node: u32) -> Self {
        Self { node, kind: Kind::Item }
    }

    pub fn is_item(self) -> bool {
        self.kind == Kind::Item
    }
}

impl<K: Clone + Eq + Hash> Tree<K> {
    /// All rows anew.
    pub(super) fn rebuild(&mut self) {
        let mut rows = std::mem::take(&mut self.rows);
        rows.clear();
        self.push_under(ROOT, &mut rows);
        self.rows = rows;
    }

    /// The rows under a node, as it is now.
    fn push_under(&self, id: u32, rows: &mut Vec<Row>) {
        let node = self.node(id);
        if !node.open {
            return;
        }
        for &child in &node.children {
            rows.push(Row::item(child));
            self.push_under(child, rows);
        }
        rows.extend(self.said(id));
    }

    /// The row that says how what is under a node stands, if one does.
    pub(super) fn said(&self, id: u32) -> Option<Row> {
        let node = self.node(id);
        let kind = match node.standing {
            _ if !node.open => return None,
            Standing::Unknown | Standing::Reading if node.children.is_empty() => Kind::Reading,
            Standing::More | Standing::ReadingMore => Kind::More,
            Standing::Failed(_) => Kind::Failed,
            // An empty root is said by the view in its own words.
            Standing::Whole if node.children.is_empty() && id != ROOT => Kind::Nothing,
            _ => return None,
        };
        Some(Row { node: id, kind })
    }

    /// How deep a row stands.
    pub(super) fn depth(&self, row: Row) -> u16 {
        let node = self.node(row.node);
        match (row.is_item(), row.node) {
            (true, _) => node.depth,
            (false, ROOT) => 0,
            (false, _) => node.depth + 1,
        }
    }

    /// Where a row is now.
    pub(super) fn row_of(&self, row: Row) -> Option<usize> {
        // Things rarely move far, so look around first.
        let near = self.cursor.saturating_sub(64)..(self.cursor + 64).min(self.rows.len());
        let found = near.into_iter().find(|&at| self.rows[at] == row);
        found.or_else(|| self.rows.iter().position(|other| *other == row))
    }

    /// The rows under a node that are there now.
    fn span_under(&self, id: u32) -> Option<std::ops::Range<usize>> {
        if id == ROOT {
            return Some(0..self.rows.len());
        }
        let at = self.row_of(Row::item(id))? + 1;
        let depth = self.node(id).depth;
        let len = self.rows[at..].iter().take_while(|row| self.depth(**row) > depth).count();
        Some(at..at + len)
    }

    /// Does something to a node, and brings the rows under it up to date. The cursor stays on its row; if that is gone, it
    /// falls on what stands there now, or on what was closed over it.
    pub(super) fn change(&mut self, id: u32, change: impl FnOnce(&mut Self)) {
        let span = self.span_under(id);
        change(self);
        let Some(span) = span else { return };
        let mut rows = Vec::new();
        self.push_under(id, &mut rows);
        let closed = rows.is_empty() && id != ROOT && span.contains(&self.cursor);
        self.splice(span, rows, closed);
    }

    /// Puts rows in the place of others.
    pub(super) fn splice(&mut self, span: std::ops::Range<usize>, rows: Vec<Row>, closed: bool) {
        let (from, before, now) = (span.start, span.len(), rows.len());
        self.rows.splice(span.clone(), rows);
        let guess = if closed {
            from - 1
        } else if self.cursor >= span.end {
            self.cursor + now - before
        } else {
            self.cursor
        };
        self.cursor = guess;
        let at = self.on.filter(|_| !closed).and_then(|on| self.row_of(on)).unwrap_or(guess);
        // What stood at the top of the screen stays there when rows come or go above it.
        if self.top.get() >= span.end {
            self.top.set(self.top.get() + now - before);
        }
        self.put_cursor(at);
    }

    pub(super) fn put_cursor(&mut self, at: usize) {
        self.cursor = at.min(self.rows.len().saturating_sub(1));
        self.on = self.rows.get(self.cursor).copied();
    }

    pub(super) fn set_open(&mut self, id: u32, open: bool) {
        if self.node(id).open != open && self.node(id).branch {
            self.change(id, |tree| tree.node_mut(id).open = open);
        }
    }
}
