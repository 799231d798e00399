//! The SSM document language: what a document says, what it takes, and what its steps are once parameters are bound.
//!
//! In: a document's text (JSON or YAML) and the values that a caller gave. Out: a typed model of it, its text again, or steps
//! with their inputs; or an error that says in which line and column what was expected. Schemas 1.2, 2.0 and 2.2 (commands),
//! 0.3 (automation runbooks) and 1.0 (sessions). Interpolation is textual inside strings and can never change the structure
//! of a document: it works on the parsed tree, never on text, and never twice.
//! Source: User Guide, "Data elements and parameters", "Command document plugin reference", "Automation actions reference"
//! and "Session document schema".
//!
//! Never here: I/O, running anything, AWS calls.

mod action;
mod bind;
mod command;
mod error;
mod fill;
mod form;
mod gate;
mod member;
mod parameter;
mod parse;
mod path;
mod platform;
mod print;
mod quote;
mod rules;
mod runbook;
mod schema;
mod script;
mod session;
mod ssm;
mod text;

use std::collections::{BTreeMap, BTreeSet};

pub use bind::Bindings;
pub use command::{Step, Then};
pub use error::{DocumentError, MAX_DOCUMENT};
pub use fill::{FillError, MAX_FILLED, fill};
pub use gate::{Gate, Precondition};
pub use parameter::{Display, ParameterError, ParameterKind, ParameterSpec};
pub use parse::{MAX_PARAMETERS, MAX_STEPS};
pub use platform::Platform;
pub use runbook::{Amount, OnCancel, OnFailure, Runbook, RunbookStep, StepOutput};
pub use schema::SchemaVersion;
pub use session::{Session, SessionType};
pub use ssm::{Resolved, Selector, SsmReference, SsmValue, split_list};
pub use text::{Format, MAX_DEPTH, convert};

/// A document.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Which schema it follows.
    pub schema_version: SchemaVersion,
    /// What it does.
    pub description: String,
    /// What it takes, in the document's order.
    pub parameters: Vec<ParameterSpec>,
    /// What it does, by its kind.
    pub body: Body,
}

/// What a document does.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Steps on a node, in order; at least one.
    Command(Vec<Step>),
    /// Steps of the server.
    Runbook(Runbook),
    /// A session.
    Session(Session),
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// What is wrong, where, and what was expected.
    pub fn parse(text: &str, format: Format) -> Result<Self, DocumentError> {
        let tree = text::tree(text, format)?;
        parse::document(&tree).map_err(|misfit| text::located(misfit, text, format))
    }

    /// Writes a document; to read it again gives the same document.
    ///
    /// # Errors
    /// When a text in it cannot be written in this format.
    pub fn print(&self, format: Format) -> Result<String, DocumentError> {
        text::written(&print::document(self), format)
    }

    /// The steps of a command document; none of the others has steps that a node could run.
    #[must_use]
    pub fn command_steps(&self) -> Option<&[Step]> {
        match &self.body {
            Body::Command(steps) => Some(steps),
            Body::Runbook(_) | Body::Session(_) => None,
        }
    }

    /// Binds values to the parameters; what is not given takes its default.
    ///
    /// # Errors
    /// Unknown, missing or illegal values.
    pub fn bind(&self, given: &BTreeMap<String, Vec<String>>) -> Result<Bindings, ParameterError> {
        self.bind_resolved(given, &Resolved::new())
    }

    /// Binds values to the parameters, with what the parameter store says for `{{ssm:…}}` in values, defaults and inputs.
    ///
    /// # Errors
    /// Unknown, missing or illegal values; the rules are asked about what the references stand for.
    pub fn bind_resolved(
        &self,
        given: &BTreeMap<String, Vec<String>>,
        resolved: &Resolved,
    ) -> Result<Bindings, ParameterError> {
        bind::bind(&self.parameters, given, resolved)
    }

    /// The references to the parameter store that must be resolved before the document can run with these values.
    #[must_use]
    pub fn ssm_references(&self, given: &BTreeMap<String, Vec<String>>) -> BTreeSet<SsmReference> {
        ssm::of_document(self, given)
    }

    /// The platforms on which at least one step can run, from the actions' own and the preconditions.
    #[must_use]
    pub fn platform_types(&self) -> Vec<Platform> {
        let runs_on = |platform: &Platform| match &self.body {
            Body::Command(steps) => steps.iter().any(|step| gate::can_run_on(step, *platform)),
            Body::Runbook(_) => true,
            Body::Session(session) => gate::can_open_on(session, *platform),
        };
        Platform::ALL.iter().copied().filter(runs_on).collect()
    }
}
