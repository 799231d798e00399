//! What the nodes of a command say, folded: those that say the same are one group.

use pilothouse_api::folding::Group;
use pilothouse_api::protocol::Millis;

use super::Freshness;

/// The groups of a command, as compared in one way.
#[derive(Debug, Default)]
pub struct Folded {
    /// How far they can be trusted.
    pub freshness: Freshness,
    pub(super) followed: bool,
    pub(super) closed_at: Millis,
    groups: Vec<Group>,
    /// Nodes that are in groups.
    nodes: u32,
    /// Of these, those that run still.
    running: u32,
    /// Groups that were not told.
    more: u32,
    complete: bool,
    cursor: u64,
    generation: u64,
}

impl Folded {
    /// Counts changes: a filtered index that was made at this generation is still right.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The groups, the largest first.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The group of this id.
    #[must_use]
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// The group that most nodes are in.
    #[must_use]
    pub fn majority(&self) -> Option<&Group> {
        self.groups.first().filter(|group| group.began)
    }

    /// How many nodes are in groups: those that said something, or are over.
    #[must_use]
    pub fn nodes(&self) -> u32 {
        self.nodes
    }

    /// Of these, those that run still.
    #[must_use]
    pub fn running(&self) -> u32 {
        self.running
    }

    /// How many groups there are besides those that were told.
    #[must_use]
    pub fn more(&self) -> u32 {
        self.more
    }

    /// Whether all runs are over and all that they said is folded.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    pub(super) fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Forgets all of them: the caller may not see them any more.
    pub(super) fn forget(&mut self) {
        let (followed, closed_at, generation) = (self.followed, self.closed_at, self.generation + 1);
        *self = Self { followed, closed_at, generation, ..Self::default() };
    }

    pub(super) fn take(
        &mut self,
        groups: Vec<Group>,
        (nodes, running, more): (u32, u32, u32),
        complete: bool,
        cursor: u64,
    ) {
        self.generation += 1;
        (self.groups, self.nodes, self.running, self.more) = (groups, nodes, running, more);
        (self.complete, self.cursor) = (complete, cursor);
    }
}
