//! Rows as policies see them: one function per noun, used by whoever asks about it.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_store::activations::ActivationRecord;
use pilothouse_store::approvals::ApprovalRecord;
use pilothouse_store::commands::CommandRecord;
use pilothouse_store::documents::DocumentRecord;
use pilothouse_store::nodes::NodeRecord;

use crate::access::{Kind, Resource, environment};
use crate::capabilities::view::node_name;

/// A node.
pub(crate) fn node(node: &NodeRecord) -> Resource {
    let name = node_name(node);
    let resource = Resource::new(Kind::Node, node.instance_id.as_str())
        .tagged(node.tags.clone())
        .with("name", name.clone())
        .named(name);
    match node.facts.platform {
        Some(platform) => resource.with("platform", platform.as_str()),
        None => resource,
    }
}

/// A command. Its environments are those that its targets had when it was sent; an empty text stands for targets without one, so
/// that a command on them is not taken for one that touches nothing.
pub(crate) fn command(command: &CommandRecord) -> Resource {
    Resource::new(Kind::Command, command.command_id.as_str())
        .with("document", command.document_name.clone())
        .with("requestedBy", command.requested_by.clone())
        .with_set("environments", command.environments.clone())
}

/// The environments of a command's targets, as [`command`] shows them.
pub(crate) fn environments_of(nodes: &[NodeRecord]) -> BTreeSet<String> {
    let found: BTreeSet<String> =
        nodes.iter().map(|node| environment(&node.tags).unwrap_or_default().to_owned()).collect();
    if found.is_empty() { BTreeSet::from([String::new()]) } else { found }
}

/// Who owns the documents that come with the server, as AWS says it.
pub(crate) const AMAZON: &str = "Amazon";

/// A document, of which nothing else is known.
pub(crate) fn document(name: &str, owner: &str) -> Resource {
    Resource::new(Kind::Document, name).with("name", name).with("owner", owner)
}

/// A document that people made.
pub(crate) fn own_document(document: &DocumentRecord, account_id: &str) -> Resource {
    self::document(&document.name, account_id)
        .with("type", document.kind.clone())
        .tagged(document.tags.clone())
}

/// An activation; its tags are those that its nodes get.
pub(crate) fn activation(activation: &ActivationRecord) -> Resource {
    let tags = activation.tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    Resource::new(Kind::Activation, activation.activation_id.as_str()).tagged(tags)
}

/// A request for approval; who requested it is the person, whatever role they were in.
pub(crate) fn approval(approval: &ApprovalRecord) -> Resource {
    Resource::new(Kind::Approval, approval.approval_id.as_str())
        .with("operation", approval.operation.clone())
        .with("requestedBy", approval.person.clone())
        .with_set("environments", approval.environments.iter().cloned().collect())
}

/// A parameter, by its path, which begins with a slash.
pub(crate) fn parameter(path: &str, tags: BTreeMap<String, String>) -> Resource {
    Resource::new(Kind::Parameter, path).with("path", path).tagged(tags)
}

/// The audit trail: there is one, whatever the region.
pub(crate) fn trail() -> Resource {
    Resource::new(Kind::Trail, "default")
}

/// A resource group.
pub(crate) fn group(name: &str) -> Resource {
    Resource::new(Kind::ResourceGroup, name).with("name", name)
}

/// A run template.
pub(crate) fn template(name: &str) -> Resource {
    Resource::new(Kind::RunTemplate, name).with("name", name)
}
