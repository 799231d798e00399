//! A fleet, a command and its output, for the rooms' tests.

use std::collections::BTreeMap;

use pilothouse_api::approvals::{Approval, ApprovalState, ApprovalTarget};
use pilothouse_api::arming::Arming;
use pilothouse_api::audit::AuditView;
use pilothouse_api::commands::{CommandState, Target};
use pilothouse_api::folding::{Group, Normal};
use pilothouse_api::protocol::{
    Chunk, CommandId, InstanceId, InvocationState, Millis, Payload, PingStatus, Platform, Stream,
};
use pilothouse_api::topics::{CommandView, InvocationView, News, NodeView, Topic};

use pilothouse_kit::paint;
use pilothouse_kit::theme::{Role, Theme};
use ratatui::backend::TestBackend;
use ratatui::buffer::Cell;
use ratatui::style::Style;
use ratatui::{Frame, Terminal};

use crate::mirror::{Link, Mirror};

/// Every test's clock: 2026-11-23 12:00:00 UTC.
pub const NOW: Millis = Millis(1_795_435_200_000);

/// Where a test's fleet stands.
const PLACES: [(&str, &str); 3] = [("prod", "10.0"), ("staging", "10.1"), ("dev", "10.2")];

pub fn id(n: usize) -> InstanceId {
    format!("mi-{n:017x}").parse().unwrap()
}

pub fn command_id(n: usize) -> CommandId {
    format!("0b0d5a8e-3f6e-4f9e-9a6b-{n:012x}").parse().unwrap()
}

/// The `n`th node: every seventh is lost, every fifth runs Windows, the environments take turns.
pub fn node(n: usize) -> NodeView {
    let (env, net) = PLACES[n % 3];
    let lost = n % 7 == 3;
    let windows = n % 5 == 4;
    NodeView {
        instance_id: id(n),
        name: format!("{}-{:02}", ["web", "db", "cache", "worker"][n % 4], n),
        computer_name: format!("ip-{n}.example.internal"),
        ping: if lost { PingStatus::ConnectionLost } else { PingStatus::Online },
        last_ping: Millis(NOW.0 - if lost { 3_900_000 } else { (n as i64 % 9) * 1_000 }),
        registered_at: Millis(NOW.0 - 86_400_000 * (1 + n as i64 % 60)),
        platform: Some(if windows { Platform::Windows } else { Platform::Linux }),
        platform_name: if windows { "Microsoft Windows Server 2022" } else { "Debian GNU/Linux" }.to_owned(),
        platform_version: if windows { "10.0.20348" } else { "12" }.to_owned(),
        architecture: "x86_64".to_owned(),
        kernel: "6.1.0-18-amd64".to_owned(),
        ip_address: format!("{net}.{}.{}", n / 250, n % 250 + 1),
        agent_version: if n.is_multiple_of(11) { "0.0.9" } else { "0.1.0" }.to_owned(),
        cpus: 4,
        memory_bytes: 8 << 30,
        activation_id: "5f0c8f0e-8a0d-4b8e-9d55-0c6f3d3f9a01".to_owned(),
        tags: [("env", env), ("role", ["web", "db", "cache", "worker"][n % 4])]
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect(),
        conflict: None,
    }
}

pub fn tell_nodes(mirror: &mut Mirror, nodes: Vec<NodeView>, gone: Vec<InstanceId>, after: i64) {
    mirror.news(News::Nodes { nodes, gone, reset: false }, &Topic::Nodes { after, under: 0 }, false);
}

/// A mirror that is linked and knows `n` nodes.
pub fn fleet(n: usize) -> Mirror {
    let mut mirror = Mirror::default();
    mirror.linked(Link::Live { rtt_ms: Some(12) }, NOW);
    mirror.opened(&Topic::nodes());
    tell_nodes(&mut mirror, (0..n).map(node).collect(), Vec::new(), 1);
    mirror
}

pub fn command(n: usize, state: CommandState, counts: &[(InvocationState, u32)]) -> CommandView {
    let counts: BTreeMap<_, _> = counts.iter().copied().collect();
    CommandView {
        command_id: command_id(n),
        document_name: "AWS-RunShellScript".to_owned(),
        comment: if n.is_multiple_of(2) { String::new() } else { format!("ticket OPS-{n}") },
        parameters: [(
            "commands".to_owned(),
            vec![["uptime", "df -h /", "apt-get -y upgrade"][n % 3].to_owned()],
        )]
        .into(),
        targets: vec![Target { key: "tag:env".to_owned(), values: vec![PLACES[n % 3].0.to_owned()] }],
        instance_ids: Vec::new(),
        requested_by: "root".to_owned(),
        requested_at: Millis(NOW.0 - 20_000 - 600_000 * n as i64),
        expires_at: Millis(NOW.0 + 3_600_000),
        state,
        target_count: counts.values().sum(),
        max_concurrency: "50".to_owned(),
        max_errors: "0".to_owned(),
        timeout_seconds: 3600,
        paused: false,
        aborted: false,
        start_by: Millis(NOW.0 + 1_800_000),
        ramp: 8,
        concurrency: 50,
        error_limit: 0,
        errors: errors(&counts),
        finished_at: state.is_terminal().then_some(Millis(NOW.0 - 5_000)),
        counts,
    }
}

fn errors(counts: &BTreeMap<InvocationState, u32>) -> u32 {
    let errors = [InvocationState::Failed, InvocationState::ExecutionTimedOut];
    errors.iter().filter_map(|state| counts.get(state)).sum()
}

pub fn run(command: usize, n: usize, state: InvocationState) -> InvocationView {
    let begun =
        !matches!(state, InvocationState::Pending | InvocationState::Delayed | InvocationState::Terminated);
    InvocationView {
        command_id: command_id(command),
        instance_id: id(n),
        node_name: node(n).name,
        state,
        started_at: begun.then_some(Millis(NOW.0 - 18_000)),
        finished_at: state.is_terminal().then_some(Millis(NOW.0 - 18_000 + 500 * (1 + n as i64))),
        exit_code: match state {
            InvocationState::Success => Some(0),
            InvocationState::Failed => Some(127),
            _ => None,
        },
        output_end: if begun { 40 + n as u64 } else { 0 },
        message: if state == InvocationState::Failed {
            "step 1: sh: apt-gett: not found".to_owned()
        } else {
            String::new()
        },
        progress: None,
        killed: Vec::new(),
        killed_count: 0,
    }
}

pub fn tell_command(mirror: &mut Mirror, command: CommandView, runs: Vec<InvocationView>, after: i64) {
    let topic = Topic::Command { command_id: command.command_id.clone(), after: 0 };
    mirror.opened(&topic);
    let next = Topic::Command { command_id: command.command_id.clone(), after };
    mirror.news(News::Command { command: Some(Box::new(command)), invocations: runs }, &next, false);
}

/// A group of the first `count` nodes from the `n`th on, that says this.
pub fn group(n: usize, count: u32, says: &str, ended: InvocationState, code: i32) -> Group {
    Group {
        id: format!("{n:016x}"),
        count,
        so_far: 0,
        ended: [(ended, count)].into(),
        exit_codes: vec![(code, count)],
        lines: says.lines().count() as u64,
        stderr_lines: 0,
        bytes: says.len() as u64,
        sample: id(n),
        names: (n..n + (count as usize).min(5)).map(|n| node(n).name).collect(),
        preview: says.as_bytes().to_vec(),
        differs_at: 0,
        outlier: false,
        began: true,
    }
}

/// What the nodes of a command say, folded.
pub fn tell_groups(mirror: &mut Mirror, command: usize, groups: Vec<Group>, running: u32) {
    let topic = |after| Topic::Groups { command_id: command_id(command), normal: Normal::default(), after };
    mirror.opened(&topic(0));
    let nodes = groups.iter().map(|group| group.count).sum();
    let complete = running == 0;
    let news = News::Groups { groups, nodes, running, more_groups: 0, complete };
    mirror.news(news, &topic(1), false);
}

pub fn tell_commands(mirror: &mut Mirror, commands: Vec<CommandView>, after: i64) {
    mirror.opened(&Topic::commands());
    mirror.news(News::Commands { commands, reset: false }, &Topic::Commands { after, under: 0 }, false);
}

pub fn chunk(offset: u64, stream: Stream, text: &str) -> Chunk {
    Chunk {
        offset,
        step: 0,
        stream,
        at: Millis(NOW.0 - 17_000),
        payload: Payload::Data(text.as_bytes().to_vec()),
    }
}

/// Output of one node; a chunk of `None` is a hole of that many bytes.
pub fn tell_output(mirror: &mut Mirror, command: usize, n: usize, chunks: Vec<Chunk>, complete: bool) {
    let from = chunks.last().map_or(0, Chunk::end);
    let topic = Topic::Output { command_id: command_id(command), instance_id: id(n), from };
    mirror.opened(&topic);
    mirror.news(News::Output { chunks, complete }, &topic, false);
}

pub fn tell_merged(mirror: &mut Mirror, command: usize, chunks: Vec<(usize, Chunk)>, complete: bool) {
    let chunks: Vec<(InstanceId, Chunk)> = chunks.into_iter().map(|(n, chunk)| (id(n), chunk)).collect();
    let from = chunks.iter().map(|(node, chunk)| (node.clone(), chunk.end())).collect();
    let topic = Topic::Merged { command_id: command_id(command), from, after: 0 };
    mirror.opened(&topic);
    mirror.news(News::Merged { chunks, complete }, &topic, false);
}

/// An arming that has been there for a minute and ends in so many seconds.
pub fn arming(environment: &str, principal: &str, seconds: i64) -> Arming {
    Arming {
        environment: environment.to_owned(),
        principal: principal.to_owned(),
        reason: "OPS-7: roll out".to_owned(),
        since: NOW.plus_seconds(-60),
        until: NOW.plus_seconds(seconds),
    }
}

pub fn tell_armings(mirror: &mut Mirror, armings: Vec<Arming>) {
    mirror.opened(&Topic::Armings { after: 0 });
    mirror.news(News::Armings { armings }, &Topic::Armings { after: 1 }, false);
}

pub fn approval_id(n: usize) -> String {
    format!("apr-{n:012x}")
}

/// The `n`th request: somebody else's, for the first nodes of a fleet; the higher `n`, the older.
pub fn approval(n: usize) -> Approval {
    let targets: Vec<ApprovalTarget> = (0..4 + n)
        .map(node)
        .map(|node| ApprovalTarget {
            resource: format!("node/{}", node.instance_id),
            environment: node.tags.get("env").cloned(),
            name: node.name,
        })
        .collect();
    let request = serde_json::json!({
        "DocumentName": "AWS-RunShellScript",
        "Parameters": { "commands": ["set -eu", "apt-get -y upgrade", "systemctl restart nginx"] },
        "Comment": "OPS-7: security updates",
    });
    serde_json::from_value(serde_json::json!({
        "ApprovalId": approval_id(n), "State": ApprovalState::Pending, "RequestedBy": "user/ben",
        "RequestedAt": NOW.0 - 60_000 * i64::try_from(n).unwrap(), "ExpiresAt": NOW.0 + 3_600_000,
        "Region": "us-east-1", "Operation": "SendCommand", "Permission": "ssm:SendCommand", "Request": request,
        "TargetCount": targets.len(), "Targets": targets, "Environments": ["dev", "prod", "staging"],
        "Why": "prod-careful: more than 3 nodes of prod take a second pair of eyes",
        "Reason": "OPS-7: security updates", "MayDecide": true,
    }))
    .unwrap()
}

pub fn tell_approvals(mirror: &mut Mirror, approvals: Vec<Approval>) {
    mirror.opened(&Topic::Approvals { after: 0 });
    mirror.news(News::Approvals { approvals }, &Topic::Approvals { after: 1 }, false);
}

/// The record in that place: every fourth was refused.
pub fn record(seq: i64) -> AuditView {
    let refused = seq % 4 == 0;
    let n = usize::try_from(seq).unwrap();
    AuditView {
        seq,
        at: Millis(NOW.0 - 1_000_000 + seq * 1_000),
        who: ["root", "user/anna", "user/ben"][n % 3].to_owned(),
        operation: ["SendCommand", "ListCommands"][n % 2].to_owned(),
        permission: ["ssm:SendCommand", "ssm:ListCommands"][n % 2].to_owned(),
        read_only: n % 2 == 1,
        outcome: if refused { "AccessDeniedException" } else { "ok" }.to_owned(),
        resources: vec![format!("node/{}", id(n % 50))],
        resource_count: 1,
        source: "10.0.0.7".to_owned(),
        note: if refused { "no policy permits ssm:SendCommand" } else { "" }.to_owned(),
    }
}

/// What is drawn: each row, and under it which role begins in which cell, where there are others than plain text.
pub fn drawn(theme: &Theme, (width, height): (u16, u16), draw: impl FnOnce(&mut Frame<'_>)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| {
            let area = frame.area();
            paint::ground(frame.buffer_mut(), area, theme);
            draw(frame);
        })
        .unwrap();
    let buffer = terminal.backend().buffer();
    let mut out = String::new();
    for y in 0..height {
        let cells: Vec<&Cell> = (0..width).map(|x| &buffer[(x, y)]).collect();
        let text: String = cells.iter().map(|cell| cell.symbol()).collect();
        out += text.trim_end();
        out.push('\n');
        let roles: Vec<String> = cells.iter().map(|cell| role(theme, cell)).collect();
        let begins =
            (0..roles.len()).filter(|&x| if x == 0 { roles[0] != "text" } else { roles[x] != roles[x - 1] });
        let runs: Vec<String> = begins.map(|x| format!("{x}:{}", roles[x])).collect();
        if !runs.is_empty() {
            out += &format!("» {}\n", runs.join(" "));
        }
    }
    out
}

/// The first role that looks so, or the bare style.
fn role(theme: &Theme, cell: &Cell) -> String {
    let look = |style: Style| {
        let style = Style::reset().patch(theme.style(Role::Text)).patch(style);
        (style.fg, style.bg, style.add_modifier)
    };
    let drawn = (cell.style().fg, cell.style().bg, cell.modifier);
    let known = Role::ALL.iter().find(|role| look(theme.style(**role)) == drawn);
    known
        .map_or_else(|| format!("{}/{}/{:?}", cell.fg, cell.bg, cell.modifier), |role| role.name().to_owned())
}
