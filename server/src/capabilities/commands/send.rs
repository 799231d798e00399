//! SendCommand: checks everything that can be checked before anything is dispatched, and writes the rows.

use std::collections::BTreeSet;

use pilothouse_api::Fault;
use pilothouse_api::commands::{SendCommand, SendCommandResult};
use pilothouse_api::fleet::SendCommandToNodes;
use pilothouse_document::{Bindings, Document, Resolved, SsmValue, Step};
use pilothouse_protocol::InvocationState;
use pilothouse_protocol::frame::MAX_FRAME;
use pilothouse_store::commands::{self, CommandRecord};
use pilothouse_store::invocations::{self, InvocationRecord};
use pilothouse_store::nodes::NodeRecord;
use pilothouse_store::templates;

use super::notify::{self, notify};
use super::references;
use super::rollup::{self, Counts};
use super::shape::{self, Echo};
use super::targets::{explicit, matching};
use super::{buckets, document};
use crate::capabilities::resources;
use crate::capabilities::view::node_name;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::doorbell::Subject;

/// Seconds in which a command must reach a node, if the caller does not say.
const DELIVERY_TIMEOUT: i64 = 3600;
/// Seconds that a step may run, if neither caller nor document says.
const EXECUTION_TIMEOUT: i64 = 3600;
/// Bytes of document and parameters, at most: a job and its envelope must fit one frame.
const MAX_JOB: usize = MAX_FRAME - 64 * 1024;
/// The most targets a command may have.
const MAX_TARGETS: usize = 50_000;

impl Run for SendCommand {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<SendCommandResult, Fault> {
        let nodes = match (self.instance_ids.is_empty(), self.targets.is_empty()) {
            (false, true) => known(explicit(cx, &self.instance_ids).await?, cx)?,
            (true, false) => matching(cx, &self.targets).await?,
            (false, false) => {
                return Err(Fault::caller(
                    "InvalidParameters",
                    "InstanceIds and Targets cannot be given together: use one",
                ));
            }
            (true, true) => {
                return Err(Fault::caller(
                    "InvalidInstanceId",
                    "no node is named: give InstanceIds, or Targets such as Key=tag:env,Values=prod",
                ));
            }
        };
        let is_explicit = !self.instance_ids.is_empty();
        send(cx, self, nodes, is_explicit).await
    }
}

impl Run for SendCommandToNodes {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<SendCommandResult, Fault> {
        let nodes = known(explicit(cx, &self.nodes).await?, cx)?;
        let command = SendCommand { instance_ids: self.nodes, ..self.command };
        send(cx, command, nodes, true).await
    }
}

/// Refuses the whole command when an id is no managed node, in AWS's words.
fn known((nodes, unknown): (Vec<NodeRecord>, Vec<String>), cx: &Cx<'_>) -> Result<Vec<NodeRecord>, Fault> {
    if unknown.is_empty() {
        return Ok(nodes);
    }
    let (ids, region, account) = (listed(&unknown), cx.region(), cx.account_id);
    Err(Fault::caller(
        "InvalidInstanceId",
        format!(
            "Instances [[{ids}]] not in a valid state for account {account}: they are not managed nodes of region {region}"
        ),
    ))
}

/// Ids for people: some of them, when there are many.
fn listed(ids: &[String]) -> String {
    const SHOWN: usize = 50;
    let shown = ids.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match ids.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn few_enough(nodes: &[NodeRecord]) -> Result<(), Fault> {
    if nodes.len() <= MAX_TARGETS {
        return Ok(());
    }
    let message = format!("{} targets are over the limit of {MAX_TARGETS}", nodes.len());
    Err(Fault::caller("InvalidParameters", message))
}

async fn send(
    cx: &mut Cx<'_>,
    request: SendCommand,
    nodes: Vec<NodeRecord>,
    is_explicit: bool,
) -> Result<SendCommandResult, Fault> {
    few_enough(&nodes)?;
    notify::check(cx, &request)?;
    buckets::check(cx, &request)?;
    // GetDocument asks for the document on its way, by this operation's permission.
    let (content, document) = document::read(cx, &request).await?;
    let touched = nodes.iter().map(resources::node).collect();
    if is_explicit {
        cx.require(touched).await?;
    } else {
        cx.require_found(touched).await?;
    }
    let resolved = references::resolve(cx, document.ssm_references(&request.parameters)).await?;
    let bindings = document
        .bind_resolved(&request.parameters, &resolved)
        .map_err(|error| Fault::caller("InvalidParameters", error.to_string()))?;
    let platforms = document.platform_types();
    let fits = |node: &NodeRecord| {
        node.facts.platform.is_none_or(|p| platforms.iter().any(|q| q.as_str() == p.as_str()))
    };
    if is_explicit && let Some(node) = nodes.iter().find(|node| !fits(node)) {
        return Err(unsupported(&request.document_name, node));
    }
    let execution = execution_seconds(&document, &bindings)?;
    let mut command = record(cx, &request, content.content, execution);
    command.environments = resources::environments_of(&nodes);
    command.resolved = resolved;
    command.sender = serde_json::to_value(cx.requester().await?).map_err(Fault::internal)?;
    fits_a_frame(&command)?;
    let runs: Vec<_> =
        nodes.iter().enumerate().map(|(i, node)| run_record(cx, &command, i, node, fits(node))).collect();
    keep(cx, command, &runs, request.template.as_deref()).await
}

/// Writes the command with its runs, and that its template was used.
async fn keep(
    cx: &mut Cx<'_>,
    mut command: CommandRecord,
    runs: &[InvocationRecord],
    template: Option<&str>,
) -> Result<SendCommandResult, Fault> {
    if let Some(template) = template {
        templates::used(cx.tx, &command.region, template, cx.now).await.map_err(store_fault)?;
    }
    command.target_count = i64::try_from(runs.len()).unwrap_or(i64::MAX);
    for run in runs {
        *command.counts.entry(run.state).or_default() += 1;
    }
    command.state = rollup::of(&command);
    command.finished_at = command.state.is_terminal().then_some(cx.now);
    commands::insert(cx.tx, &command).await.map_err(store_fault)?;
    invocations::insert_many(cx.tx, runs).await.map_err(store_fault)?;
    notify(cx, &command, runs).await?;
    cx.created(resources::command(&command));
    cx.ring(Subject::Command { command_id: command.command_id.clone(), work: true });
    Ok(SendCommandResult { command: shape::command(&command) })
}

/// Refuses a command that could never be handed to a node.
fn fits_a_frame(command: &CommandRecord) -> Result<(), Fault> {
    // A text's envelope takes 5 bytes at most.
    let of = |text: &String| text.len() + 5;
    let values = |values: &Vec<String>| values.iter().map(of).sum::<usize>() + 5;
    let parameters: usize = command.parameters.iter().map(|(name, it)| of(name) + values(it)).sum();
    let resolved = command.resolved.iter().map(|(reference, it)| {
        of(&reference.to_string())
            + match it {
                SsmValue::Text(text) => of(text),
                SsmValue::List(list) => values(list),
            }
    });
    let bytes = of(&command.document) + parameters + resolved.sum::<usize>();
    if bytes <= MAX_JOB {
        return Ok(());
    }
    let message = format!(
        "document, parameters and what they refer to take {bytes} bytes, more than the limit of {MAX_JOB}"
    );
    Err(Fault::caller("MaxDocumentSizeExceeded", message))
}

fn unsupported(document: &str, node: &NodeRecord) -> Fault {
    let (name, id) = (node_name(node), &node.instance_id);
    let platform = node.facts.platform.map_or("unknown", |p| p.as_str());
    let message = format!("{document} does not support the platform of {name} ({id}): {platform}");
    Fault::caller("UnsupportedPlatformType", message)
}

/// How long all steps together may run.
fn execution_seconds(document: &Document, bindings: &Bindings) -> Result<i64, Fault> {
    let steps = document.command_steps().ok_or_else(|| {
        let schema = document.schema_version;
        Fault::caller("InvalidDocument", format!("a document of schema {schema} has no steps for nodes"))
    })?;
    let of_step = |step: &Step| {
        let inputs = step.bound(bindings).map_err(|error| {
            Fault::caller("InvalidParameters", format!("the step {} cannot be run: {error}", step.name))
        })?;
        let seconds =
            inputs.get("timeoutSeconds").and_then(|v| v.as_i64().or_else(|| v.as_str()?.parse().ok()));
        Ok(seconds.filter(|s| (5..=172_800).contains(s)).unwrap_or(EXECUTION_TIMEOUT))
    };
    steps.iter().map(of_step).sum()
}

fn record(cx: &Cx<'_>, request: &SendCommand, document: String, execution_seconds: i64) -> CommandRecord {
    let timeout = request.timeout_seconds.unwrap_or(DELIVERY_TIMEOUT);
    let start_by = cx.now.plus_seconds(timeout);
    CommandRecord {
        region: cx.region().to_owned(),
        command_id: cx.dice.command_id(),
        document_name: request.document_name.rsplit('/').next().unwrap_or_default().to_owned(),
        document_version: request.document_version.clone().unwrap_or_default(),
        document,
        comment: request.comment.clone().unwrap_or_default(),
        parameters: request.parameters.clone(),
        resolved: Resolved::new(),
        targets: request.targets.clone(),
        instance_ids: request.instance_ids.clone(),
        requested_by: cx.call.caller.to_string(),
        sender: serde_json::Value::Null,
        requested_at: cx.now,
        start_by,
        expires_at: start_by.plus_seconds(execution_seconds),
        timeout_seconds: timeout,
        max_concurrency: request.max_concurrency.clone().unwrap_or_else(|| String::from("50")),
        max_errors: request.max_errors.clone().unwrap_or_else(|| String::from("0")),
        echo: serde_json::to_value(Echo::of(request)).unwrap_or_default(),
        state: pilothouse_api::commands::CommandState::Pending,
        environments: BTreeSet::new(),
        target_count: 0,
        cancel_requested: false,
        paused: false,
        aborted: false,
        finished_at: None,
        counts: Counts::new(),
        revision: 0,
    }
}

fn run_record(
    cx: &Cx<'_>,
    command: &CommandRecord,
    index: usize,
    node: &NodeRecord,
    fits: bool,
) -> InvocationRecord {
    let platform = node.facts.platform.map_or("unknown", |p| p.as_str());
    InvocationRecord {
        region: command.region.clone(),
        command_id: command.command_id.clone(),
        instance_id: node.instance_id.clone(),
        position: i64::try_from(index).unwrap_or(i64::MAX),
        node_name: node_name(node),
        state: if fits { InvocationState::Pending } else { InvocationState::InvalidPlatform },
        sent_at: None,
        started_at: None,
        finished_at: (!fits).then_some(cx.now),
        exit_code: None,
        output_end: 0,
        message: if fits {
            String::new()
        } else {
            format!("{} does not support {platform}", command.document_name)
        },
        cancel: false,
        steps: Vec::new(),
        progress: None,
        killed: Vec::new(),
        killed_count: 0,
        requested_at: command.requested_at,
        document_name: command.document_name.clone(),
        revision: 0,
    }
}
