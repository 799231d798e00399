//! What a tree is told, and the keys for it: those of every list, and two that open and close.

use std::hash::Hash;

use super::{ROOT, Tree};
use crate::keymap::Keymap;

/// What can be said to a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeMsg {
    /// So many rows down, or up when negative.
    Step(isize),
    /// To the first row.
    First,
    /// To the last row that is there.
    Last,
    /// Half a screen down, or up.
    Half(bool),
    /// A screen down, or up.
    Page(bool),
    /// Open the branch; if it is open, go to the first that is in it. On a row that says so, read more.
    Open,
    /// Close the branch; if it is closed, go to what it is in.
    Close,
    /// Open what is closed, close what is open.
    Toggle,
    /// Close everything.
    CloseAll,
}

/// The keys of a tree.
#[must_use]
pub fn keys<M>(wrap: fn(TreeMsg) -> M) -> Keymap<M> {
    Keymap::new()
        .bind("j, Down", "down", "next row", "move", TreeMsg::Step(1))
        .bind("k, Up", "up", "previous row", "move", TreeMsg::Step(-1))
        .bind("g g, Home", "first", "first row", "move", TreeMsg::First)
        .bind("G, End", "last", "last row", "move", TreeMsg::Last)
        .bind("Ctrl-d", "half-down", "half a screen down", "move", TreeMsg::Half(true))
        .bind("Ctrl-u", "half-up", "half a screen up", "move", TreeMsg::Half(false))
        .bind("PgDn, Ctrl-f", "page-down", "a screen down", "move", TreeMsg::Page(true))
        .bind("PgUp, Ctrl-b", "page-up", "a screen up", "move", TreeMsg::Page(false))
        .bind("l, Right", "open", "open, then go in", "move", TreeMsg::Open)
        .bind("h, Left", "close", "close, then go out", "move", TreeMsg::Close)
        .map(wrap)
}

impl<K: Clone + Eq + Hash> Tree<K> {
    /// Does what it is told. What it needs then is in [`wants`](Tree::wants).
    pub fn hear(&mut self, msg: TreeMsg) {
        let page = self.height.get().max(2).cast_signed();
        let way = |down: bool, rows: isize| if down { rows } else { -rows };
        match msg {
            TreeMsg::Step(rows) => self.step(rows),
            TreeMsg::First => self.put_cursor(0),
            TreeMsg::Last => self.put_cursor(self.rows.len()),
            TreeMsg::Half(down) => self.step(way(down, page / 2)),
            TreeMsg::Page(down) => self.step(way(down, page - 1)),
            TreeMsg::Open => self.go_in(),
            TreeMsg::Close => self.go_out(),
            TreeMsg::Toggle => match self.here().filter(|&id| self.node(id).open) {
                Some(id) => self.set_open(id, false),
                None => self.go_in(),
            },
            TreeMsg::CloseAll => {
                let open: Vec<u32> =
                    (1..).zip(&self.nodes[1..]).filter(|(_, it)| it.open).map(|it| it.0).collect();
                // From below, so that the cursor ends on what is left of its way up.
                open.into_iter().rev().for_each(|id| self.set_open(id, false));
            }
        }
    }

    fn step(&mut self, rows: isize) {
        self.put_cursor(self.cursor.saturating_add_signed(rows));
    }

    /// The item under the cursor.
    fn here(&self) -> Option<u32> {
        self.rows.get(self.cursor).filter(|row| row.is_item()).map(|row| row.node)
    }

    fn go_in(&mut self) {
        let Some(id) = self.here() else { return self.ask_here() };
        let node = self.node(id);
        if !node.branch {
            return;
        }
        if !node.open {
            self.set_open(id, true);
        } else if !node.children.is_empty() {
            self.step(1);
        }
    }

    fn go_out(&mut self) {
        let Some(&row) = self.rows.get(self.cursor) else { return };
        if row.is_item() && self.node(row.node).open {
            return self.set_open(row.node, false);
        }
        let above = if row.is_item() { self.node(row.node).parent } else { row.node };
        if above != ROOT
            && let Some(at) = self.row_of(super::rows::Row::item(above))
        {
            self.put_cursor(at);
        }
    }
}
