//! Taking over script, comment and limits of an earlier command.

use std::collections::BTreeMap;

use pilothouse_api::commands::{Command, Target};
use pilothouse_api::topics::CommandView;
use pilothouse_kit::input::Line;

use super::form::{Field, Form, words};
use super::send::DOCUMENT;
use super::state::Run;
use super::targets::Query;

/// What is taken over.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Earlier {
    pub document: String,
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

impl Run {
    /// Fills what is still empty; what was typed or given stays.
    pub(super) fn take_over(&mut self, earlier: &Earlier) {
        self.taking_over = false;
        if earlier.document != DOCUMENT {
            self.trouble =
                Some(format!("it ran the document {}: only scripts can be prepared here", earlier.document));
            self.field = Field::Script;
            return;
        }
        let parameter =
            |name: &str| earlier.parameters.get(name).map(|values| values.join("\n")).unwrap_or_default();
        if self.form.script.is_blank() {
            self.form.script.set(&parameter("commands"));
            self.first_script = self.form.script.text();
        }
        let execution = parameter("executionTimeout").parse().map(words).unwrap_or_default();
        let Form { comment, directory, concurrency, errors, delivery, execution: limit, .. } = &mut self.form;
        fill(comment, &earlier.comment, "");
        fill(directory, &parameter("workingDirectory"), "");
        fill(concurrency, &earlier.max_concurrency, "50");
        fill(errors, &earlier.max_errors, "0");
        fill(delivery, &words(earlier.timeout_seconds), "1h");
        fill(limit, &execution, "1h");
        if self.chosen.is_empty() && self.form.targets.is_empty() {
            self.form.targets.set(Query::text(&earlier.targets));
            self.chosen = earlier.instance_ids.iter().filter_map(|id| id.parse().ok()).collect();
        }
    }
}

/// Sets an empty line, unless the value is what an empty line means.
fn fill(line: &mut Line, value: &str, default: &str) {
    if line.is_empty() && value != default {
        line.set(value);
    }
}
