//! How far a command is: counts per state, elapsed time and estimate, groups of runs.
//!
//! In: a command's counts and instants. Out: numbers and buckets of nodes to run again on.
//! Never here: drawing, the mirror.

use std::collections::BTreeMap;

use pilothouse_api::protocol::{InstanceId, InvocationState, Millis};
use pilothouse_api::topics::{CommandView, InvocationView};
use serde::{Deserialize, Serialize};

/// From this many finished runs on, an estimate means something.
const ENOUGH: u32 = 3;

/// The order in which states stand in the bar and in the row of counts: the settled ones first.
pub const BAR: [InvocationState; 13] = [
    InvocationState::Success,
    InvocationState::Failed,
    InvocationState::ExecutionTimedOut,
    InvocationState::DeliveryTimedOut,
    InvocationState::Undeliverable,
    InvocationState::InvalidPlatform,
    InvocationState::AccessDenied,
    InvocationState::Terminated,
    InvocationState::Cancelled,
    InvocationState::Cancelling,
    InvocationState::InProgress,
    InvocationState::Delayed,
    InvocationState::Pending,
];

/// A group of runs that one may want to run again on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bucket {
    /// Every run that is over and did not succeed.
    NotSuccessful,
    /// Ended with an error.
    Failed,
    /// Ran too long, or was not reached in time.
    TimedOut,
    /// Nothing of it ever ran there: waiting, withdrawn, over the error limit, unreachable.
    NotStarted,
    /// Begun, and stopped on request.
    Stopped,
    /// Refused: wrong platform or not allowed.
    Refused,
    /// Something of it outlived being killed.
    Survived,
    /// Not over yet.
    UnderWay,
    /// Ended well.
    Successful,
}

impl Bucket {
    /// All of them, the likeliest first.
    pub const ALL: [Self; 9] = [
        Self::NotSuccessful,
        Self::Failed,
        Self::TimedOut,
        Self::NotStarted,
        Self::Stopped,
        Self::Refused,
        Self::Survived,
        Self::UnderWay,
        Self::Successful,
    ];

    /// What a person calls it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotSuccessful => "everything that did not succeed",
            Self::Failed => "failed",
            Self::TimedOut => "timed out",
            Self::NotStarted => "not started",
            Self::Stopped => "stopped while it ran",
            Self::Refused => "refused: platform or access",
            Self::Survived => "processes survived there",
            Self::UnderWay => "under way",
            Self::Successful => "succeeded",
        }
    }

    /// Whether a run belongs to it.
    #[must_use]
    pub fn holds(self, run: &InvocationView) -> bool {
        use InvocationState as S;
        let state = run.state;
        match self {
            Self::NotSuccessful => state.is_terminal() && state != S::Success,
            Self::Failed => state == S::Failed,
            Self::TimedOut => matches!(state, S::ExecutionTimedOut | S::DeliveryTimedOut),
            Self::NotStarted => match state {
                S::Pending | S::Delayed | S::Terminated | S::Undeliverable => true,
                S::Cancelled | S::DeliveryTimedOut => run.started_at.is_none(),
                _ => false,
            },
            Self::Stopped => state == S::Cancelled && run.started_at.is_some(),
            Self::Refused => matches!(state, S::InvalidPlatform | S::AccessDenied),
            Self::Survived => run.killed.iter().any(|process| process.survived),
            Self::UnderWay => matches!(state, S::InProgress | S::Cancelling),
            Self::Successful => state == S::Success,
        }
    }

    /// The nodes whose runs belong to it.
    #[must_use]
    pub fn nodes<'a>(self, runs: impl Iterator<Item = &'a InvocationView>) -> Vec<InstanceId> {
        runs.filter(|run| self.holds(run)).map(|run| run.instance_id.clone()).collect()
    }
}

/// How long it has been running, or ran, in milliseconds.
#[must_use]
pub fn elapsed(command: &CommandView, last_finish: Option<Millis>, now: Millis) -> i64 {
    let over = command.finished_at.or(last_finish).unwrap_or(command.requested_at);
    let end = if command.state.is_terminal() { over } else { now };
    end.since(command.requested_at).max(0)
}

/// How much longer it will take if it goes on as it did, in milliseconds; nothing while too little is known. Runs that were
/// never begun took no time, and tell nothing. Only runs that wait for their turn can be reckoned with: how long those that
/// are under way, or wait for a silent node, will take is not known.
#[must_use]
pub fn remaining(command: &CommandView, now: Millis) -> Option<i64> {
    use InvocationState as S;
    let begun =
        [S::Success, S::Failed, S::ExecutionTimedOut].iter().filter_map(|state| command.counts.get(state));
    let (ran, left) = (begun.sum::<u32>(), command.target_count.saturating_sub(command.completed()));
    let at_once = at_once(command)?;
    let under_way = command.counts.get(&S::InProgress).copied().unwrap_or_default();
    let takes_turns = left > at_once && under_way * 2 >= at_once;
    if command.state.is_terminal() || command.paused || ran < ENOUGH || !takes_turns {
        return None;
    }
    let elapsed = now.since(command.requested_at).max(0);
    Some(elapsed / i64::from(ran) * i64::from(left))
}

/// How many runs may be under way at a time.
fn at_once(command: &CommandView) -> Option<u32> {
    match command.max_concurrency.strip_suffix('%') {
        _ if command.concurrency > 0 => Some(command.concurrency),
        Some(percent) => Some((command.target_count * percent.parse::<u32>().ok()?.min(100) / 100).max(1)),
        None => command.max_concurrency.parse().ok(),
    }
}

/// How many of its nodes may never be begun, because they were not sent.
#[must_use]
pub fn unsent(command: &CommandView) -> u32 {
    command.counts.get(&InvocationState::Pending).copied().unwrap_or_default()
}

/// How many runs stand in each state that occurs, in the order of [`BAR`].
#[must_use]
pub fn parts(counts: &BTreeMap<InvocationState, u32>) -> Vec<(InvocationState, u32)> {
    BAR.iter().filter_map(|state| Some((*state, *counts.get(state).filter(|n| **n > 0)?))).collect()
}

#[cfg(test)]
mod tests {
    use InvocationState as S;

    use super::*;

    #[test]
    fn every_state_has_its_place_in_the_bar() {
        let counts: BTreeMap<S, u32> =
            S::ALL.iter().map(|state| (*state, 7)).chain([(S::Pending, 0)]).collect();
        let shown = parts(&counts);
        assert_eq!(shown.len(), S::ALL.len() - 1, "all but the one that does not occur");
        assert_eq!(shown[0], (S::Success, 7));
    }

    #[test]
    fn an_estimate_is_made_only_when_enough_is_over() {
        use pilothouse_api::commands::CommandState;

        use crate::screens::fixtures::{NOW, command};
        let of = |done, running, waiting| {
            let counts = [(S::Success, done), (S::InProgress, running), (S::Pending, waiting)];
            let command = command(0, CommandState::InProgress, &counts);
            remaining(&CommandView { max_concurrency: "2".to_owned(), concurrency: 2, ..command }, NOW)
        };
        assert_eq!(of(2, 2, 8), None);
        assert_eq!(of(4, 2, 4), Some(30_000), "4 took 20 s");
        assert_eq!(of(4, 0, 0), None);
        assert_eq!(of(4, 2, 0), None, "the last ones may be slow ones");
        assert_eq!(of(4, 0, 3), None, "they wait for nodes that are silent");
        let counts = [(S::Terminated, 40), (S::Success, 2), (S::InProgress, 6)];
        assert_eq!(remaining(&command(0, CommandState::InProgress, &counts), NOW), None);
        let over = command(0, CommandState::Success, &[(S::Success, 4)]);
        assert_eq!(
            elapsed(&over, Some(Millis(NOW.0 - 5_000)), NOW),
            15_000,
            "it does not grow when it is over"
        );
        assert_eq!(elapsed(&command(0, CommandState::InProgress, &[]), None, NOW), 20_000);
    }

    #[test]
    fn every_run_belongs_to_a_bucket_and_to_no_two_but_what_was_never_begun_and_how_that_ended() {
        use crate::screens::fixtures::run;
        let narrow = |state| {
            let run = run(1, 1, state);
            let fits = Bucket::ALL.into_iter().filter(|bucket| bucket.holds(&run));
            fits.filter(|bucket| *bucket != Bucket::NotSuccessful).collect::<Vec<_>>()
        };
        for &state in S::ALL {
            assert_eq!(narrow(state).len(), 1, "{state}: {:?}", narrow(state));
        }
        assert_eq!(narrow(S::Pending), [Bucket::NotStarted]);
        let mut unreached = run(1, 1, S::DeliveryTimedOut);
        unreached.started_at = None;
        assert!(Bucket::TimedOut.holds(&unreached) && Bucket::NotStarted.holds(&unreached));
    }
}
