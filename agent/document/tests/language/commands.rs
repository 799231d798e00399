//! Command documents.

use std::collections::BTreeMap;

use pilothouse_document::{Document, Format, Gate, ParameterError, Platform, SchemaVersion, Then, convert};
use serde_json::{Value, json};

use crate::{document, given, refused, shell, steps};

#[test]
fn the_built_in_shell_document_takes_commands_and_fills_the_rest_with_defaults() {
    let text = include_str!("../../../../assets/documents/AWS-RunShellScript.json");
    let document = Document::parse(text, Format::Json).unwrap();
    assert_eq!(document.platform_types(), [Platform::Linux, Platform::MacOS]);
    let bound = document.bind(&given("commands", &["echo 1", "echo 2"])).unwrap();
    let inputs = steps(&document)[0].bound(&bound).unwrap();
    assert_eq!(inputs["runCommand"], json!(["echo 1", "echo 2"]));
    assert_eq!(inputs["timeoutSeconds"], json!("3600"));
    assert_eq!(
        document.bind(&BTreeMap::new()).unwrap_err(),
        ParameterError::Missing { name: "commands".into() }
    );
}

#[test]
fn a_document_means_the_same_in_json_and_in_yaml() {
    let source =
        shell(json!({"n": {"type": "String", "default": "yes"}}), json!(["echo {{ n }}", "echo 010"]));
    let yaml = convert(&source.to_string(), Format::Json, Format::Yaml).unwrap();
    assert_eq!(Document::parse(&yaml, Format::Yaml).unwrap(), document(&source));
}

#[test]
fn a_finally_step_must_be_the_last() {
    let step =
        |name: &str, inputs: Value| json!({"action": "aws:runShellScript", "name": name, "inputs": inputs});
    let steps = json!([step("a", json!({"finallyStep": true})), step("b", json!({}))]);
    assert!(refused(&json!({"schemaVersion": "2.2", "mainSteps": steps})).contains("finallyStep"));
}

#[test]
fn flow_control_is_taken_out_of_the_inputs() {
    let inputs = json!({"runCommand": ["x"], "onFailure": "exit"});
    let step = json!({"action": "aws:runShellScript", "name": "a", "inputs": inputs});
    let document = document(&json!({"schemaVersion": "2.2", "mainSteps": [step]}));
    assert_eq!(steps(&document)[0].on_failure, Then::Exit);
    assert_eq!(steps(&document)[0].inputs, json!({"runCommand": ["x"]}));
}

#[test]
fn values_must_keep_the_parameters_rules() {
    let rules =
        json!({"n": {"type": "String", "allowedPattern": "^[0-9]{1,3}$", "allowedValues": ["1", "2", "x"]}});
    let document = document(&shell(rules, json!(["{{n}}"])));
    assert!(document.bind(&given("n", &["1"])).is_ok());
    for (values, must) in [(vec!["3"], "be one of"), (vec!["x"], "match"), (vec!["1", "2"], "have one value")]
    {
        let said = document.bind(&given("n", &values)).unwrap_err().to_string();
        assert!(said.contains(must), "{said}");
    }
    assert!(matches!(document.bind(&given("m", &["1"])), Err(ParameterError::Unknown { .. })));
}

#[test]
fn a_step_for_another_platform_is_skipped_in_2_2_and_fails_before() {
    let document = document(&shell(json!({}), json!(["x"])));
    let bound = document.bind(&BTreeMap::new()).unwrap();
    let gate = |schema, platform| steps(&document)[0].gate(schema, platform, &bound);
    assert_eq!(gate(SchemaVersion::V2_2, Platform::Linux), Gate::Run);
    assert!(matches!(gate(SchemaVersion::V2_2, Platform::Windows), Gate::Skip(_)));
    assert!(matches!(gate(SchemaVersion::V1_2, Platform::Windows), Gate::Fail(_)));
}

#[test]
fn preconditions_run_skip_or_fail() {
    let gate = |arguments: Value| {
        let step = json!({"action": "aws:runShellScript", "name": "a", "precondition": {"StringEquals": arguments}, "inputs": {}});
        let source =
            json!({"schemaVersion": "2.2", "parameters": {"go": {"type": "String"}}, "mainSteps": [step]});
        let document = document(&source);
        let bound = document.bind(&given("go", &["yes"])).unwrap();
        steps(&document)[0].gate(SchemaVersion::V2_2, Platform::Linux, &bound)
    };
    assert_eq!(gate(json!(["platformType", "Linux"])), Gate::Run);
    assert_eq!(gate(json!(["{{ go }}", "yes"])), Gate::Run);
    assert!(matches!(gate(json!(["Windows", "platformType"])), Gate::Skip(_)));
    assert!(matches!(gate(json!(["a", "a"])), Gate::Fail(_)));
    assert!(matches!(gate(json!(["{{ssm:x}}", "a"])), Gate::Fail(_)));
}

#[test]
fn schema_1_2_names_its_steps_after_their_plugin_and_keeps_their_ids() {
    let properties =
        json!([{"id": "0.x", "runCommand": ["a"]}, {"id": "1.x", "runCommand": ["b"], "onFailure": "exit"}]);
    let config = json!({"aws:runShellScript": {"properties": properties}});
    let document = document(&json!({"schemaVersion": "1.2", "runtimeConfig": config}));
    let names: Vec<_> =
        steps(&document).iter().map(|step| (step.name.as_str(), step.id.as_deref())).collect();
    assert_eq!(names, [("aws:runShellScript", Some("0.x")), ("aws:runShellScript", Some("1.x"))]);
    assert_eq!(steps(&document)[1].on_failure, Then::Exit);
}

#[test]
fn flow_control_may_stand_beside_the_inputs_but_not_say_otherwise() {
    let step = |inside: &str| {
        json!({"action": "aws:runShellScript", "name": "a", "onFailure": "exit", "isEnd": true, "timeoutSeconds": 60,
        "inputs": {"runCommand": ["x"], "onFailure": inside}})
    };
    let read = document(&json!({"schemaVersion": "2.2", "mainSteps": [step("exit")]}));
    assert_eq!((steps(&read)[0].on_failure, steps(&read)[0].on_success), (Then::Exit, Then::Exit));
    assert_eq!(steps(&read)[0].inputs["timeoutSeconds"], json!(60));
    assert!(
        refused(&json!({"schemaVersion": "2.2", "mainSteps": [step("successAndExit")]}))
            .contains("onFailure")
    );
}

#[test]
fn every_type_of_parameter_takes_its_values_and_no_others() {
    for (kind, good, bad) in [
        ("Boolean", "true", "yes"),
        ("Integer", "-7", "7.5"),
        ("StringMap", r#"{"a": "b"}"#, "[]"),
        ("MapList", r#"[{"a": "b"}]"#, "[1]"),
    ] {
        let document = document(&shell(json!({"n": {"type": kind}}), json!(["{{ n }}"])));
        let bound = document.bind(&given("n", &[good])).unwrap();
        assert_eq!(bound.get("n"), Some(&serde_json::from_str::<Value>(good).unwrap()));
        assert!(document.bind(&given("n", &[bad])).is_err(), "{kind} took {bad}");
    }
    let maps = document(&shell(json!({"n": {"type": "MapList"}}), json!(["{{ n }}"])));
    let bound = maps.bind(&given("n", &[r#"{"a": "b"}"#, "{}"])).unwrap();
    assert_eq!(bound.get("n"), Some(&json!([{"a": "b"}, {}])), "each map as a text of its own");
    let list = json!({"n": {"type": "StringList", "minItems": 1, "maxItems": 2, "maxChars": 3}});
    let document = document(&shell(list, json!(["{{ n }}"])));
    assert!(document.bind(&given("n", &["a", "abc"])).is_ok());
    for values in [&[][..], &["a", "b", "c"], &["abcd"]] {
        assert!(document.bind(&given("n", values)).is_err(), "{values:?}");
    }
}

#[test]
fn a_default_may_break_the_rules_that_others_must_keep() {
    let rules = json!({"n": {"type": "String", "default": "", "allowedPattern": "^x$"}});
    let document = document(&shell(rules, json!(["{{ n }}"])));
    assert_eq!(document.bind(&BTreeMap::new()).unwrap().get("n"), Some(&json!("")));
    assert!(document.bind(&given("n", &[""])).is_err());
}
