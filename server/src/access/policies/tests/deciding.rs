//! What is decided.

use super::*;
use crate::access::policies::{explain, never};

const READ_STAGING: &str = r#"
@reason("staging is open")
permit (principal in ?principal, action in Pilothouse::Action::"read", resource)
when { resource has environment && resource.environment == "staging" };
"#;

#[test]
fn nobody_may_do_anything_without_a_policy_but_root() {
    let none = policies(&[]);
    let node = node("mi-1", &[]);
    assert_eq!(decision(&none, &ada(), "ssm:SendCommand", &node), Decision::NotPermitted);
    assert_eq!(decision(&none, &Who::Root, "ssm:SendCommand", &node), Decision::Allowed);
    assert_eq!(none.may_ever(&ada(), &[], "ssm:SendCommand"), Err(None));
    assert_eq!(never(&ada(), "ssm:SendCommand", None), "no policy permits user/ada to ssm:SendCommand");
    assert_eq!(none.may_ever(&Who::Root, &[], "ssm:SendCommand"), Ok(()));
}

#[test]
fn a_policy_applies_to_whom_it_is_attached_and_to_members_of_the_group() {
    let staging = node("mi-1", &[("env", "staging")]);
    let attached = |to: &str| policies(&[("read-staging", READ_STAGING, &[to])]);
    let see = |policies: &Policies, who: &Who, groups: &[&str]| {
        let groups: Vec<String> = groups.iter().map(|it| (*it).to_owned()).collect();
        policies.sieve(who, &groups, "ssm:DescribeInstanceInformation", &call(1, &[])).shows(&staging)
    };
    assert!(see(&attached("user/ada"), &ada(), &[]));
    assert!(!see(&attached("user/bob"), &ada(), &[]));
    assert!(see(&attached("group/ops"), &ada(), &["ops"]));
    assert!(!see(&attached("group/ops"), &ada(), &["dev"]));
    let session = Who::Session { role: "deploy".into(), session: "s1".into(), person: "user/ada".into() };
    assert!(see(&attached("role/deploy"), &session, &[]));
    assert!(
        !see(&attached("user/ada"), &session, &[]),
        "a session has the rights of the role, not of the person"
    );
    assert!(!see(&attached("role/ada"), &ada(), &[]));
}

#[test]
fn a_listing_shows_exactly_what_may_be_seen() {
    let policies = policies(&[("read-staging", READ_STAGING, &["user/ada"])]);
    let mut sieve = policies.sieve(&ada(), &[], "ssm:DescribeInstanceInformation", &call(1, &[]));
    assert!(sieve.shows(&node("mi-1", &[("env", "staging")])));
    assert!(!sieve.shows(&node("mi-2", &[("env", "prod")])));
    assert!(!sieve.shows(&node("mi-3", &[])));
    assert!(sieve.shows(&node("mi-4", &[("env", "staging"), ("team", "db")])));
    assert_eq!(sieve.asked(), 3, "two of the four look the same to the policy");
}

#[test]
fn what_was_decided_is_not_decided_again_for_the_next_call_unless_anything_is_otherwise() {
    let policies = policies(&[("read-staging", READ_STAGING, &["user/ada", "group/ops"])]);
    let staging = [node("mi-1", &[("env", "staging")]), node("mi-2", &[("env", "staging")])];
    let asked = |who: &Who, groups: &[&str], action: &str, circumstances: Circumstances| {
        let groups: Vec<String> = groups.iter().map(|it| (*it).to_owned()).collect();
        let mut sieve = policies.sieve(who, &groups, action, &circumstances);
        assert!(staging.iter().all(|node| sieve.shows(node)));
        sieve.asked()
    };
    let (see, bob) = ("ssm:DescribeInstanceInformation", Who::User(String::from("bob")));
    let from = |address: &str| Circumstances { source: address.parse().ok(), ..call(1, &[]) };
    assert_eq!(asked(&ada(), &[], see, call(1, &[])), 1);
    assert_eq!(asked(&ada(), &[], see, call(1, &[])), 0);
    assert_eq!(asked(&ada(), &[], see, call(2, &[])), 1);
    assert_eq!(asked(&ada(), &[], see, call(1, &["staging"])), 1);
    assert_eq!(asked(&ada(), &[], see, Circumstances { approved: true, ..call(1, &[]) }), 1);
    assert_eq!(asked(&ada(), &[], see, Circumstances { region: "elsewhere".into(), ..call(1, &[]) }), 1);
    assert_eq!([from("10.1.2.3"), from("10.1.2.4")].map(|it| asked(&ada(), &[], see, it)), [1, 1]);
    assert_eq!(asked(&ada(), &[], see, from("::ffff:10.1.2.3")), 0, "it is the same address");
    assert_eq!(asked(&ada(), &[], "ssm:GetParameter", call(1, &[])), 1);
    assert_eq!(asked(&bob, &["ops"], see, call(1, &[])), 1);
    assert!(!policies.sieve(&bob, &[], see, &call(1, &[])).shows(&staging[0]), "he left the group");
    assert_eq!(asked(&bob, &["ops"], see, call(1, &[])), 1, "and is in it again");
}

#[test]
fn the_verdict_names_the_statement_with_its_line_and_reason() {
    let text = "// head\npermit (principal in ?principal, action, resource);\n\n@reason(\"not on a sunday\")\nforbid (principal, action == \
                Pilothouse::Action::\"ssm:SendCommand\", resource is Pilothouse::Node);\n";
    let policies = policies(&[("mixed", text, &["user/ada"])]);
    let node = node("mi-1", &[]);
    let refused = verdict(&policies, &ada(), "ssm:SendCommand", &node, &call(1, &[]));
    assert_eq!(refused.decision, Decision::Forbidden);
    assert_eq!(
        explain(&refused, &ada(), "ssm:SendCommand", &node),
        "policy mixed line 5 forbids it: not on a sunday"
    );
    let allowed = verdict(&policies, &ada(), "ssm:DescribeInstanceInformation", &node, &call(1, &[]));
    assert_eq!(allowed.because[0].line, 2);
    assert_eq!(
        explain(&allowed, &ada(), "ssm:DescribeInstanceInformation", &node),
        "policy mixed line 2 permits it"
    );
}

#[test]
fn what_nothing_permits_says_who_what_and_on_what() {
    let node = node("mi-1", &[]);
    let refused = verdict(&policies(&[]), &ada(), "ssm:SendCommand", &node, &call(1, &[]));
    assert_eq!(
        explain(&refused, &ada(), "ssm:SendCommand", &node),
        "no policy permits user/ada to ssm:SendCommand on node/mi-1"
    );
}

#[test]
fn a_statement_that_forbids_everything_is_known_without_a_resource() {
    let text = "permit (principal, action, resource);\n@reason(\"frozen\") forbid (principal, action in \
                Pilothouse::Action::\"write\", resource);";
    let policies = policies(&[("freeze", text, &[])]);
    let because = policies.may_ever(&ada(), &[], "ssm:SendCommand").unwrap_err();
    let why = never(&ada(), "ssm:SendCommand", because.as_ref());
    assert_eq!(why, "policy freeze line 2 forbids it: frozen");
    assert_eq!(policies.may_ever(&ada(), &[], "ssm:ListCommands"), Ok(()));
}

#[test]
fn what_is_forbidden_binds_root_but_root_can_always_mend_a_policy() {
    let policies = policies(&[("freeze", "forbid (principal, action, resource);", &[])]);
    let on = |action: &str, resource: Resource| decision(&policies, &Who::Root, action, &resource);
    assert_eq!(on("ssm:SendCommand", node("mi-1", &[])), Decision::Forbidden);
    assert_eq!(on("pilothouse:DeletePolicy", Resource::new(Kind::Policy, "freeze")), Decision::Allowed);
    assert_eq!(on("ssm:DescribeInstanceInformation", node("mi-1", &[])), Decision::Allowed);
    assert!(policies.may_ever(&Who::Root, &[], "ssm:SendCommand").is_err());
    assert_eq!(policies.may_ever(&Who::Root, &[], "pilothouse:DeletePolicy"), Ok(()));
}

#[test]
fn a_user_who_is_called_root_is_not_root() {
    let impostor = Who::User(String::from("root"));
    let policies = policies(&[("all", "permit (principal, action, resource);", &[])]);
    assert_eq!(decision(&policies, &impostor, "ssm:SendCommand", &node("mi-1", &[])), Decision::NotPermitted);
}

#[test]
fn a_forbidding_statement_that_fails_forbids_and_a_permitting_one_permits_nothing() {
    // No such attribute: neither would be saved today, both could be left from a time when there was one.
    let forbids = "permit (principal, action, resource);\nforbid (principal, action, resource) when { resource.colour == \"red\" };";
    let permits = "permit (principal, action, resource) when { resource.colour == \"red\" };";
    let node = node("mi-1", &[]);
    let refused =
        verdict(&policies(&[("old", forbids, &[])]), &ada(), "ssm:SendCommand", &node, &call(1, &[]));
    assert_eq!((refused.decision, refused.because[0].line), (Decision::Forbidden, 2));
    assert_eq!(
        decision(&policies(&[("old", permits, &[])]), &ada(), "ssm:SendCommand", &node),
        Decision::NotPermitted
    );
}

#[test]
fn a_policy_that_cannot_be_read_permits_nothing_and_one_that_forbade_closes_the_door_to_all_but_root() {
    let node = node("mi-1", &[]);
    let may = "permit (principal, action, resource);";
    let permitting = policies(&[("bad", "permit (principal", &[]), ("good", may, &[])]);
    assert_eq!(permitting.broken()[0].policy, "bad");
    assert_eq!(decision(&permitting, &ada(), "ssm:SendCommand", &node), Decision::Allowed);
    let forbidding = policies(&[("bad", "forbid (principal", &[]), ("good", may, &[])]);
    assert_eq!(decision(&forbidding, &ada(), "ssm:SendCommand", &node), Decision::Forbidden);
    let because = forbidding.may_ever(&ada(), &[], "ssm:SendCommand").unwrap_err().unwrap();
    assert_eq!((because.policy.as_str(), because.line), ("bad", 1));
    assert_eq!(decision(&forbidding, &Who::Root, "ssm:SendCommand", &node), Decision::Allowed);
}

const ARMED: &str = r#"permit (principal, action, resource);
@reason("production must be armed")
forbid (principal, action in Pilothouse::Action::"write", resource)
when { resource has environment && resource.environment == "prod" }
unless { context.armed.contains("prod") };
"#;

#[test]
fn a_refusal_that_arming_would_lift_says_so() {
    let policies = policies(&[("prod-armed", ARMED, &[])]);
    let prod = node("mi-1", &[("env", "prod")]);
    let refused = verdict(&policies, &ada(), "ssm:SendCommand", &prod, &call(1, &["staging"]));
    assert_eq!(refused.decision, Decision::NeedsArming);
    assert_eq!(
        explain(&refused, &ada(), "ssm:SendCommand", &prod),
        "policy prod-armed line 3 asks that prod be armed: production must be armed"
    );
    assert!(policies.minds_arming(&ada(), &[], "ssm:SendCommand"));
    assert!(!policies.minds_arming(&ada(), &[], "ssm:ListCommands"), "no statement about it looks there");
    let armed = verdict(&policies, &ada(), "ssm:SendCommand", &prod, &call(1, &["prod"]));
    assert_eq!(armed.decision, Decision::Allowed);
    assert_eq!(decision(&policies, &ada(), "ssm:SendCommand", &node("mi-2", &[])), Decision::Allowed);
    assert_eq!(
        decision(&policies, &Who::Root, "ssm:SendCommand", &prod),
        Decision::NeedsArming,
        "arming binds root too"
    );
}

#[test]
fn of_arming_and_approval_that_are_both_needed_arming_comes_first() {
    let approval = r#"forbid (principal, action == Pilothouse::Action::"ssm:SendCommand", resource is Pilothouse::Node)
        when { context.targetCount > 2 } unless { context.approved };"#;
    let policies = policies(&[("prod-armed", ARMED, &[]), ("two-pairs", approval, &[])]);
    let prod = node("mi-1", &[("env", "prod")]);
    let on = |circumstances: &Circumstances| {
        verdict(&policies, &ada(), "ssm:SendCommand", &prod, circumstances).decision
    };
    assert_eq!(on(&call(3, &[])), Decision::NeedsArming);
    let refused = verdict(&policies, &ada(), "ssm:SendCommand", &prod, &call(3, &[]));
    let by: Vec<&str> = refused.because.iter().map(|because| because.policy.as_str()).collect();
    assert_eq!(by, ["prod-armed"], "what asks for an approval does not ask for arming");
    assert_eq!(on(&call(3, &["prod"])), Decision::NeedsApproval);
    assert_eq!(on(&call(2, &["prod"])), Decision::Allowed);
    let approved = |armed: &[&str]| Circumstances { approved: true, ..call(3, armed) };
    assert_eq!(on(&approved(&[])), Decision::NeedsArming, "who approves does not arm");
    assert_eq!(on(&approved(&["prod"])), Decision::Allowed);
}

#[test]
fn what_arming_and_approval_do_not_lift_is_forbidden() {
    let never = r#"@reason("never") forbid (principal, action, resource is Pilothouse::Node);"#;
    let policies = policies(&[("prod-armed", ARMED, &[]), ("never", never, &[])]);
    let refused =
        verdict(&policies, &ada(), "ssm:SendCommand", &node("mi-1", &[("env", "prod")]), &call(1, &[]));
    assert_eq!(refused.decision, Decision::Forbidden);
    assert_eq!(refused.because.len(), 2);
}

#[test]
fn a_permit_may_ask_for_approval_too() {
    let text = "permit (principal, action, resource) when { context.approved };";
    let policies = policies(&[("with-approval", text, &[])]);
    let refused = verdict(&policies, &ada(), "ssm:SendCommand", &node("mi-1", &[]), &call(1, &[]));
    assert_eq!(refused.decision, Decision::NeedsApproval);
    assert_eq!(refused.because[0].policy, "with-approval");
    let approval = Resource::new(Kind::Approval, "a-1");
    assert_eq!(
        decision(&policies, &ada(), "pilothouse:DecideApproval", &approval),
        Decision::NotPermitted,
        "to approve is not what needs approval"
    );
}

#[test]
fn arming_is_asked_for_where_a_resource_belongs_even_if_no_statement_looks_there() {
    let text = r#"permit (principal, action, resource);
        forbid (principal, action, resource is Pilothouse::Node) when { resource.hasTag("tier") } unless { context.armed.contains("prod") };"#;
    let policies = policies(&[("tier", text, &[])]);
    let nodes =
        [node("mi-1", &[("tier", "1"), ("env", "staging")]), node("mi-2", &[("tier", "1"), ("env", "prod")])];
    let verdicts = policies.decide(&ada(), &[], "ssm:SendCommand", &nodes, &call(2, &[]));
    let decisions: Vec<Decision> = verdicts.into_iter().map(|verdict| verdict.decision).collect();
    assert_eq!(decisions, [Decision::Forbidden, Decision::NeedsArming]);
}

#[test]
fn a_call_from_elsewhere_is_refused_whatever_socket_it_came_through() {
    let text = r#"permit (principal, action, resource) when { context has sourceIp && context.sourceIp.isInRange(ip("10.0.0.0/8")) };"#;
    let policies = policies(&[("inside", text, &[])]);
    let from = |source: &str| {
        let circumstances = Circumstances { source: Some(source.parse().unwrap()), ..call(1, &[]) };
        verdict(&policies, &ada(), "ssm:SendCommand", &node("mi-1", &[]), &circumstances).is_allowed()
    };
    assert!(from("10.1.2.3"));
    assert!(from("::ffff:10.1.2.3"));
    assert!(!from("192.0.2.1"));
    assert_eq!(decision(&policies, &ada(), "ssm:SendCommand", &node("mi-1", &[])), Decision::NotPermitted);
}

#[test]
fn a_user_changes_own_keys_and_nobody_elses() {
    let text = r#"permit (principal is Pilothouse::User, action == Pilothouse::Action::"pilothouse:RotateAccessKey", resource)
        when { resource == principal };"#;
    let policies = policies(&[("own-keys", text, &[])]);
    let users = ["ada", "bob", "eve"].map(|name| Resource::new(Kind::User, name));
    let mut sieve = policies.sieve(&ada(), &[], "pilothouse:RotateAccessKey", &call(1, &[]));
    assert_eq!(users.each_ref().map(|user| sieve.shows(user)), [true, false, false]);
    assert_eq!(sieve.asked(), 2);
}

#[test]
fn names_that_are_all_not_like_the_pattern_look_the_same() {
    let text = "permit (principal, action, resource) when { resource.name like \"db-*\" && resource.name != \"db-2\" };";
    let policies = policies(&[("databases", text, &[])]);
    let mut sieve = policies.sieve(&ada(), &[], "ssm:DescribeInstanceInformation", &call(1, &[]));
    let named = |name: &str| node("mi-1", &[]).named(name);
    let shown: Vec<&str> =
        ["web-1", "web-2", "db-1", "db-2", "db-3"].into_iter().filter(|it| sieve.shows(&named(it))).collect();
    assert_eq!(shown, ["db-1", "db-3"]);
    assert_eq!(sieve.asked(), 3);
}

/// Found by the property in `grouping`: a change of tags asks about one node twice, as it is and as it would be.
#[test]
fn one_node_before_and_after_is_decided_twice_even_if_a_statement_looks_at_it_by_its_id() {
    let text =
        r#"permit (principal, action, resource) when { Pilothouse::Node::"mi-1".environment == "staging" };"#;
    let policies = policies(&[("by-id", text, &[])]);
    let nodes = [node("mi-1", &[("env", "staging")]), node("mi-1", &[("env", "prod")])];
    let verdicts = policies.decide(&ada(), &[], "ssm:AddTagsToResource", &nodes, &call(2, &[]));
    let decisions: Vec<Decision> = verdicts.into_iter().map(|verdict| verdict.decision).collect();
    assert_eq!(decisions, [Decision::Allowed, Decision::NotPermitted]);
}

/// Who may write policies of one name must not come to more by writing one of another.
#[test]
fn who_may_write_policies_of_staging_writes_no_other() {
    let text = r#"@reason("writers of staging's policies")
        permit (principal in ?principal, action in Pilothouse::Action::"access", resource is Pilothouse::Policy)
        when { resource.name like "staging-*" };"#;
    let policies = policies(&[("staging-writers", text, &["group/staging"])]);
    let groups = [String::from("staging")];
    let on = |action: &str, resource: Resource| {
        policies.decide(&ada(), &groups, action, &[resource], &call(1, &[]))[0].decision
    };
    let policy = |name: &str| Resource::new(Kind::Policy, name);
    assert_eq!(on("pilothouse:PutPolicy", policy("staging-viewer")), Decision::Allowed);
    for stolen in ["prod-operator", "administrator", "Staging-x", "x-staging-", "staging"] {
        assert_eq!(on("pilothouse:PutPolicy", policy(stolen)), Decision::NotPermitted, "{stolen}");
        assert_eq!(on("pilothouse:DeletePolicy", policy(stolen)), Decision::NotPermitted, "{stolen}");
    }
    // To attach one asks about whom it is attached to as well.
    assert_eq!(on("pilothouse:AttachPolicy", policy("staging-viewer")), Decision::Allowed);
    assert_eq!(on("pilothouse:AttachPolicy", Resource::new(Kind::User, "ada")), Decision::NotPermitted);
    assert_eq!(
        on("pilothouse:AddUserToGroup", Resource::new(Kind::Group, "staging")),
        Decision::NotPermitted
    );
    assert_eq!(on("pilothouse:CreateAccessKey", Resource::new(Kind::User, "root")), Decision::NotPermitted);
}
