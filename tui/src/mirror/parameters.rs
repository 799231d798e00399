//! What happened to parameters while somebody looked. The tree itself is asked for level by level, by its room.

use std::collections::VecDeque;

use pilothouse_api::topics::{ParameterEvent, Revision, Topic};

use super::Freshness;

/// The most events that are kept; the oldest go first.
pub const MAX_EVENTS: usize = 500;

/// What happened to parameters.
#[derive(Debug, Default)]
pub struct Parameters {
    /// How far it can be trusted.
    pub freshness: Freshness,
    /// Oldest first.
    events: VecDeque<ParameterEvent>,
    after: Revision,
    under: u64,
    /// Counts how often what was read of parameters became void.
    resets: u64,
    /// Counts how often the link broke.
    breaks: u64,
}

impl Parameters {
    /// What happened, newest first.
    pub fn recent(&self) -> impl Iterator<Item = &ParameterEvent> {
        self.events.iter().rev()
    }

    /// What happened after this revision, oldest first.
    pub fn since(&self, revision: Revision) -> impl Iterator<Item = &ParameterEvent> {
        self.events.iter().filter(move |event| event.revision > revision)
    }

    /// The newest revision that was told.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.events.back().map_or(0, |event| event.revision)
    }

    /// Counts how often everything that was read became void: the server said so, or began to tell only now.
    #[must_use]
    pub fn resets(&self) -> u64 {
        self.resets
    }

    /// Counts how often the link to the server broke: who shows a secret hides it then.
    #[must_use]
    pub fn breaks(&self) -> u64 {
        self.breaks
    }

    pub(super) fn cursor(&self) -> Topic {
        Topic::Parameters { after: self.after, under: self.under }
    }

    pub(super) fn take(&mut self, events: Vec<ParameterEvent>, reset: bool, after: Revision, under: u64) {
        let begins = self.freshness == Freshness::Loading;
        if reset || begins {
            self.resets += 1;
        }
        if reset {
            self.events.clear();
        }
        (self.after, self.under) = (after, under);
        self.events.extend(events);
        let over = self.events.len().saturating_sub(MAX_EVENTS);
        if over > 0 {
            self.events.drain(..over);
            // Who did not look meanwhile cannot know what went.
            self.resets += 1;
        }
    }

    pub(super) fn broke(&mut self) {
        self.breaks += 1;
    }

    pub(super) fn forget(&mut self) {
        self.events.clear();
        (self.after, self.under) = (0, 0);
        self.resets += 1;
    }
}
