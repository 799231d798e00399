//! Who has armed what.

use pilothouse_api::arming::Arming;
use pilothouse_api::protocol::Millis;
use pilothouse_api::topics::Revision;

use super::Freshness;

/// Everything that is armed. Instants are the server's: ask with its clock, [`Mirror::server_time`](super::Mirror::server_time).
#[derive(Debug, Default)]
pub struct Armings {
    /// How far it can be trusted.
    pub freshness: Freshness,
    list: Vec<Arming>,
    revision: Revision,
    generation: u64,
}

impl Armings {
    /// Counts what was told, also when nothing is armed otherwise: what the caller may do has then perhaps changed.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// What is armed at that instant of the server's, the next to end first.
    pub fn at(&self, server_time: Millis) -> impl Iterator<Item = &Arming> {
        self.list.iter().filter(move |arming| arming.until > server_time)
    }

    pub(super) fn revision(&self) -> Revision {
        self.revision
    }

    pub(super) fn add(&mut self, arming: Arming) {
        self.remove(&arming.environment, &arming.principal);
        self.list.push(arming);
        self.sort();
        self.generation += 1;
    }

    pub(super) fn remove(&mut self, environment: &str, principal: &str) {
        self.list.retain(|it| it.environment != environment || it.principal != principal);
        self.generation += 1;
    }

    fn sort(&mut self) {
        self.list.sort_by(|a, b| (a.until, &a.environment).cmp(&(b.until, &b.environment)));
    }

    pub(super) fn take(&mut self, armings: Vec<Arming>, revision: Revision) {
        self.revision = revision;
        self.generation += 1;
        self.list = armings;
        self.sort();
    }
}
