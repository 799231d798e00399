//! The facts of a node in groups, as label and value.

use pilothouse_api::topics::NodeView;
use pilothouse_kit::theme::Role;

use crate::screen::Cx;
use crate::{facts, times};

/// Facts that belong together.
pub(super) struct Group {
    pub title: &'static str,
    /// Label, meaning of the value, value.
    pub facts: Vec<(&'static str, Role, String)>,
}

/// What the node is, and how it is linked; what is not known is left out.
pub(super) fn groups(node: &NodeView, cx: &Cx<'_>) -> [Group; 2] {
    let text = |label, value: &str| (label, Role::Text, value.to_owned());
    let cpus = if node.cpus == 0 { String::new() } else { node.cpus.to_string() };
    let memory = if node.memory_bytes == 0 { String::new() } else { times::bytes(node.memory_bytes) };
    let machine = vec![
        text("system", &facts::system(node)),
        text("kernel", &node.kernel),
        text("arch", &node.architecture),
        ("CPUs", Role::Text, cpus),
        ("memory", Role::Text, memory),
        text("host", &node.computer_name),
    ];
    let link = vec![
        text("address", &node.ip_address),
        ("heard", Role::Text, heard(node, cx)),
        text("agent", &node.agent_version),
        ("joined", Role::Text, times::exact(node.registered_at, cx)),
        ("id", Role::TextCode, node.instance_id.to_string()),
        ("invite", Role::TextMuted, node.activation_id.clone()),
    ];
    let mut groups = [Group { title: "Machine", facts: machine }, Group { title: "Link", facts: link }];
    groups.iter_mut().for_each(|group| group.facts.retain(|(_, _, value)| !value.is_empty()));
    groups
}

/// The server writes down when a silent node was heard last; one that is online it hears all the time.
fn heard(node: &NodeView, cx: &Cx<'_>) -> String {
    match facts::last_heard(node) {
        Some(at) => format!("{}  {}", times::ago(at, cx), times::exact(at, cx)),
        None => facts::heard(node, cx),
    }
}
