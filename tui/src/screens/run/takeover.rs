//! Taking over script or document, comment and limits of an earlier command.

use std::collections::BTreeMap;

use pilothouse_api::commands::{Command, SendCommand, Target};
use pilothouse_api::topics::CommandView;
use pilothouse_kit::input::Line;

use super::document::Document;
use super::form::{Form, words};
use super::send::DOCUMENT;
use super::state::Run;
use super::targets::Query;

/// What is taken over.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Earlier {
    pub document: String,
    /// Not known of every command.
    pub version: Option<String>,
    pub parameters: BTreeMap<String, Vec<String>>,
    pub comment: String,
    pub targets: Vec<Target>,
    pub instance_ids: Vec<String>,
    pub max_concurrency: String,
    pub max_errors: String,
    pub timeout_seconds: i64,
}

impl From<&CommandView> for Earlier {
    fn from(command: &CommandView) -> Self {
        Self {
            document: command.document_name.clone(),
            version: None,
            parameters: command.parameters.clone(),
            comment: command.comment.clone(),
            targets: command.targets.clone(),
            instance_ids: command.instance_ids.clone(),
            max_concurrency: command.max_concurrency.clone(),
            max_errors: command.max_errors.clone(),
            timeout_seconds: i64::from(command.timeout_seconds),
        }
    }
}

impl From<Command> for Earlier {
    fn from(command: Command) -> Self {
        Self {
            document: command.document_name,
            version: Some(command.document_version).filter(|version| !version.is_empty()),
            parameters: command.parameters,
            comment: command.comment,
            targets: command.targets,
            instance_ids: command.instance_ids,
            max_concurrency: command.max_concurrency,
            max_errors: command.max_errors,
            timeout_seconds: command.timeout_seconds,
        }
    }
}

impl From<SendCommand> for Earlier {
    fn from(request: SendCommand) -> Self {
        Self {
            document: request.document_name,
            version: request.document_version,
            parameters: request.parameters,
            comment: request.comment.unwrap_or_default(),
            targets: request.targets,
            instance_ids: request.instance_ids,
            max_concurrency: request.max_concurrency.unwrap_or_else(|| "50".to_owned()),
            max_errors: request.max_errors.unwrap_or_else(|| "0".to_owned()),
            timeout_seconds: request.timeout_seconds.unwrap_or(3600),
        }
    }
}

impl Run {
    /// Fills what is still empty; what was typed or given stays.
    pub(super) fn take_over(&mut self, earlier: &Earlier) {
        self.taking_over = false;
        if earlier.document == DOCUMENT && self.document.is_none() {
            self.take_over_script(earlier);
        } else if self.document.is_none() {
            let (name, version) = (earlier.document.clone(), earlier.version.clone());
            self.document = Some(Document::new(name, version, earlier.parameters.clone()));
        }
        let Form { comment, concurrency, errors, delivery, .. } = &mut self.form;
        fill(comment, &earlier.comment, "");
        fill(concurrency, &earlier.max_concurrency, "50");
        fill(errors, &earlier.max_errors, "0");
        fill(delivery, &words(earlier.timeout_seconds), "1h");
        if self.chosen.is_empty() && self.form.targets.is_empty() {
            self.form.targets.set(Query::text(&earlier.targets));
            self.chosen = earlier.instance_ids.iter().filter_map(|id| id.parse().ok()).collect();
        }
    }

    fn take_over_script(&mut self, earlier: &Earlier) {
        let parameter =
            |name: &str| earlier.parameters.get(name).map(|values| values.join("\n")).unwrap_or_default();
        if self.form.script.is_blank() {
            self.form.script.set(&parameter("commands"));
            self.first_script = self.form.script.text();
        }
        let execution = parameter("executionTimeout").parse().map(words).unwrap_or_default();
        fill(&mut self.form.directory, &parameter("workingDirectory"), "");
        fill(&mut self.form.execution, &execution, "1h");
    }
}

/// Sets an empty line, unless the value is what an empty line means.
fn fill(line: &mut Line, value: &str, default: &str) {
    if line.is_empty() && value != default {
        line.set(value);
    }
}
