//! Values bound to parameters.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fill::{FillError, Room, Spot};
use crate::member::plain;
use crate::parameter::{ParameterError, ParameterSpec};
use crate::rules;
use crate::ssm::{Resolved, SsmReference, SsmValue};

/// Bytes of an environment variable with its name: Linux takes no more.
const MAX_VARIABLE: usize = 128 * 1024;

/// Values of a document's parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bindings {
    values: BTreeMap<String, Value>,
    /// Values of those parameters that scripts get as environment variables.
    env: BTreeMap<String, String>,
    ssm: Resolved,
}

/// The environment variable of a parameter.
pub(crate) fn variable(parameter: &str) -> String {
    format!("SSM_{parameter}")
}

pub(crate) fn bind(
    specs: &[ParameterSpec],
    given: &BTreeMap<String, Vec<String>>,
    resolved: &Resolved,
) -> Result<Bindings, ParameterError> {
    if let Some(name) = given.keys().find(|name| !specs.iter().any(|spec| spec.name == **name)) {
        let known = specs.iter().map(|spec| spec.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(ParameterError::Unknown { name: name.clone(), known });
    }
    let mut bindings = Bindings { ssm: resolved.clone(), ..Bindings::default() };
    for spec in specs {
        let value = value(spec, given.get(&spec.name), resolved)?;
        if spec.is_env_var {
            let text = plain(&value);
            fits_a_variable(spec, &text)?;
            bindings.env.insert(spec.name.clone(), text);
        }
        bindings.values.insert(spec.name.clone(), value);
    }
    Ok(bindings)
}

/// Refuses what no process can have in its environment.
pub(crate) fn fits_a_variable(spec: &ParameterSpec, text: &str) -> Result<(), ParameterError> {
    if text.contains('\0') {
        return Err(rules::illegal(spec, "have no zero byte, being an environment variable", text));
    }
    if variable(&spec.name).len() + text.len() + 2 > MAX_VARIABLE {
        let must =
            format!("take less than {MAX_VARIABLE} bytes with its name, being an environment variable");
        return Err(rules::illegal(spec, must, text));
    }
    Ok(())
}

/// What a parameter is worth: what is given, else its default.
fn value(
    spec: &ParameterSpec,
    given: Option<&Vec<String>>,
    resolved: &Resolved,
) -> Result<Value, ParameterError> {
    let Some(default) = spec.default.as_ref().filter(|_| given.is_none()) else {
        let texts = given.ok_or_else(|| ParameterError::Missing { name: spec.name.clone() })?;
        return rules::checked(spec, &resolved_texts(spec, texts, resolved)?);
    };
    let written = rules::texts_of(spec, default);
    let texts = resolved_texts(spec, &written, resolved)?;
    // A default is the author's word: the rules are for what others say.
    if texts == written { rules::typed(spec, &texts) } else { rules::checked(spec, &texts) }
}

/// Texts with the parameter store's values in them; a list of the store becomes entries of a list.
fn resolved_texts(
    spec: &ParameterSpec,
    texts: &[String],
    resolved: &Resolved,
) -> Result<Vec<String>, ParameterError> {
    let mut room = Room::default();
    let too_long = |FillError::TooLong| rules::illegal(spec, "be shorter", "what its references stand for");
    let mut done = Vec::with_capacity(texts.len());
    for text in texts {
        match SsmReference::whole(text).and_then(|reference| resolved.get(&reference)) {
            Some(SsmValue::List(list)) if spec.kind.is_list() => done.extend(list.iter().cloned()),
            _ => {
                let mut with = |name: &str, _| Some(resolved.get(&SsmReference::read(name)?)?.to_string());
                done.push(room.replace(text, &mut with).map_err(too_long)?);
            }
        }
    }
    Ok(done)
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
        self.env.iter().map(|(name, value)| (variable(name), value.clone())).collect()
    }

    pub(crate) fn is_env(&self, name: &str) -> bool {
        self.env.contains_key(name)
    }

    /// What a placeholder stands for.
    pub(crate) fn lookup(&self, name: &str, spot: Spot) -> Option<Value> {
        match SsmReference::read(name) {
            Some(reference) => self.ssm.get(&reference).map(|value| match (spot, value) {
                (Spot::Whole, SsmValue::List(list)) => list.iter().cloned().collect(),
                (_, value) => Value::String(value.to_string()),
            }),
            None => self.values.get(name).cloned(),
        }
    }

    /// A text with its placeholders replaced.
    pub(crate) fn in_text(&self, text: &str) -> Result<String, FillError> {
        let lookup = |name: &str, spot| self.lookup(name, spot);
        Room::default().fill(&Value::String(text.to_owned()), &lookup).map(|value| plain(&value))
    }
}
