//! Steps of command documents: `mainSteps` of schemas 2.0 and 2.2, `runtimeConfig` of 1.2.

use serde_json::{Map, Value};

use super::{flow, in_number, inputs, named_once, step_name};
use crate::action;
use crate::command::Step;
use crate::fill::names;
use crate::gate::Precondition;
use crate::member::{Members, Result, kind_of, list, misfit, plain, shown, text};
use crate::parameter::ParameterSpec;
use crate::path::Path;
use crate::schema::SchemaVersion;

pub(super) fn main_steps(
    root: &Members<'_>,
    schema: SchemaVersion,
    parameters: &[ParameterSpec],
) -> Result<Vec<Step>> {
    let (value, at) = root.required("mainSteps")?;
    let values = list(value, &at)?;
    in_number(values.len(), &at)?;
    let mut steps: Vec<Step> = Vec::with_capacity(values.len());
    for (i, value) in values.iter().enumerate() {
        let members = Members::of(value, &at.entry(i))?;
        let step = main_step(&members, schema)?;
        named_once(&step.name, steps.iter().any(|earlier| earlier.name == step.name), &members.at)?;
        if step.is_finally && i + 1 < values.len() {
            let at = members.at.member("inputs").member("finallyStep");
            return misfit(&at, "the last step", "a step with others after it");
        }
        environment_reaches(&step, parameters, &members.at.member("inputs"))?;
        steps.push(step);
    }
    Ok(steps)
}

const STEP_MEMBERS: &[&str] =
    &["action", "name", "precondition", "inputs", "timeoutSeconds", "isEnd", "onFailure"];

fn main_step(step: &Members<'_>, schema: SchemaVersion) -> Result<Step> {
    step.only(STEP_MEMBERS)?;
    let name = step_name(step, "_-.")?;
    let action = action::command(step.required_text("action")?, &step.at.member("action"))?;
    let precondition = match step.optional("precondition") {
        None => None,
        Some((_, at)) if schema < SchemaVersion::V2_2 => {
            return misfit(&at, "schemaVersion 2.2 with a precondition", schema.to_string());
        }
        Some((value, at)) => Some(precondition(&Members::of(value, &at)?)?),
    };
    let mut inputs = inputs(step)?;
    let flow = flow::take(&mut inputs, &step.at.member("inputs"))?.beside(step)?;
    if let Some((value, at)) = step.optional("timeoutSeconds") {
        timeout(&mut inputs, value, &at)?;
    }
    Ok(Step {
        name,
        id: None,
        action,
        inputs: Value::Object(inputs),
        precondition,
        on_failure: flow.on_failure,
        on_success: flow.on_success,
        is_finally: flow.is_finally,
    })
}

/// A time-out beside the inputs is the one that an action without its own has.
fn timeout(inputs: &mut Map<String, Value>, value: &Value, at: &Path) -> Result<()> {
    let is_number = value.is_u64() || value.as_str().is_some_and(|text| text.parse::<u64>().is_ok());
    if !is_number && value.as_str().is_none_or(|text| names(text).is_empty()) {
        return misfit(at, "seconds", kind_of(value));
    }
    inputs.entry("timeoutSeconds").or_insert_with(|| value.clone());
    Ok(())
}

fn precondition(of: &Members<'_>) -> Result<Precondition> {
    let mut entries = of.map.iter();
    let (Some((operator, value)), None) = (entries.next(), entries.next()) else {
        return misfit(&of.at, "one condition", format!("{} of them", of.map.len()));
    };
    if operator != "StringEquals" {
        return misfit(&of.at.member(operator), "StringEquals", shown(operator));
    }
    let at = of.at.member(operator);
    let arguments = list(value, &at)?;
    let [left, right] = arguments else {
        return misfit(&at, "a list of two", format!("a list of {}", arguments.len()));
    };
    let scalar = |i, value: &Value| match value {
        Value::Array(_) | Value::Object(_) | Value::Null => misfit(&at.entry(i), "a text", kind_of(value)),
        scalar => Ok(plain(scalar)),
    };
    Ok(Precondition { left: scalar(0, left)?, right: scalar(1, right)? })
}

/// Refuses a parameter of the environment where no environment reaches: it would stay a placeholder in silence.
fn environment_reaches(step: &Step, parameters: &[ParameterSpec], at: &Path) -> Result<()> {
    if action::is_of_scripts(&step.action) {
        return Ok(());
    }
    let is_env = |name: &str| parameters.iter().any(|it| it.is_env_var && it.name == name);
    match first_name(&step.inputs, at, &is_env) {
        None => Ok(()),
        Some((at, name)) => {
            misfit(&at, "parameters without ENV_VAR outside scripts", format!("{{{{ {name} }}}}"))
        }
    }
}

/// The first placeholder of a kind, with the place where it stands.
fn first_name(value: &Value, at: &Path, is_wanted: &dyn Fn(&str) -> bool) -> Option<(Path, String)> {
    match value {
        Value::String(text) => {
            let name = names(text).into_iter().find(|name| is_wanted(name))?;
            Some((at.clone(), name.to_owned()))
        }
        Value::Array(list) => {
            list.iter().enumerate().find_map(|(i, value)| first_name(value, &at.entry(i), is_wanted))
        }
        Value::Object(map) => {
            map.iter().find_map(|(name, value)| first_name(value, &at.member(name), is_wanted))
        }
        _ => None,
    }
}

pub(super) fn runtime_config(root: &Members<'_>) -> Result<Vec<Step>> {
    let (value, at) = root.required("runtimeConfig")?;
    let plugins = Members::of(value, &at)?;
    let mut steps = Vec::new();
    for (plugin, value) in plugins.map {
        let plugin_at = at.member(plugin);
        action::command(plugin, &plugin_at)?;
        let members = Members::of(value, &plugin_at)?;
        members.only(&["properties"])?;
        let (properties, at) = members.required("properties")?;
        match properties {
            Value::Array(list) => {
                for (i, value) in list.iter().enumerate() {
                    steps.push(property_set(plugin, value, &at.entry(i))?);
                }
            }
            one @ Value::Object(_) => steps.push(property_set(plugin, one, &at)?),
            other => return misfit(&at, "a list", kind_of(other)),
        }
    }
    in_number(steps.len(), &at)?;
    Ok(steps)
}

fn property_set(plugin: &str, value: &Value, at: &Path) -> Result<Step> {
    let mut inputs = Members::of(value, at)?.map.clone();
    let id = inputs.shift_remove("id");
    let id = id.map(|value| text(&value, &at.member("id")).map(str::to_owned)).transpose()?;
    let flow = flow::take(&mut inputs, at)?;
    Ok(Step {
        name: plugin.to_owned(),
        id,
        action: plugin.to_owned(),
        inputs: Value::Object(inputs),
        precondition: None,
        on_failure: flow.on_failure,
        on_success: flow.on_success,
        is_finally: flow.is_finally,
    })
}
