//! DescribeInstanceInformation and DescribeInstanceProperties.

use pilothouse_api::Fault;
use pilothouse_api::nodes::{
    DescribeInstanceInformation, DescribeInstanceInformationResult, DescribeInstanceProperties,
    DescribeInstancePropertiesResult, InstanceInformation, InstanceProperty,
};
use pilothouse_protocol::{InstanceId, PingStatus};
use pilothouse_store::nodes::{self, NodeRecord};

use super::filter::{Condition, Operator};
use crate::capabilities::{page, resources};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// Nodes on a page, if the caller does not say.
const PAGE: usize = 50;
/// Rows fetched at a time while a page is being filled.
const FETCH: usize = 500;

impl Run for DescribeInstanceInformation {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<DescribeInstanceInformationResult, Fault> {
        if !self.filters.is_empty() && !self.instance_information_filter_list.is_empty() {
            return Err(Fault::validation(
                "Filters and InstanceInformationFilterList cannot be given together: use one",
            ));
        }
        let old = self.instance_information_filter_list.into_iter().map(|f| (f.key, f.value_set));
        let new = self.filters.into_iter().map(|f| (f.key, f.values));
        let conditions = old.chain(new).map(|(key, values)| Condition::read(&key, values, Operator::Equal));
        let conditions = conditions.collect::<Result<Vec<_>, _>>()?;
        check_ids(cx, &conditions).await?;
        let (rows, next_token) = page(cx, &conditions, self.max_results, self.next_token.as_deref()).await?;
        Ok(DescribeInstanceInformationResult {
            instance_information_list: rows.into_iter().map(information).collect(),
            next_token,
        })
    }
}

impl Run for DescribeInstanceProperties {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<DescribeInstancePropertiesResult, Fault> {
        if !self.filters_with_operator.is_empty() && !self.instance_property_filter_list.is_empty() {
            return Err(Fault::validation(
                "FiltersWithOperator and InstancePropertyFilterList cannot be given together",
            ));
        }
        let old =
            self.instance_property_filter_list.into_iter().map(|f| (f.key, f.value_set, Operator::Equal));
        let new = self.filters_with_operator.into_iter().map(|f| {
            let operator = Operator::read(f.operator.as_deref());
            (f.key, f.values, operator)
        });
        let conditions =
            old.chain(new).map(|(key, values, operator)| Condition::read(&key, values, operator));
        let conditions = conditions.collect::<Result<Vec<_>, _>>()?;
        check_ids(cx, &conditions).await?;
        let (rows, next_token) = page(cx, &conditions, self.max_results, self.next_token.as_deref()).await?;
        let instance_properties = rows.into_iter().map(property).collect();
        Ok(DescribeInstancePropertiesResult { instance_properties, next_token })
    }
}

/// A node that is asked for by id and is none is an error, not an empty answer.
async fn check_ids(cx: &mut Cx<'_>, conditions: &[Condition]) -> Result<(), Fault> {
    for id in conditions.iter().flat_map(Condition::explicit_ids) {
        let unknown =
            || Fault::caller("InvalidInstanceId", format!("{id} is no managed node of this region"));
        let instance: InstanceId = id.parse().map_err(|_| unknown())?;
        let region = cx.region().to_owned();
        let row = nodes::get(cx.tx, &region, &instance).await.map_err(store_fault)?;
        let row = row.filter(|row| !row.gone).ok_or_else(unknown)?;
        cx.require(vec![resources::node(&row)]).await?;
    }
    Ok(())
}

async fn page(
    cx: &mut Cx<'_>,
    conditions: &[Condition],
    max_results: Option<i64>,
    token: Option<&str>,
) -> Result<(Vec<NodeRecord>, Option<String>), Fault> {
    let limit = page::limit(max_results, PAGE);
    let region = cx.region().to_owned();
    let mut after = page::cursor::<InstanceId>(token)?;
    let mut sifter = cx.sifter(cx.permission).await?;
    let mut found = Vec::new();
    while found.len() <= limit {
        let rows = nodes::list(cx.tx, &region, after.as_ref(), FETCH).await.map_err(store_fault)?;
        let is_last = rows.len() < FETCH;
        after = rows.last().map(|row| row.instance_id.clone());
        let mut fits = |row: &NodeRecord| {
            conditions.iter().all(|condition| condition.holds(row)) && sifter.shows(&resources::node(row))
        };
        found.extend(rows.into_iter().filter(|row| fits(row)));
        if is_last {
            break;
        }
    }
    Ok(page::cut(found, limit, |row| row.instance_id.clone()))
}

fn information(row: NodeRecord) -> InstanceInformation {
    InstanceInformation {
        source_id: row.instance_id.to_string(),
        instance_id: row.instance_id.to_string(),
        ping_status: row.ping.to_string(),
        last_ping_date_time: row.last_ping.into(),
        is_latest_version: row.facts.agent_version == env!("CARGO_PKG_VERSION"),
        agent_version: row.facts.agent_version,
        platform_type: row.facts.platform.map(|platform| platform.to_string()),
        platform_name: row.facts.platform_name,
        platform_version: row.facts.platform_version,
        activation_id: row.activation_id,
        iam_role: row.iam_role,
        registration_date: row.registered_at.into(),
        resource_type: String::from(nodes::KIND),
        name: row.name,
        ip_address: row.facts.ip_address,
        computer_name: row.facts.computer_name,
        source_type: String::from("AWS::SSM::ManagedInstance"),
    }
}

fn property(row: NodeRecord) -> InstanceProperty {
    let architecture = row.facts.architecture.clone();
    let instance_state = String::from(if row.ping == PingStatus::Online { "running" } else { "unknown" });
    InstanceProperty { information: information(row), architecture, instance_state }
}
