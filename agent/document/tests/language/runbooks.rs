//! Automation runbooks.

use std::collections::BTreeMap;

use pilothouse_document::{
    Amount, Body, Document, Format, OnCancel, OnFailure, ParameterKind, Platform, Runbook,
};
use serde_json::{Value, json};

use crate::{document, refused, survives_printing};

fn runbook(document: &Document) -> &Runbook {
    let found = if let Body::Runbook(runbook) = &document.body { Some(runbook) } else { None };
    found.unwrap()
}

fn with(steps: Value) -> Value {
    json!({"schemaVersion": "0.3", "mainSteps": steps})
}

fn resting(name: &str, more: Value) -> Value {
    let mut step = json!({"name": name, "action": "aws:sleep", "inputs": {"Duration": "PT1S"}});
    step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    step
}

pub(crate) const ROLLOUT: &str = r#"
schemaVersion: '0.3'
description: Roll out in waves
assumeRole: '{{ AutomationAssumeRole }}'
parameters:
  AutomationAssumeRole: {type: 'AWS::IAM::Role::Arn', default: ''}
  Nodes: {type: 'List<AWS::EC2::Instance::Id>'}
  Percent: {type: Integer, default: 10, allowedValues: [10, 50]}
variables:
  tries: {type: Integer, default: 0}
mainSteps:
  - name: ask
    action: aws:approve
    timeoutSeconds: 3600
    onFailure: Abort
    inputs: {Approvers: [alice], Message: go on?}
  - name: patch
    action: aws:runCommand
    maxAttempts: '3'
    timeoutSeconds: '{{ Percent }}'
    onFailure: step:undo
    onCancel: step:undo
    inputs:
      DocumentName: AWS-RunPatchBaseline
      InstanceIds: ['{{ Nodes }}']
    outputs:
      - {Name: code, Selector: $.ResponseCode, Type: Integer}
  - name: choose
    action: aws:branch
    isEnd: true
    inputs:
      Choices:
        - NextStep: repeat
          And:
            - {Variable: '{{ patch.code }}', NumericEquals: 0}
            - Not: {Variable: '{{ patch.Status }}', StringEquals: Failed}
      Default: undo
  - name: repeat
    action: aws:loop
    nextStep: undo
    inputs:
      LoopCondition: {Variable: '{{ wait.done }}', BooleanEquals: false}
      MaxIterations: 10
      Steps:
        - {name: wait, action: aws:sleep, inputs: {Duration: PT1M}}
  - name: undo
    action: aws:executeAutomation
    isCritical: false
    onFailure: Continue
    inputs: {DocumentName: Undo}
outputs: [patch.code]
files: {undo.py: {checksums: {sha256: abc}}}
"#;

#[test]
fn a_runbook_is_read_whole() {
    let document = Document::parse(ROLLOUT, Format::Yaml).unwrap();
    assert_eq!(document.parameters[1].kind, ParameterKind::AwsList("AWS::EC2::Instance::Id".into()));
    let runbook = runbook(&document);
    let names: Vec<_> = runbook.all_steps().into_iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["ask", "patch", "choose", "repeat", "wait", "undo"]);
    let patch = &runbook.steps[1];
    assert_eq!(patch.max_attempts, Some(Amount::Number(3)));
    assert_eq!(patch.timeout_seconds, Some(Amount::Reference("{{ Percent }}".into())));
    assert_eq!(
        (&patch.on_failure, &patch.on_cancel),
        (&OnFailure::Step("undo".into()), &OnCancel::Step("undo".into()))
    );
    assert!(patch.is_critical && !runbook.steps[4].is_critical && runbook.steps[2].is_end);
    assert_eq!(runbook.steps[3].next_step.as_deref(), Some("undo"));
    assert_eq!(runbook.variables[0].name, "tries");
    assert!(document.command_steps().is_none());
    assert_eq!(document.platform_types(), [Platform::Linux, Platform::MacOS, Platform::Windows]);
}

#[test]
fn a_runbook_survives_printing() {
    survives_printing(&Document::parse(ROLLOUT, Format::Yaml).unwrap());
}

#[test]
fn a_runbooks_parameters_are_bound_like_a_commands() {
    let document = Document::parse(ROLLOUT, Format::Yaml).unwrap();
    let given = |percent: &str| -> BTreeMap<String, Vec<String>> {
        [("Nodes".into(), vec!["i-1".into(), "i-2".into()]), ("Percent".into(), vec![percent.into()])].into()
    };
    let bound = document.bind(&given("50")).unwrap();
    assert_eq!((bound.get("Nodes"), bound.get("Percent")), (Some(&json!(["i-1", "i-2"])), Some(&json!(50))));
    assert!(document.bind(&given("11")).is_err());
}

#[test]
fn steps_that_are_not_there_are_refused() {
    for (step, at) in [
        (resting("a", json!({"nextStep": "b"})), "mainSteps[0].nextStep"),
        (resting("a", json!({"onFailure": "step:b"})), "mainSteps[0].onFailure"),
        (resting("a", json!({"onCancel": "step:b"})), "mainSteps[0].onCancel"),
        (
            json!({"name": "a", "action": "aws:branch", "inputs": {"Choices": [{"NextStep": "b", "Variable": "x", "StringEquals": "y"}]}}),
            "mainSteps[0].inputs.Choices[0].NextStep",
        ),
    ] {
        let text = refused(&with(json!([step])));
        assert!(text.contains(&format!("{at}: expected one of the steps a, found \"b\"")), "{text}");
    }
    let outputs = json!({"schemaVersion": "0.3", "mainSteps": [resting("a", json!({}))], "outputs": ["b.x"]});
    assert!(refused(&outputs).contains("outputs[0]"));
}

#[test]
fn two_steps_of_one_name_are_refused_in_loops_too() {
    let inner = json!({"Iterators": ["x"], "Steps": [resting("a", json!({}))]});
    let steps = json!([resting("a", json!({})), {"name": "b", "action": "aws:loop", "inputs": inner}]);
    assert!(refused(&with(steps)).contains("mainSteps[1].inputs.Steps[0].name: expected a name of its own"));
}

#[test]
fn loops_must_know_over_what_they_go_and_when_they_end() {
    let looping = |more: Value, beside: Value| {
        let mut step = resting("a", beside);
        step["action"] = json!("aws:loop");
        step["inputs"] = json!({"Steps": [resting("b", json!({}))]});
        step["inputs"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        refused(&with(json!([step])))
    };
    let condition = json!({"Variable": "x", "BooleanEquals": true});
    assert!(looping(json!({}), json!({})).contains("either Iterators or LoopCondition, found neither"));
    assert!(looping(json!({"Iterators": [], "LoopCondition": condition}), json!({})).contains("found both"));
    assert!(looping(json!({"LoopCondition": condition}), json!({})).contains("MaxIterations"));
    let endless = json!({"LoopCondition": condition, "MaxIterations": 101});
    assert!(looping(endless, json!({})).contains("at most 100, found 101"));
    assert!(looping(json!({"Iterators": []}), json!({"onCancel": "Abort"})).contains("onCancel"));
}

#[test]
fn conditions_are_checked_through_and_through() {
    let choice = |condition: Value| {
        let mut choice = json!({"NextStep": "a"});
        choice.as_object_mut().unwrap().extend(condition.as_object().unwrap().clone());
        refused(&with(json!([{"name": "a", "action": "aws:branch", "inputs": {"Choices": [choice]}}])))
    };
    assert!(choice(json!({"Variable": "x", "StringEqual": "y"})).contains("\"StringEqual\""));
    assert!(choice(json!({"StringEquals": "y"})).contains("Variable"));
    assert!(choice(json!({"Variable": "x"})).contains("one operator"));
    assert!(choice(json!({"Not": {"Variable": "x"}})).contains("Choices[0].Not: expected"));
    assert!(choice(json!({"Or": []})).contains("an empty one"));
    assert!(choice(json!({"And": [], "Or": []})).contains("one of And, Or, Not"));
}

#[test]
fn actions_need_their_inputs_and_must_work_off_aws() {
    let step = |action: &str| refused(&with(json!([{"name": "a", "action": action}])));
    assert!(
        step("aws:runCommand").contains("mainSteps[0].inputs.DocumentName: expected a value, found nothing")
    );
    assert!(step("aws:createStack").contains("which works only on AWS"));
    assert!(step("aws:runShellScript").contains("mainSteps[0].action"));
}

#[test]
fn steps_cannot_refer_to_the_parameter_store_but_defaults_can() {
    let step = json!({"name": "a", "action": "aws:sleep", "inputs": {"Duration": "{{ ssm:x }}"}});
    assert!(refused(&with(json!([step]))).contains("only in the defaults of parameters"));
    let read = document(&json!({
        "schemaVersion": "0.3",
        "parameters": {"n": {"type": "Integer", "default": "{{ssm:x}}"}},
        "mainSteps": [resting("a", json!({}))],
    }));
    assert_eq!(read.ssm_references(&BTreeMap::new()).len(), 1);
}
