//! ValidateDocument: what an editor asks while somebody writes.

use serde::{Deserialize, Serialize};

use super::parts::check_format;
use super::{DocumentParameter, TYPES};
use crate::validate::Violations;

/// Says what is wrong with a content, and what it would be; nothing is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ValidateDocument {
    /// The text.
    pub content: String,
    /// JSON (if absent), YAML or TEXT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_format: Option<String>,
    /// One of [`TYPES`]; Command, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_type: Option<String>,
}

impl ValidateDocument {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_format(v, self.document_format.as_deref());
        if let Some(kind) = &self.document_type {
            v.one_of("documentType", kind, TYPES);
        }
    }
}

/// Something that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Finding {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What, and what was expected.
    pub message: String,
}

/// What it is; everything but the findings is empty when there are any.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ValidateDocumentResult {
    /// In the order of the text; none means that it can be created.
    pub findings: Vec<Finding>,
    /// What it takes.
    pub parameters: Vec<DocumentParameter>,
    /// Where it runs.
    pub platform_types: Vec<String>,
    /// 1.2, 2.2, …
    pub schema_version: String,
}
