//! What all lists share: which rows are shown and in which order, the filter's language, cursor and marks, their keys, and the
//! line that says all this.
//!
//! In: a room's rows by position ([`Rows`]), its columns by name ([`Fields`]), messages ([`ListMsg`]). Out: positions to draw,
//! and a cursor and marks that stay with the *thing* they were put on. Costs are per visible row in drawing, and per row only
//! when the data, the filter or the sort changed.
//! Never here: what a row is, the mirror, a room.

mod chrome;
mod filter;
mod hand;
mod index;
mod keys;
mod list;
mod msg;
mod order;
mod source;
mod table;

pub use chrome::{Said, above_freshness, awaited, freshness, pieces, status, untold, wrapped};
pub use filter::{Fields, Filter};
pub use hand::{Hand, Step};
pub use index::{Index, Recipe};
pub use keys::{listing, marking, movement};
pub use list::List;
pub use msg::ListMsg;
pub use order::natural;
pub use source::Rows;
pub use table::Table;
