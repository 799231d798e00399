//! Whether nodes answer: links that come and go, heartbeats, silence.

use pilothouse_api::Fault;
use pilothouse_protocol::{Facts, InstanceId, Millis, PingStatus};
use pilothouse_store::nodes::{self, NodeRecord};

use crate::capabilities::view::without_nul;
use crate::cx::{Caller, Cx, store_fault};
use crate::door::{Guard, Run};
use crate::doorbell::Subject;
use crate::internal::{
    DetectLost, Expired, FlagConflict, ForgetLinks, LeaveNode, TouchNodes, UNKNOWN_NODE, UpdateFacts,
    WRONG_KEY,
};

/// The most bytes that are kept of one text that a node says about itself.
const MAX_FACT: usize = 256;
/// The most silent nodes that one reconciliation marks; the next takes the rest.
const LOST_AT_ONCE: usize = 1000;

/// The facts with every text cut to [`MAX_FACT`] bytes; proposed tags are dropped, as they count at enrolment only.
pub(super) fn bounded(mut facts: Facts) -> Facts {
    for text in [
        &mut facts.agent_version,
        &mut facts.platform_name,
        &mut facts.platform_version,
        &mut facts.architecture,
        &mut facts.computer_name,
        &mut facts.ip_address,
        &mut facts.kernel,
        &mut facts.boot_id,
    ] {
        *text = without_nul(std::mem::take(text));
        if text.len() > MAX_FACT {
            let end = (0..=MAX_FACT).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
            text.truncate(end);
        }
    }
    facts.tags.clear();
    facts
}

fn node_of(cx: &Cx<'_>) -> Result<InstanceId, Fault> {
    match &cx.call.caller {
        Caller::Node(instance) => Ok(instance.clone()),
        other => Err(Fault::denied(format!("{other} is no node"))),
    }
}

async fn find(cx: &mut Cx<'_>, instance: &InstanceId) -> Result<Option<NodeRecord>, Fault> {
    nodes::find(cx.tx, instance).await.map_err(store_fault)
}

async fn save(cx: &mut Cx<'_>, node: &NodeRecord) -> Result<(), Fault> {
    nodes::save(cx.tx, node).await.map_err(store_fault)?;
    cx.ring_in(&node.region, Subject::Nodes);
    Ok(())
}

impl Run for LeaveNode {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<(), Fault> {
        let instance = node_of(cx)?;
        if let Some(mut node) = find(cx, &instance).await? {
            node.connected = false;
            save(cx, &node).await?;
        }
        Ok(())
    }
}

impl Run for UpdateFacts {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<(), Fault> {
        let instance = node_of(cx)?;
        if let Some(mut node) = find(cx, &instance).await? {
            node.facts = bounded(self.facts);
            node.last_ping = cx.now;
            save(cx, &node).await?;
        }
        Ok(())
    }
}

impl Run for FlagConflict {
    const GUARD: Guard = Guard::Kind;

    async fn run(self, cx: &mut Cx<'_>) -> Result<(), Fault> {
        let node = find(cx, &self.instance_id).await?;
        let mut node = node.ok_or_else(|| Fault::caller(UNKNOWN_NODE, "no such node"))?;
        if node.public_key != self.public_key {
            return Err(Fault::caller(WRONG_KEY, "the proven key is not the node's"));
        }
        node.conflict = Some(self.what.chars().take(MAX_FACT).collect());
        save(cx, &node).await
    }
}

impl Run for TouchNodes {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<(), Fault> {
        nodes::touch_many(cx.tx, &self.heard).await.map_err(store_fault)
    }
}

impl Run for DetectLost {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Expired, Fault> {
        let before = Millis(cx.now.0 - self.silence_ms);
        let silent = nodes::stale(cx.tx, before, LOST_AT_ONCE).await.map_err(store_fault)?;
        let mut changed = 0;
        // A node with a live link is not lost, however old its last recorded heartbeat is.
        for mut node in silent.into_iter().filter(|node| !node.connected) {
            node.ping = PingStatus::ConnectionLost;
            save(cx, &node).await?;
            changed += 1;
        }
        Ok(Expired { changed })
    }
}

impl Run for ForgetLinks {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<(), Fault> {
        nodes::disconnect_all(cx.tx).await.map_err(store_fault)
    }
}
