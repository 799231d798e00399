//! What is no document, and what is said about it.

use pilothouse_document::{Document, DocumentError, Format, MAX_DOCUMENT, MAX_PARAMETERS, MAX_STEPS};
use serde_json::{Map, Value, json};

use crate::{refused, shell};

fn said(text: &str, format: Format) -> String {
    Document::parse(text, format).unwrap_err().to_string()
}

fn with_steps(steps: &Value) -> Value {
    json!({"schemaVersion": "2.2", "mainSteps": steps})
}

#[test]
fn a_syntax_error_tells_its_line_and_column() {
    let error = Document::parse("{\n  \"schemaVersion\": 2.2.\n}", Format::Json).unwrap_err();
    assert!(matches!(error, DocumentError::Syntax { line: 2, .. }), "{error}");
    let error = Document::parse("schemaVersion: '2.2'\nmainSteps: [\n", Format::Yaml).unwrap_err();
    assert!(matches!(error, DocumentError::Syntax { line: 2.., .. }), "{error}");
}

#[test]
fn a_misspelt_member_is_refused_where_its_name_stands() {
    let json = "{\n  \"schemaVersion\": \"2.2\",\n  \"ü\": [1, {\"x\": \"]\\\"\"}], \"mainStep\": []\n}";
    let error = Document::parse(json, Format::Json).unwrap_err();
    assert!(matches!(error, DocumentError::Shape { line: 3, column: 3, .. }), "{error}");
    let json = json.replace("\"ü\": [1, {\"x\": \"]\\\"\"}], ", "");
    let text = said(&json, Format::Json);
    assert!(
        text.starts_with("line 3, column 3: the document: expected only ") && text.contains("mainStep"),
        "{text}"
    );
    let text = said("schemaVersion: '2.2'\n\nmainStep: []\n", Format::Yaml);
    assert!(text.starts_with("line 3, column 1: the document: expected only "), "{text}");
}

#[test]
fn a_wrong_value_is_refused_where_it_stands_in_both_formats() {
    let json = "{\"schemaVersion\": \"2.2\", \"mainSteps\": [\n {\"name\": \"a\", \"inputs\": {},\n  \"action\": \"aws:runShell\"}]}";
    assert!(
        said(json, Format::Json)
            .starts_with("line 3, column 13: mainSteps[0].action: expected one of aws:runShellScript")
    );
    let yaml = "schemaVersion: '2.2'\nmainSteps:\n  - name: a\n    action: aws:runShell\n";
    let text = said(yaml, Format::Yaml);
    assert!(
        text.starts_with("line 4, column 13: mainSteps[0].action: expected one of aws:runShellScript"),
        "{text}"
    );
    assert_eq!(
        said("{\"schemaVersion\": \"9\"}", Format::Json),
        "line 1, column 19: schemaVersion: expected 0.3, 1.0, 1.2, 2.0 or 2.2, found \"9\""
    );
}

#[test]
fn a_missing_member_is_told_where_its_map_begins() {
    let yaml = "schemaVersion: '2.2'\nmainSteps:\n  - action: aws:runShellScript\n";
    assert_eq!(
        said(yaml, Format::Yaml),
        "line 3, column 5: mainSteps[0].name: expected a value, found nothing"
    );
    assert_eq!(said("{}", Format::Json), "line 1, column 1: schemaVersion: expected a value, found nothing");
}

#[test]
fn two_steps_of_one_name_are_refused_at_the_second() {
    let step = json!({"action": "aws:runShellScript", "name": "a"});
    let text = refused(&with_steps(&json!([step, step])));
    assert!(text.contains("mainSteps[1].name: expected a name of its own, found \"a\" again"), "{text}");
}

#[test]
fn the_same_member_twice_is_refused_in_both_formats() {
    let json = "{\"schemaVersion\": \"2.2\",\n \"schemaVersion\": \"2.0\", \"mainSteps\": []}";
    let text = said(json, Format::Json);
    assert!(text.starts_with("line 2, ") && text.contains("twice"), "{text}");
    let yaml = "schemaVersion: '2.2'\nschemaVersion: '2.0'\nmainSteps: []\n";
    assert_eq!(
        said(yaml, Format::Yaml),
        "line 2, column 1: expected each member once, found \"schemaVersion\" twice"
    );
}

#[test]
fn sizes_are_bounded() {
    let long = shell(json!({}), json!(["x".repeat(MAX_DOCUMENT)])).to_string();
    assert!(matches!(Document::parse(&long, Format::Json), Err(DocumentError::TooLong(_))));
    let step = |i: usize| json!({"action": "aws:runDocument", "name": i.to_string()});
    let many: Vec<_> = (0..=MAX_STEPS).map(step).collect();
    assert!(refused(&with_steps(&json!(many))).contains("1 to 1000 steps, found 1001"));
    assert!(refused(&with_steps(&json!([]))).contains("found 0"));
    let many: Map<String, Value> =
        (0..=MAX_PARAMETERS).map(|i| (format!("p{i}"), json!({"type": "String"}))).collect();
    assert!(refused(&shell(Value::Object(many), json!(["x"]))).contains("at most 200, found 201"));
}

#[test]
fn depth_is_bounded_in_both_formats() {
    for depth in [40, 100, 20_000] {
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
        for format in [Format::Json, Format::Yaml] {
            let text = said(&deep, format);
            assert!(text.starts_with("line 1, "), "{text}");
        }
    }
    let deep = format!("{{\"a\": {}{}}}", "[".repeat(40), "]".repeat(40));
    assert!(said(&deep, Format::Json).contains("expected at most 32 levels, found more"));
}

/// Lists of nine aliases each of the list before.
fn bomb(first: &str, levels: usize) -> String {
    let mut bomb = format!("a0: &a0 {first}\n");
    for i in 1..=levels {
        let before = format!("*a{}, ", i - 1).repeat(9);
        bomb.push_str(&format!("a{i}: &a{i} [{}]\n", before.trim_end_matches(", ")));
    }
    bomb
}

#[test]
fn alias_bombs_are_refused_whether_of_many_parts_or_of_long_ones() {
    for bomb in [bomb("[x]", 20), bomb("[x]", 10), bomb(&"x".repeat(30_000), 4)] {
        let error = Document::parse(&bomb, Format::Yaml).unwrap_err();
        let what = "expected a document that is short with its aliases written out, too";
        assert!(error.to_string().ends_with(what), "{error}");
    }
}

#[test]
fn an_alias_may_repeat_the_inputs_of_a_step() {
    let yaml = "schemaVersion: '2.2'\nmainSteps:\n- {name: a, action: aws:runShellScript, inputs: &x {runCommand: [x]}}\n- {name: b, action: aws:runShellScript, inputs: *x}\n";
    assert!(Document::parse(yaml, Format::Yaml).is_ok());
}

#[test]
fn what_a_schema_does_not_have_is_refused() {
    let step = json!({"action": "aws:runShellScript", "name": "a", "precondition": {"StringEquals": ["platformType", "Linux"]}});
    assert!(refused(&json!({"schemaVersion": "2.0", "mainSteps": [step]})).contains("schemaVersion 2.2"));
    let step = json!({"action": "aws:runShellScript", "name": "a", "nextStep": "a"});
    assert!(refused(&with_steps(&json!([step]))).contains("\"nextStep\""));
    let parameter = json!({"n": {"type": "AWS::EC2::Instance::Id"}});
    assert!(refused(&shell(parameter, json!(["x"]))).contains("parameters.n.type"));
    let step = json!({"action": "aws:sleep", "name": "a"});
    assert!(refused(&with_steps(&json!([step]))).contains("\"aws:sleep\""));
}

#[test]
fn preconditions_that_can_never_be_decided_are_refused() {
    for (condition, wanted) in [
        (json!({"StringEquals": ["a"]}), "a list of two"),
        (json!({"NumberEquals": ["a", "b"]}), "StringEquals"),
        (json!({}), "one condition"),
    ] {
        let step = json!({"action": "aws:runShellScript", "name": "a", "precondition": condition});
        let text = refused(&with_steps(&json!([step])));
        assert!(text.contains(wanted), "{text}");
    }
}

#[test]
fn declarations_of_parameters_are_checked() {
    for (spec, wanted) in [
        (json!({"type": "Text"}), "String, StringList"),
        (json!({"type": "String", "defualt": ""}), "\"defualt\""),
        (json!({"type": "String", "default": 5}), "a value of type String, found the number 5"),
        (json!({"type": "StringList", "default": "x"}), "a list of texts"),
        (json!({"type": "Integer", "default": "x"}), "a value of type Integer"),
        (json!({"type": "String", "allowedPattern": "("}), "a regular expression"),
        (json!({"type": "String", "minChars": 3, "maxChars": 2}), "at least minChars, 3"),
        (json!({"type": "String", "displayType": "box"}), "textfield or textarea"),
        (json!({"type": "String", "interpolationType": "ENV"}), "ENV_VAR"),
        (json!({"type": "StringList", "interpolationType": "ENV_VAR"}), "type String"),
        (json!({"type": "String", "allowedValues": [[]]}), "a text, found a list"),
    ] {
        let text = refused(&shell(json!({ "n": spec }), json!(["x"])));
        assert!(text.contains(wanted), "{text}");
    }
}
