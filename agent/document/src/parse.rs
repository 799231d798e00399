//! From a tree to a document, saying where and what was expected.

mod parameters;

use serde_json::{Map, Value};

use crate::error::{DocumentError, MAX_DOCUMENT};
use crate::gate::Precondition;
use crate::member::{Result, kind_of, known, map, plain, required, shape, text};
use crate::text::{Format, tree};
use crate::{Document, SchemaVersion, Step, Then};

/// Steps in a document.
pub const MAX_STEPS: usize = 1000;

pub(crate) fn document(source: &str, format: Format) -> Result<Document> {
    if source.len() > MAX_DOCUMENT {
        return Err(DocumentError::TooLong(source.len()));
    }
    let tree = tree(source, format)?;
    let root = map(&tree, "the document")?;
    known(
        root,
        &["schemaVersion", "description", "parameters", "mainSteps", "runtimeConfig", "files", "outputs"],
        "",
    )?;
    let schema_version = match text(required(root, "schemaVersion", "")?, "schemaVersion")? {
        "1.2" => SchemaVersion::V1_2,
        "2.0" => SchemaVersion::V2_0,
        "2.2" => SchemaVersion::V2_2,
        other => return shape("schemaVersion", "1.2, 2.0 or 2.2", format!("{other:?}")),
    };
    let description =
        root.get("description").map(|v| text(v, "description")).transpose()?.unwrap_or_default().to_owned();
    let parameters = match root.get("parameters") {
        None => Vec::new(),
        Some(value) => parameters::read(map(value, "parameters")?)?,
    };
    let steps = if schema_version == SchemaVersion::V1_2 {
        runtime_config(map(required(root, "runtimeConfig", "")?, "runtimeConfig")?)?
    } else {
        main_steps(required(root, "mainSteps", "")?, schema_version)?
    };
    if steps.is_empty() || steps.len() > MAX_STEPS {
        return shape("the document", format!("1 to {MAX_STEPS} steps"), steps.len().to_string());
    }
    Ok(Document { schema_version, description, parameters, steps })
}

fn main_steps(value: &Value, schema: SchemaVersion) -> Result<Vec<Step>> {
    let Value::Array(list) = value else { return shape("mainSteps", "a list", kind_of(value)) };
    let mut steps: Vec<Step> = Vec::with_capacity(list.len().min(MAX_STEPS));
    for (i, value) in list.iter().enumerate() {
        let at = format!("mainSteps[{i}]");
        let it = main_step(value, &at, schema)?;
        if steps.iter().any(|earlier| earlier.name == it.name) {
            return shape(format!("{at}.name"), "a name of its own", format!("{:?} again", it.name));
        }
        if it.is_finally && i + 1 < list.len() {
            return shape(format!("{at}.inputs.finallyStep"), "the last step", "a step with others after it");
        }
        steps.push(it);
    }
    Ok(steps)
}

fn main_step(value: &Value, at: &str, schema: SchemaVersion) -> Result<Step> {
    let step = map(value, at)?;
    known(
        step,
        &["action", "name", "precondition", "inputs", "maxAttempts", "timeoutSeconds", "isEnd", "onFailure"],
        at,
    )?;
    let name = text(required(step, "name", at)?, &format!("{at}.name"))?;
    if name.is_empty()
        || name.len() > 128
        || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
    {
        return shape(format!("{at}.name"), "1 to 128 letters, digits, _ - and .", format!("{name:?}"));
    }
    let precondition = match step.get("precondition") {
        None => None,
        Some(_) if schema < SchemaVersion::V2_2 => {
            return shape(format!("{at}.precondition"), "schemaVersion 2.2", schema.to_string());
        }
        Some(value) => Some(precondition(map(value, &format!("{at}.precondition"))?, at)?),
    };
    let empty = Value::Object(Map::new());
    let inputs = map(step.get("inputs").unwrap_or(&empty), &format!("{at}.inputs"))?;
    with_flow(name.to_owned(), action(required(step, "action", at)?, at)?, inputs, precondition, at)
}

fn action(value: &Value, at: &str) -> Result<String> {
    let action = text(value, &format!("{at}.action"))?;
    if action.starts_with("aws:") {
        Ok(action.to_owned())
    } else {
        shape(format!("{at}.action"), "aws:…", format!("{action:?}"))
    }
}

/// Takes flow control out of the inputs.
fn with_flow(
    name: String,
    action: String,
    inputs: &Map<String, Value>,
    precondition: Option<Precondition>,
    at: &str,
) -> Result<Step> {
    let mut inputs = inputs.clone();
    let mut flow = |member: &str, allowed: &[&str]| match inputs.shift_remove(member) {
        None => Ok(Then::Continue),
        Some(value) => match value.as_str() {
            Some("exit") if allowed.contains(&"exit") => Ok(Then::Exit),
            Some("successAndExit") if allowed.contains(&"successAndExit") => Ok(Then::SuccessAndExit),
            _ => shape(format!("{at}.inputs.{member}"), allowed.join(" or "), kind_of(&value)),
        },
    };
    let on_failure = flow("onFailure", &["exit", "successAndExit"])?;
    let on_success = flow("onSuccess", &["exit"])?;
    let is_finally = match inputs.shift_remove("finallyStep") {
        None => false,
        Some(Value::Bool(is)) => is,
        Some(Value::String(is)) if is == "true" || is == "false" => is == "true",
        Some(other) => return shape(format!("{at}.inputs.finallyStep"), "true or false", kind_of(&other)),
    };
    Ok(Step { name, action, inputs: Value::Object(inputs), precondition, on_failure, on_success, is_finally })
}

fn precondition(map_of: &Map<String, Value>, at: &str) -> Result<Precondition> {
    let mut entries = map_of.iter();
    let (Some((operator, value)), None) = (entries.next(), entries.next()) else {
        return shape(format!("{at}.precondition"), "one condition", format!("{} of them", map_of.len()));
    };
    let arguments = match value {
        Value::Array(list) => list.iter().map(plain).collect(),
        other => return shape(format!("{at}.precondition.{operator}"), "a list of two", kind_of(other)),
    };
    Ok(Precondition { operator: operator.clone(), arguments })
}

fn runtime_config(plugins: &Map<String, Value>) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for (plugin, value) in plugins {
        let at = format!("runtimeConfig.{plugin}");
        let action = action(&Value::String(plugin.clone()), &at)?;
        let properties = required(map(value, &at)?, "properties", &at)?;
        let list = match properties {
            Value::Array(list) => list.as_slice(),
            one @ Value::Object(_) => std::slice::from_ref(one),
            other => return shape(format!("{at}.properties"), "a list", kind_of(other)),
        };
        for (i, value) in list.iter().enumerate() {
            let at = format!("{at}.properties[{i}]");
            let mut inputs = map(value, &at)?.clone();
            inputs.shift_remove("id");
            steps.push(with_flow(plugin.clone(), action.clone(), &inputs, None, &at)?);
        }
    }
    Ok(steps)
}
