//! AddTagsToResource, RemoveTagsFromResource, ListTagsForResource.

use std::collections::BTreeMap;

use pilothouse_api::Fault;
use pilothouse_api::tags::{
    AddTagsToResource, AddTagsToResourceResult, ListTagsForResource, ListTagsForResourceResult,
    RemoveTagsFromResource, RemoveTagsFromResourceResult, Tag,
};
use pilothouse_store::tags;

use super::tagged::Tagged;
use crate::capabilities::tag_keys::check_keys;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// Tags on one resource. Source: General Reference, "Tag naming limits and requirements".
const MAX_TAGS: usize = 50;

/// The caller must be allowed on the thing as it is and as it becomes: whoever may tag one environment cannot pull things of
/// another into it, nor push its own out.
async fn allowed(cx: &mut Cx<'_>, it: &Tagged, after: &BTreeMap<String, String>) -> Result<(), Fault> {
    cx.require(vec![it.with(it.tags())]).await?;
    cx.require(vec![it.with(after)]).await
}

/// Keeps whoever else changes something in the region waiting: tags are not put on what is just being deleted, to be found there by
/// the next of that name.
async fn hold(cx: &mut Cx<'_>) -> Result<(), Fault> {
    let region = cx.region().to_owned();
    cx.tx.revision(&region).await.map(drop).map_err(store_fault)
}

impl Run for AddTagsToResource {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<AddTagsToResourceResult, Fault> {
        hold(cx).await?;
        let it = Tagged::find(cx, &self.resource_type, &self.resource_id).await?;
        check_keys(self.tags.iter().map(|tag| tag.key.as_str()))?;
        let added: Vec<_> = self.tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
        let mut after = it.tags().clone();
        after.extend(added.iter().cloned());
        allowed(cx, &it, &after).await?;
        if after.len() > MAX_TAGS {
            let message =
                format!("{} tags are over the limit of {MAX_TAGS} tags on one resource", after.len());
            return Err(Fault::caller("TooManyTagsError", message));
        }
        let (region, (kind, id)) = (cx.region().to_owned(), it.key());
        tags::set(cx.tx, &region, kind, id, &added).await.map_err(store_fault)?;
        it.announce(cx, after).await?;
        Ok(AddTagsToResourceResult {})
    }
}

impl Run for RemoveTagsFromResource {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<RemoveTagsFromResourceResult, Fault> {
        hold(cx).await?;
        let it = Tagged::find(cx, &self.resource_type, &self.resource_id).await?;
        let mut after = it.tags().clone();
        after.retain(|key, _| !self.tag_keys.contains(key));
        allowed(cx, &it, &after).await?;
        let (region, (kind, id)) = (cx.region().to_owned(), it.key());
        tags::remove(cx.tx, &region, kind, id, &self.tag_keys).await.map_err(store_fault)?;
        it.announce(cx, after).await?;
        Ok(RemoveTagsFromResourceResult {})
    }
}

impl Run for ListTagsForResource {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ListTagsForResourceResult, Fault> {
        let it = Tagged::find(cx, &self.resource_type, &self.resource_id).await?;
        cx.require(vec![it.with(it.tags())]).await?;
        let tags = it.tags().iter();
        let tag_list = tags.map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect();
        Ok(ListTagsForResourceResult { tag_list })
    }
}
