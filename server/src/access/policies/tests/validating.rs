//! What is said about a text.

use pilothouse_api::access::{Finding, Severity};
use proptest::prelude::*;

use crate::access::policies::{MAX_STATEMENTS, Policies, PolicySource, validate};
use crate::access::{Circumstances, Kind, Resource, Who};

fn errors(text: &str) -> Vec<Finding> {
    validate(text).into_iter().filter(|finding| finding.severity == Severity::Error).collect()
}

fn only_error(text: &str) -> Finding {
    let mut errors = errors(text);
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.remove(0)
}

#[test]
fn a_good_policy_has_no_findings() {
    let text = r#"permit (principal in ?principal, action in Pilothouse::Action::"read", resource)
        when { resource has environment && resource.environment == "staging" };"#;
    assert_eq!(validate(text), []);
}

#[test]
fn what_is_no_cedar_is_refused_with_its_place() {
    let found = only_error("permit (principal, action, resource)\nwen { true };");
    assert_eq!((found.line, found.column), (2, 1), "{found:?}");
    let found = only_error("permit (principal, action, resource);\n\n  permit (principal, action);");
    assert_eq!(found.line, 3, "{found:?}");
}

#[test]
fn a_text_without_a_statement_is_no_policy() {
    assert!(only_error("// to be written\n").message.contains("no statement"));
}

#[test]
fn a_misspelt_attribute_is_told_with_the_right_one() {
    let text = "permit (principal in ?principal, action == Pilothouse::Action::\"ssm:SendCommand\", resource is Pilothouse::Node)\n\
                when { resource.enviroment == \"prod\" };";
    let found = only_error(text);
    assert_eq!(found.line, 2, "{found:?}");
    assert!(found.message.contains("enviroment"), "{found:?}");
    assert!(found.help.unwrap().contains("environment"));
}

#[test]
fn a_mistake_about_every_kind_of_resource_is_told_once() {
    let text = "permit (principal in ?principal, action in Pilothouse::Action::\"read\", resource)\n\
                when { resource.enviroment == \"prod\" };";
    let found = only_error(text);
    assert_eq!(found.line, 2, "{found:?}");
    assert!(found.message.contains("enviroment") && found.message.contains("more like it"), "{found:?}");
}

#[test]
fn an_attribute_that_may_be_absent_must_be_asked_for_first() {
    let text = "permit (principal in ?principal, action == Pilothouse::Action::\"ssm:SendCommand\", resource is Pilothouse::Node)\n\
                when { resource.environment == \"prod\" };";
    let found = only_error(text);
    assert!(found.help.unwrap().contains("has"), "it says how");
}

#[test]
fn a_name_that_is_misspelt_in_has_and_after_it_is_found_too() {
    let text = "@reason(\"prod\")\nforbid (principal, action == Pilothouse::Action::\"ssm:SendCommand\", resource)\n\
                when { resource has enviroment && resource.enviroment == \"prod\" };";
    let found = only_error(text);
    assert_eq!((found.line, found.message.as_str()), (2, "this statement can never apply"));
}

#[test]
fn an_action_that_does_not_exist_is_told_with_one_that_does() {
    let text =
        "permit (principal in ?principal, action == Pilothouse::Action::\"ssm:SendComand\", resource);";
    let found = only_error(text);
    assert!(format!("{found:?}").contains("ssm:SendCommand"), "{found:?}");
}

#[test]
fn an_action_on_what_it_is_never_asked_about_is_refused() {
    let text = "permit (principal in ?principal, action == Pilothouse::Action::\"ssm:SendCommand\", resource is Pilothouse::Policy);";
    assert_eq!(errors(text).len(), 1);
}

#[test]
fn a_type_that_does_not_exist_is_refused() {
    let text = "permit (principal in ?principal, action, resource is Pilothouse::Nodes);";
    assert!(!errors(text).is_empty());
}

#[test]
fn a_permit_for_everyone_is_a_warning_and_a_forbid_for_everyone_is_not() {
    let found = validate("permit (principal, action, resource);");
    assert_eq!((found.len(), found[0].severity), (1, Severity::Warning));
    assert!(found[0].help.as_ref().unwrap().contains("?principal"));
    assert_eq!(validate("forbid (principal, action in Pilothouse::Action::\"write\", resource);"), []);
    assert_eq!(validate("permit (principal == Pilothouse::User::\"ada\", action, resource);"), []);
}

#[test]
fn a_slot_that_nobody_fills_is_refused() {
    assert!(
        only_error("permit (principal in ?principal, action, resource == ?resource);")
            .message
            .contains("?resource")
    );
    assert!(!errors("permit (principal, action, resource) when { principal == ?principal };").is_empty());
}

#[test]
fn equal_to_the_slot_is_a_warning_because_of_groups() {
    let found = validate("permit (principal == ?principal, action, resource);");
    assert_eq!((found.len(), found[0].severity), (1, Severity::Warning));
}

#[test]
fn too_many_statements_are_refused_where_they_become_too_many() {
    let text =
        "forbid (principal, action in Pilothouse::Action::\"write\", resource);\n".repeat(MAX_STATEMENTS + 1);
    assert_eq!(only_error(&text).line, 201);
}

#[test]
fn the_largest_texts_are_answered_and_not_died_of() {
    let head = "permit (principal in ?principal, action, resource) when { ";
    let fill = |piece: &str, last: &str| {
        let pieces = (pilothouse_api::access::MAX_POLICY_BYTES - head.len() - 8) / piece.len();
        format!("{head}{}{last} }};", piece.repeat(pieces))
    };
    assert!(!errors(&fill("(", "true")).is_empty());
    assert!(!errors(&fill("[", "true")).is_empty());
    assert!(!errors(&fill("if true then ", "true")).is_empty());
    assert!(!errors(&fill("-", "1")).is_empty());
    assert!(!errors(&fill("true && ", "true")).is_empty());
    assert!(!errors(&fill("1 + ", "1 == 1")).is_empty());
    assert!(!errors(&fill("if true then true else ", "true")).is_empty());
    assert!(!errors(&fill("resource.", "name")).is_empty());
    assert!(!errors("\u{feff}permit\0").is_empty());
}

/// Found by the one above: Cedar's check of a text of two hundred `&&` went through the stack of a thread, and the server with it.
#[test]
fn a_statement_of_as_many_parts_as_are_allowed_is_read_checked_and_decided() {
    for (piece, last) in
        [("true && ", "true"), ("1 + ", "1 == 1"), ("if true then true else ", "true"), ("(", "")]
    {
        let times = 390 / piece.bytes().filter(|b| b"&+(".contains(b)).count().max(1);
        let close = ")".repeat(if piece == "(" { times } else { 0 });
        let last = if piece == "(" { "true" } else { last };
        let text =
            format!("permit (principal, action, resource) when {{ {}{last}{close} }};", piece.repeat(times));
        assert_eq!(errors(&text), [], "{piece}");
        let source = PolicySource { name: String::from("long"), text, attached_to: Vec::new() };
        let policies = Policies::compile(&[source]);
        let node = Resource::new(Kind::Node, "mi-1");
        let who = Who::User(String::from("ada"));
        let verdicts = policies.decide(&who, &[], "ssm:SendCommand", &[node], &Circumstances::default());
        assert_eq!(verdicts.len(), 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever somebody types: there is an answer, and it points into the text.
    #[test]
    fn every_text_is_answered_with_places_in_it(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24)) {
        let text = pieces.join(" ");
        let lines = text.split('\n').count();
        for finding in validate(&text) {
            prop_assert!((1..=lines).contains(&(finding.line as usize)), "{finding:?}");
            let line = text.split('\n').nth(finding.line as usize - 1).unwrap_or_default();
            prop_assert!((1..=line.chars().count() + 1).contains(&(finding.column as usize)), "{finding:?}");
        }
    }
}

const PIECES: &[&str] = &[
    "permit",
    "forbid",
    "(",
    ")",
    "principal",
    "action",
    "resource",
    ",",
    ";",
    "when",
    "unless",
    "{",
    "}",
    "in ?principal",
    "== ?resource",
    "@reason(\"é\")",
    "@",
    "// ö\n",
    "\"",
    "\\",
    "\n",
    "\u{202e}",
    "\u{0}",
    "true",
    "resource.name",
    "==",
    "permit (principal, action, resource);",
    "forbid (principal, action, resource) when { resource.hasTag(\"ä\") };",
    "Pilothouse::Action::\"read\"",
    "like \"*\"",
    "is Pilothouse::Node",
    "ip(\"10.0.0.0/8\")",
    "datetime(\"x\")",
];
