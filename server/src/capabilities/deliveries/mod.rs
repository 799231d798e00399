//! Deliveries: what is to be carried out of the house, from the row that says so until it has arrived or is given up.
//!
//! In: rows that other rooms write in the transaction which is the reason for them; what the courier says of its attempts. Out:
//! rows that are due, each to one server at a time; a record in the audit trail of what was given up.
//!
//! Never here: HTTP, what a delivery says, how it is signed.

mod carried;

#[cfg(test)]
mod stories;
