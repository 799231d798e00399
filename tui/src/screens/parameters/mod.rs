//! Parameters: the tree of their names, and one of them closer.
//!
//! In: levels of the tree, page by page, and what is known of one parameter, when it is looked at; events as they happen. Out: calls,
//! places to go, texts to copy. Both rooms share how a value is hidden and shown, what is known of one parameter, and the sheet
//! on which one is written.
//! A secret is asked for when somebody wants to see it, shown for half a minute, and wiped; it stands in no message, no title, no
//! `Debug`. Never here: a value in plain text that nobody asked for.

mod dossier;
mod facts;
mod happened;
mod naming;
mod one;
mod sheet;
mod texts;
mod tree;
mod value;

pub use one::Parameter;
pub use tree::Parameters;

#[cfg(test)]
mod tests;
