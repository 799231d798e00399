//! AddTagsToResource, RemoveTagsFromResource, ListTagsForResource. In this release nodes are what can be tagged.

use std::collections::BTreeSet;

use pilothouse_api::Fault;
use pilothouse_api::tags::{
    AddTagsToResource, AddTagsToResourceResult, ListTagsForResource, ListTagsForResourceResult,
    RemoveTagsFromResource, RemoveTagsFromResourceResult, Tag,
};
use pilothouse_protocol::InstanceId;
use pilothouse_store::nodes::{self, NodeRecord};
use pilothouse_store::tags;

use crate::capabilities::resources;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::doorbell::Subject;

/// Tags on one resource. Source: General Reference, "Tag naming limits and requirements".
const MAX_TAGS: usize = 50;
pub(super) const NODE: &str = "ManagedInstance";

/// Refuses keys of AWS's own name space.
pub(super) fn check_keys<'a>(mut keys: impl Iterator<Item = &'a str>) -> Result<(), Fault> {
    match keys.find(|key| key.to_ascii_lowercase().starts_with("aws:")) {
        None => Ok(()),
        Some(key) => {
            Err(Fault::validation(format!("the tag key {key:?} begins with aws:, which is reserved")))
        }
    }
}

async fn node(cx: &mut Cx<'_>, kind: &str, id: &str) -> Result<NodeRecord, Fault> {
    if kind != NODE {
        let message = format!("this server does not keep tags of {kind}: only {NODE}");
        return Err(Fault::caller("InvalidResourceType", message));
    }
    let unknown = || Fault::caller("InvalidResourceId", format!("{id} is no managed node of this region"));
    let instance: InstanceId = id.parse().map_err(|_| unknown())?;
    let region = cx.region().to_owned();
    nodes::get(cx.tx, &region, &instance)
        .await
        .map_err(store_fault)?
        .filter(|node| !node.gone)
        .ok_or_else(unknown)
}

/// The caller must be allowed on the node as it is and as it becomes: whoever may tag one environment cannot pull nodes of another
/// into it, nor push its own out.
async fn allowed(cx: &mut Cx<'_>, before: &NodeRecord, after: &NodeRecord) -> Result<(), Fault> {
    cx.require(vec![resources::node(before)]).await?;
    cx.require(vec![resources::node(after)]).await
}

/// Saves the node, so that followers are told of its tags.
async fn announce(cx: &mut Cx<'_>, node: &NodeRecord) -> Result<(), Fault> {
    nodes::save(cx.tx, node).await.map_err(store_fault)?;
    cx.ring(Subject::Nodes);
    Ok(())
}

impl Run for AddTagsToResource {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<AddTagsToResourceResult, Fault> {
        let node = node(cx, &self.resource_type, &self.resource_id).await?;
        check_keys(self.tags.iter().map(|tag| tag.key.as_str()))?;
        let mut after = node.clone();
        after.tags.extend(self.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
        allowed(cx, &node, &after).await?;
        let keys: BTreeSet<&str> =
            node.tags.keys().map(String::as_str).chain(self.tags.iter().map(|t| t.key.as_str())).collect();
        if keys.len() > MAX_TAGS {
            let message =
                format!("{} tags are over the limit of {MAX_TAGS} tags on one resource", keys.len());
            return Err(Fault::caller("TooManyTagsError", message));
        }
        let added: Vec<_> = self.tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
        tags::set(cx.tx, &node.region, NODE, node.instance_id.as_str(), &added).await.map_err(store_fault)?;
        announce(cx, &node).await?;
        Ok(AddTagsToResourceResult {})
    }
}

impl Run for RemoveTagsFromResource {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<RemoveTagsFromResourceResult, Fault> {
        let node = node(cx, &self.resource_type, &self.resource_id).await?;
        let mut after = node.clone();
        after.tags.retain(|key, _| !self.tag_keys.contains(key));
        allowed(cx, &node, &after).await?;
        tags::remove(cx.tx, &node.region, NODE, node.instance_id.as_str(), &self.tag_keys)
            .await
            .map_err(store_fault)?;
        announce(cx, &node).await?;
        Ok(RemoveTagsFromResourceResult {})
    }
}

impl Run for ListTagsForResource {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ListTagsForResourceResult, Fault> {
        let node = node(cx, &self.resource_type, &self.resource_id).await?;
        cx.require(vec![resources::node(&node)]).await?;
        Ok(ListTagsForResourceResult {
            tag_list: node.tags.into_iter().map(|(key, value)| Tag { key, value }).collect(),
        })
    }
}
