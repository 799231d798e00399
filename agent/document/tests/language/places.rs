//! Errors point at what is wrong: whatever is put into a document in the wrong place is found there, in both formats.

use pilothouse_document::{Document, DocumentError, Format, convert};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::runbooks::ROLLOUT;

const WRONG: u64 = 987_654_321;

/// Calls `change` with the value whose number it is, counted in the order of the text.
fn visit(value: &mut Value, left: &mut usize, change: &mut dyn FnMut(&mut Value)) {
    if *left == 0 {
        change(value);
    }
    *left = left.wrapping_sub(1);
    match value {
        Value::Array(list) => list.iter_mut().for_each(|value| visit(value, left, change)),
        Value::Object(map) => map.values_mut().for_each(|value| visit(value, left, change)),
        _ => {}
    }
}

/// A runbook or a command document.
fn sound(is_runbook: bool) -> Value {
    if is_runbook {
        return serde_json::from_str(&convert(ROLLOUT, Format::Yaml, Format::Json).unwrap()).unwrap();
    }
    json!({
        "schemaVersion": "2.2",
        "description": "ä \"quoted\" \n text",
        "parameters": {"n": {"type": "String", "default": "x", "allowedValues": ["x"], "minChars": 1}, "l": {"type": "StringList"}},
        "mainSteps": [
            {"action": "aws:runShellScript", "name": "a", "inputs": {"runCommand": ["{{ n }}", "ü: # \\"], "onFailure": "exit"}},
            {"action": "aws:runShellScript", "name": "b", "precondition": {"StringEquals": ["platformType", "Linux"]}, "inputs": {"finallyStep": true}},
        ],
    })
}

/// What an error says, and the text that begins where it points.
fn told(tree: &Value, format: Format) -> Option<(String, String, String)> {
    let text = convert(&tree.to_string(), Format::Json, format).unwrap();
    match Document::parse(&text, format) {
        Err(DocumentError::Shape { at, line, column, found, .. }) => {
            let rest = text.lines().nth(line - 1).unwrap().chars().skip(column - 1).collect();
            Some((at, found, rest))
        }
        Err(other) => Some((other.to_string(), String::new(), String::new())),
        Ok(_) => None,
    }
}

proptest! {
    #[test]
    fn a_wrong_value_is_found_where_it_stands(is_runbook: bool, number in 1..130_usize) {
        let mut tree = sound(is_runbook);
        visit(&mut tree, &mut number.clone(), &mut |value| *value = json!(WRONG));
        let told = [Format::Json, Format::Yaml].map(|format| told(&tree, format));
        for (_, found, rest) in told.iter().flatten() {
            if found.contains(&WRONG.to_string()) {
                prop_assert!(rest.starts_with(&WRONG.to_string()), "{found} points at {rest}");
            }
        }
        let [json, yaml] = told.map(|it| it.map(|(at, found, _)| (at, found)));
        prop_assert_eq!(json, yaml);
    }

    #[test]
    fn a_member_that_does_not_belong_is_found_by_its_name(is_runbook: bool, number in 0..130_usize) {
        let mut tree = sound(is_runbook);
        visit(&mut tree, &mut number.clone(), &mut |value| {
            if let Value::Object(map) = value {
                map.insert("stranger".to_owned(), json!([1]));
            }
        });
        for (format, name) in [(Format::Json, "\"stranger\""), (Format::Yaml, "stranger:")] {
            if let Some((_, found, rest)) = told(&tree, format)
                && found == "\"stranger\""
            {
                prop_assert!(rest.starts_with(name), "it points at {rest}");
            }
        }
    }
}
