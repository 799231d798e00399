//! Every ready-made policy is good, applies to nobody by itself, and does what its head says.

use pilothouse_api::access::Finding;

use super::*;
use crate::access::policies::{ready_made, validate};

const SEND: &str = "ssm:SendCommand";
const SEE: &str = "ssm:DescribeInstanceInformation";

/// Ready-made policies, attached to ada.
fn with(names: &[&str]) -> Policies {
    let texts: Vec<(&str, &str, &[&str])> = names
        .iter()
        .map(|name| {
            let policy = ready_made().iter().find(|policy| policy.name == *name).unwrap();
            (policy.name, policy.text, &["user/ada"][..])
        })
        .collect();
    policies(&texts)
}

fn on(policies: &Policies, action: &str, resource: &Resource) -> Decision {
    decision(policies, &ada(), action, resource)
}

#[test]
fn all_of_them_are_good_and_every_statement_has_a_reason() {
    for policy in ready_made() {
        assert_eq!(validate(policy.text), Vec::<Finding>::new(), "{}", policy.name);
        assert!(!policy.comment.is_empty(), "{} says at its head what it is for", policy.name);
        let statements = policy.text.matches(" (\n").count() + policy.text.matches(" (principal").count();
        assert_eq!(policy.text.matches("@reason(").count(), statements, "{}", policy.name);
    }
    assert!(ready_made().is_sorted_by_key(|policy| policy.name));
}

#[test]
fn every_file_of_policies_is_among_them() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/policies");
    let files =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> =
        files.filter_map(|name| name.strip_suffix(".cedar").map(str::to_owned)).collect();
    files.sort();
    let names: Vec<&str> = ready_made().iter().map(|policy| policy.name).collect();
    assert_eq!(files, names);
}

#[test]
fn none_applies_before_it_is_attached() {
    for policy in ready_made() {
        let alone = policies(&[(policy.name, policy.text, &[])]);
        assert!(alone.may_ever(&ada(), &[], SEE).is_err(), "{}", policy.name);
        let prod = node("mi-1", &[("env", "prod")]);
        assert_eq!(
            verdict(&alone, &Who::Root, SEND, &prod, &call(1000, &[])).decision,
            Decision::Allowed,
            "{}",
            policy.name
        );
    }
}

#[test]
fn an_administrator_does_everything() {
    let policies = with(&["administrator"]);
    assert_eq!(on(&policies, SEND, &node("mi-1", &[])), Decision::Allowed);
    assert_eq!(on(&policies, "pilothouse:PutPolicy", &Resource::new(Kind::Policy, "x")), Decision::Allowed);
}

#[test]
fn a_viewer_looks_at_everything_and_changes_nothing() {
    let policies = with(&["viewer"]);
    assert_eq!(on(&policies, SEE, &node("mi-1", &[("env", "prod")])), Decision::Allowed);
    for action in crate::access::policies::actions() {
        let may = policies.may_ever(&ada(), &[], action.name).is_ok();
        // What is sealed is not looked at by who looks at everything.
        let looks = action.access == pilothouse_api::Access::Read && !action.groups.contains(&"kms");
        assert_eq!(may, looks, "{}", action.name);
    }
}

#[test]
fn a_viewer_of_staging_sees_exactly_staging() {
    let policies = with(&["viewer-of-one-environment"]);
    assert_eq!(on(&policies, SEE, &node("mi-1", &[("env", "staging")])), Decision::Allowed);
    assert_eq!(on(&policies, SEE, &node("mi-2", &[("environment", "staging")])), Decision::Allowed);
    assert_eq!(on(&policies, SEE, &node("mi-3", &[("env", "prod")])), Decision::NotPermitted);
    assert_eq!(on(&policies, SEE, &node("mi-4", &[])), Decision::NotPermitted);
    assert_eq!(on(&policies, SEND, &node("mi-1", &[("env", "staging")])), Decision::NotPermitted);
    let ran_in =
        |environments: &[&str]| on(&policies, "ssm:ListCommands", &command("c-1", "root", environments));
    assert_eq!(ran_in(&["staging"]), Decision::Allowed);
    assert_eq!(ran_in(&["prod", "staging"]), Decision::NotPermitted);
    assert_eq!(ran_in(&["", "staging"]), Decision::NotPermitted, "one target had no environment");
    assert_eq!(ran_in(&[]), Decision::NotPermitted);
    assert_eq!(on(&policies, "ssm:ListDocuments", &document("AWS-RunShellScript")), Decision::Allowed);
    assert_eq!(on(&policies, "pilothouse:DescribeServer", &Resource::account("1")), Decision::Allowed);
    assert_eq!(
        on(&policies, "pilothouse:ListAuditRecords", &Resource::new(Kind::Trail, "trail")),
        Decision::NotPermitted
    );
    assert_eq!(
        on(&policies, "pilothouse:ListUsers", &Resource::new(Kind::User, "bob")),
        Decision::NotPermitted
    );
    let environment =
        |name: &str| on(&policies, "pilothouse:ListArmings", &Resource::new(Kind::Environment, name));
    assert_eq!((environment("staging"), environment("prod")), (Decision::Allowed, Decision::NotPermitted));
}

#[test]
fn an_operator_runs_everything_and_decides_nothing_about_who_may() {
    let policies = with(&["operator"]);
    assert_eq!(on(&policies, SEND, &node("mi-1", &[("env", "prod")])), Decision::Allowed);
    assert_eq!(on(&policies, SEND, &document("AWS-RunShellScript")), Decision::Allowed);
    assert_eq!(on(&policies, "pilothouse:Arm", &Resource::new(Kind::Environment, "prod")), Decision::Allowed);
    for action in crate::access::policies::actions().iter().filter(|action| action.groups.contains(&"access"))
    {
        assert!(policies.may_ever(&ada(), &[], action.name).is_err(), "{}", action.name);
    }
}

#[test]
fn an_operator_of_staging_works_in_staging_alone() {
    let policies = with(&["operator-of-one-environment"]);
    let staging = node("mi-1", &[("env", "staging")]);
    assert_eq!(on(&policies, SEND, &staging), Decision::Allowed);
    assert_eq!(on(&policies, SEND, &document("AWS-RunShellScript")), Decision::Allowed);
    assert_eq!(on(&policies, SEND, &node("mi-2", &[("env", "prod")])), Decision::NotPermitted);
    assert_eq!(
        on(&policies, "ssm:AddTagsToResource", &staging),
        Decision::NotPermitted,
        "tags say where it belongs"
    );
    let cancel =
        |environments: &[&str]| on(&policies, "ssm:CancelCommand", &command("c-1", "root", environments));
    assert_eq!((cancel(&["staging"]), cancel(&["prod"])), (Decision::Allowed, Decision::NotPermitted));
    let arm = |name: &str| on(&policies, "pilothouse:Arm", &Resource::new(Kind::Environment, name));
    assert_eq!((arm("staging"), arm("prod")), (Decision::Allowed, Decision::NotPermitted));
}

#[test]
fn a_reader_of_parameters_reads_below_the_path() {
    let policies = with(&["parameter-reader-by-path"]);
    let tags = |path: &str| {
        on(&policies, "ssm:ListTagsForResource", &Resource::new(Kind::Parameter, path).with("path", path))
    };
    assert_eq!(tags("/staging/db/password"), Decision::Allowed);
    assert_eq!(tags("/staging-2/db"), Decision::NotPermitted);
    assert_eq!(tags("/prod/staging/db"), Decision::NotPermitted);
    let password = Resource::new(Kind::Parameter, "/staging/db").with("path", "/staging/db");
    assert_eq!(on(&policies, "ssm:GetParametersByPath", &password), Decision::Allowed);
    assert_eq!(on(&policies, "ssm:PutParameter", &password), Decision::NotPermitted);
    assert_eq!(
        on(&policies, "kms:Decrypt", &password),
        Decision::NotPermitted,
        "what is sealed stays sealed"
    );
    assert_eq!(on(&policies, SEE, &node("mi-1", &[("env", "staging")])), Decision::NotPermitted);
}

#[test]
fn a_shell_user_runs_shell_scripts_on_tagged_nodes() {
    let policies = with(&["shell-only-on-tagged-nodes"]);
    let tagged = node("mi-1", &[("shell", "allowed")]);
    assert_eq!(
        (on(&policies, SEND, &tagged), on(&policies, SEE, &tagged)),
        (Decision::Allowed, Decision::Allowed)
    );
    assert_eq!(on(&policies, SEND, &node("mi-2", &[("shell", "no")])), Decision::NotPermitted);
    assert_eq!(on(&policies, SEND, &node("mi-3", &[])), Decision::NotPermitted);
    assert_eq!(on(&policies, SEND, &document("AWS-RunShellScript")), Decision::Allowed);
    assert_eq!(on(&policies, SEND, &document("AWS-RunPatchBaseline")), Decision::NotPermitted);
    let cancel = |by: &str| on(&policies, "ssm:CancelCommand", &command("c-1", by, &["prod"]));
    assert_eq!((cancel("user/ada"), cancel("user/bob")), (Decision::Allowed, Decision::NotPermitted));
}

#[test]
fn production_is_armed_before_anything_is_done_to_it() {
    let policies = with(&["operator", "prod-needs-arming"]);
    let prod = node("mi-1", &[("env", "prod")]);
    assert_eq!(on(&policies, SEND, &prod), Decision::NeedsArming);
    assert_eq!(on(&policies, "ssm:AddTagsToResource", &prod), Decision::NeedsArming);
    assert_eq!(on(&policies, SEE, &prod), Decision::Allowed);
    assert_eq!(on(&policies, SEND, &node("mi-2", &[("env", "staging")])), Decision::Allowed);
    assert_eq!(on(&policies, "ssm:CancelCommand", &command("c-1", "root", &["prod"])), Decision::Allowed);
    assert_eq!(on(&policies, "pilothouse:Arm", &Resource::new(Kind::Environment, "prod")), Decision::Allowed);
    assert!(verdict(&policies, &ada(), SEND, &prod, &call(1, &["prod"])).is_allowed());
}

#[test]
fn many_targets_in_production_need_approval() {
    let policies = with(&["operator", "prod-needs-approval"]);
    let prod = node("mi-1", &[("env", "prod")]);
    let many = call(11, &[]);
    assert_eq!(verdict(&policies, &ada(), SEND, &prod, &many).decision, Decision::NeedsApproval);
    assert!(verdict(&policies, &ada(), SEND, &prod, &call(10, &[])).is_allowed());
    assert!(
        verdict(&policies, &ada(), SEND, &prod, &Circumstances { approved: true, ..many.clone() })
            .is_allowed()
    );
    assert!(verdict(&policies, &ada(), SEND, &node("mi-2", &[]), &many).is_allowed());
}
