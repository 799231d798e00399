//! What stands in the columns.

use pilothouse_api::access::{AccessKey, Decision, KeyStatus, Simulated, User};
use pilothouse_api::protocol::Millis;
use pilothouse_kit::table::Cell;
use pilothouse_kit::theme::Role;

use super::Thing;
use crate::mirror::Nodes;
use crate::screen::Cx;
use crate::times;

/// When one of the user's keys signed last.
#[must_use]
pub fn last_used(user: &User) -> Option<Millis> {
    user.access_keys.iter().filter_map(|key| key.last_used_date).map(|at| at.0).max()
}

/// What a resource is called: a node's name, else as it is written.
#[must_use]
pub fn resource<'a>(reference: &'a str, nodes: &'a Nodes) -> &'a str {
    let id = reference.strip_prefix("node/").and_then(|id| id.parse().ok());
    id.and_then(|id| nodes.get(&id)).map_or(reference, |node| &node.name)
}

/// `1 of 2`, or how many there are when all are active.
fn keys(keys: &[AccessKey]) -> String {
    let active = keys.iter().filter(|key| key.status == KeyStatus::Active).count();
    match (active, keys.len()) {
        (_, 0) => "none".to_owned(),
        (active, all) if active == all => format!("{all}"),
        (active, all) => format!("{active} of {all}"),
    }
}

/// Two words for a decision.
#[must_use]
pub const fn decision(decision: Decision) -> (Role, &'static str) {
    match decision {
        Decision::Allowed => (Role::StateOk, "allowed"),
        Decision::NeedsArming => (Role::StateWaiting, "needs arming"),
        Decision::NeedsApproval => (Role::StateWaiting, "needs approval"),
        Decision::Forbidden => (Role::StateFailed, "forbidden"),
        Decision::NotPermitted => (Role::StateFailed, "not permitted"),
    }
}

/// The text of each column.
pub(super) fn texts(thing: Thing<'_>, nodes: &Nodes) -> Vec<String> {
    match thing {
        Thing::User(user) => vec![
            user.user_name.clone(),
            user.groups.join(", "),
            user.policies.join(", "),
            keys(&user.access_keys),
            String::new(),
            user.comment.clone(),
        ],
        Thing::Group(group) => vec![
            group.group_name.clone(),
            group.members.join(", "),
            group.policies.join(", "),
            group.comment.clone(),
        ],
        Thing::Role(role) => vec![
            role.role_name.clone(),
            role.policies.join(", "),
            times::span(role.max_session_seconds.saturating_mul(1000)),
            role.comment.clone(),
        ],
        Thing::Policy(policy) => vec![
            policy.policy_name.clone(),
            if policy.ready_made { "ready-made" } else { "own" }.to_owned(),
            policy.attached_to.join(", "),
            String::new(),
            policy.comment.clone(),
        ],
        Thing::Answer(answer) => vec![
            resource(&answer.resource, nodes).to_owned(),
            decision(answer.decision).1.to_owned(),
            because(answer),
            answer.explanation.clone(),
        ],
    }
}

/// `viewer:3, prod-needs-arming:1`.
fn because(answer: &Simulated) -> String {
    let said = answer.because.iter().map(|because| format!("{}:{}", because.policy, because.line));
    said.collect::<Vec<_>>().join(", ")
}

/// The cells of a thing, in the order of its tab's [`columns`].
#[must_use]
pub fn cells(thing: Thing<'_>, cx: &Cx<'_>) -> Vec<Cell<'static>> {
    let mut cells: Vec<Cell<'static>> = texts(thing, &cx.mirror.nodes).into_iter().map(Cell::new).collect();
    let mut look = |at: usize, role: Role| cells[at].role = role;
    match thing {
        Thing::User(user) => {
            look(5, Role::TextMuted);
            if user.access_keys.is_empty() {
                look(3, Role::TextMuted);
            }
            let used = last_used(user).map_or_else(|| "never".to_owned(), |at| times::instant(at, cx));
            cells[4] = Cell::of(Role::TextMuted, used);
        }
        Thing::Group(_) | Thing::Role(_) => look(3, Role::TextMuted),
        Thing::Policy(policy) => {
            look(1, Role::TextMuted);
            look(4, Role::TextMuted);
            let saved =
                if policy.ready_made { String::new() } else { times::instant(policy.updated_date.0, cx) };
            cells[3] = Cell::of(Role::TextMuted, saved);
        }
        Thing::Answer(answer) => {
            let (role, word) = decision(answer.decision);
            let symbols = cx.theme.symbols();
            let sign = match role {
                Role::StateOk => symbols.ok,
                Role::StateWaiting => symbols.waiting,
                _ => symbols.failed,
            };
            cells[1] = Cell::of(role, format!("{sign} {word}"));
        }
    }
    cells
}
