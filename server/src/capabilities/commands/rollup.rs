//! The state of a command from the states of its runs.
//!
//! Source: User Guide, "Understanding command statuses"; what it leaves open is decided here and named.

use std::collections::BTreeMap;

use pilothouse_api::commands::CommandState;
use pilothouse_protocol::InvocationState as Run;

/// Runs per state.
pub(super) type Counts = BTreeMap<Run, u32>;

/// Runs that failed or ran out of time.
pub(super) fn errors(counts: &Counts) -> u64 {
    counts.iter().filter(|(state, _)| state.is_error()).map(|(_, n)| u64::from(*n)).sum()
}

/// The command's state.
pub(super) fn state(counts: &Counts, cancel_requested: bool, errors_allowed: u64) -> CommandState {
    let count = |state: Run| counts.get(&state).copied().unwrap_or(0);
    let total: u32 = counts.values().sum();
    let over: u32 = counts.iter().filter(|(state, _)| state.is_terminal()).map(|(_, n)| n).sum();
    if total == 0 {
        return CommandState::NoInstancesInTag;
    }
    if over < total {
        return if cancel_requested {
            CommandState::Cancelling
        } else if count(Run::Pending) == total {
            CommandState::Pending
        } else {
            CommandState::InProgress
        };
    }
    let unreached = count(Run::Undeliverable) + count(Run::InvalidPlatform) + count(Run::AccessDenied);
    if count(Run::Terminated) > 0 {
        CommandState::RateExceeded
    } else if errors(counts) > errors_allowed {
        // One run that was killed for its time is told as such: that is what a caller of one node looks at.
        if count(Run::ExecutionTimedOut) == total {
            CommandState::ExecutionTimedOut
        } else {
            CommandState::Failed
        }
    } else if count(Run::Success) == total
        || (count(Run::Success) > 0 && count(Run::Success) + unreached == total)
    {
        CommandState::Success
    } else if unreached == total {
        CommandState::Failed
    } else if count(Run::DeliveryTimedOut) == total {
        CommandState::DeliveryTimedOut
    } else if count(Run::Cancelled) > 0 && cancel_requested {
        CommandState::Cancelled
    } else {
        CommandState::Incomplete
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(runs: &[(Run, u32)], cancelled: bool, allowed: u64) -> CommandState {
        state(&runs.iter().copied().collect(), cancelled, allowed)
    }

    #[test]
    fn a_command_whose_targets_match_nothing_is_over_at_once() {
        assert_eq!(after(&[], false, 0), CommandState::NoInstancesInTag);
    }

    #[test]
    fn it_is_pending_until_something_is_sent_and_in_progress_until_all_is_over() {
        assert_eq!(after(&[(Run::Pending, 3)], false, 0), CommandState::Pending);
        assert_eq!(after(&[(Run::Pending, 2), (Run::Success, 1)], false, 0), CommandState::InProgress);
        assert_eq!(after(&[(Run::InProgress, 1), (Run::Cancelled, 1)], true, 0), CommandState::Cancelling);
    }

    #[test]
    fn failures_beyond_the_limit_fail_it_and_within_the_limit_leave_it_incomplete() {
        assert_eq!(after(&[(Run::Success, 9), (Run::Failed, 1)], false, 0), CommandState::Failed);
        assert_eq!(after(&[(Run::Success, 9), (Run::Failed, 1)], false, 1), CommandState::Incomplete);
        assert_eq!(after(&[(Run::Failed, 2), (Run::Terminated, 8)], false, 1), CommandState::RateExceeded);
    }

    #[test]
    fn nodes_out_of_reach_spoil_it_only_when_there_was_no_success() {
        assert_eq!(after(&[(Run::Success, 1), (Run::Undeliverable, 4)], false, 0), CommandState::Success);
        assert_eq!(after(&[(Run::InvalidPlatform, 4)], false, 0), CommandState::Failed);
        assert_eq!(after(&[(Run::DeliveryTimedOut, 4)], false, 0), CommandState::DeliveryTimedOut);
        assert_eq!(
            after(&[(Run::DeliveryTimedOut, 1), (Run::Success, 4)], false, 0),
            CommandState::Incomplete
        );
    }

    #[test]
    fn a_cancelled_command_says_so() {
        assert_eq!(after(&[(Run::Cancelled, 1), (Run::Success, 4)], true, 0), CommandState::Cancelled);
    }
}
