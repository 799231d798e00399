//! Runs that were sent from here: how far they are, what leaving asks about, and what is announced when it is over.

use std::collections::{BTreeMap, VecDeque};

use pilothouse_api::commands::CommandState;
use pilothouse_api::protocol::{CommandId, InvocationState, Millis};
use pilothouse_api::topics::CommandView;

use crate::look;
use crate::mirror::Mirror;
use crate::words;

/// A run that took at least this long rings when it is over: nobody watches for that long.
const LONG: i64 = 10_000;

/// How many that are over are still led to.
const REMEMBERED: usize = 9;
/// The most letters of a run's name in the status line.
const SHORT: usize = 16;

/// The runs that were sent from here and are not over, and those that were over last.
#[derive(Debug, Default)]
pub struct Attached {
    sent: BTreeMap<CommandId, Millis>,
    over: VecDeque<CommandId>,
    seen: u64,
}

/// How far a run is.
#[derive(Debug, PartialEq)]
pub struct Standing {
    /// Which.
    pub id: CommandId,
    /// Its name and how far it is: `uptime 812/1,000, 3 failed`.
    pub short: String,
    /// The same with its state, where there is room.
    pub long: String,
    /// Whether something went wrong so far.
    pub ill: bool,
    /// Whether it waits for somebody to let it go on.
    pub paused: bool,
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

    /// How far those are that are not over, the newest first.
    #[must_use]
    pub fn standing(&self, mirror: &Mirror) -> Vec<Standing> {
        let mut sent: Vec<_> = self.sent.iter().collect();
        sent.sort_by_key(|(_, at)| std::cmp::Reverse(**at));
        sent.into_iter().map(|(id, _)| standing(id, mirror)).collect()
    }

    /// Where one can go: those that are not over, then those that were over last.
    #[must_use]
    pub fn places(&self, mirror: &Mirror) -> Vec<Standing> {
        let mut places = self.standing(mirror);
        places.extend(self.over.iter().map(|id| standing(id, mirror)));
        places
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
        for it in &over {
            self.over.push_front(it.id.clone());
        }
        self.over.truncate(REMEMBERED);
        over
    }
}

fn standing(id: &CommandId, mirror: &Mirror) -> Standing {
    let Some(command) = mirror.commands.get(id) else {
        let short: String = id.as_str().chars().take(8).collect();
        return Standing { id: id.clone(), long: format!("{id}: sent"), short, ill: false, paused: false };
    };
    let name = words::first_line(command);
    let name: String = match name.char_indices().nth(SHORT) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name,
    };
    let (done, all) = (command.completed(), command.target_count);
    let failed: u32 = command.counts.iter().filter(|(state, _)| is_ill(**state)).map(|(_, n)| n).sum();
    let ill = if failed > 0 { format!(", {} failed", words::grouped(failed.into())) } else { String::new() };
    let paused = command.paused && !command.state.is_terminal();
    let pause = if paused { ", paused" } else { "" };
    Standing {
        id: id.clone(),
        short: format!("{name} {}/{}{ill}{pause}", words::grouped(done.into()), words::grouped(all.into())),
        long: format!("{}{ill}{pause}", line(command)),
        ill: failed > 0,
        paused,
    }
}

const fn is_ill(state: InvocationState) -> bool {
    use InvocationState as S;
    state.is_terminal() && !matches!(state, S::Success | S::Cancelled)
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

    #[test]
    fn it_is_told_how_far_each_is_and_those_that_are_over_are_still_led_to() {
        let mut mirror = fleet(3);
        let mut attached = Attached::default();
        attached.sent(command_id(1), Millis(0));
        attached.sent(command_id(2), Millis(5));
        let going = [
            (InvocationState::Failed, 1),
            (InvocationState::Success, 811),
            (InvocationState::InProgress, 188),
        ];
        let paused = CommandView {
            paused: true,
            ..command(
                2,
                CommandState::InProgress,
                &[(InvocationState::Success, 3), (InvocationState::Pending, 9)],
            )
        };
        tell_commands(&mut mirror, vec![command(1, CommandState::InProgress, &going), paused], 2);
        let shorts: Vec<_> =
            attached.standing(&mirror).into_iter().map(|it| (it.short, it.ill, it.paused)).collect();
        let wanted =
            [("apt-get -y upgra… 3/12, paused", false, true), ("df -h / 812/1,000, 1 failed", true, false)];
        assert_eq!(shorts, wanted.map(|(short, ill, paused)| (short.to_owned(), ill, paused)));
        tell_commands(&mut mirror, vec![command(1, CommandState::Failed, &going)], 3);
        attached.settle(&mirror, Millis(9));
        let ids: Vec<_> = attached.places(&mirror).into_iter().map(|it| it.id).collect();
        assert_eq!((ids, attached.len()), (vec![command_id(2), command_id(1)], 1));
    }

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
