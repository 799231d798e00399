//! "Why is it not finished?", for one run, in a sentence.
//!
//! In: the run, its command, its node if the fleet knows it, when it last said something. Out: plain text, not yet made harmless:
//! what the server told about the run stands in it.
//! Never here: drawing, the mirror. Nothing is guessed: what is not known is not said.

use pilothouse_api::protocol::{InvocationState, Millis, PingStatus};
use pilothouse_api::topics::{CommandView, InvocationView, NodeView};

use crate::times::span;
use crate::words;

/// A run that has said nothing for so long is called silent, in milliseconds.
const SILENT: i64 = 60_000;

/// Why a run stands as it does.
#[must_use]
pub fn why(
    run: &InvocationView,
    command: &CommandView,
    node: Option<&NodeView>,
    last_word: Option<Millis>,
    now: Millis,
) -> String {
    use InvocationState as S;
    match run.state {
        S::Pending => waiting(command, node, now),
        S::Delayed => with_node(words::run_state(run.state), node, now) + &expiry(command, now),
        S::InProgress => running(run, node, last_word, now),
        S::Cancelling => with_node(words::run_state(run.state), node, now),
        // What the server or the node says is more exact than what the state means.
        _ if !run.message.is_empty() => run.message.clone(),
        S::Success => String::new(),
        S::Failed => run.exit_code.map_or_else(
            || words::run_state(run.state).to_owned(),
            |code| format!("ended with exit code {code}"),
        ),
        over => words::run_state(over).to_owned(),
    }
}

fn waiting(command: &CommandView, node: Option<&NodeView>, now: Millis) -> String {
    let offline = node.is_some_and(|node| node.ping != PingStatus::Online);
    if offline {
        return with_node("queued", node, now) + &expiry(command, now);
    }
    let under_way: u32 = [InvocationState::InProgress, InvocationState::Delayed, InvocationState::Cancelling]
        .iter()
        .filter_map(|state| command.counts.get(state))
        .sum();
    format!(
        "queued: at most {} at a time, {under_way} under way{}",
        command.max_concurrency,
        expiry(command, now)
    )
}

fn running(run: &InvocationView, node: Option<&NodeView>, last_word: Option<Millis>, now: Millis) -> String {
    let since = run.started_at.map_or_else(String::new, |at| format!(" for {}", span(now.since(at))));
    let text = with_node(&format!("running{since}"), node, now);
    // A node that is away cannot be heard: its silence means nothing.
    let silent = last_word
        .filter(|_| node.is_none_or(|node| node.ping == PingStatus::Online))
        .map(|at| now.since(at))
        .filter(|silent| *silent >= SILENT);
    match silent {
        Some(silent) => format!("{text}; nothing said for {}", span(silent)),
        None => text,
    }
}

/// The text, and that the node is away if it is.
fn with_node(text: &str, node: Option<&NodeView>, now: Millis) -> String {
    match node {
        Some(node) if node.ping != PingStatus::Online => {
            format!("{text}; node offline for {}", span(now.since(node.last_ping)))
        }
        _ => text.to_owned(),
    }
}

fn expiry(command: &CommandView, now: Millis) -> String {
    match command.expires_at.since(now) {
        left if left > 0 => format!("; expires in {}", span(left)),
        _ => "; expired".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use pilothouse_api::commands::CommandState;

    use super::*;
    use crate::screens::fixtures::{self, NOW};

    fn said(state: InvocationState, node: usize) -> String {
        let counts = [(InvocationState::InProgress, 4), (InvocationState::Pending, 7)];
        let command = fixtures::command(1, CommandState::InProgress, &counts);
        let node = fixtures::node(node);
        why(&fixtures::run(1, 2, state), &command, Some(&node), None, NOW)
    }

    #[test]
    fn a_run_that_waits_says_for_what_and_how_long_it_may() {
        assert_eq!(
            said(InvocationState::Pending, 2),
            "queued: at most 50 at a time, 4 under way; expires in 1 h 00 m"
        );
        assert_eq!(
            said(InvocationState::Pending, 3),
            "queued; node offline for 1 h 05 m; expires in 1 h 00 m",
            "its turn does not matter while it is away"
        );
        let delayed = said(InvocationState::Delayed, 3);
        assert!(delayed.contains("sent again by itself; node offline for 1 h 05 m"), "{delayed}");
    }

    #[test]
    fn a_run_that_goes_on_in_silence_says_since_when() {
        let command = fixtures::command(1, CommandState::InProgress, &[]);
        let run = fixtures::run(1, 2, InvocationState::InProgress);
        let at =
            |node, ago: i64| why(&run, &command, Some(&fixtures::node(node)), Some(Millis(NOW.0 - ago)), NOW);
        assert_eq!(at(2, 5_000), "running for 18.0 s");
        assert_eq!(at(2, 184_000), "running for 18.0 s; nothing said for 3 m 04 s");
        assert_eq!(at(3, 184_000), "running for 18.0 s; node offline for 1 h 05 m");
    }

    #[test]
    fn a_run_that_is_over_says_what_was_told_or_at_least_what_its_state_means() {
        assert_eq!(said(InvocationState::Failed, 2), "step 1: sh: apt-gett: not found");
        assert_eq!(said(InvocationState::Success, 2), "");
        assert_eq!(
            said(InvocationState::DeliveryTimedOut, 2),
            "no word from the node before the command expired"
        );
        assert_eq!(
            said(InvocationState::Terminated, 2),
            "not sent: the error limit was exceeded before its turn"
        );
        let mut run = fixtures::run(1, 2, InvocationState::Failed);
        run.message.clear();
        let command = fixtures::command(1, CommandState::Failed, &[]);
        assert_eq!(why(&run, &command, None, None, NOW), "ended with exit code 127");
    }
}
