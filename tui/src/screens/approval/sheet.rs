//! A request as lines that people can read: the script with its line breaks, every other member by its name, targets by
//! environment. Nothing of it is left out.

use std::collections::BTreeMap;

use pilothouse_api::approvals::{Approval as Asked, ApprovalTarget};
use pilothouse_kit::safe;
use pilothouse_kit::theme::Role;
use serde_json::Value;

use crate::look;

/// Cells of a label.
const LABEL: usize = 14;
/// Values longer than this stand on lines of their own.
const SHORT: usize = 100;
/// Members that only name the targets, which stand beside.
const NAMES: [&str; 2] = ["InstanceIds", "Nodes"];

/// A line: its label or number, muted, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetLine {
    /// The label.
    pub label: String,
    /// What it says.
    pub text: String,
    /// How it is meant.
    pub role: Role,
}

fn line(label: impl Into<String>, text: impl Into<String>, role: Role) -> SheetLine {
    SheetLine { label: label.into(), text: text.into(), role }
}

/// What will run, member by member.
#[must_use]
pub fn what(approval: &Asked) -> Vec<SheetLine> {
    let mut lines = vec![line(
        "operation",
        format!("{} ({})", approval.operation, approval.permission),
        Role::TextStrong,
    )];
    if !approval.region.is_empty() {
        lines.push(line("region", &approval.region, Role::Text));
    }
    object(&approval.request, &mut lines);
    lines
}

fn object(value: &Value, lines: &mut Vec<SheetLine>) {
    let Value::Object(members) = value else { return member("request", value, lines) };
    for (name, value) in members {
        member(name, value, lines);
    }
}

fn member(name: &str, value: &Value, lines: &mut Vec<SheetLine>) {
    match value {
        Value::Object(_) => object(value, lines),
        Value::Array(items) if NAMES.contains(&name) => {
            lines.push(line(name, format!("{} by id: the targets", items.len()), Role::TextMuted));
        }
        Value::Array(items) => array(name, items, lines),
        Value::Null => {}
        value => text(name, &scalar(value), lines),
    }
}

fn array(name: &str, items: &[Value], lines: &mut Vec<SheetLine>) {
    let texts: Vec<String> = items.iter().map(scalar).collect();
    let joined = texts.join(", ");
    if name != "commands" && joined.len() <= SHORT && !joined.contains('\n') {
        return text(name, &joined, lines);
    }
    block(name, &texts.join("\n"), lines);
}

fn text(name: &str, said: &str, lines: &mut Vec<SheetLine>) {
    if said.contains('\n') || said.len() > SHORT {
        return block(name, said, lines);
    }
    lines.push(line(name, said, Role::Text));
}

/// A text of several lines, numbered, as a script is read.
fn block(name: &str, said: &str, lines: &mut Vec<SheetLine>) {
    lines.push(line(if name == "commands" { "script" } else { name }, "", Role::TextMuted));
    for (at, text) in said.split('\n').enumerate() {
        lines.push(line(format!("{:>4}", at + 1), text, Role::TextCode));
    }
    lines.push(line("", "", Role::Text));
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Where it will run: environments, production first, and in each the targets by name.
#[must_use]
pub fn targets(approval: &Asked) -> Vec<SheetLine> {
    let mut groups: BTreeMap<(bool, bool, &str), Vec<&ApprovalTarget>> = BTreeMap::new();
    for target in &approval.targets {
        let environment = target.environment.as_deref();
        // Besides nodes, what they are given: a document, a parameter.
        let kind = target.resource.split_once('/').map_or("", |(kind, _)| kind);
        let name = environment.unwrap_or(if kind == "node" { "no environment" } else { kind });
        groups.entry((environment.is_none(), !look::is_prod(name), name)).or_default().push(target);
    }
    let mut lines = Vec::new();
    for ((none, _, name), mut targets) in groups {
        targets.sort_by(|a, b| (&a.name, &a.resource).cmp(&(&b.name, &b.resource)));
        let role = if none { Role::TextStrong } else { look::env(name) };
        lines.push(line("", format!("{name}  {}", targets.len()), role));
        lines.extend(
            targets.into_iter().map(|it| line(format!("  {}", it.name), &it.resource, Role::TextMuted)),
        );
    }
    let told = approval.targets.len();
    let all = usize::try_from(approval.target_count).unwrap_or(usize::MAX);
    if told < all {
        lines.push(line("", format!("and {} more, which are being read", all - told), Role::Warn));
    }
    lines
}

/// Breaks lines that are wider than a pane, so that nothing of them is hidden.
#[must_use]
pub fn folded(lines: &[SheetLine], cells: usize) -> Vec<SheetLine> {
    let room = cells.saturating_sub(LABEL + 1).max(8);
    let mut out = Vec::with_capacity(lines.len());
    for it in lines {
        let mut label = it.label.clone();
        let texts = safe::fold(&it.text, room).into_iter();
        out.extend(texts.map(|text| line(std::mem::take(&mut label), text, it.role)));
    }
    out
}

/// Cells of the labels of a pane.
#[must_use]
pub const fn label_cells() -> usize {
    LABEL
}
