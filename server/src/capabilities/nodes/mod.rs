//! Managed nodes: activations, enrolment, presence.
//!
//! In: the operators' operations on activations and nodes; enrolment and admission from the gateway; silence from the
//! clock. Out: rows, and the doorbell for whoever watches nodes. A node is known by its key and its id, never by what it says
//! about itself: facts and fingerprints are untrusted text, bounded here.
//!
//! Never here: what runs on nodes (commands), sockets (gateway).

mod activations;
mod code;
mod describe;
mod enrol;
mod filter;
mod manage;
mod presence;

#[cfg(test)]
mod stories;
