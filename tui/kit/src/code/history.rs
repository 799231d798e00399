//! What was changed, so that it can be taken back.

use std::fmt;

use zeroize::Zeroize;

use super::text::{Place, Text};

/// At most so many changes can be taken back, of so many bytes together.
const CHANGES: usize = 1000;
const BYTES: usize = 1 << 20;

/// How a change came about: several of the same kind, one behind the other, are taken back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A letter was typed.
    Typed,
    /// A letter was rubbed out.
    Rubbed,
    /// Anything else; it is taken back alone.
    Whole,
}

/// One change. Its texts may be secret: they are wiped when it is given up.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub at: Place,
    pub removed: String,
    pub put: String,
    /// Where the cursor was before.
    pub cursor: Place,
    pub kind: Kind,
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {:?}: -{} +{}", self.kind, self.at, self.removed.len(), self.put.len())
    }
}

impl Drop for Change {
    fn drop(&mut self) {
        self.removed.zeroize();
        self.put.zeroize();
    }
}

/// The place behind a text that begins at another.
fn behind(at: Place, text: &str) -> Place {
    match text.rfind('\n') {
        None => Place::new(at.line, at.byte + text.len()),
        Some(last) => {
            let lines = text.bytes().filter(|byte| *byte == b'\n').count();
            Place::new(at.line + lines, text.len() - last - 1)
        }
    }
}

/// Changes that can be taken back, and those that were.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    done: Vec<Change>,
    undone: Vec<Change>,
    bytes: usize,
    /// The next change begins anew, whatever its kind.
    sealed: bool,
}

impl History {
    /// The cursor went elsewhere.
    pub fn seal(&mut self) {
        self.sealed = true;
    }

    /// Remembers a change that was made.
    pub fn add(&mut self, change: Change) {
        self.undone.clear();
        self.bytes += change.removed.len() + change.put.len();
        let joined = !self.sealed && self.done.last_mut().is_some_and(|last| join(last, &change));
        self.sealed = false;
        if !joined {
            self.done.push(change);
        }
        let mut gone = 0;
        while self.done.len() - gone > CHANGES || (self.bytes > BYTES && gone + 1 < self.done.len()) {
            self.bytes -= self.done[gone].removed.len() + self.done[gone].put.len();
            gone += 1;
        }
        self.done.drain(..gone);
    }

    /// Takes the last change back; returns where the cursor was before it, and the first line that is another now.
    pub fn undo(&mut self, text: &mut Text) -> Option<(Place, usize)> {
        let change = self.done.pop()?;
        text.replace(change.at, behind(change.at, &change.put), &change.removed);
        let told = (change.cursor, change.at.line);
        self.undone.push(change);
        self.sealed = true;
        Some(told)
    }

    /// Makes a change again that was taken back; returns the place behind it, and the first line that is another now.
    pub fn redo(&mut self, text: &mut Text) -> Option<(Place, usize)> {
        let change = self.undone.pop()?;
        let cursor = text.replace(change.at, behind(change.at, &change.removed), &change.put);
        let told = (cursor, change.at.line);
        self.done.push(change);
        self.sealed = true;
        Some(told)
    }
}

/// Joins a change to the one before it, if they were one stroke of the hand: a word, or letters rubbed out one by one.
fn join(last: &mut Change, next: &Change) -> bool {
    if last.kind != next.kind {
        return false;
    }
    match next.kind {
        Kind::Whole => false,
        Kind::Typed => {
            let begins_a_word =
                last.put.ends_with(char::is_whitespace) && !next.put.starts_with(char::is_whitespace);
            if begins_a_word || !next.removed.is_empty() || behind(last.at, &last.put) != next.at {
                return false;
            }
            last.put.push_str(&next.put);
            true
        }
        Kind::Rubbed if behind(next.at, &next.removed) == last.at => {
            last.removed.insert_str(0, &next.removed);
            last.at = next.at;
            true
        }
        Kind::Rubbed if next.at == last.at => {
            last.removed.push_str(&next.removed);
            true
        }
        Kind::Rubbed => false,
    }
}
