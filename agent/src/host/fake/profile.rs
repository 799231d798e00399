//! What a simulated node is, and how it behaves.

use std::collections::BTreeMap;

use pilothouse_document::Platform;

/// How a simulated node behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Temper {
    /// Does what it is told, at once.
    Calm,
    /// Does it a line at a time.
    Slow,
    /// Fails whatever it is told.
    Failing,
    /// Registers, and is never heard again.
    Offline,
}

/// What a simulated node is.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its host name.
    pub name: String,
    /// Its operating system.
    pub platform: Platform,
    /// Distribution and version.
    pub system: (&'static str, &'static str),
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// How it behaves.
    pub temper: Temper,
    /// Its place in the fleet, from 0.
    pub number: usize,
}
