//! What a command document is made of: steps that run on a node, schemas 1.2, 2.0 and 2.2.

use serde_json::Value;

use crate::bind::Bindings;
use crate::fill::FillError;
use crate::gate::{self, Gate, Precondition};
use crate::platform::Platform;
use crate::{SchemaVersion, script};

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
    /// What schema 1.2 calls one of a plugin's sets of properties.
    pub id: Option<String>,
    /// The action, such as `aws:runShellScript`.
    pub action: String,
    /// Its inputs with placeholders still in them; flow control is taken out.
    pub inputs: Value,
    /// When it runs at all.
    pub precondition: Option<Precondition>,
    /// What happens when it fails.
    pub on_failure: Then,
    /// What happens when it succeeds; a step that `isEnd` exits.
    pub on_success: Then,
    /// Whether it runs whatever happened before.
    pub is_finally: bool,
}

impl Step {
    /// Whether the step runs on this platform with these values.
    #[must_use]
    pub fn gate(&self, schema: SchemaVersion, platform: Platform, bindings: &Bindings) -> Gate {
        gate::gate(self, schema, platform, bindings)
    }

    /// The inputs with every placeholder replaced. In a script, a parameter of interpolation type `ENV_VAR` becomes a quoted
    /// reference to its environment variable: its value is no part of the script's text.
    ///
    /// # Errors
    /// When the values make the inputs too long.
    pub fn bound(&self, bindings: &Bindings) -> Result<Value, FillError> {
        script::bound(&self.action, &self.inputs, bindings)
    }
}
