//! `MaxConcurrency` and `MaxErrors`: numbers or percentages of the targets, and how delivery ramps up.
//!
//! Source: User Guide, "Using targets and rate controls to send commands to a fleet".

use std::collections::BTreeMap;

use pilothouse_protocol::InvocationState;
use pilothouse_store::commands::CommandRecord;

/// How a command's limits stand, by what its row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    /// The most runs at a time.
    pub(crate) concurrency: u64,
    /// Errors *allowed*.
    pub(crate) error_limit: u64,
    /// Runs that failed or ran out of time.
    pub(crate) errors: u64,
    /// Runs that were handed over and are not accepted yet.
    pub(crate) unaccepted: u64,
    /// Runs that were accepted and are not over.
    pub(crate) running: u64,
    /// Runs that were ever accepted, or are over in another way.
    accepted: u64,
}

impl Pace {
    /// Of a command.
    pub(crate) fn of(command: &CommandRecord) -> Self {
        let count = |state: InvocationState| u64::from(command.counts.get(&state).copied().unwrap_or(0));
        let targets = u64::try_from(command.target_count).unwrap_or(0);
        let unaccepted = count(InvocationState::Delayed);
        Self {
            concurrency: concurrency(&command.max_concurrency, targets),
            error_limit: errors_allowed(&command.max_errors, targets),
            errors: errors(&command.counts),
            unaccepted,
            running: count(InvocationState::InProgress) + count(InvocationState::Cancelling),
            accepted: targets.saturating_sub(count(InvocationState::Pending) + unaccepted),
        }
    }

    /// Whether there were more errors than are allowed.
    pub(crate) fn is_exceeded(self) -> bool {
        self.errors > self.error_limit
    }

    /// How many more jobs may be handed over now, when `lost` of those that are not accepted went to nodes which have no link any
    /// more: they may be running and count for the limit, but keep the ramp waiting no longer.
    pub(crate) fn room(self, lost: u64) -> u64 {
        let by_limit = self.concurrency.saturating_sub(self.unaccepted + self.running);
        let by_ramp = (self.accepted + 1).saturating_sub(self.unaccepted.saturating_sub(lost));
        by_limit.min(by_ramp)
    }

    /// How many may be under way now.
    pub(crate) fn ramp(self) -> u64 {
        (self.running + self.unaccepted.max(self.accepted + 1)).min(self.concurrency)
    }
}

/// Runs that failed or ran out of time.
pub(crate) fn errors(counts: &BTreeMap<InvocationState, u32>) -> u64 {
    counts.iter().filter(|(state, _)| state.is_error()).map(|(_, n)| u64::from(*n)).sum()
}

/// The most runs at a time: at least one; a percentage is rounded down.
fn concurrency(text: &str, targets: u64) -> u64 {
    of(text, targets).max(1)
}

/// Errors *allowed*: the command stops at the next one. A percentage is rounded down.
fn errors_allowed(text: &str, targets: u64) -> u64 {
    of(text, targets)
}

fn of(text: &str, targets: u64) -> u64 {
    match text.strip_suffix('%') {
        Some(percent) => percent.parse::<u64>().unwrap_or(0).saturating_mul(targets) / 100,
        None => text.parse().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_percent_of_fifty_allows_five_errors() {
        assert_eq!(errors_allowed("10%", 50), 5);
        assert_eq!(errors_allowed("0", 50), 0);
        assert_eq!(errors_allowed("1%", 50), 0);
    }

    #[test]
    fn concurrency_is_never_below_one() {
        assert_eq!(concurrency("1%", 10), 1);
        assert_eq!(concurrency("50%", 9), 4);
    }

    fn pace(concurrency: u64, unaccepted: u64, running: u64, accepted: u64) -> Pace {
        Pace { concurrency, error_limit: 0, errors: 0, unaccepted, running, accepted }
    }

    /// Delivery ramps 1, 2, 4, …: what is on its way may double with each acceptance, so a command that breaks every node breaks
    /// one first, while a fleet that accepts at once is at full width in a few round trips.
    #[test]
    fn delivery_doubles_as_nodes_accept() {
        let mut accepted = 0;
        let mut waves = Vec::new();
        for _ in 0..5 {
            let wave = pace(50, 0, accepted, accepted).room(0);
            waves.push(wave);
            accepted += wave;
        }
        assert_eq!(waves, [1, 2, 4, 8, 16]);
    }

    #[test]
    fn the_limit_holds_whatever_the_ramp_allows() {
        assert_eq!(pace(10, 2, 8, 500).room(0), 0);
        assert_eq!(pace(10, 0, 7, 500).room(0), 3);
        assert_eq!(pace(4, 0, 7, 500).room(0), 0, "it was made smaller meanwhile");
    }

    #[test]
    fn a_node_that_took_its_link_along_keeps_the_ramp_waiting_no_longer_but_counts_for_the_limit() {
        assert_eq!(pace(50, 1, 0, 0).room(0), 0);
        assert_eq!(pace(50, 1, 0, 0).room(1), 1);
        assert_eq!(pace(1, 1, 0, 0).room(1), 0, "it may be running there");
    }

    #[test]
    fn what_may_be_under_way_is_told_up_to_the_limit() {
        assert_eq!(pace(50, 0, 0, 0).ramp(), 1);
        assert_eq!(pace(50, 0, 1, 1).ramp(), 3);
        assert_eq!(pace(50, 8, 40, 40).ramp(), 50);
    }
}
