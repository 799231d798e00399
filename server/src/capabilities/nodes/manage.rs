//! DeregisterManagedInstance and GetConnectionStatus.

use std::collections::BTreeSet;

use pilothouse_api::Fault;
use pilothouse_api::nodes::{
    DeregisterManagedInstance, DeregisterManagedInstanceResult, GetConnectionStatus,
    GetConnectionStatusResponse,
};
use pilothouse_protocol::{InstanceId, PingStatus, Refusal};
use pilothouse_store::{nodes, tags};

use crate::access::{Kind, Resource};
use crate::capabilities::resources;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::doorbell::Subject;

impl Run for DeregisterManagedInstance {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<DeregisterManagedInstanceResult, Fault> {
        let unknown = || {
            Fault::caller(
                "InvalidInstanceId",
                format!("{} is no managed node of this region", self.instance_id),
            )
        };
        let instance: InstanceId = self.instance_id.parse().map_err(|_| unknown())?;
        let region = cx.region().to_owned();
        let row = nodes::get(cx.tx, &region, &instance).await.map_err(store_fault)?;
        let mut node = row.filter(|node| !node.gone).ok_or_else(unknown)?;
        cx.require(vec![resources::node(&node)]).await?;
        let keys: Vec<String> = node.tags.keys().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        tags::remove(cx.tx, &region, nodes::KIND, instance.as_str(), &keys).await.map_err(store_fault)?;
        node.gone = true;
        node.connected = false;
        node.ping = PingStatus::ConnectionLost;
        nodes::save(cx.tx, &node).await.map_err(store_fault)?;
        cx.disconnect(&instance, Refusal::UnknownNode, "this node was deregistered");
        cx.ring(Subject::Nodes);
        Ok(DeregisterManagedInstanceResult {})
    }
}

impl Run for GetConnectionStatus {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<GetConnectionStatusResponse, Fault> {
        let region = cx.region().to_owned();
        let node = match self.target.parse::<InstanceId>() {
            Ok(instance) => nodes::get(cx.tx, &region, &instance).await.map_err(store_fault)?,
            // AWS answers for targets that are no ids at all, too.
            Err(_) => None,
        };
        // A node that is not there is told as one that is away, as AWS does; so it is asked about by its bare id.
        let asked = match &node {
            Some(node) => resources::node(node),
            None => Resource::new(Kind::Node, self.target.clone()),
        };
        cx.require(vec![asked]).await?;
        let connected = node.is_some_and(|node| node.connected && !node.gone);
        let status = String::from(if connected { "connected" } else { "notconnected" });
        Ok(GetConnectionStatusResponse { target: self.target, status })
    }
}
