//! What people call commands and runs: a script's first line, whom it is for, what a state means, and the lines that one pastes
//! into a shell to get the same.
//!
//! In: what the server told. Out: short plain text, not yet made harmless: whoever draws it does that.
//! Never here: styles, instants, the mirror.

use pilothouse_api::commands::{CommandState, Target};
use pilothouse_api::protocol::{CommandId, InstanceId, InvocationState};
use pilothouse_api::topics::CommandView;

/// How many nodes are named before the rest is counted.
const NAMED: usize = 3;

/// The script of a command that runs one, its lines joined.
#[must_use]
pub fn script(command: &CommandView) -> Option<String> {
    command.parameters.get("commands").map(|lines| lines.join("\n"))
}

/// What a command does, in a line: its script's first line that does something, or its document's parameters.
#[must_use]
pub fn first_line(command: &CommandView) -> String {
    let Some(script) = script(command) else {
        let said: Vec<String> =
            command.parameters.iter().map(|(name, values)| format!("{name}={}", values.join(","))).collect();
        return if said.is_empty() { command.document_name.clone() } else { said.join(" ") };
    };
    let lines: Vec<&str> = script.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let telling = lines.iter().find(|line| !line.starts_with('#')).or(lines.first()).copied().unwrap_or("");
    let more = lines.len().saturating_sub(1);
    if more == 0 { telling.to_owned() } else { format!("{telling}  (+{more})") }
}

/// Whom a command is for: its targets as given, or its nodes by name.
#[must_use]
pub fn targets(command: &CommandView, name: impl Fn(&str) -> String) -> String {
    if !command.targets.is_empty() {
        return command.targets.iter().map(target).collect::<Vec<_>>().join(" ");
    }
    let named: Vec<String> = command.instance_ids.iter().take(NAMED).map(|id| name(id)).collect();
    match command.instance_ids.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} +{more}", named.join(", ")),
    }
}

fn target(target: &Target) -> String {
    format!("{}={}", target.key, target.values.join(","))
}

/// What it means that a command stands so.
#[must_use]
pub const fn command_state(state: CommandState) -> &'static str {
    match state {
        CommandState::Pending => "nothing was sent yet",
        CommandState::InProgress => "under way",
        CommandState::Success => "ended well on every node",
        CommandState::Cancelled => "stopped on request",
        CommandState::Cancelling => "stopping: waiting for the nodes to confirm",
        CommandState::Failed => "failed",
        CommandState::Incomplete => "over; not well everywhere, but within the error limit",
        CommandState::RateExceeded => "more errors than allowed: it was not sent to the rest",
        CommandState::NoInstancesInTag => "no node has these tags: nothing was run",
        CommandState::DeliveryTimedOut => "did not reach the nodes before it expired",
        CommandState::ExecutionTimedOut => "ran out of time on the nodes, and was killed there",
    }
}

/// What it means that a run stands so.
#[must_use]
pub const fn run_state(state: InvocationState) -> &'static str {
    match state {
        InvocationState::Pending => "waits for its turn",
        InvocationState::Delayed => "sent, not yet answered by the node; sent again by itself",
        InvocationState::InProgress => "running",
        InvocationState::Success => "ended well",
        InvocationState::Cancelled => "stopped on request",
        InvocationState::Cancelling => "asked to stop, not yet confirmed by the node",
        InvocationState::Failed => "ended with an error",
        InvocationState::DeliveryTimedOut => "no word from the node before the command expired",
        InvocationState::ExecutionTimedOut => "ran out of time, and was killed on the node",
        InvocationState::Undeliverable => "the node was deregistered",
        InvocationState::InvalidPlatform => "the document is not for this platform",
        InvocationState::AccessDenied => "not allowed on this node",
        InvocationState::Terminated => "not sent: the error limit was exceeded before its turn",
    }
}

/// The `aws` line that shows a run, or all runs, of a command.
#[must_use]
pub fn aws_line(command: &CommandId, node: Option<&InstanceId>) -> String {
    match node {
        Some(node) => format!("aws ssm get-command-invocation --command-id {command} --instance-id {node}"),
        None => format!("aws ssm list-command-invocations --command-id {command} --details"),
    }
}

/// The `pilothouse` line that runs a command's script again on the same targets; none for other documents.
#[must_use]
pub fn run_line(command: &CommandView) -> Option<String> {
    let script = script(command)?;
    let targets: Vec<String> = match command.targets.as_slice() {
        [] => vec![format!("--nodes {}", quoted(&command.instance_ids.join(",")))],
        given => given.iter().map(|it| format!("--targets {}", quoted(&target(it)))).collect(),
    };
    Some(format!("pilothouse run {} -- {}", targets.join(" "), quoted(&script)))
}

/// The text as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// `12,345`.
#[must_use]
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 node`, `12,345 nodes`, `2 policies`.
#[must_use]
pub fn count(n: u64, noun: &str) -> String {
    match noun.strip_suffix('y').filter(|_| n != 1) {
        Some(stem) => format!("{} {stem}ies", grouped(n)),
        None => format!("{} {noun}{}", grouped(n), if n == 1 { "" } else { "s" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::fixtures;

    fn command(lines: &[&str]) -> CommandView {
        let mut command = fixtures::command(1, CommandState::Success, &[(InvocationState::Success, 3)]);
        command.parameters =
            [("commands".to_owned(), lines.iter().map(|&line| line.to_owned()).collect())].into();
        command
    }

    #[test]
    fn a_script_is_called_by_its_first_line_that_does_something() {
        assert_eq!(first_line(&command(&["uptime"])), "uptime");
        assert_eq!(first_line(&command(&["#!/bin/sh", "", "# why", "  set -eu", "reboot"])), "set -eu  (+3)");
        assert_eq!(first_line(&command(&["# only a remark"])), "# only a remark");
        let mut other = command(&[]);
        other.parameters = [("Operation".to_owned(), vec!["Scan".to_owned()])].into();
        assert_eq!(first_line(&other), "Operation=Scan");
        other.parameters.clear();
        assert_eq!(first_line(&other), "AWS-RunShellScript");
    }

    #[test]
    fn targets_are_said_as_given_and_many_nodes_are_counted() {
        let mut by_name = command(&["id"]);
        assert_eq!(targets(&by_name, str::to_owned), "tag:env=staging");
        by_name.targets.clear();
        by_name.instance_ids = ["a", "b", "c", "d", "e"].map(str::to_owned).into();
        assert_eq!(targets(&by_name, |id| id.replace('a', "web-01")), "web-01, b, c +2");
    }

    #[test]
    fn the_line_to_run_it_again_survives_a_shell() {
        let line = run_line(&command(&["echo 'it is'", "id"])).unwrap();
        assert_eq!(line, "pilothouse run --targets tag:env=staging -- 'echo '\\''it is'\\''\nid'");
        let by_id = CommandView {
            targets: vec![],
            instance_ids: vec!["mi-1".into(), "mi-2".into()],
            ..command(&["id"])
        };
        assert_eq!(run_line(&by_id).unwrap(), "pilothouse run --nodes mi-1,mi-2 -- id");
        assert!(run_line(&CommandView { parameters: [].into(), ..command(&[]) }).is_none());
    }

    #[test]
    fn counts_are_grouped_and_agree_with_their_noun() {
        assert_eq!(
            (count(1, "node"), count(10_000, "node")),
            ("1 node".to_owned(), "10,000 nodes".to_owned())
        );
    }
}
