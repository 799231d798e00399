//! Reading the document, and choosing among the values of its parameters.

use super::document::{Document, Hand, Standing};
use super::form::Field;
use super::keys::Msg;
use super::state::Run;
use crate::effect::{CallError, Choice, Effect, Effects, Reply, Request};
use crate::mirror::Link;
use crate::screen::Cx;

impl Run {
    /// Asks for the document, if it was not asked for and the server is reached.
    pub(super) fn read_document(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        if matches!(cx.mirror.link, Link::Lost { .. } | Link::Broken(_)) {
            return Vec::new();
        }
        let ticket = self.next + 1;
        let question = self.document.as_mut().and_then(|document| document.question(ticket));
        question.map(|request| self.call(Request::GetDocument(request)).1).into_iter().collect()
    }

    /// Asks for a document again that could not be read.
    pub(super) fn read_again(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        if let Some(document) = self.document.as_mut().filter(|it| matches!(it.standing, Standing::Failed(_)))
        {
            document.standing = Standing::Unread;
        }
        self.read_document(cx)
    }

    /// Takes the document's content: the form is drawn from it, and it says where it runs.
    pub(super) fn hear_document(&mut self, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(document) = &mut self.document else { return Vec::new() };
        document.take(match result {
            Ok(Reply::GetDocument(answer)) => Ok(answer),
            Ok(_) => return Vec::new(),
            Err(error) => Err(error),
        });
        let strangers = document.strangers();
        if !strangers.is_empty() {
            self.trouble = Some(format!("it has no parameter {} any more: left out", strangers.join(", ")));
        }
        if let Some(sheet) = document.sheet() {
            let platforms = sheet.platforms.clone();
            self.crew.runs_on(platforms, &cx.mirror.nodes);
        }
        if !self.fields().contains(&self.field) {
            self.field = Field::Concurrency;
        }
        Vec::new()
    }

    /// Shows the values that the parameter in focus may have.
    pub(super) fn ask_choice(&self) -> Effects<Msg> {
        let Some(Hand::Pick { values, chosen }) = self.hand() else { return Vec::new() };
        let items = values.iter().enumerate().map(|(at, value)| {
            let now = if *chosen == Some(at) { "now" } else { "" };
            Choice { detail: now.to_owned(), ..Choice::new(value, Msg::Choose(at)) }
        });
        vec![Effect::Pick { title: self.label(self.field).to_owned(), items: items.collect() }]
    }

    pub(super) fn choose(&mut self, value: usize) {
        let Field::Parameter(at) = self.field else { return };
        let sheet = self.document.as_mut().and_then(Document::sheet_mut);
        if let Some(entry) = sheet.and_then(|sheet| sheet.entries.get_mut(at)) {
            entry.pick(value);
        }
    }
}

/// Why a document cannot be sent yet.
pub(super) fn unready(document: &Document) -> Option<String> {
    match &document.standing {
        Standing::Read(_) => None,
        Standing::Unread | Standing::Asked(_) => Some("the document is being read".to_owned()),
        Standing::Failed(why) => Some(why.clone()),
    }
}

pub(super) fn parameters_as_json(document: &Document) -> String {
    serde_json::to_string_pretty(&document.values()).unwrap_or_default()
}
