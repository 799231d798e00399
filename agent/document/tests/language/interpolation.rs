//! Placeholders: as text, by way of the environment, from the parameter store.

use std::collections::BTreeMap;

use pilothouse_document::{
    FillError, MAX_FILLED, Resolved, Selector, SsmReference, SsmValue, fill, split_list,
};
use serde_json::{Value, json};

use crate::{document, given, refused, shell, steps};

/// The commands of a document of one parameter with this value.
fn commands(spec: Value, commands: Value, value: &[&str]) -> Value {
    let document = document(&shell(json!({ "n": spec }), commands));
    let bound = document.bind(&given("n", value)).unwrap();
    steps(&document)[0].bound(&bound).unwrap()["runCommand"].clone()
}

#[test]
fn dollars_are_literal_and_unknown_placeholders_are_left_alone() {
    let text = json!({"type": "String"});
    let done =
        commands(text, json!(["echo {{ n }} {{other}} {{", "{{n}}{{ {{n}} }}", "{{{n}}}"]), &["$1 ${x}"]);
    assert_eq!(done, json!(["echo $1 ${x} {{other}} {{", "$1 ${x}{{ $1 ${x} }}", "{$1 ${x}}"]));
}

#[test]
fn braces_in_a_value_are_not_looked_through_again() {
    let parameters = json!({"a": {"type": "String", "default": "{{ b }}"}, "b": {"type": "String", "default": "{{ssm:x}}"}});
    let document = document(&shell(parameters, json!(["{{ a }} {{ b }}", "{{ a }}"])));
    let bound = document.bind(&BTreeMap::new()).unwrap();
    assert_eq!(
        steps(&document)[0].bound(&bound).unwrap()["runCommand"],
        json!(["{{ b }} {{ssm:x}}", "{{ b }}"])
    );
}

#[test]
fn a_parameter_of_the_environment_is_a_quoted_reference_in_the_script() {
    let spec = json!({"type": "String", "interpolationType": "ENV_VAR"});
    let lines = json!(["echo {{n}} $SSM_n", "echo \"hello {{ n }}\"", "echo '{{n}}'", "{{ n }}"]);
    let document = document(&shell(json!({ "n": spec }), lines));
    let bound = document.bind(&given("n", &["; rm -rf / $(reboot) `id` \"'"])).unwrap();
    assert_eq!(
        steps(&document)[0].bound(&bound).unwrap()["runCommand"],
        json!(["echo \"$SSM_n\" $SSM_n", "echo \"hello ${SSM_n}\"", "echo ''\"$SSM_n\"''", "\"$SSM_n\""])
    );
    assert_eq!(bound.env(), [("SSM_n".to_owned(), "; rm -rf / $(reboot) `id` \"'".to_owned())]);
}

#[test]
fn powershell_gets_a_reference_of_its_own_and_a_directory_the_value() {
    let inputs = json!({"runCommand": "Write-Host \"{{n}}\"", "workingDirectory": "{{n}}"});
    let step = json!({"action": "aws:runPowerShellScript", "name": "a", "inputs": inputs});
    let spec = json!({"n": {"type": "String", "interpolationType": "ENV_VAR"}});
    let document = document(&json!({"schemaVersion": "2.2", "parameters": spec, "mainSteps": [step]}));
    let bound = document.bind(&given("n", &["C:\\a"])).unwrap();
    let inputs = steps(&document)[0].bound(&bound).unwrap();
    assert_eq!(inputs, json!({"runCommand": "Write-Host \"${env:SSM_n}\"", "workingDirectory": "C:\\a"}));
}

#[test]
fn the_environment_is_refused_where_none_reaches() {
    let spec = json!({"n": {"type": "String", "interpolationType": "ENV_VAR"}});
    let step = json!({"action": "aws:runDocument", "name": "a", "inputs": {"documentParameters": {"x": ["{{ n }}"]}}});
    let text = refused(&json!({"schemaVersion": "2.2", "parameters": spec, "mainSteps": [step]}));
    assert!(
        text.contains("mainSteps[0].inputs.documentParameters.x[0]: expected parameters without ENV_VAR"),
        "{text}"
    );
    let document = document(&shell(spec, json!(["{{n}}"])));
    assert!(document.bind(&given("n", &["a\0b"])).is_err());
    assert!(document.bind(&given("n", &[&"x".repeat(128 * 1024)])).is_err());
}

#[test]
fn a_text_that_is_one_placeholder_keeps_the_type_of_the_value() {
    let list = json!({"type": "StringList"});
    assert_eq!(commands(list.clone(), json!("{{ n }}"), &["a", "b"]), json!(["a", "b"]));
    assert_eq!(commands(list.clone(), json!(["x", "{{ n }}"]), &["a", "b"]), json!(["x", "a", "b"]));
    assert_eq!(commands(list, json!(["x {{ n }}"]), &["a", "b"]), json!([r#"x ["a","b"]"#]));
    assert_eq!(commands(json!({"type": "Integer"}), json!("{{ n }}"), &["5"]), json!(5));
    assert_eq!(
        commands(json!({"type": "StringMap"}), json!("{{ n }}"), &[r#"{"a":"b"}"#]),
        json!({"a": "b"})
    );
}

#[test]
fn values_cannot_blow_a_step_up() {
    let parameters = json!({"n": {"type": "String"}});
    let document = document(&shell(parameters, json!(["{{n}}".repeat(1000)])));
    let bound = document.bind(&given("n", &[&"x".repeat(MAX_FILLED / 500)])).unwrap();
    assert_eq!(steps(&document)[0].bound(&bound), Err(FillError::TooLong));
}

fn reference(name: &str, selector: Selector) -> SsmReference {
    SsmReference { name: name.to_owned(), selector }
}

#[test]
fn references_to_the_parameter_store_are_data() {
    let read = SsmReference::read;
    assert_eq!(read("ssm:/a/b.c"), Some(reference("/a/b.c", Selector::Latest)));
    assert_eq!(read(" ssm: a:3 "), Some(reference("a", Selector::Version(3))));
    assert_eq!(read("ssm:a:prod"), Some(reference("a", Selector::Label("prod".into()))));
    let arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/a";
    assert_eq!(read(&format!("ssm:{arn}")), Some(reference(arn, Selector::Latest)));
    assert_eq!(read(&format!("ssm:{arn}:2")), Some(reference(arn, Selector::Version(2))));
    assert_eq!((read("ssm:"), read("ssm:a b"), read("a")), (None, None, None));

    let parameters = json!({"n": {"type": "String", "default": "{{ssm:d}}"}, "m": {"type": "String", "default": "{{ssm:not}}"}});
    let document = document(&shell(parameters, json!(["{{ n }} {{ssm:i:1}}", "{{ {{ ssm:i }}"])));
    let found: Vec<_> = document.ssm_references(&given("m", &["x{{ssm:g}}"])).into_iter().collect();
    assert_eq!(
        found,
        [
            reference("d", Selector::Latest),
            reference("g", Selector::Latest),
            reference("i", Selector::Latest),
            reference("i", Selector::Version(1)),
        ]
    );
}

#[test]
fn resolved_references_go_into_values_and_inputs_once_and_must_keep_the_rules() {
    let parameters = json!({
        "list": {"type": "StringList", "default": ["a", "{{ ssm:list }}"]},
        "n": {"type": "String", "allowedPattern": "^[a-z{} ]+$"},
    });
    let document = document(&shell(parameters, json!(["{{ list }}", "{{ n }}-{{ssm:i}}", "{{ssm:list}}"])));
    let store = |i: &str| -> Resolved {
        let list = SsmValue::List(vec!["x".into(), "y".into()]);
        let text = SsmValue::Text(i.into());
        [(reference("list", Selector::Latest), list), (reference("i", Selector::Latest), text)].into()
    };
    let bound = document.bind_resolved(&given("n", &["{{ssm:i}}"]), &store("{{ list }}")).unwrap();
    assert_eq!(
        steps(&document)[0].bound(&bound).unwrap()["runCommand"],
        json!(["a", "x", "y", "{{ list }}-{{ list }}", "x", "y"])
    );
    assert!(document.bind_resolved(&given("n", &["{{ssm:i}}"]), &store("; reboot")).is_err());
}

#[test]
fn a_list_of_the_store_is_split_at_commas_that_no_quotes_protect() {
    assert_eq!(split_list("a, b,'c,d',\"e,'f\""), ["a", "b", "c,d", "e,'f"]);
    assert_eq!(split_list(""), [""]);
}

#[test]
fn a_runbook_is_filled_with_whatever_its_caller_knows() {
    let inputs = json!({"InstanceIds": ["{{ first.Ids }}"], "Comment": "at {{ global:DATE }} {{ no.such }}", "{{ x }}": 1});
    let done = fill(&inputs, |name| match name {
        "first.Ids" => Some(json!(["i-1", "i-2"])),
        "global:DATE" => Some(json!("2026-11-24")),
        "x" => Some(json!("y")),
        _ => None,
    });
    assert_eq!(
        done.unwrap(),
        json!({"InstanceIds": ["i-1", "i-2"], "Comment": "at 2026-11-24 {{ no.such }}", "{{ x }}": 1})
    );
}
