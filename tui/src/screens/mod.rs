//! The rooms, each of the same shape: `state` (plain data), `keys` (a table), `update` (the only mutation), `view` (draws from a
//! borrow), `mod` (the face).
//!
//! In: what the shell hands on (messages, answers, the mirror). Out: effects and cells.
//! Never here: another room's insides, calls, tokio, a colour.

pub mod access;
pub mod approval;
pub mod audit;
pub mod command;
pub mod commands;
pub mod document;
pub mod documents;
pub mod editor;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod inbox;
pub mod node;
pub mod nodes;
pub mod parameters;
pub mod rows;
pub mod run;
#[cfg(test)]
pub(crate) mod stage;
