//! What a document takes: the declarations of its parameters, and of a runbook's variables.

use regex::RegexBuilder;
use serde_json::Value;

use crate::member::{Members, Result, kind_of, list, misfit, plain, shown, text};
use crate::parameter::{Display, ParameterKind, ParameterSpec};
use crate::path::Path;
use crate::rules::{texts_of, typed};
use crate::schema::SchemaVersion;
use crate::ssm;

/// Parameters of a document, and variables of a runbook.
pub const MAX_PARAMETERS: usize = 200;
/// Bytes in the name of a parameter.
const MAX_PARAMETER_NAME: usize = 256;
/// Bytes that a parameter's pattern may take once it is compiled.
const MAX_PATTERN: usize = 1024 * 1024;

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

pub(super) fn read(parameters: &Members<'_>, schema: SchemaVersion) -> Result<Vec<ParameterSpec>> {
    let count = parameters.map.len();
    if count > MAX_PARAMETERS {
        return misfit(&parameters.at, format!("at most {MAX_PARAMETERS}"), count.to_string());
    }
    let each = |(name, value): (&String, &Value)| {
        parameter(name, &Members::of(value, &parameters.at.member(name))?, schema)
    };
    parameters.map.iter().map(each).collect()
}

fn parameter(name: &str, spec: &Members<'_>, schema: SchemaVersion) -> Result<ParameterSpec> {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if name.is_empty() || name.len() > MAX_PARAMETER_NAME || !name.chars().all(is_legal) {
        return misfit(&spec.at, "a name of letters, digits, _ - and .", shown(name));
    }
    spec.only(PARAMETER_MEMBERS)?;
    let read = ParameterSpec {
        name: name.to_owned(),
        kind: kind(spec, "type", schema)?,
        description: spec.optional_text("description")?.unwrap_or_default().to_owned(),
        default: spec.map.get("default").cloned(),
        allowed_values: allowed_values(spec)?,
        allowed_pattern: spec
            .optional("allowedPattern")
            .map(|(value, at)| pattern(value, &at))
            .transpose()?,
        items: range(spec, "minItems", "maxItems")?,
        chars: range(spec, "minChars", "maxChars")?,
        display: spec.word("displayType", Display::WORDS)?,
        is_env_var: spec.word("interpolationType", &[("ENV_VAR", ())])?.is_some(),
    };
    if read.is_env_var {
        environment(&read, spec, schema)?;
    }
    default(&read, &spec.at)?;
    Ok(read)
}

/// A type by its name; those of AWS's things are for runbooks.
pub(super) fn kind(spec: &Members<'_>, member: &str, schema: SchemaVersion) -> Result<ParameterKind> {
    let name = spec.required_text(member)?;
    let is_runbook = schema == SchemaVersion::V0_3;
    match ParameterKind::named(name) {
        Some(kind) if is_runbook || !kind.is_of_runbooks() => Ok(kind),
        _ => {
            let plain = "String, StringList, Boolean, Integer, StringMap or MapList";
            let aws = if is_runbook {
                ", or a type such as AWS::EC2::Instance::Id or a List<…> of it"
            } else {
                ""
            };
            misfit(&spec.at.member(member), format!("{plain}{aws}"), shown(name))
        }
    }
}

fn allowed_values(spec: &Members<'_>) -> Result<Vec<String>> {
    let Some((value, at)) = spec.optional("allowedValues") else { return Ok(Vec::new()) };
    let scalar = |(i, value): (usize, &Value)| match value {
        Value::String(_) | Value::Number(_) | Value::Bool(_) => Ok(plain(value)),
        other => misfit(&at.entry(i), "a text", kind_of(other)),
    };
    list(value, &at)?.iter().enumerate().map(scalar).collect()
}

fn pattern(value: &Value, at: &Path) -> Result<String> {
    let pattern = text(value, at)?;
    match RegexBuilder::new(pattern).size_limit(MAX_PATTERN).build() {
        Ok(_) => Ok(pattern.to_owned()),
        Err(error) => {
            let said = error.to_string();
            let why = said.lines().last().unwrap_or_default().trim();
            misfit(at, "a regular expression", format!("{} ({why})", shown(pattern)))
        }
    }
}

fn range(spec: &Members<'_>, min: &str, max: &str) -> Result<(Option<usize>, Option<usize>)> {
    let number = |member: &str| {
        let Some((value, at)) = spec.optional(member) else { return Ok(None) };
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
        match number.and_then(|n| usize::try_from(n).ok()) {
            Some(n) => Ok(Some(n)),
            None => misfit(&at, "a whole number from 0", kind_of(value)),
        }
    };
    let (least, most) = (number(min)?, number(max)?);
    if let (Some(least), Some(most)) = (least, most)
        && least > most
    {
        return misfit(&spec.at.member(max), format!("at least {min}, {least}"), most.to_string());
    }
    Ok((least, most))
}

/// What a parameter must be to travel as an environment variable.
fn environment(read: &ParameterSpec, spec: &Members<'_>, schema: SchemaVersion) -> Result<()> {
    let at = spec.at.member("interpolationType");
    if schema != SchemaVersion::V2_2 {
        return misfit(&at, "schemaVersion 2.2 with ENV_VAR", schema.to_string());
    }
    if read.kind != ParameterKind::String {
        return misfit(&at, "a parameter of type String with ENV_VAR", read.kind.to_string());
    }
    if !read.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return misfit(&at, "a name of letters, digits and _ with ENV_VAR", shown(&read.name));
    }
    Ok(())
}

/// Refuses a default of another type; one that refers to the parameter store is asked when it is resolved.
fn default(read: &ParameterSpec, at: &Path) -> Result<()> {
    let Some(value) = &read.default else { return Ok(()) };
    let refers = ssm::first_in(value).is_some();
    let is_fit = match value {
        Value::Null => false,
        _ if refers => true,
        Value::Array(entries) if read.kind.is_list() => entries.iter().all(Value::is_string),
        other if read.kind.is_list() => {
            return misfit(&at.member("default"), "a list of texts", kind_of(other));
        }
        Value::String(_) => typed(read, &texts_of(read, value)).is_ok(),
        _ if matches!(read.kind, ParameterKind::String | ParameterKind::Aws(_)) => false,
        _ => typed(read, &texts_of(read, value)).is_ok(),
    };
    if is_fit {
        Ok(())
    } else {
        misfit(&at.member("default"), format!("a value of type {}", read.kind), kind_of(value))
    }
}
