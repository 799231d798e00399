//! Run templates: a SendCommand with its targets and parameters under a name, to be sent again, with a change or without.

use serde::{Deserialize, Serialize};

use crate::commands::SendCommand;
use crate::timestamp::Timestamp;
use crate::validate::{NAME, Violations, is_name};

/// The most templates of a region.
pub const MAX_TEMPLATES: usize = 1000;

/// Writes a template, a new one or in the place of one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutRunTemplate {
    /// 1 to 128 letters, digits and `_.-`.
    pub name: String,
    /// For people, up to 256 characters.
    #[serde(default)]
    pub description: String,
    /// What is sent; neither ids nor targets are needed, they may be chosen when it is.
    pub request: SendCommand,
}

impl PutRunTemplate {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.pattern("name", &self.name, NAME, is_name(&self.name));
        v.length("description", &self.description, 0, 256);
        self.request.check(v);
    }
}

/// It is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutRunTemplateResult {
    /// As it stands now.
    pub template: RunTemplate,
}

/// A template.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RunTemplate {
    /// Its name.
    pub name: String,
    /// For people.
    pub description: String,
    /// What is sent.
    pub request: SendCommand,
    /// Who made it.
    pub created_by: String,
    /// When it was written last.
    pub last_modified_date: Timestamp,
    /// When a command named it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Timestamp>,
}

/// Lists templates, all of them that the caller may see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRunTemplates {}

impl ListRunTemplates {
    #[expect(clippy::unused_self, reason = "there is nothing to check")]
    pub(crate) fn check(&self, _: &mut Violations) {}
}

/// The templates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListRunTemplatesResult {
    /// In order of name.
    pub templates: Vec<RunTemplate>,
}

/// Deletes a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteRunTemplate {
    /// Which.
    pub name: String,
}

impl DeleteRunTemplate {
    pub(crate) fn check(&self, v: &mut Violations) {
        v.pattern("name", &self.name, NAME, is_name(&self.name));
    }
}

/// It is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteRunTemplateResult {}
