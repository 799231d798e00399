//! What a form asks of a parameter while it is filled in.

use crate::bind::{fits_a_variable, variable};
use crate::fill::names;
use crate::member::plain;
use crate::parameter::{ParameterError, ParameterSpec};
use crate::rules::{checked, texts_of};
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
        let port = spec(r#"{"type":"StringList","maxItems":1,"default":["a"]}"#);
        assert_eq!(port.default_texts().unwrap(), ["a"]);
        assert_eq!(port.check(None), Ok(()));
        assert!(port.check(Some(&["a".to_owned(), "b".to_owned()])).is_err());
        assert_eq!(port.check(Some(&["{{ ssm:/prod/hosts }}".to_owned(), "b".to_owned()])), Ok(()));
    }
}
