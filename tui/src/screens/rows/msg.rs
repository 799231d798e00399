//! What can be said to every list.

use super::hand::Step;
use crate::screen::Input;

/// What can be said to every list.
#[derive(Clone, Debug, PartialEq)]
pub enum ListMsg {
    /// Move the cursor.
    Step(Step),
    /// Move it by half a screen, down or up.
    Half(bool),
    /// Move it by a screen, down or up.
    Page(bool),
    /// Scroll the columns, right or left.
    Sideways(bool),
    /// Begin to type the filter.
    Filter,
    /// Something typed into the filter.
    Typed(Input),
    /// Show faults only, or everything again.
    Faults,
    /// Choose the column to sort by.
    Sort,
    /// Sort by the column of this number; the same again reverses.
    SortBy(usize),
    /// Reverse the order.
    Reverse,
    /// Mark or unmark.
    Mark,
    /// Begin or end a range of marks.
    Range,
    /// Mark all that is shown.
    MarkAll,
    /// Take all marks away.
    Unmark,
}
