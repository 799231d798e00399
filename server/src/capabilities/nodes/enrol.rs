//! EnrolNode, RecognizeNodes and AdmitNodes: how a node comes in, new or known. The gateway has verified that it holds the key it shows.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_api::Fault;
use pilothouse_protocol::{Facts, InstanceId, Millis, PingStatus};
use pilothouse_store::activations::ActivationRecord;
use pilothouse_store::nodes::{self, NodeRecord};
use pilothouse_store::{activations, invocations, tags};

use super::code;
use super::presence::bounded;
use crate::access::is_environment;
use crate::capabilities::view::without_nul;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::doorbell::Subject;
use crate::internal::{
    ACTIVATION_REFUSED, Admission, AdmitNode, AdmitNodes, COPIED_IDENTITY, EnrolNode, Judged, RecognizeNodes,
    SentAway, UNKNOWN_NODE, WRONG_KEY,
};

/// The most tags that a node may bring along.
const MAX_TAGS: usize = 50;

impl Run for EnrolNode {
    const GUARD: Guard = Guard::Kind;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Admission, Fault> {
        let activation = used(cx, &self).await?;
        let proposed = proposed_tags(&self.facts);
        let node = NodeRecord {
            region: activation.region.clone(),
            instance_id: cx.dice.instance_id(),
            name: activation.default_instance_name.filter(|name| !name.is_empty()),
            public_key: self.public_key,
            fingerprint: self.fingerprint.chars().take(128).collect(),
            facts: bounded(self.facts),
            activation_id: activation.activation_id.to_string(),
            iam_role: activation.iam_role,
            registered_at: cx.now,
            last_ping: cx.now,
            ping: PingStatus::Online,
            connected: true,
            conflict: None,
            gone: false,
            revision: 0,
            tags: BTreeMap::new(),
        };
        nodes::insert(cx.tx, &node).await.map_err(store_fault)?;
        // The activation's tags win over what a node says about itself, and its environment over the node's, by whichever tag.
        let mut all = proposed;
        let is_placed = activation.tags.iter().any(|(key, _)| is_environment(key));
        let is_settled = |key: &str| {
            (is_placed && is_environment(key)) || activation.tags.iter().any(|(given, _)| given == key)
        };
        all.retain(|(key, _)| !is_settled(key));
        all.extend(activation.tags);
        if !all.is_empty() {
            tags::set(cx.tx, &node.region, "ManagedInstance", node.instance_id.as_str(), &all)
                .await
                .map_err(store_fault)?;
        }
        cx.ring_in(&node.region, Subject::Nodes);
        Ok(Admission { instance_id: node.instance_id, region: node.region, has_runs: false })
    }
}

/// The activation, one registration of which is used up by this.
async fn used(cx: &mut Cx<'_>, enrol: &EnrolNode) -> Result<ActivationRecord, Fault> {
    // One answer for every reason: who guesses ids and codes learns nothing.
    let refused = || {
        Fault::caller(
            ACTIVATION_REFUSED,
            "the activation is unknown, expired or used up, or its code is wrong: make a new one with \
             aws ssm create-activation",
        )
    };
    let activation = activations::find(cx.tx, &enrol.activation_id).await.map_err(store_fault)?;
    // Hashing happens whether or not the activation exists, so that time tells nothing either.
    let kept = activation.as_ref().map_or(&[0u8; 32][..], |a| a.code_hash.as_slice());
    let fits = code::fits(&enrol.activation_code, kept);
    let activation = activation.filter(|a| fits && a.expires_at > cx.now).ok_or_else(refused)?;
    if !activations::use_one(cx.tx, &enrol.activation_id).await.map_err(store_fault)? {
        return Err(refused());
    }
    Ok(activation)
}

/// Tags that the node proposes: bounded, and never in AWS's own name space.
fn proposed_tags(facts: &Facts) -> Vec<(String, String)> {
    use pilothouse_api::validate::is_tag_text;
    let legal = |key: &str, value: &str| {
        (1..=128).contains(&key.chars().count())
            && value.chars().count() <= 256
            && is_tag_text(key)
            && is_tag_text(value)
            && !key.to_ascii_lowercase().starts_with("aws:")
    };
    facts
        .tags
        .iter()
        .filter(|(k, v)| legal(k, v))
        .take(MAX_TAGS)
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect()
}

type Found = BTreeMap<InstanceId, NodeRecord>;

async fn found(cx: &mut Cx<'_>, nodes: &[AdmitNode]) -> Result<Found, Fault> {
    let ids: Vec<InstanceId> = nodes.iter().map(|node| node.instance_id.clone()).collect();
    let nodes = nodes::find_many(cx.tx, &ids).await.map_err(store_fault)?;
    Ok(nodes.into_iter().map(|node| (node.instance_id.clone(), node)).collect())
}

/// The node whose key was proven.
fn recognized<'a>(
    found: &'a mut Found,
    AdmitNode { instance_id: id, public_key, .. }: &AdmitNode,
) -> Judged<&'a mut NodeRecord> {
    let sent_away = |code: &str, message| SentAway { code: code.to_owned(), message };
    let node = found.get_mut(id).ok_or_else(|| {
        let message = format!("{id} is not registered here (any more): register it anew with an activation");
        sent_away(UNKNOWN_NODE, message)
    })?;
    if node.public_key == *public_key {
        Ok(node)
    } else {
        Err(sent_away(WRONG_KEY, format!("the key is not that of {id}")))
    }
}

impl Run for RecognizeNodes {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Judged<()>>, Fault> {
        let mut found = found(cx, &self.nodes).await?;
        Ok(self.nodes.iter().map(|node| recognized(&mut found, node).map(drop)).collect())
    }
}

impl Run for AdmitNodes {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Judged<Admission>>, Fault> {
        let mut found = found(cx, &self.nodes).await?;
        let ids: Vec<InstanceId> = found.keys().cloned().collect();
        let have_runs = invocations::with_handed_over(cx.tx, &ids).await.map_err(store_fault)?;
        let now = cx.now;
        let (mut judged, mut changed) = (Vec::with_capacity(self.nodes.len()), BTreeSet::new());
        for request in self.nodes {
            let admitted = recognized(&mut found, &request).and_then(|node| admitted(node, request, now));
            judged.push(admitted.map(|node| {
                changed.insert(node.instance_id.clone());
                let (instance_id, region) = (node.instance_id.clone(), node.region.clone());
                let has_runs = have_runs.contains(&instance_id);
                Admission { instance_id, region, has_runs }
            }));
        }
        for node in changed.iter().filter_map(|id| found.get(id)) {
            nodes::save(cx.tx, node).await.map_err(store_fault)?;
            cx.ring_in(&node.region, Subject::Nodes);
        }
        Ok(judged)
    }
}

/// The node as it is from now on, if it is not a copy of another machine's.
fn admitted(node: &mut NodeRecord, request: AdmitNode, now: Millis) -> Judged<&NodeRecord> {
    if node.conflict.is_some() && node.fingerprint != request.fingerprint {
        return Err(SentAway {
            code: COPIED_IDENTITY.to_owned(),
            message: format!(
                "two machines showed the identity of {}, and this is not the one that linked before: this looks like a copied disk \
                 or data directory; register this machine with an activation of its own",
                node.instance_id
            ),
        });
    }
    node.facts = bounded(request.facts);
    node.fingerprint = without_nul(request.fingerprint).chars().take(128).collect();
    node.last_ping = now;
    node.ping = PingStatus::Online;
    node.connected = true;
    Ok(node)
}
