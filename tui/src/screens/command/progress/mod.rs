//! How far a command is: counts per state, the bar's segments, elapsed time and estimate.
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
    /// Never began: cancelled, over the error limit, unreachable.
    NotRun,
    /// Refused: wrong platform or not allowed.
    Refused,
    /// Ended well.
    Successful,
}

impl Bucket {
    /// All of them, the likeliest first.
    pub const ALL: [Self; 6] =
        [Self::NotSuccessful, Self::Failed, Self::TimedOut, Self::NotRun, Self::Refused, Self::Successful];

    /// What a person calls it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotSuccessful => "everything that did not succeed",
            Self::Failed => "failed",
            Self::TimedOut => "timed out",
            Self::NotRun => "not started or cancelled",
            Self::Refused => "refused: platform or access",
            Self::Successful => "succeeded",
        }
    }

    /// Whether runs in this state belong to it.
    #[must_use]
    pub const fn holds(self, state: InvocationState) -> bool {
        use InvocationState as S;
        match self {
            Self::NotSuccessful => state.is_terminal() && !matches!(state, S::Success),
            Self::Failed => matches!(state, S::Failed),
            Self::TimedOut => matches!(state, S::ExecutionTimedOut | S::DeliveryTimedOut),
            Self::NotRun => matches!(state, S::Cancelled | S::Terminated | S::Undeliverable),
            Self::Refused => matches!(state, S::InvalidPlatform | S::AccessDenied),
            Self::Successful => matches!(state, S::Success),
        }
    }

    /// The nodes whose runs belong to it.
    #[must_use]
    pub fn nodes<'a>(self, runs: impl Iterator<Item = &'a InvocationView>) -> Vec<InstanceId> {
        runs.filter(|run| self.holds(run.state)).map(|run| run.instance_id.clone()).collect()
    }
}

/// How long it has been running, or ran, in milliseconds.
#[must_use]
pub fn elapsed(command: &CommandView, last_finish: Option<Millis>, now: Millis) -> i64 {
    let end = if command.state.is_terminal() { last_finish.unwrap_or(command.requested_at) } else { now };
    end.since(command.requested_at).max(0)
}

/// How much longer it will take if it goes on as it did, in milliseconds; nothing while too little is known.
#[must_use]
pub fn remaining(command: &CommandView, now: Millis) -> Option<i64> {
    let (done, all) = (command.completed(), command.target_count);
    if command.state.is_terminal() || done < ENOUGH || done >= all {
        return None;
    }
    let elapsed = now.since(command.requested_at).max(0);
    Some(elapsed / i64::from(done) * i64::from(all - done))
}

/// Widths of the bar's segments, in cells, in the order of [`BAR`]. Every state that occurs has at least one cell while there
/// is room, and they fill the bar exactly.
#[must_use]
pub fn segments(counts: &BTreeMap<InvocationState, u32>, cells: u16) -> Vec<(InvocationState, u16)> {
    let present: Vec<(InvocationState, u64)> =
        BAR.iter().filter_map(|s| counts.get(s).filter(|n| **n > 0).map(|n| (*s, u64::from(*n)))).collect();
    let total: u64 = present.iter().map(|(_, n)| n).sum();
    if total == 0 || cells == 0 {
        return Vec::new();
    }
    let mut left = usize::from(cells);
    let mut widths: Vec<(InvocationState, u16)> = Vec::new();
    let mut weight_left = total;
    for (at, (state, n)) in present.iter().enumerate() {
        let others = present.len() - at - 1;
        let fair = usize::try_from((n * left as u64 + weight_left / 2) / weight_left).unwrap_or(left);
        let most = left.saturating_sub(others).max(usize::from(left > 0));
        let width = fair.clamp(usize::from(left > 0), most);
        let width = if others == 0 { left } else { width };
        left -= width;
        weight_left -= n;
        if width > 0 {
            widths.push((*state, u16::try_from(width).unwrap_or(cells)));
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use InvocationState as S;

    use super::*;

    #[test]
    fn the_bar_is_always_filled_and_no_state_vanishes() {
        for (counts, cells) in [
            (vec![(S::Success, 9_999), (S::Failed, 1)], 40),
            (vec![(S::Success, 1), (S::Failed, 1), (S::Pending, 9_998)], 10),
            (vec![(S::InProgress, 3)], 7),
            (vec![(S::Success, 5), (S::Failed, 5), (S::Pending, 5)], 3),
        ] {
            let counts: BTreeMap<S, u32> = counts.into_iter().collect();
            let bar = segments(&counts, cells);
            assert_eq!(bar.iter().map(|(_, w)| w).sum::<u16>(), cells, "{counts:?} in {cells}");
            assert_eq!(bar.len(), counts.len(), "{counts:?} in {cells}");
        }
    }

    #[test]
    fn a_bar_narrower_than_its_states_still_fits() {
        let counts: BTreeMap<S, u32> = BAR.iter().map(|s| (*s, 7)).collect();
        for cells in 0..20 {
            assert_eq!(segments(&counts, cells).iter().map(|(_, w)| w).sum::<u16>(), cells);
        }
    }

    #[test]
    fn every_state_that_is_over_belongs_to_a_bucket_and_to_no_two() {
        for state in S::ALL.iter().filter(|s| s.is_terminal()) {
            let narrow =
                Bucket::ALL.iter().filter(|b| **b != Bucket::NotSuccessful && b.holds(*state)).count();
            assert_eq!(narrow, 1, "{state}");
        }
        assert!(!Bucket::ALL.iter().any(|b| b.holds(S::InProgress)));
    }
}
