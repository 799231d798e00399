//! Values bound to parameters, and placeholders replaced by them.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use crate::member::plain;
use crate::parameter::{ParameterError, ParameterKind, ParameterSpec};

/// Values of a document's parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bindings {
    values: BTreeMap<String, Value>,
    env: BTreeMap<String, String>,
}

pub(crate) fn bind(
    specs: &[ParameterSpec],
    given: &BTreeMap<String, Vec<String>>,
) -> Result<Bindings, ParameterError> {
    if let Some(name) = given.keys().find(|name| !specs.iter().any(|spec| spec.name == **name)) {
        let known = specs.iter().map(|spec| spec.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(ParameterError::Unknown { name: name.clone(), known });
    }
    let mut bindings = Bindings::default();
    for spec in specs {
        let value = match (given.get(&spec.name), &spec.default) {
            (Some(texts), _) => typed(spec, texts)?,
            (None, Some(default)) => default.clone(),
            (None, None) => return Err(ParameterError::Missing { name: spec.name.clone() }),
        };
        if spec.is_env_var {
            bindings.env.insert(format!("SSM_{}", spec.name), as_text(&value));
        }
        bindings.values.insert(spec.name.clone(), value);
    }
    Ok(bindings)
}

fn illegal(spec: &ParameterSpec, must: impl Into<String>, value: &str) -> ParameterError {
    let value = value.chars().take(120).collect();
    ParameterError::Illegal { name: spec.name.clone(), must: must.into(), value }
}

fn typed(spec: &ParameterSpec, texts: &[String]) -> Result<Value, ParameterError> {
    let value = match spec.kind {
        ParameterKind::StringList => Value::Array(texts.iter().cloned().map(Value::String).collect()),
        kind => {
            let [text] = texts else {
                return Err(illegal(spec, "have one value", &format!("{} values", texts.len())));
            };
            scalar(spec, kind, text)?
        }
    };
    check_items(spec, &value)?;
    for text in texts {
        check_text(spec, text)?;
    }
    Ok(value)
}

fn scalar(spec: &ParameterSpec, kind: ParameterKind, text: &str) -> Result<Value, ParameterError> {
    let json = || serde_json::from_str::<Value>(text).ok();
    let (value, must) = match kind {
        ParameterKind::String | ParameterKind::StringList => (Some(Value::String(text.to_owned())), ""),
        ParameterKind::Boolean => (json().filter(Value::is_boolean), "be true or false"),
        ParameterKind::Integer => (json().filter(Value::is_i64), "be a whole number"),
        ParameterKind::StringMap => (json().filter(Value::is_object), "be a map in JSON"),
        ParameterKind::MapList => (json().filter(Value::is_array), "be a list of maps in JSON"),
    };
    value.ok_or_else(|| illegal(spec, must, text))
}

fn check_items(spec: &ParameterSpec, value: &Value) -> Result<(), ParameterError> {
    let Value::Array(list) = value else { return Ok(()) };
    let (min, max) = (spec.items.0.unwrap_or(0), spec.items.1.unwrap_or(usize::MAX));
    if (min..=max).contains(&list.len()) {
        return Ok(());
    }
    Err(illegal(spec, format!("have {min} to {max} entries"), &format!("a list of {}", list.len())))
}

fn check_text(spec: &ParameterSpec, text: &str) -> Result<(), ParameterError> {
    if !spec.allowed_values.is_empty() && !spec.allowed_values.iter().any(|allowed| allowed == text) {
        return Err(illegal(spec, format!("be one of {}", spec.allowed_values.join(", ")), text));
    }
    let (min, max) = (spec.chars.0.unwrap_or(0), spec.chars.1.unwrap_or(usize::MAX));
    if !(min..=max).contains(&text.chars().count()) {
        return Err(illegal(spec, format!("have {min} to {max} characters"), text));
    }
    if let Some(pattern) = &spec.allowed_pattern
        // The pattern was compiled when the document was read.
        && !Regex::new(pattern).is_ok_and(|regex| regex.is_match(text))
    {
        return Err(illegal(spec, format!("match {pattern}"), text));
    }
    Ok(())
}

fn as_text(value: &Value) -> String {
    match value {
        Value::Array(list) => serde_json::to_string(list).unwrap_or_default(),
        other => plain(other),
    }
}

impl Bindings {
    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// Environment variables for scripts: parameters of interpolation type `ENV_VAR`.
    #[must_use]
    pub fn env(&self) -> Vec<(String, String)> {
        self.env.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Inputs with every placeholder of a known parameter replaced. A text that is exactly one placeholder takes the
    /// parameter's own type; a list entry that is exactly one placeholder of a list is replaced by the list's entries.
    /// Placeholders of unknown names, and of parameters that travel in the environment, are left alone. Names of members are
    /// never touched.
    #[must_use]
    pub fn apply(&self, inputs: &Value) -> Value {
        match inputs {
            Value::String(text) => self.text(text),
            Value::Array(list) => Value::Array(list.iter().flat_map(|entry| self.entry(entry)).collect()),
            Value::Object(map) => {
                Value::Object(map.iter().map(|(k, v)| (k.clone(), self.apply(v))).collect())
            }
            other => other.clone(),
        }
    }

    fn entry(&self, entry: &Value) -> Vec<Value> {
        let is_placeholder = entry.as_str().is_some_and(|text| self.whole(text).is_some());
        match self.apply(entry) {
            Value::Array(list) if is_placeholder => list,
            other => vec![other],
        }
    }

    fn replacement(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|_| !self.env.contains_key(&format!("SSM_{name}")))
    }

    /// The value, if the text is exactly one placeholder.
    fn whole(&self, text: &str) -> Option<&Value> {
        let name = text.strip_prefix("{{")?.strip_suffix("}}")?.trim();
        self.replacement(name)
    }

    fn text(&self, text: &str) -> Value {
        if let Some(value) = self.whole(text) {
            return value.clone();
        }
        let mut done = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find("{{") {
            let (before, after) = rest.split_at(open);
            done.push_str(before);
            let inside = after[2..].find("}}").map(|close| (after[2..2 + close].trim(), 2 + close + 2));
            match inside.and_then(|(name, length)| self.replacement(name).map(|value| (value, length))) {
                Some((value, length)) => {
                    done.push_str(&as_text(value));
                    rest = &after[length..];
                }
                None => {
                    done.push_str("{{");
                    rest = &after[2..];
                }
            }
        }
        done.push_str(rest);
        Value::String(done)
    }
}
