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

#[cfg(test)]
mod tests {
    use pilothouse_api::protocol::Millis;
    use pilothouse_api::topics::{News, ParameterOperation};

    use super::*;
    use crate::mirror::{Link, Mirror};
    use crate::screens::fixtures::NOW;

    fn event(revision: Revision) -> ParameterEvent {
        ParameterEvent {
            revision,
            at: Millis(revision),
            name: format!("/x/{revision}"),
            operation: ParameterOperation::Update,
            version: Some(1),
            r#type: "String".to_owned(),
            by: "system".to_owned(),
            detail: String::new(),
        }
    }

    fn tell(mirror: &mut Mirror, events: Vec<ParameterEvent>, reset: bool, after: Revision) {
        mirror.news(News::Parameters { events, reset }, &Topic::Parameters { after, under: 7 }, false);
    }

    #[test]
    fn what_was_read_before_the_first_word_or_a_reset_is_void() {
        let mut mirror = Mirror::default();
        assert_eq!(mirror.opened(&Topic::parameters()), Topic::parameters());
        tell(&mut mirror, Vec::new(), false, 3);
        assert_eq!((mirror.parameters.resets(), &mirror.parameters.freshness), (1, &Freshness::Fresh));
        tell(&mut mirror, vec![event(4), event(5)], false, 5);
        let since: Vec<Revision> = mirror.parameters.since(4).map(|event| event.revision).collect();
        assert_eq!((since, mirror.parameters.revision(), mirror.parameters.resets()), (vec![5], 5, 1));
        mirror.closed(&Topic::parameters(), NOW);
        assert_eq!(mirror.opened(&Topic::parameters()), Topic::Parameters { after: 5, under: 7 }, "no gap");
        tell(&mut mirror, vec![event(9)], true, 9);
        assert_eq!((mirror.parameters.resets(), mirror.parameters.recent().count()), (2, 1));
    }

    #[test]
    fn a_link_that_breaks_is_counted_and_the_oldest_events_go() {
        let mut mirror = Mirror::default();
        mirror.linked(Link::Live { rtt_ms: None }, NOW);
        mirror.linked(Link::Lost { since: NOW, retry_at: NOW, why: "gone".to_owned() }, NOW);
        mirror.linked(Link::Live { rtt_ms: None }, NOW);
        assert_eq!(mirror.parameters.breaks(), 1);
        let most = Revision::try_from(MAX_EVENTS).unwrap();
        tell(&mut mirror, (1..=most + 5).map(event).collect(), false, most + 5);
        assert_eq!(mirror.parameters.recent().count(), MAX_EVENTS);
        assert_eq!(mirror.parameters.recent().last().map(|event| event.revision), Some(6));
    }
}
