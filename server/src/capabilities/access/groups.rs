//! CreateGroup, DeleteGroup, ListGroups.

use std::collections::BTreeMap;

use pilothouse_api::access::{
    CreateGroup, CreateGroupResult, DeleteGroup, Done, Group, ListGroups, ListGroupsResult, MAX_GROUPS,
};
use pilothouse_api::{Fault, Operation, Timestamp};
use pilothouse_store::principals::groups::{self, GroupRecord};
use pilothouse_store::versions::{self, Part};

use super::{exists_already, group, no_such, policies_by_holder, room_for_one};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

impl Run for CreateGroup {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<CreateGroupResult, Fault> {
        cx.require(vec![group(&self.group_name)]).await?;
        versions::hold(cx.tx, Part::Principals).await.map_err(store_fault)?;
        room_for_one(groups::count(cx.tx).await.map_err(store_fault)?, MAX_GROUPS, "groups")?;
        let record = GroupRecord { name: self.group_name, comment: self.comment, created_at: cx.now };
        if !groups::insert(cx.tx, &record).await.map_err(store_fault)? {
            return Err(exists_already("group", &record.name));
        }
        cx.created(group(&record.name));
        cx.reload_access();
        Ok(CreateGroupResult { group: view(record) })
    }
}

impl Run for DeleteGroup {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Done, Fault> {
        cx.require(vec![group(&self.group_name)]).await?;
        if !groups::delete(cx.tx, &self.group_name).await.map_err(store_fault)? {
            return Err(no_such("group", &self.group_name));
        }
        cx.reload_access();
        Ok(Done {})
    }
}

impl Run for ListGroups {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ListGroupsResult, Fault> {
        let mut sifter = cx.sifter(Self::PERMISSION).await?;
        let all = groups::list(cx.tx).await.map_err(store_fault)?;
        let mut groups: BTreeMap<String, Group> = all
            .into_iter()
            .filter(|record| sifter.shows(&group(&record.name)))
            .map(|record| (record.name.clone(), view(record)))
            .collect();
        for it in groups::memberships(cx.tx).await.map_err(store_fault)? {
            if let Some(group) = groups.get_mut(&it.group) {
                group.members.push(it.user);
            }
        }
        let mut policies = policies_by_holder(cx).await?;
        for (name, group) in &mut groups {
            group.policies = policies.remove(&format!("group/{name}")).unwrap_or_default();
        }
        Ok(ListGroupsResult { groups: groups.into_values().collect() })
    }
}

/// The group alone.
fn view(record: GroupRecord) -> Group {
    Group {
        group_name: record.name,
        comment: record.comment,
        created_date: Timestamp(record.created_at),
        members: Vec::new(),
        policies: Vec::new(),
    }
}
