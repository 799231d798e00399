//! What the fields of the question can be filled with.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_api::access::MAX_SIMULATED;
use pilothouse_api::operation::{Access as Kind, OPERATIONS};

use super::super::directory::Directory;
use super::super::keys::Msg;
use super::{SimulationMsg, Spot};
use crate::effect::{Choice, Effect};
use crate::look;
use crate::screen::Cx;
use crate::words;

/// Whether there is a list for a field.
pub(super) const fn has(spot: Spot) -> bool {
    matches!(spot, Spot::Principal | Spot::Action | Spot::Resources | Spot::Armed)
}

/// The list for a field.
pub(super) fn of(spot: Spot, cx: &Cx<'_>, directory: &Directory) -> Effect<Msg> {
    let (title, items) = match spot {
        Spot::Principal => ("Who", principals(directory)),
        Spot::Action => ("Does what", actions()),
        Spot::Armed => ("Armed", environments(cx).into_keys().map(|name| (name, String::new())).collect()),
        _ => ("On what", resources(cx)),
    };
    let items = items.into_iter().map(|(text, detail)| {
        let (label, fill) = match text.split_once('\n') {
            Some((label, fill)) => (label.to_owned(), fill.to_owned()),
            None => (text.clone(), text),
        };
        Choice { detail, ..Choice::new(label, Msg::Simulation(SimulationMsg::Fill(spot, fill))) }
    });
    Effect::Pick { title: title.to_owned(), items: items.collect() }
}

type Items = Vec<(String, String)>;

fn principals(directory: &Directory) -> Items {
    let callers = directory.holders().filter(|holder| !holder.starts_with("group/"));
    let comments = |name: &str| {
        let user = name.strip_prefix("user/").and_then(|name| directory.user(name));
        user.map_or_else(String::new, |user| user.comment.clone())
    };
    std::iter::once(("root".to_owned(), "may do everything that no policy forbids".to_owned()))
        .chain(callers.map(|name| (name.clone(), comments(&name))))
        .collect()
}

/// Every permission once, with the operations that need it.
fn actions() -> Items {
    let mut by_permission: BTreeMap<&str, (BTreeSet<&str>, bool)> = BTreeMap::new();
    for operation in OPERATIONS {
        let entry = by_permission.entry(operation.permission).or_default();
        entry.0.insert(operation.name);
        entry.1 |= operation.access == Kind::Write;
    }
    let said = |(permission, (names, writes)): (&str, (BTreeSet<&str>, bool))| {
        let kind = if writes { "write" } else { "read" };
        let own = permission.split(':').next_back().unwrap_or_default();
        let others: Vec<&str> = names.into_iter().filter(|name| *name != own).collect();
        let also = if others.is_empty() { String::new() } else { format!(", also {}", others.join(", ")) };
        (permission.to_owned(), format!("{kind}{also}"))
    };
    by_permission.into_iter().map(said).collect()
}

/// Environments of the fleet, with their nodes.
fn environments(cx: &Cx<'_>) -> BTreeMap<String, Vec<String>> {
    let mut environments: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for node in cx.mirror.nodes.list() {
        if let Some(name) = look::env_of(node) {
            environments.entry(name.to_owned()).or_default().push(format!("node/{}", node.instance_id));
        }
    }
    environments
}

/// A label, a line feed and what is filled in, where the two are not the same.
fn resources(cx: &Cx<'_>) -> Items {
    let mut items: Items = environments(cx)
        .into_iter()
        .map(|(name, mut nodes)| {
            let all = u64::try_from(nodes.len()).unwrap_or(u64::MAX);
            nodes.truncate(MAX_SIMULATED);
            (format!("all nodes of {name}\n{}", nodes.join(" ")), words::count(all, "node"))
        })
        .collect();
    items.push(("account".to_owned(), "for operations without a resource".to_owned()));
    items.extend(cx.mirror.nodes.list().iter().map(|node| {
        let id = &node.instance_id;
        let env = look::env_of(node).unwrap_or_default();
        (format!("{}\nnode/{id}", node.name), format!("node/{id} {env}"))
    }));
    items.push(("document/AWS-RunShellScript".to_owned(), "the script that runs".to_owned()));
    items
}
