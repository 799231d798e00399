//! The SSM document language: what a command document says, what it takes, and what its steps are once parameters are bound.
//!
//! In: a document's text (JSON or YAML) and the values that a caller gave. Out: steps with their inputs, or an error that says
//! where and what was expected. Schemas 1.2, 2.0 and 2.2. Interpolation is textual inside strings and can never change the
//! structure of a document: it works on the parsed tree, never on text.
//! Source: User Guide, "Data elements and parameters" and "Command document plugin reference".
//!
//! Never here: I/O, running anything, AWS calls.

mod bind;
mod error;
mod gate;
mod member;
mod parameter;
mod parse;
mod text;

pub use bind::Bindings;
pub use error::{DocumentError, MAX_DOCUMENT};
pub use gate::{Gate, Platform, Precondition};
pub use parameter::{ParameterError, ParameterKind, ParameterSpec};
pub use parse::MAX_STEPS;
pub use text::{Format, convert};

use serde_json::Value;

/// A schema version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SchemaVersion {
    /// `runtimeConfig`, plugins without names.
    V1_2,
    /// `mainSteps`.
    V2_0,
    /// `mainSteps` with preconditions.
    V2_2,
}

impl std::fmt::Display for SchemaVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::V1_2 => "1.2",
            Self::V2_0 => "2.0",
            Self::V2_2 => "2.2",
        })
    }
}

/// A command document.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Which schema it follows.
    pub schema_version: SchemaVersion,
    /// What it does.
    pub description: String,
    /// What it takes, in the document's order.
    pub parameters: Vec<ParameterSpec>,
    /// What it does on a node, in order.
    pub steps: Vec<Step>,
}

/// What happens after a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Then {
    /// The next step runs.
    #[default]
    Continue,
    /// The document ends; its state is what the steps so far make it.
    Exit,
    /// The document ends and counts as a success.
    SuccessAndExit,
}

/// A step: one action with its inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its name; for schema 1.2 the plugin's.
    pub name: String,
    /// The action, such as `aws:runShellScript`.
    pub action: String,
    /// Its inputs with placeholders still in them; flow control is taken out.
    pub inputs: Value,
    /// When it runs at all.
    pub precondition: Option<Precondition>,
    /// What happens when it fails.
    pub on_failure: Then,
    /// What happens when it succeeds.
    pub on_success: Then,
    /// Whether it runs whatever happened before.
    pub is_finally: bool,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// What is wrong, where, and what was expected.
    pub fn parse(text: &str, format: Format) -> Result<Self, DocumentError> {
        parse::document(text, format)
    }

    /// Binds values to the parameters; what is not given takes its default.
    ///
    /// # Errors
    /// Unknown, missing or illegal values.
    pub fn bind(
        &self,
        given: &std::collections::BTreeMap<String, Vec<String>>,
    ) -> Result<Bindings, ParameterError> {
        bind::bind(&self.parameters, given)
    }

    /// The platforms on which at least one step can run, from the actions' own and the preconditions.
    #[must_use]
    pub fn platform_types(&self) -> Vec<Platform> {
        let runs_on = |platform| self.steps.iter().any(|step| gate::can_run_on(step, platform));
        [Platform::Linux, Platform::MacOS, Platform::Windows].into_iter().filter(|p| runs_on(*p)).collect()
    }
}

impl Step {
    /// Whether the step runs on this platform with these values.
    #[must_use]
    pub fn gate(&self, schema: SchemaVersion, platform: Platform, bindings: &Bindings) -> Gate {
        gate::gate(self, schema, platform, bindings)
    }
}
