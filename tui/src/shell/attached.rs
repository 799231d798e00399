//! Runs that were sent from here: what leaving asks about, and what is announced when it is over.

use std::collections::BTreeMap;

use pilothouse_api::commands::CommandState;
use pilothouse_api::protocol::{CommandId, Millis};
use pilothouse_api::topics::CommandView;

use crate::look;
use crate::mirror::Mirror;
use crate::words;

/// A run that took at least this long rings when it is over: nobody watches for that long.
const LONG: i64 = 10_000;

/// The runs that were sent from here and are not over.
#[derive(Debug, Default)]
pub struct Attached {
    sent: BTreeMap<CommandId, Millis>,
    seen: u64,
}

/// A run that is over.
#[derive(Debug, PartialEq)]
pub struct Over {
    /// Which.
    pub id: CommandId,
    /// How it ended, in words.
    pub said: String,
    /// Whether it ended well everywhere.
    pub well: bool,
    /// Whether it took long enough to ring.
    pub rings: bool,
}

impl Attached {
    /// A command was sent from here.
    pub fn sent(&mut self, id: CommandId, now: Millis) {
        self.sent.insert(id, now);
    }

    /// How many are not over.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sent.len()
    }

    /// Whether none is under way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    /// Those that are not over, as a card shows them.
    #[must_use]
    pub fn lines(&self, mirror: &Mirror) -> Vec<String> {
        self.sent.keys().map(|id| mirror.commands.get(id).map_or_else(|| id.to_string(), line)).collect()
    }

    /// Looks at the history, if it changed, and tells which of them are over.
    pub fn settle(&mut self, mirror: &Mirror, now: Millis) -> Vec<Over> {
        if self.sent.is_empty() || self.seen == mirror.commands.generation() {
            return Vec::new();
        }
        self.seen = mirror.commands.generation();
        let mut over = Vec::new();
        self.sent.retain(|id, sent| {
            let Some(command) = mirror.commands.get(id).filter(|command| command.state.is_terminal()) else {
                return true;
            };
            let well = command.state == CommandState::Success;
            over.push(Over { id: id.clone(), said: line(command), well, rings: now.since(*sent) >= LONG });
            false
        });
        over
    }
}

/// `uptime: success, 12 of 12 nodes`.
fn line(command: &CommandView) -> String {
    let name: String = words::first_line(command).chars().take(40).collect();
    format!(
        "{name}: {}, {} of {}",
        look::command_word(command.state),
        command.completed(),
        words::count(command.target_count.into(), "node")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::fixtures::{command, command_id, fleet, tell_commands};
    use pilothouse_api::protocol::InvocationState;

    #[test]
    fn a_long_run_rings_once_when_it_is_over() {
        let mut mirror = fleet(3);
        let mut attached = Attached::default();
        attached.sent(command_id(1), Millis(0));
        tell_commands(
            &mut mirror,
            vec![command(1, CommandState::InProgress, &[(InvocationState::InProgress, 3)])],
            2,
        );
        assert!(attached.settle(&mirror, Millis(1)).is_empty());
        tell_commands(
            &mut mirror,
            vec![command(1, CommandState::Success, &[(InvocationState::Success, 3)])],
            3,
        );
        let over = attached.settle(&mirror, Millis(LONG));
        assert!(over[0].rings && over[0].well, "{over:?}");
        assert!(over[0].said.contains("success, 3 of 3 nodes"), "{over:?}");
        assert!(attached.is_empty() && attached.settle(&mirror, Millis(LONG)).is_empty());
    }

    #[test]
    fn somebody_elses_runs_are_not_announced() {
        let mut mirror = fleet(3);
        tell_commands(
            &mut mirror,
            vec![command(1, CommandState::Success, &[(InvocationState::Success, 3)])],
            2,
        );
        assert!(Attached::default().settle(&mirror, Millis(0)).is_empty());
    }
}
