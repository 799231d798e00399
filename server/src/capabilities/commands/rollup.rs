//! The state of a command from the states of its runs.
//!
//! Source: User Guide, "Understanding command statuses"; what it leaves open is decided here and named.

use std::collections::BTreeMap;

use pilothouse_api::commands::CommandState;
use pilothouse_protocol::InvocationState as Run;
use pilothouse_store::commands::CommandRecord;

use crate::capabilities::rates::{Pace, errors};

/// Runs per state.
pub(super) type Counts = BTreeMap<Run, u32>;

/// Whether somebody asked a command as a whole to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    No,
    /// Nothing more is sent.
    Aborted,
    /// What runs is to end, too.
    Cancelled,
}

/// A command's state, by the counts of its runs.
pub(super) fn of(command: &CommandRecord) -> CommandState {
    let stopped = match (command.cancel_requested, command.aborted) {
        (true, _) => Stopped::Cancelled,
        (false, true) => Stopped::Aborted,
        (false, false) => Stopped::No,
    };
    state(&command.counts, stopped, Pace::of(command).error_limit)
}

fn state(counts: &Counts, stopped: Stopped, error_limit: u64) -> CommandState {
    let ended = Ended::of(counts);
    if ended.total == 0 {
        return CommandState::NoInstancesInTag;
    }
    if ended.over < ended.total {
        return if stopped == Stopped::Cancelled {
            CommandState::Cancelling
        } else if ended.count(Run::Pending) == ended.total {
            CommandState::Pending
        } else {
            CommandState::InProgress
        };
    }
    at_end(&ended, stopped != Stopped::No, error_limit)
}

/// The state of a command whose runs are all over. The error limit comes first: nothing makes up for it.
fn at_end(ended: &Ended<'_>, was_stopped: bool, error_limit: u64) -> CommandState {
    if errors(ended.counts) > error_limit {
        // Runs that were all killed for their time are told as such: that is what a caller of one node looks at.
        if ended.all(Run::ExecutionTimedOut) { CommandState::ExecutionTimedOut } else { CommandState::Failed }
    } else if ended.count(Run::Terminated) > 0 {
        // Somebody raised the limit when it was too late.
        if was_stopped { CommandState::Cancelled } else { CommandState::Failed }
    } else if ended.all(Run::Success)
        || (ended.count(Run::Success) > 0 && ended.count(Run::Success) + ended.unreached == ended.total)
    {
        CommandState::Success
    } else if ended.unreached == ended.total {
        CommandState::Failed
    } else if ended.all(Run::DeliveryTimedOut) {
        CommandState::DeliveryTimedOut
    } else if ended.all(Run::Cancelled) || (ended.count(Run::Cancelled) > 0 && was_stopped) {
        CommandState::Cancelled
    } else {
        CommandState::Incomplete
    }
}

/// How the runs of a command stand, added up.
struct Ended<'a> {
    counts: &'a Counts,
    total: u32,
    over: u32,
    /// Runs that could not reach their node at all, or may not.
    unreached: u32,
}

impl<'a> Ended<'a> {
    fn of(counts: &'a Counts) -> Self {
        let sum = |is: fn(Run) -> bool| counts.iter().filter(|(state, _)| is(**state)).map(|(_, n)| n).sum();
        let unreached = |it| matches!(it, Run::Undeliverable | Run::InvalidPlatform | Run::AccessDenied);
        Self { counts, total: sum(|_| true), over: sum(Run::is_terminal), unreached: sum(unreached) }
    }

    fn count(&self, state: Run) -> u32 {
        self.counts.get(&state).copied().unwrap_or(0)
    }

    fn all(&self, state: Run) -> bool {
        self.count(state) == self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(runs: &[(Run, u32)], stopped: Stopped, allowed: u64) -> CommandState {
        state(&runs.iter().copied().collect(), stopped, allowed)
    }

    #[test]
    fn a_command_whose_targets_match_nothing_is_over_at_once() {
        assert_eq!(after(&[], Stopped::No, 0), CommandState::NoInstancesInTag);
    }

    #[test]
    fn it_is_pending_until_something_is_sent_and_in_progress_until_all_is_over() {
        assert_eq!(after(&[(Run::Pending, 3)], Stopped::No, 0), CommandState::Pending);
        assert_eq!(after(&[(Run::Pending, 2), (Run::Success, 1)], Stopped::No, 0), CommandState::InProgress);
        assert_eq!(
            after(&[(Run::InProgress, 1), (Run::Cancelled, 1)], Stopped::Cancelled, 0),
            CommandState::Cancelling
        );
    }

    #[test]
    fn failures_beyond_the_limit_fail_it_and_within_the_limit_leave_it_incomplete() {
        assert_eq!(after(&[(Run::Success, 9), (Run::Failed, 1)], Stopped::No, 0), CommandState::Failed);
        assert_eq!(after(&[(Run::Success, 9), (Run::Failed, 1)], Stopped::No, 1), CommandState::Incomplete);
        assert_eq!(after(&[(Run::Failed, 2), (Run::Terminated, 8)], Stopped::No, 1), CommandState::Failed);
        assert_eq!(
            after(&[(Run::Failed, 2), (Run::Terminated, 8)], Stopped::No, 5),
            CommandState::Failed,
            "the limit was raised when it was too late"
        );
    }

    #[test]
    fn nodes_out_of_reach_spoil_it_only_when_there_was_no_success() {
        assert_eq!(
            after(&[(Run::Success, 1), (Run::Undeliverable, 4)], Stopped::No, 0),
            CommandState::Success
        );
        assert_eq!(after(&[(Run::InvalidPlatform, 4)], Stopped::No, 0), CommandState::Failed);
        assert_eq!(after(&[(Run::DeliveryTimedOut, 4)], Stopped::No, 0), CommandState::DeliveryTimedOut);
        assert_eq!(
            after(&[(Run::DeliveryTimedOut, 1), (Run::Success, 4)], Stopped::No, 0),
            CommandState::Incomplete
        );
    }

    #[test]
    fn runs_that_were_all_withdrawn_one_by_one_are_a_cancelled_command() {
        assert_eq!(after(&[(Run::Cancelled, 3)], Stopped::No, 0), CommandState::Cancelled);
        assert_eq!(
            after(&[(Run::Cancelled, 1), (Run::Success, 2)], Stopped::No, 0),
            CommandState::Incomplete
        );
    }

    #[test]
    fn an_aborted_command_goes_on_where_it_runs_and_is_cancelled_at_its_end() {
        let under_way = [(Run::InProgress, 1), (Run::Terminated, 4)];
        assert_eq!(after(&under_way, Stopped::Aborted, 0), CommandState::InProgress);
        assert_eq!(
            after(&[(Run::Success, 1), (Run::Terminated, 4)], Stopped::Aborted, 0),
            CommandState::Cancelled
        );
        assert_eq!(
            after(&[(Run::Success, 5)], Stopped::Aborted, 0),
            CommandState::Success,
            "it was too late"
        );
        assert_eq!(
            after(&[(Run::Failed, 1), (Run::Terminated, 4)], Stopped::Aborted, 0),
            CommandState::Failed
        );
    }

    #[test]
    fn a_cancelled_command_says_so() {
        assert_eq!(
            after(&[(Run::Cancelled, 1), (Run::Success, 4)], Stopped::Cancelled, 0),
            CommandState::Cancelled
        );
    }
}
