//! What is said of nodes in words: their system, what may be copied of them, how environments and states are tallied.
//!
//! In: nodes as the server tells them. Out: texts, still as untrusted as what they are made of.
//! Never here: drawing.

use std::collections::BTreeMap;

use pilothouse_api::protocol::{Millis, PingStatus};
use pilothouse_api::topics::NodeView;

use crate::look;
use crate::route::Route;
use crate::screen::Cx;
use crate::times;

/// So many names stand on a card before the rest is only counted.
const NAMED: usize = 8;

/// Distribution and version, without the words that say nothing.
#[must_use]
pub fn system(node: &NodeView) -> String {
    let name = node.platform_name.trim_start_matches("Microsoft ").replace(" GNU/Linux", "");
    if node.platform_version.is_empty() || name.contains(|char: char| char.is_ascii_digit()) {
        name
    } else {
        format!("{name} {}", node.platform_version)
    }
}

/// When it was last heard: nothing for one that is online. It is heard all the time, and the server tells of it only when it
/// falls silent.
#[must_use]
pub fn last_heard(node: &NodeView) -> Option<Millis> {
    (node.ping != PingStatus::Online).then_some(node.last_ping)
}

/// When it was last heard, in words.
#[must_use]
pub fn heard(node: &NodeView, cx: &Cx<'_>) -> String {
    last_heard(node).map_or_else(|| "live".to_owned(), |at| times::instant(at, cx))
}

/// Its tags on one line.
#[must_use]
pub fn tag_line(node: &NodeView) -> String {
    let tags: Vec<String> = node.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    tags.join(" ")
}

/// What may be copied of a node: what it is, and the text.
#[must_use]
pub fn copies(node: &NodeView) -> Vec<(&'static str, String)> {
    let mut copies = vec![
        ("name", node.name.clone()),
        ("id", node.instance_id.to_string()),
        ("address", node.ip_address.clone()),
        ("host name", node.computer_name.clone()),
        ("tags", tag_line(node)),
        ("locator", Route::Node(node.instance_id.clone()).to_string()),
    ];
    copies.retain(|(_, text)| !text.is_empty());
    copies
}

/// How many nodes are in which environment, the riskiest first: `prod 3, staging 5, no environment 1`.
#[must_use]
pub fn environments<'a>(nodes: impl Iterator<Item = &'a NodeView>) -> String {
    let mut found: BTreeMap<(bool, bool, &str), usize> = BTreeMap::new();
    for node in nodes {
        let env = look::env_of(node);
        let name = env.unwrap_or("no environment");
        *found.entry((env.is_none(), !look::is_prod(name), name)).or_default() += 1;
    }
    let found: Vec<String> = found.iter().map(|((_, _, name), n)| format!("{name} {n}")).collect();
    found.join(", ")
}

/// The first lines of a list of nodes for a card; the rest is counted.
#[must_use]
pub fn names(nodes: &[&NodeView]) -> Vec<String> {
    let mut lines: Vec<String> =
        nodes.iter().take(NAMED).map(|node| format!("  {}  {}", node.name, node.instance_id)).collect();
    if nodes.len() > NAMED {
        lines.push(format!("  and {} more", nodes.len() - NAMED));
    }
    lines
}

/// What stands on the card before nodes are removed.
#[must_use]
pub fn removal(nodes: &[&NodeView]) -> Vec<String> {
    let online = nodes.iter().filter(|node| node.ping == PingStatus::Online).count();
    let mut card = vec![format!("Environments: {}", environments(nodes.iter().copied()))];
    match (online, nodes.len()) {
        (0, _) => {}
        (_, 1) => card.push("It answers now.".to_owned()),
        (n, _) => card.push(format!("{n} of them answer now.")),
    }
    card.extend(names(nodes));
    card.push("What runs there is no longer heard of; to return, a node must be".to_owned());
    card.push("activated anew, and is another node then.".to_owned());
    card
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::fixtures::node;

    #[test]
    fn the_riskiest_environment_is_named_first() {
        let mut fleet: Vec<NodeView> = (0..8).map(node).collect();
        fleet[7].tags.clear();
        assert_eq!(environments(fleet.iter()), "prod 3, dev 2, staging 2, no environment 1");
    }

    #[test]
    fn a_system_is_told_without_the_words_that_say_nothing() {
        assert_eq!(system(&node(0)), "Debian 12");
        assert_eq!(system(&node(4)), "Windows Server 2022");
    }
}
