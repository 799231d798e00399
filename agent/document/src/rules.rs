//! Whether a value is of its parameter's type and keeps its rules.

use regex::Regex;
use serde_json::Value;

use crate::member::plain;
use crate::parameter::{ParameterError, ParameterKind, ParameterSpec};

pub(crate) fn illegal(spec: &ParameterSpec, must: impl Into<String>, value: &str) -> ParameterError {
    let value = value.chars().take(120).collect();
    ParameterError::Illegal { name: spec.name.clone(), must: must.into(), value }
}

/// A value of the parameter's type that keeps its rules.
pub(crate) fn checked(spec: &ParameterSpec, texts: &[String]) -> Result<Value, ParameterError> {
    let value = typed(spec, texts)?;
    check_items(spec, &value)?;
    for text in texts {
        check_text(spec, text)?;
    }
    Ok(value)
}

/// A value of the parameter's type.
pub(crate) fn typed(spec: &ParameterSpec, texts: &[String]) -> Result<Value, ParameterError> {
    if spec.kind.is_list() {
        return Ok(texts.iter().cloned().collect());
    }
    if let Some(maps) = each_a_map(spec, texts) {
        return Ok(maps);
    }
    let [text] = texts else {
        return Err(illegal(spec, "have one value", &format!("{} values", texts.len())));
    };
    let json = || serde_json::from_str::<Value>(text).ok();
    let are_maps = |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_object));
    let (value, must) = match spec.kind {
        ParameterKind::Boolean => (json().filter(Value::is_boolean), "be true or false"),
        ParameterKind::Integer => (json().filter(Value::is_i64), "be a whole number"),
        ParameterKind::StringMap => (json().filter(Value::is_object), "be a map in JSON"),
        ParameterKind::MapList => (json().filter(are_maps), "be a list of maps in JSON"),
        _ => (Some(Value::String(text.clone())), ""),
    };
    value.ok_or_else(|| illegal(spec, must, text))
}

/// A MapList can also be given as one text for each map.
fn each_a_map(spec: &ParameterSpec, texts: &[String]) -> Option<Value> {
    let map = |text: &String| serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
    let is_wanted = spec.kind == ParameterKind::MapList;
    texts.iter().map(map).collect::<Option<Vec<_>>>().filter(|_| is_wanted).map(Value::Array)
}

/// A value that stands in a document as the texts that a caller would give for it.
pub(crate) fn texts_of(spec: &ParameterSpec, value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) if spec.kind.is_list() => list.iter().map(plain).collect(),
        other => vec![plain(other)],
    }
}

fn check_items(spec: &ParameterSpec, value: &Value) -> Result<(), ParameterError> {
    let Value::Array(list) = value else { return Ok(()) };
    let (min, max) = (spec.items.0.unwrap_or(0), spec.items.1.unwrap_or(usize::MAX));
    if (min..=max).contains(&list.len()) {
        return Ok(());
    }
    Err(illegal(spec, format!("have {} entries", range(spec.items)), &format!("a list of {}", list.len())))
}

fn range(bounds: (Option<usize>, Option<usize>)) -> String {
    match bounds {
        (min, Some(max)) => format!("{} to {max}", min.unwrap_or(0)),
        (min, None) => format!("at least {}", min.unwrap_or(0)),
    }
}

fn check_text(spec: &ParameterSpec, text: &str) -> Result<(), ParameterError> {
    if !spec.allowed_values.is_empty() && !spec.allowed_values.iter().any(|allowed| allowed == text) {
        return Err(illegal(spec, format!("be one of {}", spec.allowed_values.join(", ")), text));
    }
    let (min, max) = (spec.chars.0.unwrap_or(0), spec.chars.1.unwrap_or(usize::MAX));
    if !(min..=max).contains(&text.chars().count()) {
        return Err(illegal(spec, format!("have {} characters", range(spec.chars)), text));
    }
    if let Some(pattern) = &spec.allowed_pattern
        // The pattern was compiled when the document was read.
        && !Regex::new(pattern).is_ok_and(|regex| regex.is_match(text))
    {
        return Err(illegal(spec, format!("match {pattern}"), text));
    }
    Ok(())
}
