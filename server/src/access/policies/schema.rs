//! What policies can speak of: the schema, with an action for every permission of the operations.

use std::sync::LazyLock;

use cedar_policy::{Schema, Validator};
use pilothouse_api::{Access, FURTHER_PERMISSIONS, OPERATIONS};

use crate::access::Kind;

/// Everything but the actions.
const NOUNS: &str = include_str!("schema.cedarschema");

/// What can carry tags.
const TAGGABLE: &[Kind] = &[
    Kind::Node,
    Kind::Activation,
    Kind::Document,
    Kind::Parameter,
    Kind::PatchBaseline,
    Kind::MaintenanceWindow,
    Kind::Association,
    Kind::Automation,
];

/// Which resources an action can be asked about, by the first of these words that stands in its name; all kinds, if none does.
/// It is what lets validation say that `SendCommand` on a user can never be.
const NOUNS_OF_ACTIONS: &[(&str, &[Kind])] = &[
    ("Tags", TAGGABLE),
    // A command itself, where it is throttled.
    ("SendCommand", &[Kind::Node, Kind::Document, Kind::Command]),
    ("Command", &[Kind::Command]),
    ("Activation", &[Kind::Activation]),
    ("Parameter", &[Kind::Parameter]),
    ("ServiceSetting", &[Kind::Account]),
    ("Decrypt", &[Kind::Parameter]),
    ("Encrypt", &[Kind::Parameter]),
    ("Instance", &[Kind::Node]),
    ("ResolveTargets", &[Kind::Node]),
    ("ConnectionStatus", &[Kind::Node]),
    ("Document", &[Kind::Document]),
    ("CalendarState", &[Kind::Document]),
    ("AccessKey", &[Kind::User]),
    ("SshPublicKey", &[Kind::User]),
    ("ResourceGroup", &[Kind::ResourceGroup]),
    ("RunTemplate", &[Kind::RunTemplate]),
    ("UserToGroup", &[Kind::User, Kind::Group]),
    ("UserFromGroup", &[Kind::User, Kind::Group]),
    ("User", &[Kind::User]),
    ("Group", &[Kind::Group]),
    ("Role", &[Kind::Role]),
    ("ValidatePolicy", &[Kind::Account]),
    ("AttachPolicy", &[Kind::Account, Kind::Policy, Kind::User, Kind::Group, Kind::Role]),
    ("DetachPolicy", &[Kind::Account, Kind::Policy, Kind::User, Kind::Group, Kind::Role]),
    ("Policy", &[Kind::Policy]),
    ("Policies", &[Kind::Policy]),
    ("SimulateAccess", &[Kind::Account, Kind::User, Kind::Role]),
    ("CallerAccess", &[Kind::Account]),
    ("CallerIdentity", &[Kind::Account]),
    ("DescribeServer", &[Kind::Account]),
    ("Follow", &[Kind::Account]),
    ("Approval", &[Kind::Approval]),
    ("Audit", &[Kind::Trail]),
    ("LookupEvents", &[Kind::Trail]),
    ("Arm", &[Kind::Environment]),
    ("Disarm", &[Kind::Environment]),
];

/// Kinds that say who there is and what they may do.
const OF_ACCESS: &[Kind] = &[Kind::User, Kind::Group, Kind::Role, Kind::Policy];

/// An action as policies see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The permission, such as `ssm:SendCommand`.
    pub name: &'static str,
    /// Action groups that it is in, such as `write`, `ssm`, `access`.
    pub groups: Vec<&'static str>,
    /// Whether it changes anything.
    pub access: Access,
    /// Kinds of resources that it can be asked about.
    pub kinds: &'static [Kind],
}

static ACTIONS: LazyLock<Vec<Action>> = LazyLock::new(|| {
    let mut actions: Vec<Action> = Vec::new();
    for operation in OPERATIONS {
        match actions.iter_mut().find(|action| action.name == operation.permission) {
            Some(action) if action.access == Access::Read => {
                *action = action_of(operation.permission, operation.access);
            }
            Some(_) => {}
            None => actions.push(action_of(operation.permission, operation.access)),
        }
    }
    for permission in FURTHER_PERMISSIONS {
        let of_prefix =
            Action { groups: permission.split(':').take(1).collect(), ..action_of(permission, Access::Read) };
        actions.push(of_prefix);
    }
    actions
});

/// Every action, in the order of the operations that they were made from.
#[must_use]
pub fn actions() -> &'static [Action] {
    &ACTIONS
}

/// The action with this name.
pub(super) fn action(name: &str) -> Option<&'static Action> {
    actions().iter().find(|action| action.name == name)
}

fn action_of(permission: &'static str, access: Access) -> Action {
    let (prefix, name) = permission.split_once(':').unwrap_or(("", permission));
    let kinds = NOUNS_OF_ACTIONS
        .iter()
        .find(|(word, _)| name.contains(word))
        .map_or(&Kind::ALL[..], |(_, kinds)| *kinds);
    let mut groups = vec![if access == Access::Read { "read" } else { "write" }, prefix];
    let of_access = kinds.iter().any(|kind| OF_ACCESS.contains(kind)) && kinds.len() < Kind::ALL.len();
    if access == Access::Write && of_access && prefix == "pilothouse" {
        groups.push("access");
    }
    Action { name: permission, groups, access, kinds }
}

/// The schema's text.
fn text() -> String {
    let quoted = |names: &[&str]| names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    let mut lines = String::new();
    for action in actions() {
        let kinds: Vec<&str> = action.kinds.iter().map(|kind| kind.entity()).collect();
        lines.push_str(&format!(
            "    action {:?} in [{}] appliesTo {{ principal: [User, Role], resource: [{}], context: Circumstances }};\n",
            action.name,
            quoted(&action.groups),
            kinds.join(", "),
        ));
    }
    NOUNS.replace("@ACTIONS@\n", &lines)
}

/// What checks policies against the schema; the reason, if the schema itself is broken.
pub(super) static VALIDATOR: LazyLock<Result<Validator, String>> = LazyLock::new(|| {
    let (schema, _) = Schema::from_cedarschema_str(&text()).map_err(|error| {
        tracing::error!(%error, "the schema of policies is broken");
        format!("the schema of policies is broken: {error}")
    })?;
    Ok(Validator::new(schema))
});

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_schema_is_good_and_has_an_action_for_every_permission() {
        let validator = VALIDATOR.as_ref().unwrap();
        let known: BTreeSet<String> =
            validator.schema().actions().map(|uid| uid.id().unescaped().to_owned()).collect();
        for operation in OPERATIONS {
            assert!(known.contains(operation.permission), "{} is no action", operation.permission);
        }
    }

    #[test]
    fn every_kind_of_resource_is_an_entity_of_the_schema_and_has_a_name() {
        for kind in Kind::ALL {
            let head = NOUNS.lines().position(|line| {
                let line = line.trim_start();
                line.starts_with(&format!("entity {} ", kind.entity()))
            });
            let head = head.unwrap_or_else(|| panic!("{} stands not in the schema", kind.entity()));
            assert!(NOUNS.lines().nth(head + 1).unwrap().trim_start().starts_with("name: String,"));
        }
    }

    #[test]
    fn an_action_is_in_the_groups_of_what_it_does_and_of_its_service() {
        assert_eq!(action("ssm:SendCommand").unwrap().groups, ["write", "ssm"]);
        assert_eq!(action("cloudtrail:LookupEvents").unwrap().groups, ["read", "cloudtrail"]);
        assert_eq!(action("kms:Decrypt").unwrap().groups, ["kms"], "who may read is not told what is sealed");
        assert_eq!(action("pilothouse:PutPolicy").unwrap().groups, ["write", "pilothouse", "access"]);
    }

    #[test]
    fn what_changes_principals_and_policies_is_of_access_and_nothing_else_is() {
        let of_access: Vec<&str> = actions()
            .iter()
            .filter(|action| action.groups.contains(&"access"))
            .map(|action| action.name)
            .collect();
        let words = ["User", "Group", "Role", "Policy", "AccessKey", "SshPublicKey"];
        for action in actions().iter().filter(|action| action.access == Access::Write) {
            let named = action.name.starts_with("pilothouse:")
                && words.iter().any(|word| action.name.contains(word))
                && !action.name.contains("ResourceGroup");
            assert_eq!(of_access.contains(&action.name), named, "{}", action.name);
        }
        assert!(!of_access.contains(&"sts:AssumeRole"), "to take on a role changes no principal");
    }

    #[test]
    fn every_action_that_there_is_has_its_kinds_of_resources() {
        let unknown: Vec<&str> = actions()
            .iter()
            .filter(|action| action.kinds.len() == Kind::ALL.len())
            .map(|action| action.name)
            .collect();
        assert!(unknown.is_empty(), "say in NOUNS_OF_ACTIONS what {unknown:?} can be asked about");
    }
}
