//! Pilothouse's kit: what every screen is drawn with, and what turns key presses into meaning.
//!
//! In: plain values (text, numbers, rows by position) and key events. Out: cells on a frame, messages of the caller's own kind.
//! Text may come from anywhere: all of it goes through [`safe`] before it becomes a cell, so nothing that a node says can
//! reach the terminal as a command. Colours exist in [`theme`] alone; everyone else asks for a [`theme::Role`] by meaning.
//! Never here: a noun of the domain, a call, a clock, the environment, any knowledge of what is shown.

pub mod chart;
pub mod chord;
pub mod code;
pub mod diff;
pub mod fuzzy;
pub mod input;
pub mod keymap;
pub mod overlay;
pub mod pager;
pub mod paint;
pub mod painter;
pub mod part;
pub mod safe;
pub mod strip;
pub mod table;
pub mod terminal;
pub mod theme;
pub mod tree;
