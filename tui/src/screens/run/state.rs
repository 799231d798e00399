//! What the room remembers.

use std::cell::Cell;

use crossterm::event::{KeyCode, KeyModifiers};
use pilothouse_api::protocol::{CommandId, InstanceId};
use pilothouse_kit::code::{Code, Language};
use pilothouse_kit::input::Line;
use serde::{Deserialize, Serialize};

use super::crew::Crew;
use super::document::{Document, Hand};
use super::form::{Field, Form};
use super::keys::Msg;
use super::rights::Rights;
use super::targets::{Query, QueryError};
use super::templates::Templates;
use crate::route::RunSpec;
use crate::screen::Input;

/// A run being prepared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Explicit nodes; if there is none, the target line counts.
    pub chosen: Vec<InstanceId>,
    /// The chosen nodes while a line is typed instead.
    pub aside: Vec<InstanceId>,
    /// What was typed.
    pub form: Form,
    /// The document that runs; a script, if there is none.
    pub document: Option<Document>,
    /// Where the keys go.
    pub field: Field,
    /// Whether what is typed goes into the field.
    pub typing: bool,
    /// The command that was taken over from.
    pub from: Option<CommandId>,
    /// Whether the earlier command is still to be taken over.
    pub taking_over: bool,
    /// Whether it was tried to send: from then on every mistake is said.
    pub tried: bool,
    /// Why it was not sent, or what else must be known.
    pub trouble: Option<String>,
    /// The script when the room was entered: what goes beyond it would be lost.
    pub first_script: String,
    /// The nodes.
    pub crew: Crew,
    /// What the server would say of them.
    #[serde(skip)]
    pub rights: Rights,
    /// First node on the screen.
    pub top: usize,
    /// Templates.
    #[serde(skip)]
    pub(super) templates: Templates,
    /// The call that sends it.
    #[serde(skip)]
    pub(super) sending: Option<u32>,
    #[serde(skip)]
    pub(super) next: u32,
    #[serde(skip)]
    pub(super) next_rights: u32,
    /// Whether it is to be sent as soon as it is known what the server would say.
    #[serde(skip)]
    pub(super) asks_then: bool,
    /// Nodes on the screen, for scrolling by screens.
    #[serde(skip)]
    pub(super) height: Height,
}

/// A number that drawing sets; no part of what the room is.
#[derive(Clone, Debug, Default)]
pub(super) struct Height(pub Cell<usize>);

impl PartialEq for Height {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Run {
    /// A run, prepared with what is known of it.
    #[must_use]
    pub fn new(spec: RunSpec) -> Self {
        let script = spec.script.unwrap_or_default();
        let taken = spec.from.is_some() || spec.template.is_some();
        let named = !spec.nodes.is_empty() || !spec.targets.is_empty() || taken;
        let first = if spec.document.is_some() { Field::Parameter(0) } else { Field::Script };
        let field = match (named, !script.is_empty() || taken) {
            (false, _) => Field::Targets,
            (true, false) => first,
            (true, true) => Field::Send,
        };
        Self {
            form: Form {
                targets: Line::new(Query::text(&spec.targets)),
                script: Code::new(Language::Shell, &script),
                ..Form::default()
            },
            document: spec.document.map(|name| Document::new(name, spec.version, spec.parameters)),
            chosen: spec.nodes,
            aside: Vec::new(),
            field,
            typing: field != Field::Send,
            taking_over: spec.from.is_some(),
            from: spec.from,
            tried: false,
            trouble: None,
            first_script: script,
            crew: Crew::default(),
            rights: Rights::default(),
            top: 0,
            templates: Templates::wanting(spec.template),
            sending: None,
            next: 0,
            next_rights: 0,
            asks_then: false,
            height: Height::default(),
        }
    }

    /// What the target line means.
    ///
    /// # Errors
    /// When it is not understood.
    pub fn query(&self) -> Result<Query, QueryError> {
        Query::parse(self.form.targets.text())
    }

    /// What would be lost if the room were closed.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        match &self.document {
            Some(document) => document.is_touched(),
            None => !self.form.script.is_blank() && self.form.script.text() != self.first_script,
        }
    }

    /// The fields, in order.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        match &self.document {
            Some(document) => Field::of_document(document.entries().len()),
            None => Field::OF_SCRIPT.to_vec(),
        }
    }

    /// What a field is called.
    #[must_use]
    pub fn label(&self, field: Field) -> &str {
        let entries = self.document.as_ref().map_or(&[][..], |document| document.entries());
        match field {
            Field::Parameter(at) => entries.get(at).map_or(field.label(), |entry| &entry.spec.name),
            field => field.label(),
        }
    }

    /// To the next field, or the one before; both ends hold.
    pub(super) fn step(&mut self, forward: bool) {
        let fields = self.fields();
        let at = fields.iter().position(|field| *field == self.field).unwrap_or(0);
        let to = if forward { at + 1 } else { at.saturating_sub(1) };
        self.field = fields[to.min(fields.len() - 1)];
    }

    /// What the field in focus is for, or how it is filled in.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self.hand() {
            Some(Hand::Pick { .. }) => "a blank or a letter chooses, Enter shows all, Tab goes on",
            Some(Hand::Text(_)) => "Tab goes on, Ctrl-z takes back",
            Some(Hand::Line(_)) => "Enter or Tab goes on",
            None => self.field.hint(),
        }
    }

    /// How a parameter in focus is filled in.
    pub(super) fn hand(&self) -> Option<&Hand> {
        match (self.field, &self.document) {
            (Field::Parameter(at), Some(document)) => document.entries().get(at).map(|entry| &entry.hand),
            _ => None,
        }
    }

    /// What is wrong with a field, if anything.
    #[must_use]
    pub fn wrong(&self, field: Field) -> Option<String> {
        if let (Field::Parameter(at), Some(document)) = (field, &self.document) {
            return document.entries().get(at)?.wrong();
        }
        if field != Field::Targets {
            return self.form.wrong(field);
        }
        if self.chosen.is_empty()
            && let Err(error) = self.query()
        {
            return Some(error.to_string());
        }
        if !self.crew.unknown.is_empty() {
            let shown: Vec<&str> = self.crew.unknown.iter().take(3).map(String::as_str).collect();
            let more = if self.crew.unknown.len() > 3 { ", and more" } else { "" };
            return Some(format!("no node is called {}{more}", shown.join(", ")));
        }
        None
    }

    /// Whether what is typed goes into a field; the keys that lead out of it do not.
    pub(super) fn takes(&self, input: &Input) -> Option<Msg> {
        if self.templates.naming.is_some() {
            let escapes = matches!(input, Input::Key(key) if key.code == KeyCode::Esc);
            return (!escapes).then(|| Msg::Named(input.clone()));
        }
        if !self.typing || self.field == Field::Send {
            return None;
        }
        let script = self.field == Field::Script || matches!(self.hand(), Some(Hand::Text(_)));
        let picks = matches!(self.hand(), Some(Hand::Pick { .. }));
        let leaves = |code| match code {
            KeyCode::Esc | KeyCode::Tab | KeyCode::BackTab => true,
            KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => !script,
            _ => false,
        };
        match input {
            Input::Key(key) if leaves(key.code) => None,
            Input::Key(key) if picks && key.code == KeyCode::Enter => Some(Msg::Choices),
            Input::Key(key) if !script && key.code == KeyCode::Enter => Some(Msg::Next),
            Input::Key(key) if key.modifiers == KeyModifiers::CONTROL && key.code == KeyCode::Char('c') => {
                None
            }
            _ => Some(Msg::Typed(input.clone())),
        }
    }
}
