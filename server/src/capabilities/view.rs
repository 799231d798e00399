//! Rows as the cockpit sees them.

use pilothouse_api::audit::AuditView;
use pilothouse_api::topics::{CommandView, InvocationView, NodeView};
use pilothouse_store::audit::AuditRow;
use pilothouse_store::commands::CommandRecord;
use pilothouse_store::invocations::InvocationRecord;
use pilothouse_store::nodes::NodeRecord;

use super::rates::Pace;

/// What people call a node: its `Name` tag, or the name given at activation, or its host name, or its id.
pub(crate) fn node_name(node: &NodeRecord) -> String {
    let given = node.tags.get("Name").or(node.name.as_ref()).filter(|name| !name.is_empty());
    let host = Some(&node.facts.computer_name).filter(|name| !name.is_empty());
    given.or(host).cloned().unwrap_or_else(|| node.instance_id.to_string())
}

/// A node.
pub(crate) fn node_view(node: NodeRecord) -> NodeView {
    NodeView {
        name: node_name(&node),
        instance_id: node.instance_id,
        computer_name: node.facts.computer_name,
        ping: node.ping,
        last_ping: node.last_ping,
        registered_at: node.registered_at,
        platform: node.facts.platform,
        platform_name: node.facts.platform_name,
        platform_version: node.facts.platform_version,
        architecture: node.facts.architecture,
        kernel: node.facts.kernel,
        ip_address: node.facts.ip_address,
        agent_version: node.facts.agent_version,
        cpus: node.facts.cpus,
        memory_bytes: node.facts.memory_bytes,
        activation_id: node.activation_id,
        tags: node.tags,
        conflict: node.conflict,
    }
}

/// A command.
pub(crate) fn command_view(command: CommandRecord) -> CommandView {
    let pace = Pace::of(&command);
    let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    CommandView {
        command_id: command.command_id,
        document_name: command.document_name,
        comment: command.comment,
        parameters: command.parameters,
        targets: command.targets,
        instance_ids: command.instance_ids,
        requested_by: command.requested_by,
        requested_at: command.requested_at,
        expires_at: command.expires_at,
        state: command.state,
        counts: command.counts,
        target_count: u32::try_from(command.target_count).unwrap_or(u32::MAX),
        max_concurrency: command.max_concurrency,
        max_errors: command.max_errors,
        timeout_seconds: u32::try_from(command.timeout_seconds).unwrap_or(u32::MAX),
        paused: command.paused,
        aborted: command.aborted,
        start_by: command.start_by,
        ramp: count(pace.ramp()),
        concurrency: count(pace.concurrency),
        error_limit: count(pace.error_limit),
        errors: count(pace.errors),
        finished_at: command.finished_at,
    }
}

/// A run.
pub(crate) fn invocation_view(run: InvocationRecord) -> InvocationView {
    InvocationView {
        command_id: run.command_id,
        instance_id: run.instance_id,
        node_name: run.node_name,
        state: run.state,
        started_at: run.started_at,
        finished_at: run.finished_at,
        exit_code: run.exit_code,
        output_end: run.output_end,
        message: run.message,
        progress: run.progress,
        killed: run.killed,
        killed_count: run.killed_count,
    }
}

/// Resources of a record that a list shows.
const SHOWN: usize = 10;

/// A recorded call.
pub(crate) fn audit_view(row: AuditRow) -> AuditView {
    AuditView {
        seq: row.seq,
        at: row.at,
        who: row.who,
        operation: row.operation,
        permission: row.permission,
        read_only: row.read_only,
        outcome: row.outcome,
        resources: row.resources.into_iter().take(SHOWN).map(|touched| touched.resource).collect(),
        resource_count: u32::try_from(row.resource_count).unwrap_or(u32::MAX),
        source: row.source,
        note: row.note,
    }
}

/// A node's text as every database can keep it: NUL is made visible.
pub(crate) fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{2400}") } else { text }
}
