//! Whether a value is of its parameter's type and keeps its rules.

use regex::Regex;
use serde_json::Value;

use crate::bind::{fits_a_variable, variable};
use crate::fill::names;
use crate::member::plain;
use crate::parameter::{ParameterError, ParameterKind, ParameterSpec};
use crate::ssm::SsmReference;

impl ParameterSpec {
    /// Judges values as they are when a command is sent; what refers to the parameter store is judged there, once it is
    /// known what it stands for. Without values it must have a default.
    ///
    /// # Errors
    /// The rule that a value breaks.
    pub fn check(&self, texts: Option<&[String]>) -> Result<(), ParameterError> {
        let Some(texts) = texts else {
            let missing = ParameterError::Missing { name: self.name.clone() };
            return self.default.is_some().then_some(()).ok_or(missing);
        };
        let refers = |text: &String| names(text).into_iter().any(|name| SsmReference::read(name).is_some());
        if texts.iter().any(refers) {
            return Ok(());
        }
        let value = checked(self, texts)?;
        if self.is_env_var { fits_a_variable(self, &plain(&value)) } else { Ok(()) }
    }

    /// Its default, as the texts that a caller would give for it.
    #[must_use]
    pub fn default_texts(&self) -> Option<Vec<String>> {
        self.default.as_ref().map(|value| texts_of(self, value))
    }

    /// The environment variable in which scripts find it, if its value is never put into their text.
    #[must_use]
    pub fn environment_variable(&self) -> Option<String> {
        self.is_env_var.then(|| variable(&self.name))
    }
}

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

#[cfg(test)]
mod tests {
    use std::slice;

    use super::*;
    use crate::{Document, Format};

    fn spec(rules: &str) -> ParameterSpec {
        let text = format!(
            r#"{{"schemaVersion":"2.2","parameters":{{"it":{rules}}},"mainSteps":[
            {{"action":"aws:runShellScript","name":"run","inputs":{{"runCommand":["id"]}}}}]}}"#
        );
        Document::parse(&text, Format::Json).unwrap().parameters.remove(0)
    }

    #[test]
    fn a_form_hears_the_rule_that_sending_would_break() {
        let port = spec(r#"{"type":"String","allowedPattern":"^[0-9]+$","interpolationType":"ENV_VAR"}"#);
        let check = |text: &str| port.check(Some(slice::from_ref(&text.to_owned())));
        assert_eq!(check("80"), Ok(()));
        assert_eq!(
            check("80; id").unwrap_err().to_string(),
            r#"the parameter "it" must match ^[0-9]+$, but "80; id" does not"#
        );
        assert!(matches!(port.check(None), Err(ParameterError::Missing { .. })));
        assert_eq!(port.environment_variable().as_deref(), Some("SSM_it"));
    }

    #[test]
    fn what_the_parameter_store_says_is_judged_when_it_is_known() {
        let port = spec(r#"{"type":"StringList","maxItems":1,"default":["a",1]}"#);
        assert_eq!(port.default_texts().unwrap(), ["a", "1"]);
        assert_eq!(port.check(None), Ok(()));
        assert!(port.check(Some(&["a".to_owned(), "b".to_owned()])).is_err());
        assert_eq!(port.check(Some(&["{{ ssm:/prod/hosts }}".to_owned(), "b".to_owned()])), Ok(()));
    }
}
