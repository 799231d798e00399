//! From a document to a tree: members in the schema's order, what is not said left out.

use serde_json::{Map, Value, json};

use crate::command::{Step, Then};
use crate::parameter::ParameterSpec;
use crate::runbook::{Amount, OnCancel, OnFailure, Runbook, RunbookStep, StepOutput};
use crate::schema::SchemaVersion;
use crate::session::Session;
use crate::{Body, Document};

type Tree = Map<String, Value>;

fn put(tree: &mut Tree, name: &str, value: impl Into<Value>) {
    tree.insert(name.to_owned(), value.into());
}

fn put_if(tree: &mut Tree, is_said: bool, name: &str, value: impl Into<Value>) {
    if is_said {
        put(tree, name, value);
    }
}

fn put_some(tree: &mut Tree, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        put(tree, name, value);
    }
}

pub(crate) fn document(document: &Document) -> Value {
    let mut tree = Tree::new();
    put(&mut tree, "schemaVersion", document.schema_version.as_str());
    put_if(&mut tree, !document.description.is_empty(), "description", document.description.as_str());
    if let Body::Runbook(runbook) = &document.body {
        put_some(&mut tree, "assumeRole", runbook.assume_role.as_deref());
    }
    if let Body::Session(session) = &document.body {
        put(&mut tree, "sessionType", session.session_type.as_str());
    }
    put_if(&mut tree, !document.parameters.is_empty(), "parameters", parameters(&document.parameters));
    match &document.body {
        Body::Command(steps) if document.schema_version == SchemaVersion::V1_2 => {
            put(&mut tree, "runtimeConfig", runtime_config(steps));
        }
        Body::Command(steps) => put(&mut tree, "mainSteps", steps.iter().map(main_step).collect::<Vec<_>>()),
        Body::Runbook(it) => runbook(it, &mut tree),
        Body::Session(it) => session(it, &mut tree),
    }
    Value::Object(tree)
}

fn parameters(specs: &[ParameterSpec]) -> Value {
    Value::Object(specs.iter().map(|spec| (spec.name.clone(), parameter(spec))).collect())
}

fn parameter(spec: &ParameterSpec) -> Value {
    let mut tree = Tree::new();
    put(&mut tree, "type", spec.kind.to_string());
    put_if(&mut tree, !spec.description.is_empty(), "description", spec.description.as_str());
    put_some(&mut tree, "default", spec.default.clone());
    put_if(&mut tree, !spec.allowed_values.is_empty(), "allowedValues", spec.allowed_values.clone());
    put_some(&mut tree, "allowedPattern", spec.allowed_pattern.as_deref());
    for (name, bound) in [
        ("minItems", spec.items.0),
        ("maxItems", spec.items.1),
        ("minChars", spec.chars.0),
        ("maxChars", spec.chars.1),
    ] {
        put_some(&mut tree, name, bound);
    }
    put_some(&mut tree, "displayType", spec.display.map(|it| it.as_str()));
    put_if(&mut tree, spec.is_env_var, "interpolationType", "ENV_VAR");
    Value::Object(tree)
}

/// Inputs with the flow control back among them.
fn inputs_of(step: &Step) -> Tree {
    let mut inputs = step.inputs.as_object().cloned().unwrap_or_default();
    let word = |then| match then {
        Then::Continue => None,
        Then::Exit => Some("exit"),
        Then::SuccessAndExit => Some("successAndExit"),
    };
    put_some(&mut inputs, "onFailure", word(step.on_failure));
    put_some(&mut inputs, "onSuccess", word(step.on_success));
    put_if(&mut inputs, step.is_finally, "finallyStep", true);
    inputs
}

fn main_step(step: &Step) -> Value {
    let mut tree = Tree::new();
    put(&mut tree, "action", step.action.as_str());
    put(&mut tree, "name", step.name.as_str());
    if let Some(precondition) = &step.precondition {
        put(&mut tree, "precondition", json!({ "StringEquals": [precondition.left, precondition.right] }));
    }
    put(&mut tree, "inputs", inputs_of(step));
    Value::Object(tree)
}

fn runtime_config(steps: &[Step]) -> Value {
    let mut plugins: Vec<(&str, Vec<Value>)> = Vec::new();
    for step in steps {
        let mut properties = Tree::new();
        put_some(&mut properties, "id", step.id.as_deref());
        properties.extend(inputs_of(step));
        match plugins.iter_mut().find(|(name, _)| *name == step.action) {
            Some((_, sets)) => sets.push(Value::Object(properties)),
            None => plugins.push((&step.action, vec![Value::Object(properties)])),
        }
    }
    let plugin = |(name, sets): (&str, Vec<Value>)| (name.to_owned(), json!({ "properties": sets }));
    Value::Object(plugins.into_iter().map(plugin).collect())
}

fn runbook(runbook: &Runbook, tree: &mut Tree) {
    put_if(tree, !runbook.variables.is_empty(), "variables", parameters(&runbook.variables));
    put(tree, "mainSteps", runbook.steps.iter().map(runbook_step).collect::<Vec<_>>());
    put_if(tree, !runbook.outputs.is_empty(), "outputs", runbook.outputs.clone());
    put_if(tree, !runbook.files.is_empty(), "files", runbook.files.clone());
}

fn runbook_step(step: &RunbookStep) -> Value {
    let mut tree = Tree::new();
    put(&mut tree, "name", step.name.as_str());
    put(&mut tree, "action", step.action.as_str());
    put_if(&mut tree, !step.description.is_empty(), "description", step.description.as_str());
    put_some(&mut tree, "maxAttempts", step.max_attempts.as_ref().map(amount));
    put_some(&mut tree, "timeoutSeconds", step.timeout_seconds.as_ref().map(amount));
    put_some(&mut tree, "onFailure", on_failure(&step.on_failure));
    if let OnCancel::Step(name) = &step.on_cancel {
        put(&mut tree, "onCancel", format!("step:{name}"));
    }
    let mut inputs = step.inputs.as_object().cloned().unwrap_or_default();
    let inner: Vec<_> = step.steps.iter().map(runbook_step).collect();
    put_if(&mut inputs, !inner.is_empty(), "Steps", inner);
    put(&mut tree, "inputs", inputs);
    let outputs: Vec<_> = step.outputs.iter().map(output).collect();
    put_if(&mut tree, !outputs.is_empty(), "outputs", outputs);
    put_if(&mut tree, step.is_end, "isEnd", true);
    put_if(&mut tree, !step.is_critical, "isCritical", false);
    put_some(&mut tree, "nextStep", step.next_step.as_deref());
    Value::Object(tree)
}

fn amount(amount: &Amount) -> Value {
    match amount {
        Amount::Number(number) => (*number).into(),
        Amount::Reference(text) => text.as_str().into(),
    }
}

fn on_failure(then: &OnFailure) -> Option<String> {
    match then {
        OnFailure::Abort => None,
        OnFailure::Continue => Some(String::from("Continue")),
        OnFailure::Step(name) => Some(format!("step:{name}")),
    }
}

fn output(output: &StepOutput) -> Value {
    json!({ "Name": output.name, "Selector": output.selector, "Type": output.kind.to_string() })
}

fn session(session: &Session, tree: &mut Tree) {
    put_if(tree, !session.inputs.is_empty(), "inputs", session.inputs.clone());
    put_if(tree, !session.properties.is_empty(), "properties", session.properties.clone());
}
