//! The output of a command: of one run, of a group of runs that say the same, or of all merged with their nodes' names before them.
//!
//! In: whose output, the mirror that has a part of it, what the pager is told, what is typed into its fields. Out: cells, calls for
//! the parts that are missing, a file. What is shown was made harmless when it came in. One run's output may have any length: only
//! what is around the place that is looked at is here, and the place is kept by the line's number, not by what happens to be here.
//! Never here: the list of runs, other tabs.

mod asked;
mod found;
mod lines;
mod pane;
mod reading;
mod seeking;
mod tab;
mod view;
mod whose;

use pilothouse_kit::input::Line as Field;
use pilothouse_kit::pager::PagerMsg;

use crate::screen::Input;

pub use pane::Pane;
pub use tab::{OutputTab, TICKETS};
pub use whose::Whose;

/// A field of the tab that is being typed into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asking {
    /// What to look for.
    Search(Field),
    /// Where to save.
    Save(Field),
}

/// What can be said to the tab.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputMsg {
    /// To the pager.
    Pager(PagerMsg),
    /// To the line of that number, counted from 1.
    Line(u64),
    /// Begin to type what to look for.
    Search,
    /// Begin to type where to save.
    Save,
    /// Show the output of all nodes merged, or of one.
    Merge,
    /// Choose whose output is shown.
    Choose,
    /// Show this one's.
    Show(Whose),
    /// Show the next one's, or that of the one before: the next node, or the next group.
    Turn(bool),
    /// Something typed.
    Typed(Input),
}

#[cfg(test)]
mod tests;
