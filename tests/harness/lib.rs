//! The harness: real servers, real agents, simulated fleets, the aws CLI and the cockpit in a pty, each as its own process.
//!
//! In: the built programs, and what the machine has installed. Out: values that tests ask questions, and that end what they
//! started. Tests never sleep: they wait for what must become so ([`wait`]). What a machine lacks is said ([`skip`]).
//! Never here: what the right answer is; that is the tests' to say.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what the harness cannot do fails the test that asked for it"
)]

pub mod agent;
pub mod boto;
pub mod bucket;
pub mod cli;
pub mod cockpit;
pub mod database;
pub mod following;
pub mod front;
pub mod home;
pub mod hook;
pub mod person;
pub mod postgres;
pub mod program;
pub mod server;
pub mod skip;
pub mod wait;
pub mod web;
