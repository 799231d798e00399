//! The trail as rows of a list: a row per call.
//!
//! In: what was told live and what was paged, newest first. Out: what the list asks of them, and the cells of a row.
//! Never here: the cursor, what is shown: those are the list's.

use std::cmp::Ordering;

use pilothouse_api::audit::{AuditFilter, AuditSeq, AuditView};
use pilothouse_kit::table::{Align, Cell, Column, Width};
use pilothouse_kit::theme::Role;

use super::older::Older;
use super::query::REFUSED;
use crate::mirror::{Nodes, Trail};
use crate::screen::Cx;
use crate::screens::rows::{Fields, Rows, natural};
use crate::times;

/// Numbers of the columns by which the list can be sorted.
pub const WHEN: usize = 0;
const WHO: usize = 1;
const OPERATION: usize = 2;
const RESULT: usize = 3;
const RESOURCES: usize = 4;
const FROM: usize = 5;
const NOTE: usize = 6;

/// The operation of those who look on, topic by topic.
const FOLLOW: &str = "Follow";

/// The columns, from left to right.
pub const COLUMNS: [Column<'static>; 7] = [
    Column { title: "when", width: Width::Fixed(11), align: Align::Left, pinned: true },
    Column { title: "who", width: Width::Flex { min: 12, weight: 2 }, align: Align::Left, pinned: false },
    Column {
        title: "operation",
        width: Width::Flex { min: 18, weight: 3 },
        align: Align::Left,
        pinned: false,
    },
    Column { title: "result", width: Width::Flex { min: 14, weight: 3 }, align: Align::Left, pinned: false },
    Column {
        title: "resources",
        width: Width::Flex { min: 14, weight: 4 },
        align: Align::Left,
        pinned: false,
    },
    Column { title: "from", width: Width::Fixed(15), align: Align::Left, pinned: false },
    Column { title: "why", width: Width::Flex { min: 20, weight: 7 }, align: Align::Left, pinned: false },
];

/// Narrower than this, addresses are left out.
const NARROW: u16 = 100;
/// From this width on, all columns are shown.
const WIDE: u16 = 150;

/// Numbers of the columns that are shown; scrolled sideways, all are in reach.
#[must_use]
pub fn shown(width: u16, scrolled: bool) -> &'static [usize] {
    match width {
        ..NARROW if !scrolled => &[WHEN, WHO, OPERATION, RESULT, RESOURCES],
        ..WIDE if !scrolled => &[WHEN, WHO, OPERATION, RESULT, RESOURCES, FROM],
        _ => &[WHEN, WHO, OPERATION, RESULT, RESOURCES, FROM, NOTE],
    }
}

/// The calls, newest first: those that were told live, then the older ones.
#[derive(Clone, Copy)]
pub struct Calls<'a> {
    live: Option<&'a Trail>,
    older: &'a [AuditView],
    applied: &'a AuditFilter,
    nodes: &'a Nodes,
    generation: u64,
}

/// What the filter may ask of a call.
struct Row<'a> {
    call: &'a AuditView,
    applied: &'a AuditFilter,
    names: Vec<&'a str>,
}

impl<'a> Calls<'a> {
    /// The calls that `applied` let through. `generation` counts changes of them.
    #[must_use]
    pub fn of(applied: &'a AuditFilter, older: &'a Older, generation: u64, cx: &Cx<'a>) -> Self {
        let (live, nodes) = (cx.mirror.trail(applied), &cx.mirror.nodes);
        Self { live, older: &older.records, applied, nodes, generation }
    }

    fn told(&self) -> usize {
        self.live.map_or(0, Trail::len)
    }

    /// The call in that place, 0 being the newest.
    #[must_use]
    pub fn at(&self, at: usize) -> Option<&'a AuditView> {
        match at.checked_sub(self.told()) {
            None => self.live?.nth(at),
            Some(at) => self.older.get(at),
        }
    }
}

impl Rows for Calls<'_> {
    type Key = AuditSeq;

    fn generation(&self) -> u64 {
        self.generation
    }

    fn len(&self) -> usize {
        self.told() + self.older.len()
    }

    fn key(&self, at: usize) -> AuditSeq {
        self.at(at).map_or(0, |call| call.seq)
    }

    fn position(&self, key: &AuditSeq) -> Option<usize> {
        self.live.and_then(|live| live.position(*key)).or_else(|| {
            let at = self.older.binary_search_by(|call| key.cmp(&call.seq)).ok()?;
            Some(self.told() + at)
        })
    }

    fn fields(&self, at: usize) -> impl Fields {
        self.at(at).map(|call| Row {
            call,
            applied: self.applied,
            names: call.resources.iter().map(|resource| name(resource, self.nodes)).collect(),
        })
    }

    fn is_fault(&self, at: usize) -> bool {
        self.at(at).is_some_and(is_refused)
    }

    fn compare(&self, column: usize, a: usize, b: usize) -> Ordering {
        let (Some(a), Some(b)) = (self.at(a), self.at(b)) else { return Ordering::Equal };
        let order = match column {
            WHO => natural(&a.who, &b.who),
            OPERATION => natural(&a.operation, &b.operation),
            RESULT => natural(&a.outcome, &b.outcome),
            RESOURCES => a.resource_count.cmp(&b.resource_count),
            FROM => natural(&a.source, &b.source),
            _ => Ordering::Equal,
        };
        order.then_with(|| a.seq.cmp(&b.seq))
    }

    fn sorts(&self) -> Vec<(usize, String)> {
        let columns = [WHEN, WHO, OPERATION, RESULT, RESOURCES, FROM];
        let title = |at: usize| if at == RESOURCES { "number of resources" } else { COLUMNS[at].title };
        columns.map(|at| (at, title(at).to_owned())).into()
    }
}

impl Fields for Option<Row<'_>> {
    fn any(&self, look: &mut dyn FnMut(&str) -> bool) -> bool {
        let Some(Row { call, names, .. }) = self else { return false };
        look(&call.who)
            || look(&call.operation)
            || look(&call.outcome)
            || names.iter().any(|name| look(name))
            || call.resources.iter().any(|resource| look(resource))
            || look(&call.note)
            || look(&call.source)
    }

    fn name(&self) -> &str {
        self.as_ref().map_or("", |row| &row.call.operation)
    }

    /// The server knows more of a call than is told of it in a list: what it let through is in.
    fn column(&self, name: &str, look: &mut dyn FnMut(&str) -> bool) -> Option<bool> {
        let Row { call, applied, names } = self.as_ref()?;
        Some(match name {
            "who" => let_in(&applied.who, look) || look(&call.who),
            "what" => let_in(&applied.what, look) || look(&call.operation) || look(&call.permission),
            "where" => {
                let_in(&applied.r#where, look)
                    || names.iter().any(|name| look(name))
                    || call.resources.iter().any(|resource| look(resource))
            }
            "result" => look(&call.outcome) || (is_refused(call) && look(REFUSED)),
            "from" => look(&call.source),
            "why" => look(&call.note),
            _ => return None,
        })
    }
}

/// Whether the server let it through for a text that is looked for.
fn let_in(part: &str, look: &mut dyn FnMut(&str) -> bool) -> bool {
    !part.is_empty() && look(part)
}

/// Whether it did not go well.
pub(super) fn is_refused(call: &AuditView) -> bool {
    call.outcome != "ok"
}

/// What people call a resource: a node's name, or the reference without the kind where that is clear.
fn name<'a>(resource: &'a str, nodes: &'a Nodes) -> &'a str {
    let id = resource.strip_prefix("node/").and_then(|id| id.parse().ok());
    match id.and_then(|id| nodes.get(&id)) {
        Some(node) => &node.name,
        None => resource,
    }
}

/// What was followed, where the record says it: of those who follow, the resources are not told.
fn followed(call: &AuditView) -> Option<&str> {
    let is_told = call.operation == FOLLOW && call.resources.is_empty() && !is_refused(call);
    Some(call.note.as_str()).filter(|note| is_told && !note.is_empty())
}

/// The first resources by name, and how many more there are.
pub(super) fn resources(call: &AuditView, nodes: &Nodes) -> String {
    if let Some(topic) = followed(call) {
        return topic.to_owned();
    }
    let named: Vec<&str> = call.resources.iter().take(3).map(|resource| name(resource, nodes)).collect();
    let all = usize::try_from(call.resource_count).unwrap_or(usize::MAX).max(call.resources.len());
    match all - named.len() {
        0 => named.join(", "),
        more => format!("{} +{more}", named.join(", ")),
    }
}

/// Of a refusal what the other columns do not say: who may not do what on what stands there.
fn reason(note: &str) -> &str {
    let refused = note.split_once(" is not authorized to perform: ");
    refused.and_then(|(_, rest)| rest.split_once(": ")).map_or(note, |(_, why)| why)
}

/// The cells of a call, in the order of [`COLUMNS`].
#[must_use]
pub fn cells<'a>(call: &'a AuditView, cx: &Cx<'a>) -> Vec<Cell<'a>> {
    let symbols = cx.theme.symbols();
    let (sign, role) =
        if is_refused(call) { (symbols.failed, Role::StateFailed) } else { (symbols.ok, Role::StateOk) };
    // Who only looked stays in the background.
    let weight = if call.read_only { Role::TextMuted } else { Role::Text };
    // What was followed stands among the resources.
    let why = if followed(call).is_some() { "" } else { reason(&call.note) };
    vec![
        Cell::of(Role::TextMuted, times::instant(call.at, cx)),
        Cell::new(&call.who),
        Cell::of(weight, &call.operation),
        // `Exception` says nothing that the sign does not.
        Cell::of(role, format!("{sign} {}", call.outcome.trim_end_matches("Exception"))),
        Cell::of(weight, resources(call, &cx.mirror.nodes)),
        Cell::of(Role::TextMuted, &call.source),
        Cell::of(if is_refused(call) { Role::Text } else { Role::TextMuted }, why),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::fixtures;

    #[test]
    fn what_was_followed_stands_in_the_place_of_resources() {
        let follow = |outcome: &str| AuditView {
            operation: FOLLOW.to_owned(),
            resources: Vec::new(),
            resource_count: 0,
            outcome: outcome.to_owned(),
            note: "command/4711".to_owned(),
            ..fixtures::record(1)
        };
        assert_eq!(resources(&follow("ok"), &Nodes::default()), "command/4711");
        assert_eq!(resources(&follow("AccessDeniedException"), &Nodes::default()), "", "that is the error");
    }

    #[test]
    fn the_reason_of_a_refusal_is_what_the_policies_say() {
        let refused = |what: &str| format!("user/anna is not authorized to perform: ssm:SendCommand{what}");
        assert_eq!(reason(&refused(": no policy permits it")), "no policy permits it");
        let armed = "policy guard line 5 asks that prod be armed: production must be armed";
        assert_eq!(reason(&refused(&format!(" on web-01 (node/mi-1): {armed}"))), armed);
        assert_eq!(reason("deploy: 4711"), "deploy: 4711");
    }
}
