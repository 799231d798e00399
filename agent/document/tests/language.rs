//! The document language told as stories, and its promises as properties.

#![expect(clippy::unwrap_used, reason = "what is not as it should be fails the story")]

use std::collections::BTreeMap;

use pilothouse_document::{
    Document, DocumentError, Format, Gate, ParameterError, Platform, SchemaVersion, Then, convert,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn document(value: &Value) -> Document {
    Document::parse(&value.to_string(), Format::Json).unwrap()
}

fn refused(value: &Value) -> String {
    Document::parse(&value.to_string(), Format::Json).unwrap_err().to_string()
}

fn given(name: &str, values: &[&str]) -> BTreeMap<String, Vec<String>> {
    [(name.to_owned(), values.iter().map(|v| (*v).to_owned()).collect())].into()
}

fn shell(parameters: Value, commands: Value) -> Value {
    json!({
        "schemaVersion": "2.2",
        "parameters": parameters,
        "mainSteps": [{"action": "aws:runShellScript", "name": "run", "inputs": {"runCommand": commands}}],
    })
}

#[test]
fn the_built_in_shell_document_takes_commands_and_fills_the_rest_with_defaults() {
    let text = include_str!("../../../assets/documents/AWS-RunShellScript.json");
    let document = Document::parse(text, Format::Json).unwrap();
    assert_eq!(document.platform_types(), [Platform::Linux, Platform::MacOS]);
    let bound = document.bind(&given("commands", &["echo 1", "echo 2"])).unwrap();
    let inputs = bound.apply(&document.steps[0].inputs);
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
fn a_syntax_error_tells_its_line_and_column() {
    let error = Document::parse("{\n  \"schemaVersion\": 2.2.\n}", Format::Json).unwrap_err();
    assert!(matches!(error, DocumentError::Syntax { line: 2, .. }), "{error}");
}

#[test]
fn a_misspelt_member_is_refused_and_named() {
    let said = refused(&json!({"schemaVersion": "2.2", "mainStep": []}));
    assert!(said.contains("mainStep") && said.contains("mainSteps"), "{said}");
    let said = refused(&json!({"schemaVersion": "9", "mainSteps": []}));
    assert_eq!(said, "schemaVersion: expected 1.2, 2.0 or 2.2, found \"9\"");
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
    assert_eq!(document.steps[0].on_failure, Then::Exit);
    assert_eq!(document.steps[0].inputs, json!({"runCommand": ["x"]}));
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
fn a_parameter_of_the_environment_never_enters_the_script() {
    let rules = json!({"n": {"type": "String", "interpolationType": "ENV_VAR"}});
    let document = document(&shell(rules, json!(["echo {{n}} $SSM_n"])));
    let bound = document.bind(&given("n", &["; rm -rf /"])).unwrap();
    assert_eq!(bound.apply(&document.steps[0].inputs)["runCommand"], json!(["echo {{n}} $SSM_n"]));
    assert_eq!(bound.env(), [("SSM_n".to_owned(), "; rm -rf /".to_owned())]);
}

#[test]
fn dollars_are_literal_and_unknown_placeholders_are_left_alone() {
    let document = document(&shell(json!({"n": {"type": "String"}}), json!(["echo {{ n }} {{other}} {{"])));
    let bound = document.bind(&given("n", &["$1 ${x}"])).unwrap();
    assert_eq!(bound.apply(&document.steps[0].inputs)["runCommand"], json!(["echo $1 ${x} {{other}} {{"]));
}

#[test]
fn a_step_for_another_platform_is_skipped_in_2_2_and_fails_before() {
    let document = document(&shell(json!({}), json!(["x"])));
    let bound = document.bind(&BTreeMap::new()).unwrap();
    let gate = |schema, platform| document.steps[0].gate(schema, platform, &bound);
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
        document.steps[0].gate(SchemaVersion::V2_2, Platform::Linux, &bound)
    };
    assert_eq!(gate(json!(["platformType", "Linux"])), Gate::Run);
    assert_eq!(gate(json!(["{{ go }}", "yes"])), Gate::Run);
    assert!(matches!(gate(json!(["Windows", "platformType"])), Gate::Skip(_)));
    assert!(matches!(gate(json!(["a", "a"])), Gate::Fail(_)));
    assert!(matches!(gate(json!(["{{ssm:x}}", "a"])), Gate::Fail(_)));
    assert!(matches!(gate(json!(["a"])), Gate::Fail(_)));
}

/// The same tree with every text replaced by "": what interpolation must not change.
fn skeleton(value: &Value) -> Value {
    match value {
        Value::String(_) => json!(""),
        Value::Array(list) => Value::Array(list.iter().map(skeleton).collect()),
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), skeleton(v))).collect()),
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn no_value_can_change_the_structure_of_a_document(value in ".*", before in "[a-z\"{} ]{0,9}", after in "[a-z\"{}, ]{1,9}") {
        let commands = json!([format!("{before}{{{{ n }}}}{after}"), "fixed"]);
        let document = document(&shell(json!({"n": {"type": "String"}}), commands));
        let bound = document.bind(&given("n", &[&value])).unwrap();
        let inputs = &document.steps[0].inputs;
        prop_assert_eq!(skeleton(&bound.apply(inputs)), skeleton(inputs));
    }

    #[test]
    fn parsing_printing_and_parsing_gives_the_same(text in "[ -~äöü\n\t]{0,60}", name in "[a-z]{1,9}") {
        let parameter = json!({(name): {"type": "String", "default": text.clone(), "description": text.clone()}});
        let source = shell(parameter, json!([text]));
        let yaml = convert(&source.to_string(), Format::Json, Format::Yaml).unwrap();
        let back = convert(&yaml, Format::Yaml, Format::Json).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&back).unwrap(), source);
    }
}
