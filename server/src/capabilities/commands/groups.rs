//! Resource groups: saved queries, used as targets.

use pilothouse_api::Fault;
use pilothouse_api::groups::{
    DeleteResourceGroup, DeleteResourceGroupResult, ListResourceGroups, ListResourceGroupsResult, MAX_GROUPS,
    PutResourceGroup, PutResourceGroupResult, ResourceGroup,
};
use pilothouse_store::groups::{self, GroupRecord};

use super::targets::check;
use crate::capabilities::resources;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

fn shown(record: GroupRecord) -> ResourceGroup {
    ResourceGroup {
        name: record.name,
        description: record.description,
        targets: record.targets,
        created_by: record.created_by,
        last_modified_date: record.modified_at.into(),
    }
}

impl Run for PutResourceGroup {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<PutResourceGroupResult, Fault> {
        cx.require(vec![resources::group(&self.name)]).await?;
        check(&self.targets)?;
        let region = cx.region().to_owned();
        let known = groups::get(cx.tx, &region, &self.name).await.map_err(store_fault)?;
        if known.is_none() {
            let count = groups::count(cx.tx, &region).await.map_err(store_fault)?;
            if usize::try_from(count).is_ok_and(|count| count >= MAX_GROUPS) {
                let message = format!("there are {count} resource groups, as many as a region can have");
                return Err(Fault::caller("LimitExceededException", message));
            }
        }
        let made_by = known.map(|it| it.created_by);
        let record = GroupRecord {
            region,
            name: self.name,
            description: self.description,
            targets: self.targets,
            created_by: made_by.unwrap_or_else(|| cx.call.caller.to_string()),
            modified_at: cx.now,
        };
        groups::put(cx.tx, &record).await.map_err(store_fault)?;
        Ok(PutResourceGroupResult { resource_group: shown(record) })
    }
}

impl Run for ListResourceGroups {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ListResourceGroupsResult, Fault> {
        let mut sifter = cx.sifter(cx.permission).await?;
        let region = cx.region().to_owned();
        let mut rows = groups::all(cx.tx, &region).await.map_err(store_fault)?;
        rows.retain(|row| sifter.shows(&resources::group(&row.name)));
        Ok(ListResourceGroupsResult { resource_groups: rows.into_iter().map(shown).collect() })
    }
}

impl Run for DeleteResourceGroup {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<DeleteResourceGroupResult, Fault> {
        cx.require(vec![resources::group(&self.name)]).await?;
        let region = cx.region().to_owned();
        if !groups::delete(cx.tx, &region, &self.name).await.map_err(store_fault)? {
            let message = format!("no resource group {} in this region", self.name);
            return Err(Fault::caller("NotFoundException", message));
        }
        Ok(DeleteResourceGroupResult {})
    }
}
