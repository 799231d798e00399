//! Which nodes: explicit ids, or targets whose entries are ANDed and whose values are ORed. A resource group stands for its
//! targets, which are ANDed with the others.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_api::Fault;
use pilothouse_api::commands::{GROUP_NAME, RESOURCE_TYPES, Target};
use pilothouse_protocol::InstanceId;
use pilothouse_store::groups;
use pilothouse_store::nodes::{self, NodeRecord};

use crate::capabilities::view::node_name;
use crate::cx::{Cx, store_fault};

/// What nodes are among AWS's types of resources, and what they would be if they were AWS's own.
const NODE_TYPES: [&str; 3] = ["AWS::SSM::ManagedInstance", "AWS::EC2::Instance", "AWS::AllSupported"];

/// What a target asks of a node.
#[derive(Debug, PartialEq, Eq)]
enum Wish<'a> {
    Ids(&'a [String]),
    HasTag(&'a [String]),
    Tag(&'a str, &'a [String]),
    /// It asks for a type of resource: whether nodes are of it.
    Type(bool),
    /// What the group of this name asks for.
    Group(&'a str),
}

fn wish(target: &Target) -> Result<Wish<'_>, Fault> {
    let values = target.values.as_slice();
    if target.key.eq_ignore_ascii_case("InstanceIds") {
        return Ok(Wish::Ids(values));
    }
    match target.key.as_str() {
        "tag-key" => Ok(Wish::HasTag(values)),
        RESOURCE_TYPES => {
            let is_node = |value: &String| NODE_TYPES.iter().any(|it| it.eq_ignore_ascii_case(value));
            Ok(Wish::Type(values.iter().any(is_node)))
        }
        GROUP_NAME => Ok(Wish::Group(values.first().map_or("", String::as_str))),
        key => match key.strip_prefix("tag:") {
            Some(tag) if !tag.is_empty() => Ok(Wish::Tag(tag, values)),
            _ => Err(Fault::caller(
                "InvalidParameters",
                format!(
                    "targets of key {key:?} are not known here: use tag:<key>, tag-key, InstanceIds, {GROUP_NAME} or \
                     {RESOURCE_TYPES}"
                ),
            )),
        },
    }
}

impl Wish<'_> {
    fn holds(&self, node: &NodeRecord) -> bool {
        match self {
            Self::Ids(ids) => ids.iter().any(|id| id == "*" || id == node.instance_id.as_str()),
            Self::HasTag(keys) => keys.iter().any(|key| node.tags.contains_key(key)),
            Self::Tag(key, values) => {
                node.tags.get(*key).is_some_and(|value| values.is_empty() || values.contains(value))
            }
            Self::Type(is_node) => *is_node,
            // It was opened before.
            Self::Group(_) => false,
        }
    }
}

/// Whether targets can be understood.
///
/// # Errors
/// `InvalidParameters` that names the first which cannot.
pub(super) fn check(targets: &[Target]) -> Result<(), Fault> {
    targets.iter().try_for_each(|target| wish(target).map(drop))
}

/// The targets with each resource group opened: what it stands for now.
async fn opened(cx: &mut Cx<'_>, targets: &[Target]) -> Result<Vec<Target>, Fault> {
    let region = cx.region().to_owned();
    let mut opened = Vec::with_capacity(targets.len());
    for target in targets {
        let Wish::Group(name) = wish(target)? else {
            opened.push(target.clone());
            continue;
        };
        let group = groups::get(cx.tx, &region, name).await.map_err(store_fault)?;
        let group = group.ok_or_else(|| {
            Fault::caller("InvalidParameters", format!("there is no resource group {name:?} in this region"))
        })?;
        opened.extend(group.targets);
    }
    Ok(opened)
}

/// The nodes that targets mean, in order of name. None is no error.
pub(super) async fn matching(cx: &mut Cx<'_>, targets: &[Target]) -> Result<Vec<NodeRecord>, Fault> {
    let targets = opened(cx, targets).await?;
    let wishes = targets.iter().map(wish).collect::<Result<Vec<_>, _>>()?;
    let region = cx.region().to_owned();
    let mut found = nodes::all(cx.tx, &region).await.map_err(store_fault)?;
    found.retain(|node| wishes.iter().all(|wish| wish.holds(node)));
    found.sort_by_cached_key(|node| (node_name(node), node.instance_id.clone()));
    Ok(found)
}

/// The nodes with these ids in the order given, and the ids that are no managed nodes.
///
/// # Errors
/// `DuplicateInstanceId` when an id is given twice.
pub(super) async fn explicit(
    cx: &mut Cx<'_>,
    ids: &[String],
) -> Result<(Vec<NodeRecord>, Vec<String>), Fault> {
    let mut seen = BTreeSet::new();
    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(Fault::caller(
                "DuplicateInstanceId",
                format!("instance id {id} is given more than once"),
            ));
        }
        match id.parse::<InstanceId>() {
            Ok(id) => known.push(id),
            Err(_) => unknown.push(id.clone()),
        }
    }
    let region = cx.region().to_owned();
    let rows = nodes::select(cx.tx, &region, &known).await.map_err(store_fault)?;
    let mut by_id: BTreeMap<_, _> = rows.into_iter().map(|node| (node.instance_id.clone(), node)).collect();
    let mut found = Vec::with_capacity(by_id.len());
    for id in known {
        match by_id.remove(&id) {
            Some(node) => found.push(node),
            None => unknown.push(id.to_string()),
        }
    }
    Ok((found, unknown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_ids_is_read_in_any_case_as_awss_own_pages_write_it() {
        let target = |key: &str| Target { key: key.into(), values: vec!["mi-1".into()] };
        assert!(matches!(wish(&target("instanceids")), Ok(Wish::Ids(_))));
        assert!(matches!(wish(&target("InstanceIds")), Ok(Wish::Ids(_))));
        assert!(matches!(wish(&target("tag:env")), Ok(Wish::Tag("env", _))));
        assert_eq!(wish(&target("colour")).unwrap_err().code, "InvalidParameters");
    }

    #[test]
    fn a_node_is_a_managed_instance_and_whatever_scripts_for_aws_take_it_for() {
        let of = |values: &[&str]| Target {
            key: RESOURCE_TYPES.into(),
            values: values.iter().map(|it| (*it).to_owned()).collect(),
        };
        assert_eq!(wish(&of(&["AWS::EC2::VPC", "AWS::EC2::INSTANCE"])), Ok(Wish::Type(true)));
        assert_eq!(wish(&of(&["AWS::EC2::VPC"])), Ok(Wish::Type(false)));
    }
}
