//! What a document takes: the declarations of its parameters.

use regex::RegexBuilder;
use serde_json::{Map, Value};

use crate::member::{Result, kind_of, known, map, plain, required, shape, text};
use crate::parameter::{ParameterKind, ParameterSpec};

/// Parameters of a document.
const MAX_PARAMETERS: usize = 200;
/// Bytes that a parameter's pattern may take once it is compiled.
const MAX_PATTERN: usize = 1024 * 1024;

pub(super) fn read(map_of: &Map<String, Value>) -> Result<Vec<ParameterSpec>> {
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
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c)) {
        return shape(at, "a name of letters, digits, _ - and .", format!("{name:?}"));
    }
    let spec = map(value, &at)?;
    known(spec, PARAMETER_MEMBERS, &at)?;
    let allowed_values = match spec.get("allowedValues") {
        None => Vec::new(),
        Some(Value::Array(values)) => values.iter().map(plain).collect(),
        Some(other) => return shape(format!("{at}.allowedValues"), "a list", kind_of(other)),
    };
    let number = |member| number(spec, member, &at);
    Ok(ParameterSpec {
        name: name.to_owned(),
        kind: kind(text(required(spec, "type", &at)?, &format!("{at}.type"))?, &at)?,
        description: spec.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        default: spec.get("default").cloned(),
        allowed_values,
        allowed_pattern: spec.get("allowedPattern").map(|value| pattern(value, &at)).transpose()?,
        items: (number("minItems")?, number("maxItems")?),
        chars: (number("minChars")?, number("maxChars")?),
        is_env_var: spec.get("interpolationType").and_then(Value::as_str) == Some("ENV_VAR"),
    })
}

fn kind(name: &str, at: &str) -> Result<ParameterKind> {
    Ok(match name {
        "String" => ParameterKind::String,
        "StringList" => ParameterKind::StringList,
        "Boolean" => ParameterKind::Boolean,
        "Integer" => ParameterKind::Integer,
        "StringMap" => ParameterKind::StringMap,
        "MapList" => ParameterKind::MapList,
        other => {
            let expected = "String, StringList, Boolean, Integer, StringMap or MapList";
            return shape(format!("{at}.type"), expected, format!("{other:?}"));
        }
    })
}

fn pattern(value: &Value, at: &str) -> Result<String> {
    let at = format!("{at}.allowedPattern");
    let pattern = text(value, &at)?;
    match RegexBuilder::new(pattern).size_limit(MAX_PATTERN).build() {
        Ok(_) => Ok(pattern.to_owned()),
        Err(error) => shape(at, "a regular expression", format!("{pattern:?} ({error})")),
    }
}

fn number(spec: &Map<String, Value>, member: &str, at: &str) -> Result<Option<usize>> {
    let Some(value) = spec.get(member) else { return Ok(None) };
    match value.as_u64().or_else(|| value.as_str()?.parse().ok()) {
        Some(n) => Ok(usize::try_from(n).ok()),
        None => shape(format!("{at}.{member}"), "a number", kind_of(value)),
    }
}
