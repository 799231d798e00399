//! From a tree to a document, saying where and what was expected.

use regex::RegexBuilder;
use serde_json::{Map, Value};

use crate::gate::Precondition;
use crate::parameter::{ParameterKind, ParameterSpec};
use crate::text::{Format, tree};
use crate::{Document, SchemaVersion, Step, Then};

/// Bytes in a document. Source: "Systems Manager quotas".
pub const MAX_DOCUMENT: usize = 64 * 1024;
/// Steps in a document.
pub const MAX_STEPS: usize = 1000;
/// Parameters of a document.
const MAX_PARAMETERS: usize = 200;
/// Bytes that a parameter's pattern may take once it is compiled.
const MAX_PATTERN: usize = 1024 * 1024;

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Longer than [`MAX_DOCUMENT`].
    #[error("the document has {0} bytes, over the limit of {MAX_DOCUMENT}")]
    TooLong(usize),
    /// Not JSON or YAML.
    #[error("line {line}, column {column}: {what}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the reader said.
        what: String,
    },
    /// A member is not what the schema wants.
    #[error("{at}: expected {expected}, found {found}")]
    Shape {
        /// Path of the member, such as `mainSteps[0].action`.
        at: String,
        /// What the schema wants.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// The tree cannot be written.
    #[error("the document cannot be written: {what}")]
    Unwritable {
        /// Why.
        what: String,
    },
}

type Result<T> = std::result::Result<T, DocumentError>;

fn shape<T>(at: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Result<T> {
    Err(DocumentError::Shape { at: at.into(), expected: expected.into(), found: found.into() })
}

fn kind_of(value: &Value) -> String {
    match value {
        Value::Null => String::from("nothing"),
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => format!("the number {it}"),
        Value::String(it) => format!("{:?}", it.chars().take(60).collect::<String>()),
        Value::Array(_) => String::from("a list"),
        Value::Object(_) => String::from("a map"),
    }
}

fn map<'a>(value: &'a Value, at: &str) -> Result<&'a Map<String, Value>> {
    value.as_object().map_or_else(|| shape(at, "a map", kind_of(value)), Ok)
}

fn text<'a>(value: &'a Value, at: &str) -> Result<&'a str> {
    value.as_str().map_or_else(|| shape(at, "a text", kind_of(value)), Ok)
}

fn required<'a>(map: &'a Map<String, Value>, member: &str, at: &str) -> Result<&'a Value> {
    let path = if at.is_empty() { member.to_owned() } else { format!("{at}.{member}") };
    map.get(member).map_or_else(|| shape(path, "a value", "nothing"), Ok)
}

/// Refuses members that the schema does not know: a misspelt one must not be ignored in silence.
fn known(map: &Map<String, Value>, members: &[&str], at: &str) -> Result<()> {
    match map.keys().find(|key| !members.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => shape(
            if at.is_empty() { "the document" } else { at },
            format!("only {}", members.join(", ")),
            format!("{key:?}"),
        ),
    }
}

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
        Some(value) => parameters(map(value, "parameters")?)?,
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

fn parameters(map_of: &Map<String, Value>) -> Result<Vec<ParameterSpec>> {
    if map_of.len() > MAX_PARAMETERS {
        return shape("parameters", format!("at most {MAX_PARAMETERS}"), map_of.len().to_string());
    }
    map_of.iter().map(|(name, value)| parameter(name, value)).collect()
}

const PARAMETER_MEMBERS: &[&str] = &[
    "type",
    "description",
    "default",
    "allowedValues",
    "allowedPattern",
    "displayType",
    "interpolationType",
    "minItems",
    "maxItems",
    "minChars",
    "maxChars",
];

fn parameter(name: &str, value: &Value) -> Result<ParameterSpec> {
    let at = format!("parameters.{name}");
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.')
    {
        return shape(at, "a name of letters, digits, _ - and .", format!("{name:?}"));
    }
    let spec = map(value, &at)?;
    known(spec, PARAMETER_MEMBERS, &at)?;
    let kind = match text(required(spec, "type", &at)?, &format!("{at}.type"))? {
        "String" => ParameterKind::String,
        "StringList" => ParameterKind::StringList,
        "Boolean" => ParameterKind::Boolean,
        "Integer" => ParameterKind::Integer,
        "StringMap" => ParameterKind::StringMap,
        "MapList" => ParameterKind::MapList,
        other => {
            return shape(
                format!("{at}.type"),
                "String, StringList, Boolean, Integer, StringMap or MapList",
                format!("{other:?}"),
            );
        }
    };
    let pattern_at = format!("{at}.allowedPattern");
    let allowed_pattern = match spec.get("allowedPattern").map(|v| text(v, &pattern_at)).transpose()? {
        None => None,
        Some(pattern) => {
            if let Err(error) = RegexBuilder::new(pattern).size_limit(MAX_PATTERN).build() {
                return shape(pattern_at, "a regular expression", format!("{pattern:?} ({error})"));
            }
            Some(pattern.to_owned())
        }
    };
    let number = |member: &str| match spec.get(member) {
        None => Ok(None),
        Some(value) => match value.as_u64().or_else(|| value.as_str()?.parse().ok()) {
            Some(n) => Ok(usize::try_from(n).ok()),
            None => shape(format!("{at}.{member}"), "a number", kind_of(value)),
        },
    };
    let allowed_values = match spec.get("allowedValues") {
        None => Vec::new(),
        Some(Value::Array(values)) => values.iter().map(plain).collect(),
        Some(other) => return shape(format!("{at}.allowedValues"), "a list", kind_of(other)),
    };
    Ok(ParameterSpec {
        name: name.to_owned(),
        kind,
        description: spec.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        default: spec.get("default").cloned(),
        allowed_values,
        allowed_pattern,
        items: (number("minItems")?, number("maxItems")?),
        chars: (number("minChars")?, number("maxChars")?),
        is_env_var: spec.get("interpolationType").and_then(Value::as_str) == Some("ENV_VAR"),
    })
}

/// A scalar as the text that a placeholder is replaced by.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
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
