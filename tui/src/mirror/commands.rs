//! The history of commands.

use std::collections::BTreeMap;

use pilothouse_api::protocol::CommandId;
use pilothouse_api::topics::{CommandView, Revision, Topic};

use super::Freshness;

/// The most commands that are remembered; the oldest go first.
const MAX_COMMANDS: usize = 5_000;

/// The commands that the server told of, newest first.
#[derive(Debug, Default)]
pub struct Commands {
    /// How far it can be trusted.
    pub freshness: Freshness,
    by_id: BTreeMap<CommandId, CommandView>,
    order: Vec<CommandId>,
    revision: Revision,
    under: u64,
    generation: u64,
}

impl Commands {
    /// Counts changes: a filtered index that was made at this generation is still right.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// All of them, newest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &CommandView> {
        self.order.iter().filter_map(|id| self.by_id.get(id))
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Their ids, newest first; by position for filtered indexes.
    #[must_use]
    pub fn ids(&self) -> &[CommandId] {
        &self.order
    }

    /// The one at this place, 0 being the newest.
    #[must_use]
    pub fn nth(&self, at: usize) -> Option<&CommandView> {
        self.by_id.get(self.order.get(at)?)
    }

    /// Its place, 0 being the newest.
    #[must_use]
    pub fn position(&self, id: &CommandId) -> Option<usize> {
        let wanted = (self.by_id.get(id)?.requested_at, id);
        let place = |other| Some((self.by_id.get(other)?.requested_at, other));
        self.order.binary_search_by(|other| Some(wanted).cmp(&place(other))).ok()
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, id: &CommandId) -> Option<&CommandView> {
        self.by_id.get(id)
    }

    /// Where to go on.
    pub(super) fn cursor(&self) -> Topic {
        Topic::Commands { after: self.revision, under: self.under }
    }

    /// Forgets all of them: what the caller may see has changed.
    pub(super) fn forget(&mut self) {
        let (freshness, generation) = (std::mem::take(&mut self.freshness), self.generation + 1);
        *self = Self { freshness, generation, ..Self::default() };
    }

    /// Takes in news; what was told before is void if they say so.
    pub(super) fn hear(&mut self, commands: Vec<CommandView>, reset: bool, cursor: (Revision, u64)) {
        if reset {
            self.forget();
        }
        self.take(commands, cursor.0, cursor.1);
    }

    fn take(&mut self, commands: Vec<CommandView>, revision: Revision, under: u64) {
        (self.revision, self.under) = (revision, under);
        if commands.is_empty() {
            return;
        }
        self.generation += 1;
        let mut grown = false;
        for command in commands {
            grown |= self.by_id.insert(command.command_id.clone(), command).is_none();
        }
        if grown {
            let mut order: Vec<_> =
                self.by_id.values().map(|c| (c.requested_at, c.command_id.clone())).collect();
            order.sort_by(|a, b| b.cmp(a));
            for (_, id) in order.drain(order.len().min(MAX_COMMANDS)..) {
                self.by_id.remove(&id);
            }
            self.order = order.into_iter().map(|(_, id)| id).collect();
        }
    }
}
