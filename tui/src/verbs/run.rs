//! `pilothouse run`: a script on nodes, its output while it comes, and an exit status that can be trusted.
//!
//! Ctrl-C cancels the command, as it would end a program over ssh; pressed again it leaves the command to itself. Whoever wants
//! a command to go on alone presses it twice.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use pilothouse_api::commands::{CancelCommand, SendCommand};
use pilothouse_api::fleet::{ResolveTargets, SendCommandToNodes};
use pilothouse_api::protocol::{CommandId, InstanceId, InvocationState};
use pilothouse_api::topics::{CommandView, InvocationView, News, NodeView, Topic};
use pilothouse_client::{Client, EventStream, StreamEvent, Ticket};
use pilothouse_kit::safe;
use serde_json::json;
use tokio::signal::unix::Signal;

use super::lines::{Form, Lines};
use super::targets::{named, script, target};
use super::{FAILED, LEFT, VerbError};
use crate::arguments::Run;

/// The document that runs a script.
const DOCUMENT: &str = "AWS-RunShellScript";

/// Runs it, and gives the exit status. `interrupts` tells of every Ctrl-C.
///
/// # Errors
/// When it cannot be begun, or not be followed to its end.
pub async fn run<O: Write, E: Write>(
    client: &Client,
    run: &Run,
    form: Form,
    out: O,
    err: E,
    interrupts: &mut Signal,
) -> Result<u8, VerbError> {
    let nodes = tokio::select! {
        nodes = resolve(client, run) => nodes?,
        _ = interrupts.recv() => return Ok(LEFT),
    };
    let names = if form == Form::Json { names(&nodes) } else { telling_names(&nodes) };
    let mut lines = Lines::new(out, err, form, names);
    if nodes.is_empty() {
        writeln!(lines.err, "no node matches: nothing was run")?;
        return Ok(FAILED);
    }
    let command = send(client, run, &nodes).await?;
    let mut following = Following::new(client, command, lines, form);
    let mut cancelled = false;
    loop {
        tokio::select! {
            event = following.stream.next() => {
                if following.take(event)? {
                    return following.summary();
                }
            }
            _ = interrupts.recv() => {
                if cancelled {
                    return following.leave();
                }
                cancelled = true;
                following.cancel(client).await?;
            }
        }
    }
}

fn names(nodes: &[NodeView]) -> BTreeMap<InstanceId, String> {
    nodes.iter().map(|node| (node.instance_id.clone(), node.name.clone())).collect()
}

/// Names that tell nodes apart: where several have the same one, the id stands behind it.
fn telling_names(nodes: &[NodeView]) -> BTreeMap<InstanceId, String> {
    let mut bearers: BTreeMap<&str, usize> = BTreeMap::new();
    nodes.iter().for_each(|node| *bearers.entry(&node.name).or_default() += 1);
    let telling = |node: &NodeView| match bearers.get(node.name.as_str()) {
        Some(2..) => format!("{} ({})", node.name, node.instance_id),
        _ => node.name.clone(),
    };
    nodes.iter().map(|node| (node.instance_id.clone(), telling(node))).collect()
}

async fn resolve(client: &Client, run: &Run) -> Result<Vec<NodeView>, VerbError> {
    let targets = run.targets.iter().map(|text| target(text)).collect::<Result<_, _>>()?;
    let fleet = client.call(&ResolveTargets { targets, instance_ids: Vec::new() }).await?.nodes;
    if run.nodes.is_empty() { Ok(fleet) } else { named(&run.nodes, &fleet) }
}

async fn send(client: &Client, run: &Run, nodes: &[NodeView]) -> Result<CommandId, VerbError> {
    let mut parameters = BTreeMap::from([
        ("commands".to_owned(), script(&run.words).lines().map(str::to_owned).collect()),
        ("executionTimeout".to_owned(), vec![run.timeout.to_string()]),
    ]);
    parameters.extend(run.directory.iter().map(|dir| ("workingDirectory".to_owned(), vec![dir.clone()])));
    let command = SendCommand {
        document_name: DOCUMENT.to_owned(),
        timeout_seconds: Some(run.delivery_timeout.into()),
        comment: run.comment.clone(),
        parameters,
        max_concurrency: Some(run.concurrency.clone()),
        max_errors: Some(run.max_errors.clone()),
        ..SendCommand::default()
    };
    // What was resolved is what it runs on; but tags stay tags, so that the history tells what was meant.
    let sent = if run.targets.is_empty() {
        let nodes = nodes.iter().map(|node| node.instance_id.to_string()).collect();
        client.call(&SendCommandToNodes { command, nodes }).await?
    } else {
        let targets = run.targets.iter().map(|text| target(text)).collect::<Result<_, _>>()?;
        client.call(&SendCommand { targets, ..command }).await?
    };
    sent.command
        .command_id
        .parse()
        .map_err(|error| VerbError::Stream(format!("the server answered nonsense: {error}")))
}

/// A command that is followed to its end.
struct Following<O: Write, E: Write> {
    stream: EventStream,
    output: Ticket,
    id: CommandId,
    lines: Lines<O, E>,
    form: Form,
    command: Option<CommandView>,
    runs: BTreeMap<InstanceId, InvocationView>,
    told: BTreeSet<InstanceId>,
    complete: bool,
    lost: bool,
}

impl<O: Write, E: Write> Following<O, E> {
    fn new(client: &Client, id: CommandId, lines: Lines<O, E>, form: Form) -> Self {
        let stream = EventStream::open(client.clone());
        stream.follow(Topic::Command { command_id: id.clone(), after: 0 });
        let output = stream.follow(Topic::Merged { command_id: id.clone(), from: BTreeMap::new(), after: 0 });
        let (runs, told) = (BTreeMap::new(), BTreeSet::new());
        Self { stream, output, id, lines, form, command: None, runs, told, complete: false, lost: false }
    }

    /// Takes in what the stream says; `true` once all is over and all was printed.
    fn take(&mut self, event: Option<StreamEvent>) -> Result<bool, VerbError> {
        let Some(event) = event else {
            return Err(VerbError::Stream(String::from("the event stream ended")));
        };
        match event {
            StreamEvent::Live { .. } => {
                if std::mem::take(&mut self.lost) {
                    writeln!(self.lines.err, "linked again; nothing was lost")?;
                }
            }
            StreamEvent::Lost { why, .. } => {
                if !std::mem::replace(&mut self.lost, true) {
                    writeln!(self.lines.err, "the link is lost and is tried again ({why})")?;
                }
            }
            StreamEvent::Broken { why } => return Err(VerbError::Stream(why)),
            StreamEvent::Refused { code, reason, .. } => {
                return Err(VerbError::Stream(format!("{code}: {reason}")));
            }
            StreamEvent::News { news: News::Command { command, invocations }, .. } => {
                self.news(command, invocations);
            }
            StreamEvent::News { ticket, news: News::Merged { chunks, complete }, .. }
                if ticket == self.output =>
            {
                for (node, chunk) in &chunks {
                    self.lines.chunk(node, chunk)?;
                }
                self.complete |= complete;
            }
            StreamEvent::News { .. } | StreamEvent::Clock { .. } => {}
        }
        self.tell_results(false)?;
        self.lines.flush()?;
        let over = self.command.as_ref().is_some_and(|command| {
            let all = usize::try_from(command.target_count).is_ok_and(|n| n == self.runs.len());
            command.state.is_terminal() && all
        });
        Ok(over && self.complete && self.runs.values().all(|run| run.state.is_terminal()))
    }

    fn news(&mut self, command: Option<Box<CommandView>>, runs: Vec<InvocationView>) {
        if let Some(command) = command {
            self.command = Some(*command);
        }
        self.runs.extend(runs.into_iter().map(|run| (run.instance_id.clone(), run)));
    }

    /// Tells results, each behind the last line of its node.
    fn tell_results(&mut self, all_is_printed: bool) -> Result<(), VerbError> {
        for (id, run) in self.runs.iter().filter(|(_, run)| run.state.is_terminal()) {
            let is_printed = all_is_printed || self.lines.end(id) >= run.output_end;
            if self.form != Form::Json || !is_printed || !self.told.insert(id.clone()) {
                continue;
            }
            self.lines.finish_node(id)?;
            let line = json!({
                "type": "result", "node": self.lines.name(id), "id": id, "state": run.state,
                "exitCode": run.exit_code, "message": run.message,
            });
            writeln!(self.lines.out, "{line}")?;
        }
        Ok(())
    }

    async fn cancel(&mut self, client: &Client) -> Result<(), VerbError> {
        writeln!(self.lines.err, "cancelling {}; Ctrl-C again leaves it to itself", self.id)?;
        let operation = CancelCommand { command_id: self.id.to_string(), instance_ids: Vec::new() };
        if let Err(error) = client.call(&operation).await {
            writeln!(self.lines.err, "it could not be cancelled: {error}")?;
        }
        Ok(())
    }

    fn leave(mut self) -> Result<u8, VerbError> {
        self.lines.finish()?;
        writeln!(
            self.lines.err,
            "left: {} goes on; pilothouse pilothouse:command/{} shows it",
            self.id, self.id
        )?;
        Ok(LEFT)
    }

    fn summary(mut self) -> Result<u8, VerbError> {
        self.lines.finish()?;
        self.tell_results(true)?;
        let mut counts: BTreeMap<InvocationState, usize> = BTreeMap::new();
        self.runs.values().for_each(|run| *counts.entry(run.state).or_default() += 1);
        let well =
            !self.runs.is_empty() && self.runs.values().all(|run| run.state == InvocationState::Success);
        let state = self.command.as_ref().map(|command| command.state);
        if self.form == Form::Json {
            let line = json!({"type": "summary", "commandId": self.id, "state": state, "counts": counts, "succeeded": well});
            writeln!(self.lines.out, "{line}")?;
        } else {
            self.tell_failures()?;
            let counts: Vec<String> = counts.iter().map(|(state, n)| format!("{n} {state}")).collect();
            let state = if well {
                String::new()
            } else {
                state.map_or_else(String::new, |state| format!("{state}: "))
            };
            writeln!(self.lines.err, "{state}{} ({})", counts.join(", "), self.id)?;
            if counts.iter().any(|count| count.ends_with("Terminated")) {
                writeln!(
                    self.lines.err,
                    "the error limit kept it from the rest; --max-errors 100% runs it everywhere"
                )?;
            }
        }
        self.lines.flush()?;
        Ok(if well { 0 } else { FAILED })
    }

    fn tell_failures(&mut self) -> Result<(), VerbError> {
        for run in self.runs.values().filter(|run| run.state != InvocationState::Success) {
            let name = self.lines.name(&run.instance_id);
            let code = run.exit_code.map_or_else(String::new, |code| format!("exit code {code}"));
            let why = if run.message.is_empty() { code.into() } else { safe::visible(&run.message) };
            writeln!(self.lines.err, "{name}: {}{}{why}", run.state, if why.is_empty() { "" } else { ": " })?;
        }
        Ok(())
    }
}
