//! `MaxConcurrency` and `MaxErrors`: numbers or percentages of the targets, and how delivery ramps up.
//!
//! Source: User Guide, "Using targets and rate controls to send commands to a fleet".

/// The most runs at a time: at least one; a percentage is rounded down.
pub(super) fn concurrency(text: &str, targets: u64) -> u64 {
    of(text, targets).max(1)
}

/// Errors *allowed*: the command stops at the next one. A percentage is rounded down.
pub(super) fn errors_allowed(text: &str, targets: u64) -> u64 {
    of(text, targets)
}

fn of(text: &str, targets: u64) -> u64 {
    match text.strip_suffix('%') {
        Some(percent) => percent.parse::<u64>().unwrap_or(0).saturating_mul(targets) / 100,
        None => text.parse().unwrap_or(0),
    }
}

/// How many more jobs may be handed over now. Delivery ramps 1, 2, 4, …: what is on its way may double with each acceptance,
/// so a command that breaks every node breaks one first, while a fleet that accepts at once is at full width in a few round
/// trips.
///
/// `unaccepted` were sent and not yet accepted; `running` were accepted and are not over; `accepted` is every job that was
/// ever accepted.
pub(super) fn room(max_concurrency: u64, unaccepted: u64, running: u64, accepted: u64) -> u64 {
    let by_limit = max_concurrency.saturating_sub(unaccepted + running);
    let by_ramp = (accepted + 1).saturating_sub(unaccepted);
    by_limit.min(by_ramp)
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

    #[test]
    fn delivery_doubles_as_nodes_accept() {
        let mut accepted = 0;
        let mut waves = Vec::new();
        for _ in 0..5 {
            let wave = room(50, 0, accepted, accepted);
            waves.push(wave);
            accepted += wave;
        }
        assert_eq!(waves, [1, 2, 4, 8, 16]);
    }

    #[test]
    fn the_limit_holds_whatever_the_ramp_allows() {
        assert_eq!(room(10, 2, 8, 500), 0);
        assert_eq!(room(10, 0, 7, 500), 3);
    }
}
