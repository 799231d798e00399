//! "Why is it not finished?", for one run, in a sentence; and what is known of it besides, in a few.
//!
//! In: the run, its command, its node if the fleet knows it. Out: plain text, not yet made harmless: what the node and the server
//! told about the run stands in it.
//! Never here: drawing, the mirror. Nothing is guessed: what is not known is not said.

use pilothouse_api::protocol::{
    InvocationState, Killed, LockHolder, Millis, PingStatus, ProcessState, Progress,
};
use pilothouse_api::topics::{CommandView, InvocationView, NodeView};

use crate::times::span;
use crate::words;

/// A run that has said nothing for so long is called silent, in seconds.
const SILENT: u64 = 60;
/// So many processes are named.
const NAMED: usize = 3;

/// Why a run stands as it does.
#[must_use]
pub fn why(run: &InvocationView, command: &CommandView, node: Option<&NodeView>, now: Millis) -> String {
    use InvocationState as S;
    if let Some(alarm) = survivors(run) {
        return alarm;
    }
    match run.state {
        S::Pending => waiting(command, node, now),
        S::Delayed => with_node(words::run_state(run.state), node, now) + &left(command, now),
        S::InProgress => running(run, node, now),
        S::Cancelling => with_node(words::run_state(run.state), node, now),
        // What the server or the node says is more exact than what the state means.
        _ if !run.message.is_empty() => run.message.clone(),
        S::Success => String::new(),
        S::Failed => run.exit_code.map_or_else(
            || words::run_state(run.state).to_owned(),
            |code| format!("ended with exit code {code}"),
        ),
        _ if run.killed_count > 0 => killed(run),
        S::Terminated if command.aborted => "not sent: the command was aborted before its turn".to_owned(),
        over => words::run_state(over).to_owned(),
    }
}

fn waiting(command: &CommandView, node: Option<&NodeView>, now: Millis) -> String {
    let offline = node.is_some_and(|node| node.ping != PingStatus::Online);
    if offline {
        return with_node("queued", node, now) + &left(command, now);
    }
    if command.paused {
        return format!("queued: the command is paused{}", left(command, now));
    }
    let under_way: u32 = [InvocationState::InProgress, InvocationState::Delayed, InvocationState::Cancelling]
        .iter()
        .filter_map(|state| command.counts.get(state))
        .sum();
    let limit = match command.ramp {
        0 => command.max_concurrency.clone(),
        ramp => ramp.to_string(),
    };
    format!("queued: at most {limit} at a time now, {under_way} under way{}", left(command, now))
}

/// How long it may still wait for its node.
fn left(command: &CommandView, now: Millis) -> String {
    let end = if command.start_by.0 > 0 { command.start_by } else { command.expires_at };
    match end.since(now) {
        left if left > 0 => format!("; given up in {}", span(left)),
        _ => "; its time is over".to_owned(),
    }
}

fn running(run: &InvocationView, node: Option<&NodeView>, now: Millis) -> String {
    let away = node.is_some_and(|node| node.ping != PingStatus::Online);
    let since = run.started_at.map_or_else(String::new, |at| format!(" for {}", span(now.since(at))));
    let Some(progress) = &run.progress else { return with_node(&format!("running{since}"), node, now) };
    if progress.state == ProcessState::Rebooting {
        let since = span(now.since(progress.at));
        return format!("the node reboots, for {since} now; then the step is run again");
    }
    let doing = match &progress.waits_for {
        Some(holder) => waits_for(holder),
        // A node that is away cannot be heard: its silence means nothing.
        None if progress.quiet_seconds >= SILENT && !away => {
            let quiet = i64::try_from(progress.quiet_seconds).unwrap_or(i64::MAX / 1_000);
            format!("no output for {}; {}", span(quiet * 1_000), process(progress))
        }
        None => process(progress),
    };
    let step = if progress.step > 0 { format!("step {}: ", progress.step + 1) } else { String::new() };
    with_node(&format!("{step}{doing}"), node, now)
}

/// `waits for the dpkg lock of pid 812 (apt-get)`.
fn waits_for(holder: &LockHolder) -> String {
    const MANAGERS: [&str; 6] = ["dpkg", "apt", "rpm", "apk", "pacman", "zypp"];
    let name = MANAGERS.into_iter().find(|name| holder.lock.contains(name));
    let lock = name.map_or_else(|| holder.lock.clone(), |name| format!("the {name} lock"));
    let command = holder.command.split_whitespace().next().unwrap_or_default();
    let command = command.rsplit('/').next().unwrap_or_default();
    match (holder.pid, command) {
        (None, _) => format!("waits for {lock}"),
        (Some(pid), "") => format!("waits for {lock} of pid {pid}"),
        (Some(pid), command) => format!("waits for {lock} of pid {pid} ({command})"),
    }
}

/// `pid 812 sleeps`, `pid 812 and 3 more run`.
fn process(progress: &Progress) -> String {
    let Some(pid) = progress.pid else {
        return match progress.state {
            ProcessState::Queued => "waits for its turn on the node".to_owned(),
            _ => "running".to_owned(),
        };
    };
    let does = match progress.state {
        ProcessState::Queued => "waits for its turn",
        ProcessState::Running => "computes",
        ProcessState::Sleeping => "waits for something",
        ProcessState::DiskSleep => "waits for a device",
        ProcessState::Stopped => "was halted by a signal",
        ProcessState::Zombie => "ended, unnoticed",
        ProcessState::Gone => "is gone; what it started lives on",
        ProcessState::Rebooting => "is ended by a reboot",
        ProcessState::Unknown => "lives",
    };
    let more = match progress.processes {
        0 | 1 => String::new(),
        all => format!(", {all} processes"),
    };
    format!("pid {pid} {does}{more}")
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

/// Whether something lives on that was killed.
#[must_use]
pub fn is_alarm(run: &InvocationView) -> bool {
    run.killed.iter().any(|process| process.survived)
}

/// What lives on although it was killed: nobody may overlook that.
fn survivors(run: &InvocationView) -> Option<String> {
    let alive: Vec<&Killed> = run.killed.iter().filter(|process| process.survived).collect();
    if alive.is_empty() {
        return None;
    }
    Some(format!("STILL ALIVE after the kill: {}", named(&alive)))
}

/// What was killed.
#[must_use]
pub fn killed(run: &InvocationView) -> String {
    let dead: Vec<&Killed> = run.killed.iter().filter(|process| !process.survived).collect();
    let count = match run.killed_count {
        1 => "1 process".to_owned(),
        many => format!("{} processes", words::grouped(many.into())),
    };
    match named(&dead) {
        names if names.is_empty() => format!("{count} killed"),
        names => format!("{count} killed: {names}"),
    }
}

/// `pid 812 sleep 600, pid 813 sh and 2 more`.
fn named(processes: &[&Killed]) -> String {
    let names = processes.iter().take(NAMED).map(|it| format!("pid {} {}", it.pid, it.command));
    let names = names.map(|name| name.trim_end().to_owned()).collect::<Vec<_>>().join(", ");
    match processes.len().saturating_sub(NAMED) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

/// What is known of a run besides why it stands so: its node, its process. One fact a line.
#[must_use]
pub fn facts(run: &InvocationView, node: Option<&NodeView>, now: Millis) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(node) = node {
        let heard = span(now.since(node.last_ping));
        facts.push(match node.ping {
            PingStatus::Online => format!("node online, last heard {heard} ago"),
            _ => format!("node offline, last heard {heard} ago"),
        });
    }
    if let Some(progress) = run.progress.as_ref().filter(|_| !run.state.is_terminal()) {
        let quiet = i64::try_from(progress.quiet_seconds).unwrap_or(i64::MAX / 1_000);
        let mut said = format!("{}, quiet for {}", process(progress), span(quiet * 1_000));
        if let Some(holder) = &progress.waits_for {
            said = format!("{said}; {} {}", holder.lock, holder.command);
        }
        facts.push(format!("{said} (told {} ago)", span(now.since(progress.at))));
    }
    facts
}

#[cfg(test)]
mod tests {
    use pilothouse_api::commands::CommandState;

    use super::*;
    use crate::screens::fixtures::{self, NOW};

    fn command() -> CommandView {
        let counts = [(InvocationState::InProgress, 4), (InvocationState::Pending, 7)];
        fixtures::command(1, CommandState::InProgress, &counts)
    }

    fn said(state: InvocationState, node: usize) -> String {
        why(&fixtures::run(1, 2, state), &command(), Some(&fixtures::node(node)), NOW)
    }

    fn progress(state: ProcessState) -> Progress {
        Progress {
            at: Millis(NOW.0 - 4_000),
            step: 0,
            pid: Some(812),
            state,
            processes: 3,
            quiet_seconds: 2,
            waits_for: None,
        }
    }

    fn at_work(progress: Progress, node: usize) -> String {
        let mut run = fixtures::run(1, 2, InvocationState::InProgress);
        run.progress = Some(progress);
        why(&run, &command(), Some(&fixtures::node(node)), NOW)
    }

    #[test]
    fn a_run_that_waits_says_for_what_and_how_long_it_may() {
        assert_eq!(
            said(InvocationState::Pending, 2),
            "queued: at most 8 at a time now, 4 under way; given up in 30 m 00 s"
        );
        assert_eq!(
            said(InvocationState::Pending, 3),
            "queued; node offline for 1 h 05 m; given up in 30 m 00 s",
            "its turn does not matter while it is away"
        );
        let paused = CommandView { paused: true, ..command() };
        let run = fixtures::run(1, 2, InvocationState::Pending);
        assert_eq!(why(&run, &paused, None, NOW), "queued: the command is paused; given up in 30 m 00 s");
        let late = CommandView { start_by: Millis(NOW.0 - 1), ..command() };
        assert!(why(&run, &late, None, NOW).ends_with("; its time is over"));
        let delayed = said(InvocationState::Delayed, 3);
        assert!(delayed.contains("sent again by itself; node offline for 1 h 05 m"), "{delayed}");
    }

    #[test]
    fn a_run_that_goes_on_says_what_its_process_does() {
        assert_eq!(said(InvocationState::InProgress, 2), "running for 18.0 s");
        assert_eq!(at_work(progress(ProcessState::Running), 2), "pid 812 computes, 3 processes");
        let step = Progress { step: 1, processes: 1, ..progress(ProcessState::DiskSleep) };
        assert_eq!(at_work(step, 2), "step 2: pid 812 waits for a device");
        let queued = Progress { pid: None, ..progress(ProcessState::Queued) };
        assert_eq!(at_work(queued, 2), "waits for its turn on the node");
        let rebooting = Progress { pid: None, ..progress(ProcessState::Rebooting) };
        assert_eq!(at_work(rebooting, 3), "the node reboots, for 4.0 s now; then the step is run again");
    }

    #[test]
    fn a_run_that_is_silent_says_since_when_unless_its_node_is_away() {
        let silent = Progress { quiet_seconds: 184, ..progress(ProcessState::Sleeping) };
        assert_eq!(
            at_work(silent.clone(), 2),
            "no output for 3 m 04 s; pid 812 waits for something, 3 processes"
        );
        assert_eq!(at_work(silent, 3), "pid 812 waits for something, 3 processes; node offline for 1 h 05 m");
    }

    #[test]
    fn who_holds_the_lock_that_a_run_waits_for_is_named() {
        let holder = |pid, command: &str| LockHolder {
            lock: "/var/lib/dpkg/lock-frontend".to_owned(),
            pid,
            command: command.to_owned(),
        };
        let said =
            |holder| at_work(Progress { waits_for: Some(holder), ..progress(ProcessState::Sleeping) }, 2);
        assert_eq!(
            said(holder(Some(812), "/usr/bin/apt-get -y upgrade")),
            "waits for the dpkg lock of pid 812 (apt-get)"
        );
        assert_eq!(said(holder(None, "")), "waits for the dpkg lock");
        let other = LockHolder { lock: "/run/yum.pid".to_owned(), ..holder(Some(7), "") };
        assert_eq!(said(other), "waits for /run/yum.pid of pid 7");
    }

    #[test]
    fn what_lives_on_after_a_kill_is_said_before_anything_else() {
        let mut run = fixtures::run(1, 2, InvocationState::Cancelled);
        let process = |pid, survived| Killed { pid, command: format!("sleep {pid}"), survived };
        run.killed = vec![process(1, false), process(2, false)];
        run.killed_count = 2;
        assert_eq!(why(&run, &command(), None, NOW), "2 processes killed: pid 1 sleep 1, pid 2 sleep 2");
        run.killed.insert(0, process(9, true));
        run.message = "stopped".to_owned();
        assert_eq!(why(&run, &command(), None, NOW), "STILL ALIVE after the kill: pid 9 sleep 9");
        assert!(is_alarm(&run));
        run.killed = (0..70).map(|pid| process(pid, false)).collect();
        run.killed_count = 1;
        assert!(killed(&run).starts_with("1 process killed: pid 0 sleep 0, "), "{}", killed(&run));
        assert!(killed(&run).ends_with(" and 67 more"));
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
        assert_eq!(why(&run, &command(), None, NOW), "ended with exit code 127");
    }

    #[test]
    fn what_is_known_besides_stands_a_fact_a_line() {
        let mut run = fixtures::run(1, 2, InvocationState::InProgress);
        run.progress = Some(progress(ProcessState::Running));
        let told = facts(&run, Some(&fixtures::node(2)), NOW);
        assert_eq!(
            told,
            [
                "node online, last heard 2.0 s ago",
                "pid 812 computes, 3 processes, quiet for 2.0 s (told 4.0 s ago)"
            ]
        );
    }
}
