//! Principals, resources and circumstances as Cedar takes them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use cedar_policy::pst::EntityUID;
use cedar_policy::{Context, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};

use crate::access::{Circumstances, Kind, Resource, Value, Who};

/// The namespace of everything.
pub(super) const NAMESPACE: &str = "Pilothouse";
/// The id of root, a user.
pub(super) const ROOT: &str = "root";

static TYPES: LazyLock<Vec<EntityTypeName>> =
    LazyLock::new(|| Kind::ALL.iter().map(|kind| type_name(kind.entity())).collect());
static ACTION: LazyLock<EntityTypeName> = LazyLock::new(|| type_name("Action"));

#[expect(
    clippy::expect_used,
    reason = "the names are constants of ours, and a test spells every one of them"
)]
fn type_name(word: &str) -> EntityTypeName {
    format!("{NAMESPACE}::{word}").parse().expect("an identifier")
}

/// A resource, user, group or role.
pub(super) fn uid(kind: Kind, id: &str) -> EntityUid {
    let nth = Kind::ALL.iter().position(|it| *it == kind).unwrap_or_default();
    EntityUid::from_type_name_and_id(TYPES[nth].clone(), EntityId::new(id))
}

/// An action or a group of actions.
pub(super) fn action(name: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(ACTION.clone(), EntityId::new(name))
}

/// The kind of what is named in a statement; nothing for actions and what is not ours.
pub(super) fn kind(uid: &EntityUID) -> Option<Kind> {
    let ty = uid.ty.to_string();
    let word = ty.strip_prefix(NAMESPACE).and_then(|rest| rest.strip_prefix("::"))?;
    Kind::ALL.into_iter().find(|kind| kind.entity() == word)
}

/// Whom a policy is attached to: `user/…`, `group/…` or `role/…`.
pub(super) fn holder(reference: &str) -> Option<EntityUid> {
    let (word, name) = reference.split_once('/')?;
    let kind = [Kind::User, Kind::Group, Kind::Role].into_iter().find(|kind| kind.word() == word)?;
    Some(uid(kind, name))
}

/// Who calls. Nobody, for a user who is called like root: such a one is not root, and is not anybody else either.
pub(super) fn caller(who: &Who) -> Option<(Kind, &str)> {
    match who {
        Who::Root => Some((Kind::User, ROOT)),
        Who::User(name) if name == ROOT => None,
        Who::User(name) => Some((Kind::User, name)),
        Who::Session { role, .. } => Some((Kind::Role, role)),
    }
}

/// A principal without tags, in these groups.
pub(super) fn principal(kind: Kind, name: &str, groups: &[EntityUid]) -> Option<Entity> {
    let resource = Resource::new(kind, name);
    entity(&resource, groups)
}

/// A resource. Nothing, if Cedar does not take it.
pub(super) fn entity(resource: &Resource, groups: &[EntityUid]) -> Option<Entity> {
    let mut attributes = vec![(String::from("name"), text(&resource.name))];
    if let Kind::User | Kind::Role = resource.kind {
        let reference = if resource.id == ROOT && resource.kind == Kind::User {
            String::from(ROOT)
        } else {
            resource.to_string()
        };
        attributes.push((String::from("reference"), text(&reference)));
    }
    for (name, value) in &resource.attributes {
        attributes.retain(|(known, _)| known != name);
        attributes.push(((*name).to_owned(), expression(value)));
    }
    let tags = resource.tags.iter().map(|(key, value)| (key.clone(), text(value)));
    let made =
        Entity::new_with_tags(uid(resource.kind, &resource.id), attributes, groups.iter().cloned(), tags);
    made.inspect_err(|error| tracing::error!(%resource, %error, "a resource cannot be asked about")).ok()
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

fn expression(value: &Value) -> RestrictedExpression {
    match value {
        Value::Text(value) => text(value),
        Value::Texts(values) => RestrictedExpression::new_set(values.iter().map(|value| text(value))),
        Value::Flag(value) => RestrictedExpression::new_bool(*value),
    }
}

/// The circumstances, with these environments armed. Nothing, if Cedar does not take them.
pub(super) fn context(
    circumstances: &Circumstances,
    armed: &BTreeSet<String>,
    approved: bool,
) -> Option<Context> {
    let mut pairs = vec![
        (String::from("armed"), expression(&Value::Texts(armed.clone()))),
        (String::from("approved"), RestrictedExpression::new_bool(approved)),
        (
            String::from("targetCount"),
            RestrictedExpression::new_long(i64::try_from(circumstances.target_count).unwrap_or(i64::MAX)),
        ),
        (String::from("region"), text(&circumstances.region)),
    ];
    if let Some(source) = circumstances.source {
        // An IPv4 address that came in through an IPv6 socket is still what the policy calls it.
        pairs.push((
            String::from("sourceIp"),
            RestrictedExpression::new_ip(source.to_canonical().to_string()),
        ));
    }
    let made = Context::from_pairs(pairs);
    made.inspect_err(|error| tracing::error!(%error, "a call's circumstances cannot be told")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_entity() {
        for kind in Kind::ALL {
            assert_eq!(uid(kind, "a\"b").to_string(), format!("Pilothouse::{}::\"a\\\"b\"", kind.entity()));
        }
        assert_eq!(action("ssm:SendCommand").to_string(), "Pilothouse::Action::\"ssm:SendCommand\"");
    }

    #[test]
    fn a_user_who_is_called_root_is_nobody() {
        assert_eq!(caller(&Who::User(String::from("root"))), None);
        assert_eq!(caller(&Who::Root), Some((Kind::User, "root")));
    }

    #[test]
    fn a_policy_is_held_by_users_groups_and_roles_only() {
        assert_eq!(holder("group/ops"), Some(uid(Kind::Group, "ops")));
        assert_eq!(holder("node/mi-1"), None);
        assert_eq!(holder("root"), None);
    }
}
