//! Requests for approval in a few words: whose they are, what they would do, what they made.
//!
//! In: what the server told. Out: short plain text, not yet made harmless: whoever draws it does that.
//! Never here: who may decide.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_api::approvals::Approval;
use serde_json::Value;

use crate::look;
use crate::route::Route;
use crate::screen::Cx;
use crate::words;

/// The kind of what runs commands.
const NODE: &str = "node";

/// Whether this person asked for it, in whatever role.
#[must_use]
pub fn is_of(approval: &Approval, person: &str) -> bool {
    let asked_by = &approval.requested_by;
    !person.is_empty() && (asked_by == person || asked_by.ends_with(&format!(" ({person})")))
}

/// Whether the user asked for it.
#[must_use]
pub fn is_own(approval: &Approval, cx: &Cx<'_>) -> bool {
    is_of(approval, cx.mirror.caller.person())
}

/// How many things of each kind it would touch, nodes first. Nothing as long as not all of them were told.
fn kinds(approval: &Approval) -> Vec<(&str, u64)> {
    let told = u32::try_from(approval.targets.len()).unwrap_or(u32::MAX);
    if told < approval.target_count {
        return Vec::new();
    }
    // What moves from one environment into another stands in both.
    let things: BTreeSet<&str> = approval.targets.iter().map(|target| target.resource.as_str()).collect();
    let mut kinds: BTreeMap<(bool, &str), u64> = BTreeMap::new();
    for thing in things {
        let kind = thing.split_once('/').map_or(thing, |(kind, _)| kind);
        *kinds.entry((kind != NODE, kind)).or_default() += 1;
    }
    kinds.into_iter().map(|((_, kind), n)| (kind, n)).collect()
}

/// What it would touch, by kind: `24 nodes and 1 document`. As long as not all of it was told, how many there are.
#[must_use]
pub fn touches(approval: &Approval) -> String {
    let mut counts: Vec<String> =
        kinds(approval).into_iter().map(|(kind, n)| words::count(n, kind)).collect();
    match (counts.pop(), counts.is_empty()) {
        (None, _) => words::count(approval.target_count.into(), "target"),
        (Some(last), true) => last,
        (Some(last), false) => format!("{} and {last}", counts.join(", ")),
    }
}

/// The same where there is little room: `24: prod, 1 document`.
#[must_use]
pub fn touches_shortly(approval: &Approval) -> String {
    let mut environments: Vec<&str> = approval.environments.iter().map(String::as_str).collect();
    // What is cut at the end is not what matters most.
    environments.sort_by_key(|name| !look::is_prod(name));
    let environments = environments.join(", ");
    let kinds = kinds(approval);
    match &kinds[..] {
        _ if environments.is_empty() => touches(approval),
        [] => format!("{}: {environments}", approval.target_count),
        [(NODE, nodes), others @ ..] => {
            let others = others.iter().map(|(kind, n)| format!(", {}", words::count(*n, kind)));
            format!("{nodes}: {environments}{}", others.collect::<String>())
        }
        _ => format!("{environments}: {}", touches(approval)),
    }
}

/// Where what it made is seen.
#[must_use]
pub fn made(approval: &Approval) -> Option<Route> {
    approval.outcome.strip_prefix("command/")?.parse().ok().map(Route::command)
}

/// Why the user cannot take it back.
#[must_use]
pub fn why_not_withdraw(approval: &Approval, cx: &Cx<'_>) -> Option<String> {
    if approval.state.is_over() {
        return Some(format!("it is over: {}", look::approval(approval.state, cx.theme.symbols()).word));
    }
    (!is_own(approval, cx)).then(|| "only who asked for it takes it back".to_owned())
}

/// What it would do, in a few words: the operation, and its script's first line that does something.
#[must_use]
pub fn telling(approval: &Approval) -> String {
    let script = commands(&approval.request).unwrap_or_default();
    let lines = script.iter().flat_map(|text| text.lines()).map(str::trim).filter(|line| !line.is_empty());
    let more = lines.clone().count().saturating_sub(1);
    match lines.clone().find(|line| !line.starts_with('#')) {
        Some(first) if more == 0 => format!("{}: {first}", approval.operation),
        Some(first) => format!("{}: {first}  (+{more})", approval.operation),
        None => approval.operation.clone(),
    }
}

/// The lines of the script that it runs, if it runs one.
fn commands(request: &Value) -> Option<Vec<&str>> {
    let command = request.get("Command").unwrap_or(request);
    let lines = command.get("Parameters")?.get("commands")?.as_array()?;
    Some(lines.iter().filter_map(Value::as_str).collect())
}

#[cfg(test)]
mod tests {
    use pilothouse_api::approvals::ApprovalTarget;

    use super::*;
    use crate::screens::fixtures;

    #[test]
    fn what_it_touches_is_counted_by_kind_and_nothing_twice() {
        let mut approval = fixtures::approval(1);
        assert_eq!(touches(&approval), "5 nodes");
        let target = |resource: &str, environment: &str| ApprovalTarget {
            resource: resource.to_owned(),
            name: resource.to_owned(),
            environment: Some(environment.to_owned()),
        };
        approval.targets.truncate(1);
        approval.targets.push(target("document/AWS-RunShellScript", "prod"));
        approval.targets.extend(["dev", "prod"].map(|environment| target("policy/careful", environment)));
        approval.target_count = 4;
        assert_eq!(touches(&approval), "1 node, 1 document and 1 policy");
        approval.environments = vec!["prod".to_owned()];
        assert_eq!(touches_shortly(&approval), "1: prod, 1 document, 1 policy");
        approval.target_count = 400;
        assert_eq!(touches(&approval), "400 targets", "the rest was not told yet");
    }
}
