//! Promises of the language, for any values.

use std::collections::BTreeMap;

use pilothouse_document::{Document, Format, convert};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{document, given, shell, steps, survives_printing};

/// The same tree with every text replaced by "": what interpolation must not change.
fn skeleton(value: &Value) -> Value {
    match value {
        Value::String(_) => json!(""),
        Value::Array(list) => Value::Array(list.iter().map(skeleton).collect()),
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), skeleton(v))).collect()),
        other => other.clone(),
    }
}

/// Texts that formats and shells like to read as something else.
fn nasty() -> impl Strategy<Value = String> {
    const FIXED: &[&str] = &[
        "yes",
        "null",
        "~",
        "010",
        "1.10",
        "0x1f",
        "- a",
        "a: b",
        "# x",
        "|",
        ">-",
        "*a",
        "&a",
        "!t",
        "<<",
        "",
        " ",
        "\n",
        "a\n",
        "\n a\n\n",
        "\t",
        "'",
        "\"",
        "{{ n }}",
        "2026-11-24",
        ".inf",
        "true",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
    ];
    prop_oneof![
        proptest::sample::select(FIXED).prop_map(str::to_owned),
        "[ -~äöü€\u{1f600}\n\t\r]{0,60}",
        ".{0,20}",
    ]
}

fn parameter() -> impl Strategy<Value = Value> {
    let text = (nasty(), nasty(), proptest::option::of(0..9_u32), any::<bool>());
    prop_oneof![
        text.prop_map(|(default, description, min, is_area)| json!({
            "type": "String", "default": default, "description": description, "minChars": min.unwrap_or(0),
            "displayType": if is_area { "textarea" } else { "textfield" },
        })),
        proptest::collection::vec(nasty(), 0..3)
            .prop_map(|list| json!({"type": "StringList", "default": list, "allowedValues": list})),
        any::<i64>().prop_map(|number| json!({"type": "Integer", "default": number})),
        any::<bool>()
            .prop_map(|it| json!({"type": "Boolean", "default": it, "allowedValues": [true, false]})),
        (nasty(), nasty()).prop_map(|(k, v)| json!({"type": "StringMap", "default": {(k): v}})),
        (nasty(), nasty()).prop_map(|(k, v)| json!({"type": "MapList", "default": [{(k): v}]})),
        nasty().prop_map(|text| json!({"type": "String", "interpolationType": "ENV_VAR", "default": text})),
    ]
}

/// A step of a runbook that goes on wherever it likes.
fn runbook_step(
    i: usize,
    on_failure: &str,
    [is_end, is_critical, jumps, loops]: [bool; 4],
    text: &str,
) -> Value {
    let inner = json!({"name": format!("i{i}"), "action": "aws:updateVariable", "inputs": {"Name": "x", "Value": text}});
    let (action, inputs) = if loops {
        ("aws:loop", json!({"Iterators": [text], "Steps": [inner]}))
    } else {
        ("aws:executeAwsApi", json!({"Service": "ssm", "Api": text, "Steps": [text]}))
    };
    let mut step = json!({"name": format!("s{i}"), "action": action, "inputs": inputs, "onFailure": on_failure,
        "isEnd": is_end, "isCritical": is_critical, "timeoutSeconds": i + 1});
    if jumps {
        step["nextStep"] = json!("s0");
        step["outputs"] = json!([{"Name": text, "Selector": "$.x", "Type": "StringList"}]);
    }
    step
}

fn runbook() -> impl Strategy<Value = Value> {
    let targets = proptest::sample::select(&["Abort", "Continue", "step:s0"][..]);
    let step = (targets, any::<[bool; 4]>(), nasty());
    proptest::collection::vec(step, 1..5).prop_map(|steps| {
        let each = steps.iter().enumerate();
        let steps: Vec<_> =
            each.map(|(i, (target, flags, text))| runbook_step(i, target, *flags, text)).collect();
        json!({"schemaVersion": "0.3", "mainSteps": steps, "outputs": ["s0.x"]})
    })
}

/// A command document of schema 2.2 with a bit of everything.
fn command() -> impl Strategy<Value = Value> {
    let step = (
        proptest::collection::vec(nasty(), 0..4),
        proptest::option::of(proptest::sample::select(&["exit", "successAndExit"][..])),
        any::<bool>(),
    );
    let parameters = proptest::collection::btree_map("[a-z]{1,6}", parameter(), 0..4);
    (nasty(), parameters, proptest::collection::vec(step, 1..4)).prop_map(|(description, parameters, steps)| {
        let step = |(i, (lines, on_failure, is_gated)): (usize, (Vec<String>, Option<&str>, bool))| {
            let mut step = json!({"action": "aws:runShellScript", "name": format!("s{i}"), "inputs": {"runCommand": lines}});
            if let Some(word) = on_failure {
                step["inputs"]["onFailure"] = json!(word);
            }
            if is_gated {
                step["precondition"] = json!({"StringEquals": ["platformType", "Linux"]});
            }
            step
        };
        let steps: Vec<_> = steps.into_iter().enumerate().map(step).collect();
        json!({"schemaVersion": "2.2", "description": description, "parameters": parameters, "mainSteps": steps})
    })
}

proptest! {
    #[test]
    fn parsing_printing_and_parsing_gives_the_same_document(source in command()) {
        survives_printing(&document(&source));
    }

    #[test]
    fn parsing_printing_and_parsing_gives_the_same_runbook(source in runbook()) {
        let document = document(&source);
        survives_printing(&document);
        // Nothing of it is lost on the way to the model.
        let written: Value = serde_json::from_str(&document.print(Format::Json).unwrap()).unwrap();
        for (step, was) in written["mainSteps"].as_array().unwrap().iter().zip(source["mainSteps"].as_array().unwrap()) {
            prop_assert_eq!(&step["inputs"], &was["inputs"]);
        }
    }

    #[test]
    fn a_runbook_with_any_texts_survives_printing(a in nasty(), b in nasty(), n in 1..9_u64) {
        let inputs = json!({"DocumentName": a, "Parameters": {"x": [b], "y": {(a.as_str()): b}}});
        let step = json!({"name": "s", "action": "aws:runCommand", "description": b, "inputs": inputs, "maxAttempts": n});
        survives_printing(&document(&json!({"schemaVersion": "0.3", "description": a, "mainSteps": [step]})));
    }

    #[test]
    fn a_document_of_schema_1_2_with_any_texts_survives_printing(lines in proptest::collection::vec(nasty(), 0..3), id in nasty()) {
        let config = json!({"aws:runShellScript": {"properties": [{"id": id, "runCommand": lines}]}});
        survives_printing(&document(&json!({"schemaVersion": "1.2", "runtimeConfig": config})));
    }

    #[test]
    fn a_text_is_the_same_in_the_other_format_and_back(source in command()) {
        let yaml = convert(&source.to_string(), Format::Json, Format::Yaml).unwrap();
        let back = convert(&yaml, Format::Yaml, Format::Json).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&back).unwrap(), source);
    }

    #[test]
    fn no_value_can_change_the_structure_of_a_document(
        value in prop_oneof![".*", nasty()],
        before in "[a-z\"{} ]{0,9}",
        after in "[a-z\"{}, ]{1,9}",
    ) {
        let commands = json!([format!("{before}{{{{ n }}}}{after}"), "fixed", "{{ n }}"]);
        let document = document(&shell(json!({"n": {"type": "String"}}), commands));
        let bound = document.bind(&given("n", &[&value])).unwrap();
        for step in steps(&document) {
            prop_assert_eq!(skeleton(&step.bound(&bound).unwrap()), skeleton(&step.inputs));
        }
    }

    #[test]
    fn a_list_or_map_stays_inside_the_member_whose_placeholder_it_is(
        list in proptest::collection::vec(nasty(), 0..5),
        map in proptest::collection::btree_map(nasty(), nasty(), 0..4),
    ) {
        let parameters = json!({"list": {"type": "StringList"}, "map": {"type": "StringMap"}});
        let inputs = json!({"a": "{{ map }}", "b": ["{{ list }}"], "c": {"d": "x {{ map }}", "e": [["{{ list }}"]]}, "f": 1});
        let step = json!({"action": "aws:downloadContent", "name": "s", "inputs": inputs});
        let document = document(&json!({"schemaVersion": "2.2", "parameters": parameters, "mainSteps": [step]}));
        let given = BTreeMap::from([
            ("list".to_owned(), list.clone()),
            ("map".to_owned(), vec![serde_json::to_string(&map).unwrap()]),
        ]);
        let done = steps(&document)[0].bound(&document.bind(&given).unwrap()).unwrap();
        let text = format!("x {}", serde_json::to_value(&map).unwrap());
        prop_assert_eq!(done, json!({"a": map, "b": list, "c": {"d": text, "e": [list]}, "f": 1}));
    }

    #[test]
    fn no_value_of_the_environment_reaches_the_text_of_a_script(
        one in prop_oneof![".*", nasty()],
        other in nasty(),
        line in "[a-z\"'{}#\\\\ $`();\n]{0,20}",
        rest in "[a-z\"'{} ]{0,9}",
    ) {
        prop_assume!(!one.contains('\0') && !other.contains('\0'));
        let spec = json!({"n": {"type": "String", "interpolationType": "ENV_VAR"}});
        let commands = json!([format!("{line}{{{{ n }}}}{rest}{{{{n}}}}"), "{{ n }}"]);
        let document = document(&shell(spec, commands));
        let script = |value: &str| {
            let bound = document.bind(&given("n", &[value])).unwrap();
            assert_eq!(bound.env(), [("SSM_n".to_owned(), value.to_owned())]);
            steps(&document)[0].bound(&bound).unwrap()
        };
        // Whatever the value is, the script is the same.
        prop_assert_eq!(script(&one), script(&other));
    }

    #[test]
    fn whatever_is_read_ends_in_a_document_or_in_a_place(text in "[a-zA-Z0-9:{}\\[\\],\"'&*!|>#% \n-]{0,80}") {
        for format in [Format::Json, Format::Yaml] {
            if let Err(error) = Document::parse(&text, format) {
                prop_assert!(error.to_string().starts_with("line "), "{error}");
            }
        }
    }
}
