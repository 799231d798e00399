//! Who may do what: principals, policies in Cedar, and the question the door asks of them.
//!
//! ```text
//!   rows of users, keys, groups, roles, policies ─▶ snapshot (in memory, anew after every change)
//!   door ─▶ may this principal ever do this?  ─▶ operation resolves its resources ─▶ may it, on each of these? ─▶ verdicts
//! ```
//!
//! In: a principal, a permission, resources with their attributes, circumstances. Out: verdicts with the statements that decided.
//! Equal sets of the attributes that policies look at are decided once.
//!
//! Never here: HTTP, transactions, what an operation does.

mod current;
mod keyring;
pub mod policies;
mod principal;
mod resource;
mod snapshot;
mod uses;
mod verdict;

#[cfg(test)]
mod stories;

pub use current::{Access, Watch};
pub use keyring::{KeyError, Keyring};
pub use principal::{Operator, Who};
pub use resource::{Kind, Resource, Value, environment, is_environment};
pub use snapshot::{Key, Snapshot};
pub use verdict::{Circumstances, Verdict};
