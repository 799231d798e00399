//! Deciding once for all that look the same gives what deciding one by one gives, whatever the policies.

use proptest::prelude::*;

use super::*;

/// Conditions of all sorts, some of which fail, some of which no schema would accept.
const CONDITIONS: &[&str] = &[
    "resource has environment && resource.environment == \"prod\"",
    "resource.environment == \"prod\"",
    "resource has environment && context.armed.contains(resource.environment)",
    "context.armed.contains(\"prod\")",
    "context.approved",
    "context.targetCount > 3 || resource.name like \"host-mi-1*\"",
    "resource.hasTag(\"team\") && resource.getTag(\"team\") == \"db\"",
    "resource.getTag(\"team\") == \"db\"",
    "resource.hasTag(principal.name)",
    "resource.hasTag(\"owner\") && resource.getTag(\"owner\") == principal.name",
    "[\"staging\", \"prod\"].containsAll(resource.environments)",
    "resource is Pilothouse::Node",
    "resource is Pilothouse::Command && resource.requestedBy == principal.reference",
    "resource == Pilothouse::Node::\"mi-2\"",
    "[Pilothouse::Node::\"mi-1\", Pilothouse::Node::\"mi-3\"].contains(resource)",
    "resource in [Pilothouse::Node::\"mi-4\", Pilothouse::User::\"ada\"]",
    "resource == principal",
    "principal == resource && resource.reference == \"user/ada\"",
    "resource in Pilothouse::Group::\"ops\"",
    "principal in Pilothouse::Group::\"ops\"",
    "(if context.approved then resource else principal).name == \"ada\"",
    "{it: resource}.it.name == \"host-mi-2\"",
    "Pilothouse::Node::\"mi-1\".environment == \"prod\"",
    "Pilothouse::User::\"ada\".name == resource.name",
    "action in Pilothouse::Action::\"read\"",
    "resource has name.first",
    "resource.name like \"*-mi-*\" && resource.name != \"host-mi-3\"",
    "resource.environment like \"*\"",
    "resource.environments like \"*\"",
    "\"prod\" == resource.environment",
    "resource.environments == \"prod\"",
    "resource has environments && resource has environment",
    "resource.reference like \"user/*a\"",
    "resource.reference == \"user/ada\"",
];

fn statement() -> impl Strategy<Value = String> {
    let principal = prop_oneof![
        Just("principal"),
        Just("principal in ?principal"),
        Just("principal == ?principal"),
        Just("principal is Pilothouse::User"),
        Just("principal == Pilothouse::User::\"ada\""),
        Just("principal in Pilothouse::Group::\"ops\""),
    ];
    let action = prop_oneof![
        Just("action"),
        Just("action == Pilothouse::Action::\"ssm:SendCommand\""),
        Just("action in Pilothouse::Action::\"write\""),
        Just("action in [Pilothouse::Action::\"read\", Pilothouse::Action::\"ssm\"]"),
    ];
    let resource = prop_oneof![
        4 => Just("resource"),
        1 => Just("resource is Pilothouse::Node"),
        1 => Just("resource == Pilothouse::Node::\"mi-1\""),
        1 => Just("resource in Pilothouse::Command::\"mi-2\""),
        1 => Just("resource is Pilothouse::User in Pilothouse::User::\"ada\""),
    ];
    let clauses = prop::collection::vec((any::<bool>(), prop::sample::select(CONDITIONS)), 0..3);
    (prop::sample::select(&["permit", "permit", "forbid"][..]), principal, action, resource, clauses)
        .prop_map(|(effect, principal, action, resource, clauses)| {
            let clauses: String = clauses
                .into_iter()
                .map(|(when, condition)| {
                    format!(" {} {{ {condition} }}", if when { "when" } else { "unless" })
                })
                .collect();
            format!("{effect} ({principal}, {action}, {resource}){clauses};\n")
        })
}

fn resource() -> impl Strategy<Value = Resource> {
    let id = prop::sample::select(&["mi-1", "mi-2", "mi-3", "mi-4", "ada", "ops"][..]);
    let kind = prop::sample::select(
        &[Kind::Node, Kind::Node, Kind::Command, Kind::User, Kind::Group, Kind::Environment][..],
    );
    let tags = prop::collection::btree_map(
        prop::sample::select(&["env", "environment", "team", "owner", "ada"][..]).prop_map(String::from),
        prop::sample::select(&["prod", "staging", "db", "ada", ""][..]).prop_map(String::from),
        0..4,
    );
    let environments = prop::collection::btree_set(
        prop::sample::select(&["prod", "staging", ""][..]).prop_map(String::from),
        0..3,
    );
    (kind, id, tags, environments).prop_map(|(kind, id, tags, environments)| match kind {
        Kind::Node => Resource::new(kind, id).named(format!("host-{id}")).tagged(tags),
        Kind::Command => {
            Resource::new(kind, id).with("requestedBy", "user/ada").with_set("environments", environments)
        }
        _ => Resource::new(kind, id),
    })
}

fn circumstances() -> impl Strategy<Value = Circumstances> {
    let armed = prop::collection::btree_set(
        prop::sample::select(&["prod", "staging"][..]).prop_map(String::from),
        0..2,
    );
    (armed, any::<bool>(), 0..6_usize).prop_map(|(armed, approved, target_count)| Circumstances {
        armed,
        approved,
        target_count,
        ..Circumstances::default()
    })
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![
        Just(ada()),
        Just(Who::Root),
        Just(Who::Session { role: "deploy".into(), session: "s".into(), person: "user/ada".into() }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn deciding_in_groups_is_deciding_one_by_one(
        texts in prop::collection::vec(prop::collection::vec(statement(), 1..4), 1..4),
        resources in prop::collection::vec(resource(), 1..30),
        circumstances in circumstances(),
        who in who(),
        action in prop::sample::select(&["ssm:SendCommand", "ssm:ListCommands", "pilothouse:Arm", "no:SuchAction"][..]),
    ) {
        let sources: Vec<PolicySource> = texts.iter().enumerate().map(|(nth, statements)| PolicySource {
            name: format!("p{nth}"),
            text: statements.concat(),
            attached_to: vec!["user/ada".into(), "group/ops".into(), "role/deploy".into()],
        }).collect();
        let policies = Policies::compile(&sources);
        prop_assert_eq!(policies.broken(), &[]);
        let groups = [String::from("ops")];
        // The same id may come twice: a change of tags asks about the node before and after.
        let together = policies.decide(&who, &groups, action, &resources, &circumstances);
        for (resource, verdict) in resources.iter().zip(together) {
            let alone = policies.decide(&who, &groups, action, std::slice::from_ref(resource), &circumstances);
            prop_assert_eq!(&alone[0], &verdict, "{} of {}", action, resource);
        }
    }

    #[test]
    fn what_may_never_be_is_never_allowed(
        texts in prop::collection::vec(statement(), 1..4),
        resources in prop::collection::vec(resource(), 1..10),
        circumstances in circumstances(),
        who in who(),
    ) {
        let source = PolicySource { name: "p".into(), text: texts.concat(), attached_to: vec!["group/ops".into()] };
        let policies = Policies::compile(&[source]);
        let groups = [String::from("ops")];
        if policies.may_ever(&who, &groups, "ssm:SendCommand").is_err() {
            for verdict in policies.decide(&who, &groups, "ssm:SendCommand", &resources, &circumstances) {
                prop_assert!(!verdict.is_allowed());
            }
        }
    }
}
