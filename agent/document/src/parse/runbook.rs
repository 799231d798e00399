//! Automation runbooks, schema 0.3.

use std::collections::BTreeSet;

use serde_json::Value;

use super::parameters::{self, kind};
use super::{condition, in_number, inputs, named_once, step_name};
use crate::action::{self, BRANCH, LOOP};
use crate::fill::names;
use crate::member::{Members, Result, kind_of, list, misfit, shown, text};
use crate::path::Path;
use crate::runbook::{Amount, OnCancel, OnFailure, Runbook, RunbookStep, StepOutput};
use crate::schema::SchemaVersion;
use crate::ssm;

/// Rounds of a loop.
const MAX_ROUNDS: u64 = 100;

pub(super) fn read(root: &Members<'_>) -> Result<Runbook> {
    let variables = match root.optional("variables") {
        None => Vec::new(),
        Some((value, at)) => parameters::read(&Members::of(value, &at)?, SchemaVersion::V0_3)?,
    };
    let (value, at) = root.required("mainSteps")?;
    let mut taken = BTreeSet::new();
    let steps = steps(value, &at, &mut taken)?;
    let outputs = root.texts("outputs")?;
    for (i, output) in outputs.iter().enumerate() {
        let step = output.split('.').next().unwrap_or_default();
        if !taken.contains(step) {
            let at = root.at.member("outputs").entry(i);
            return misfit(&at, "an output of a step, such as step.Output", shown(output));
        }
    }
    let files = match root.optional("files") {
        None => serde_json::Map::new(),
        Some((value, at)) => Members::of(value, &at)?.map.clone(),
    };
    let assume_role = root.optional_text("assumeRole")?.map(str::to_owned);
    Ok(Runbook { assume_role, variables, steps, outputs, files })
}

/// Steps of the runbook or of one of its loops; `taken` are the names of all so far.
fn steps(value: &Value, at: &Path, taken: &mut BTreeSet<String>) -> Result<Vec<RunbookStep>> {
    let values = list(value, at)?;
    let mut steps = Vec::with_capacity(values.len().min(super::MAX_STEPS));
    for (i, value) in values.iter().enumerate() {
        let members = Members::of(value, &at.entry(i))?;
        let name = step_name(&members, "_")?;
        named_once(&name, !taken.insert(name.clone()), &members.at)?;
        in_number(taken.len(), at)?;
        steps.push(step(name, &members, taken)?);
    }
    in_number(steps.len(), at)?;
    for (i, step) in steps.iter().enumerate() {
        targets_exist(step, &steps, &at.entry(i))?;
    }
    Ok(steps)
}

const STEP_MEMBERS: &[&str] = &[
    "name",
    "action",
    "description",
    "inputs",
    "outputs",
    "maxAttempts",
    "timeoutSeconds",
    "onFailure",
    "onCancel",
    "isEnd",
    "nextStep",
    "isCritical",
];

fn step(name: String, step: &Members<'_>, taken: &mut BTreeSet<String>) -> Result<RunbookStep> {
    step.only(STEP_MEMBERS)?;
    let action = action::runbook(step.required_text("action")?, &step.at.member("action"))?;
    let mut inputs = inputs(step)?;
    let inputs_at = step.at.member("inputs");
    action::has_inputs(&action, &Members { map: &inputs, at: inputs_at.clone() })?;
    let looped = if action == LOOP { inputs.shift_remove("Steps") } else { None };
    let inner = match looped {
        Some(value) => steps(&value, &inputs_at.member("Steps"), taken)?,
        None => Vec::new(),
    };
    let inputs = Value::Object(inputs);
    if let Some(text) = ssm::first_in(&inputs) {
        let expected = "{{ssm:…}} only in the defaults of parameters";
        return misfit(&inputs_at, expected, shown(text));
    }
    if action == LOOP {
        check_loop(&Members::of(&inputs, &inputs_at)?, step)?;
    }
    Ok(RunbookStep {
        name,
        action,
        description: step.optional_text("description")?.unwrap_or_default().to_owned(),
        inputs,
        steps: inner,
        outputs: outputs(step)?,
        max_attempts: amount(step, "maxAttempts")?,
        timeout_seconds: amount(step, "timeoutSeconds")?,
        on_failure: on_failure(step)?,
        on_cancel: on_cancel(step)?,
        is_end: step.optional_flag("isEnd")?.unwrap_or(false),
        next_step: step.optional_text("nextStep")?.map(str::to_owned),
        is_critical: step.optional_flag("isCritical")?.unwrap_or(true),
    })
}

fn outputs(step: &Members<'_>) -> Result<Vec<StepOutput>> {
    let Some((value, at)) = step.optional("outputs") else { return Ok(Vec::new()) };
    let output = |(i, value): (usize, &Value)| {
        let output = Members::of(value, &at.entry(i))?;
        output.only(&["Name", "Selector", "Type"])?;
        Ok(StepOutput {
            name: output.required_text("Name")?.to_owned(),
            selector: output.required_text("Selector")?.to_owned(),
            kind: kind(&output, "Type", SchemaVersion::V0_3)?,
        })
    };
    list(value, &at)?.iter().enumerate().map(output).collect()
}

fn amount(step: &Members<'_>, member: &str) -> Result<Option<Amount>> {
    let Some((value, at)) = step.optional(member) else { return Ok(None) };
    if let Some(number) = value.as_u64().or_else(|| value.as_str()?.parse().ok())
        && number > 0
    {
        return Ok(Some(Amount::Number(number)));
    }
    match value.as_str().filter(|text| !names(text).is_empty()) {
        Some(reference) => Ok(Some(Amount::Reference(reference.to_owned()))),
        None => misfit(&at, "a number from 1, or a placeholder", kind_of(value)),
    }
}

fn on_failure(step: &Members<'_>) -> Result<OnFailure> {
    let Some((value, at)) = step.optional("onFailure") else { return Ok(OnFailure::Abort) };
    match text(value, &at)? {
        "Abort" => Ok(OnFailure::Abort),
        "Continue" => Ok(OnFailure::Continue),
        other => match other.strip_prefix("step:") {
            Some(name) => Ok(OnFailure::Step(name.trim().to_owned())),
            None => misfit(&at, "Abort, Continue or step:name", shown(other)),
        },
    }
}

fn on_cancel(step: &Members<'_>) -> Result<OnCancel> {
    let Some((value, at)) = step.optional("onCancel") else { return Ok(OnCancel::Abort) };
    match text(value, &at)? {
        "Abort" => Ok(OnCancel::Abort),
        other => match other.strip_prefix("step:") {
            Some(name) => Ok(OnCancel::Step(name.trim().to_owned())),
            None => misfit(&at, "Abort or step:name", shown(other)),
        },
    }
}

/// Refuses a loop that could not end or would not know over what it goes.
fn check_loop(inputs: &Members<'_>, step: &Members<'_>) -> Result<()> {
    inputs.only(&["Iterators", "IteratorDataType", "LoopCondition", "MaxIterations", "Steps"])?;
    if step.map.contains_key("onCancel") {
        return misfit(&step.at.member("onCancel"), "none on aws:loop, but on its steps", "one");
    }
    match (inputs.optional("Iterators"), inputs.optional("LoopCondition")) {
        (Some(_), None) => {}
        (None, Some((value, at))) => {
            condition::check(value, &at, &[])?;
            inputs.required("MaxIterations")?;
        }
        (both, _) => {
            let found = if both.is_some() { "both" } else { "neither" };
            return misfit(&inputs.at, "either Iterators or LoopCondition", found);
        }
    }
    match amount(inputs, "MaxIterations")? {
        Some(Amount::Number(rounds)) if rounds > MAX_ROUNDS => {
            misfit(&inputs.at.member("MaxIterations"), format!("at most {MAX_ROUNDS}"), rounds.to_string())
        }
        _ => Ok(()),
    }
}

/// Refuses a step that goes on at a step which is not there.
fn targets_exist(step: &RunbookStep, steps: &[RunbookStep], at: &Path) -> Result<()> {
    let exists = |name: &str, at: Path| {
        if steps.iter().any(|other| other.name == name) {
            return Ok(());
        }
        let names = steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>().join(", ");
        misfit(&at, format!("one of the steps {names}"), shown(name))
    };
    if let Some(name) = &step.next_step {
        exists(name, at.member("nextStep"))?;
    }
    if let OnFailure::Step(name) = &step.on_failure {
        exists(name, at.member("onFailure"))?;
    }
    if let OnCancel::Step(name) = &step.on_cancel {
        exists(name, at.member("onCancel"))?;
    }
    if step.action == BRANCH {
        check_branch(&Members::of(&step.inputs, &at.member("inputs"))?, &exists)?;
    }
    Ok(())
}

fn check_branch(inputs: &Members<'_>, exists: &dyn Fn(&str, Path) -> Result<()>) -> Result<()> {
    inputs.only(&["Choices", "Default"])?;
    let (value, at) = inputs.required("Choices")?;
    let choices = list(value, &at)?;
    if choices.is_empty() {
        return misfit(&at, "a list of choices", "an empty one");
    }
    for (i, choice) in choices.iter().enumerate() {
        let at = at.entry(i);
        condition::check(choice, &at, &["NextStep"])?;
        exists(Members::of(choice, &at)?.required_text("NextStep")?, at.member("NextStep"))?;
    }
    match inputs.optional_text("Default")? {
        Some(name) => exists(name, inputs.at.member("Default")),
        None => Ok(()),
    }
}
