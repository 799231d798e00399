//! A document that is to be run: read from the server, then filled in.
//!
//! In: its name, values from a locator or an earlier command, its content, what is typed. Out: the values that are sent, what is
//! wrong with which, and the form. The rules are the language's own, the same as on the server; they are asked with each key.
//! Never here: nodes, sending.

mod draw;
mod entry;
mod says;

use std::cell::Cell;
use std::collections::BTreeMap;

use pilothouse_api::documents::{GetDocument, GetDocumentResult};
use pilothouse_api::language::{self, Body, Format, Platform};
use serde::{Deserialize, Serialize};

pub(super) use draw::Stand;
pub use entry::{Entry, Hand};

use crate::effect::CallError;

/// What is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Standing {
    /// It was not asked for.
    #[default]
    Unread,
    /// It was asked for, under this ticket.
    Asked(u32),
    /// It was read.
    Read(Sheet),
    /// It cannot be run from here, and why.
    Failed(String),
}

/// A document that was read, and its form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// The version whose form this is.
    pub version: String,
    /// What it does.
    pub description: String,
    /// The systems that it runs on.
    pub platforms: Vec<Platform>,
    /// Its parameters, with what was typed.
    pub entries: Vec<Entry>,
    /// The first parameter in sight; moved by drawing so that the one in focus is in sight.
    top: Cell<usize>,
}

/// A document to be run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Its name or ARN.
    pub name: String,
    /// Which version was asked for; the default one, if none.
    pub version: Option<String>,
    /// Values to begin with.
    given: BTreeMap<String, Vec<String>>,
    /// What is known of it.
    #[serde(skip)]
    pub standing: Standing,
}

impl Document {
    /// A document that is not read yet.
    #[must_use]
    pub fn new(name: String, version: Option<String>, given: BTreeMap<String, Vec<String>>) -> Self {
        Self { name, version, given, standing: Standing::Unread }
    }

    /// The form, once it was read.
    #[must_use]
    pub fn sheet(&self) -> Option<&Sheet> {
        match &self.standing {
            Standing::Read(sheet) => Some(sheet),
            _ => None,
        }
    }

    pub(super) fn sheet_mut(&mut self) -> Option<&mut Sheet> {
        match &mut self.standing {
            Standing::Read(sheet) => Some(sheet),
            _ => None,
        }
    }

    /// Its parameters, as far as they are known.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        self.sheet().map_or(&[], |sheet| &sheet.entries)
    }

    /// The question for its content, if it was not asked.
    pub(super) fn question(&mut self, ticket: u32) -> Option<GetDocument> {
        if self.standing != Standing::Unread {
            return None;
        }
        self.standing = Standing::Asked(ticket);
        Some(GetDocument {
            name: self.name.clone(),
            document_version: self.version.clone(),
            ..GetDocument::default()
        })
    }

    /// Whether it is being read, or about to be.
    pub(super) fn is_on_its_way(&self) -> bool {
        matches!(self.standing, Standing::Unread | Standing::Asked(_))
    }

    /// Whether a ticket is that of its question.
    pub(super) fn is_asked(&self, ticket: u32) -> bool {
        self.standing == Standing::Asked(ticket)
    }

    /// Takes the answer.
    pub(super) fn take(&mut self, result: Result<GetDocumentResult, CallError>) {
        self.standing = match result {
            Ok(answer) => match self.read(&answer) {
                Ok(sheet) => Standing::Read(sheet),
                Err(why) => Standing::Failed(why),
            },
            // It is asked again once the server is reached.
            Err(error) if error.is_unreachable() => Standing::Unread,
            Err(error) => Standing::Failed(error.message),
        };
    }

    fn read(&self, answer: &GetDocumentResult) -> Result<Sheet, String> {
        let format = match answer.document_format.as_str() {
            "YAML" => Format::Yaml,
            _ => Format::Json,
        };
        let kind = &answer.document_type;
        if kind != "Command" {
            return Err(format!("{} is a document of type {kind}: commands are run here", self.name));
        }
        let document = language::Document::parse(&answer.content, format)
            .map_err(|error| format!("{} is not understood: {error}", self.name))?;
        if !matches!(document.body, Body::Command(_)) {
            return Err(format!("{} has no steps for nodes", self.name));
        }
        let platforms = document.platform_types();
        let given = |name: &str| self.given.get(name).map(Vec::as_slice);
        let entries = document.parameters.into_iter();
        Ok(Sheet {
            version: answer.document_version.clone(),
            description: document.description,
            platforms,
            entries: entries
                .map(|spec| {
                    let given = given(&spec.name);
                    Entry::new(spec, given)
                })
                .collect(),
            top: Cell::new(0),
        })
    }

    /// The version that is sent: the one whose form was filled in, so that what runs is what was seen.
    #[must_use]
    pub fn version_to_send(&self) -> Option<String> {
        self.sheet()
            .map(|sheet| sheet.version.clone())
            .filter(|it| !it.is_empty())
            .or_else(|| self.version.clone())
    }

    /// The values that are not what the document says itself.
    #[must_use]
    pub fn values(&self) -> BTreeMap<String, Vec<String>> {
        match self.sheet() {
            Some(sheet) => {
                let given = sheet.entries.iter();
                given.filter_map(|entry| Some((entry.spec.name.clone(), entry.given()?))).collect()
            }
            None => self.given.clone(),
        }
    }

    /// Values that are known, but of no parameter that it has.
    pub(super) fn strangers(&self) -> Vec<&str> {
        let known = |name: &&str| self.entries().iter().any(|entry| entry.spec.name == *name);
        let Standing::Read(_) = self.standing else { return Vec::new() };
        self.given.keys().map(String::as_str).filter(|name| !known(name)).collect()
    }

    /// Whether something was typed.
    pub(super) fn is_touched(&self) -> bool {
        self.entries().iter().any(|entry| entry.touched)
    }

    /// What was typed is not lost any more.
    pub(super) fn settle(&mut self) {
        self.sheet_mut()
            .into_iter()
            .flat_map(|sheet| &mut sheet.entries)
            .for_each(|entry| entry.touched = false);
    }

    /// Takes what the server said against a value; says of which parameter it was.
    pub(super) fn refuse(&mut self, message: &str) -> Option<usize> {
        let entries = &mut self.sheet_mut()?.entries;
        let at =
            entries.iter().position(|entry| message.contains(&format!("parameter {:?}", entry.spec.name)))?;
        entries[at].refused = Some(message.to_owned());
        Some(at)
    }
}
