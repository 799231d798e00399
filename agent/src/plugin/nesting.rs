//! Documents within a step: run by the runner, as the command's own document is.

use std::collections::BTreeMap;

use async_trait::async_trait;
use pilothouse_document::Resolved;
use serde::{Deserialize, Serialize};

use super::StepEnd;

/// A document that is to be run within a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NestedDocument {
    /// What people call it.
    pub name: String,
    /// Its text, JSON.
    pub content: String,
    /// Values given for its parameters.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// What `{{ssm:…}}` in it stands for.
    #[serde(default)]
    pub resolved: Resolved,
}

/// Runs documents within one step.
#[async_trait]
pub trait Nesting: Send + Sync {
    /// Goes on with the document that an earlier agent process began within this step; `None` if it began none.
    async fn go_on(&self) -> Option<StepEnd>;

    /// Runs a document to its end. It is written down before its first step begins.
    async fn begin(&self, document: NestedDocument) -> StepEnd;
}
