//! Outputs folded: nodes of a command whose output is the same so far are one group.
//!
//! ```text
//!   rows of runs ──▶ learn ─┐                        ┌─▶ grouping: who is in which group
//!   stored output ──▶ feed ─┴─▶ lines ─▶ hash ─▶ tracks ─▶ previews, and what is told
//! ```
//! In: where runs stand and their stored output, from where each was folded to. Out: groups. A fold is kept for each command that is
//! followed in a way of normalising, and freed when nobody follows it; of commands that are over the groups are remembered, for as
//! many nodes as there is room for.
//!
//! Never here: who may see a command, rows of the store.

mod differences;
mod fold;
mod grouping;
mod instants;
mod lines;
mod normal;
mod preview;
mod reading;
mod run;
mod shelf;
mod texts;
mod told;
mod tracks;

#[cfg(test)]
mod stories;

pub use differences::differences;
pub use fold::Fold;
pub use grouping::{Folded, Grouping};
pub use reading::{Caught, catch_up};
pub use shelf::{Folds, Hold, Key, Shared, TooMany};
pub use texts::{Text, TextLine, text};
pub use told::Told;
