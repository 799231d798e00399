//! One record, whole, as indented JSON.
//!
//! In: the record's number, the server's answer, what is typed into the search. Out: lines for the pager, the text to copy or save.
//! Never here: what the record means.

mod view;

use std::borrow::Cow;
use std::path::PathBuf;

use crossterm::event::KeyCode;
use pilothouse_api::audit::{AuditSeq, AuditView, GetAuditRecordResult};
use pilothouse_kit::input::{Line, LineEvent};
use pilothouse_kit::pager::{Lines, Pager, PagerLine, PagerMsg, Went};
use pilothouse_kit::theme::Role;

use crate::effect::{CallError, Effect, Effects, Level};
use crate::screen::Input;

/// What can be said to a record.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordMsg {
    /// To the pager.
    Pager(PagerMsg),
    /// Begin to type what to look for.
    Search,
    /// Begin to type where to save.
    Save,
    /// Something typed.
    Typed(Input),
}

/// A field that is being typed into.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asking {
    Search(Line),
    Save(Line),
}

/// What is known of it.
#[derive(Clone, Debug, PartialEq)]
enum Content {
    Loading,
    Failed(String),
    Read { view: Box<AuditView>, hash: String, lines: Vec<String> },
}

/// A record that is open.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its place in the chain.
    pub seq: AuditSeq,
    pager: Pager,
    asking: Option<Asking>,
    content: Content,
    ticket: u32,
}

/// Lines of it, as the pager asks for them.
struct Source<'a>(&'a [String]);

impl Lines for Source<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn line(&self, at: usize) -> PagerLine<'_> {
        let text = self.0.get(at).map_or("", String::as_str);
        let role = is_error(text).then_some(Role::Bad);
        PagerLine { text: Cow::Borrowed(text), role, ..PagerLine::default() }
    }

    fn text(&self, at: usize) -> Cow<'_, str> {
        Cow::Borrowed(self.0.get(at).map_or("", String::as_str))
    }
}

fn is_error(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("\"errorCode\"") || line.starts_with("\"errorMessage\"")
}

impl Record {
    /// The record of that number, asked for under this ticket.
    pub(super) fn new(seq: AuditSeq, ticket: u32) -> Self {
        Self { seq, pager: Pager::new(), asking: None, content: Content::Loading, ticket }
    }

    /// As in the list, once it was read.
    pub(super) fn view(&self) -> Option<&AuditView> {
        match &self.content {
            Content::Read { view, .. } => Some(view),
            Content::Loading | Content::Failed(_) => None,
        }
    }

    /// The whole record as text.
    pub(super) fn text(&self) -> Option<String> {
        match &self.content {
            Content::Read { lines, .. } => Some(lines.join("\n") + "\n"),
            Content::Loading | Content::Failed(_) => None,
        }
    }

    fn lines(&self) -> &[String] {
        match &self.content {
            Content::Read { lines, .. } => lines,
            Content::Loading | Content::Failed(_) => &[],
        }
    }

    /// Takes the server's answer; says whether it was one for this record.
    pub(super) fn take(&mut self, ticket: u32, result: Result<GetAuditRecordResult, CallError>) -> bool {
        if self.ticket != ticket {
            return false;
        }
        self.content = match result {
            Ok(answer) => {
                // Writing JSON that was read as JSON cannot fail.
                let text = serde_json::to_string_pretty(&answer.record).unwrap_or_default();
                let lines = text.lines().map(str::to_owned).collect();
                Content::Read { view: Box::new(answer.view), hash: answer.hash, lines }
            }
            Err(error) => Content::Failed(error.message),
        };
        true
    }

    pub(super) fn typed(&self, input: &Input) -> Option<RecordMsg> {
        self.asking.as_ref()?;
        match input {
            Input::Key(key) if key.code == KeyCode::Esc => None,
            _ => Some(RecordMsg::Typed(input.clone())),
        }
    }

    /// Leaves a field, or the search; says whether there was one.
    pub(super) fn step_back(&mut self) -> bool {
        if self.asking.take().is_some() {
            return true;
        }
        let searched = self.pager.search().is_some();
        self.pager.stop_search();
        searched
    }

    pub(super) fn update<M>(&mut self, msg: RecordMsg) -> Effects<M> {
        match msg {
            RecordMsg::Pager(msg) => return self.tell(msg),
            RecordMsg::Search => {
                let last = self.pager.search().map_or("", |search| search.pattern());
                self.asking = Some(Asking::Search(Line::new(last)));
            }
            RecordMsg::Save => {
                self.asking = Some(Asking::Save(Line::new(format!("audit-{}.json", self.seq))));
            }
            RecordMsg::Typed(input) => return self.hear_typed(&input),
        }
        Vec::new()
    }

    fn tell<M>(&mut self, msg: PagerMsg) -> Effects<M> {
        if matches!(msg, PagerMsg::NextHit | PagerMsg::PreviousHit) && self.pager.search().is_none() {
            return vec![Effect::Toast(Level::Info, "nothing is looked for: / begins a search".to_owned())];
        }
        let Content::Read { lines, .. } = &self.content else { return Vec::new() };
        match self.pager.update(msg, &Source(lines)) {
            Went::There => Vec::new(),
            Went::Around => {
                vec![Effect::Toast(Level::Info, "no further hit: on from the other end".to_owned())]
            }
            Went::Nowhere => vec![Effect::Toast(Level::Info, "no hit".to_owned())],
        }
    }

    fn hear_typed<M>(&mut self, input: &Input) -> Effects<M> {
        let Some(asking) = &mut self.asking else { return Vec::new() };
        let (Asking::Search(field) | Asking::Save(field)) = asking;
        let event = input.type_into(field);
        let (text, saves) = (field.text().to_owned(), matches!(asking, Asking::Save(_)));
        match event {
            LineEvent::Changed if !saves => {
                let Content::Read { lines, .. } = &self.content else { return Vec::new() };
                self.pager.update(PagerMsg::Search(text), &Source(lines));
            }
            LineEvent::Submit => {
                self.asking = None;
                if !saves {
                    return self.tell(PagerMsg::Search(text));
                }
                let path = PathBuf::from(text.trim());
                return self
                    .text()
                    .into_iter()
                    .map(|text| Effect::Save { path: path.clone(), text })
                    .collect();
            }
            LineEvent::Cancel => self.asking = None,
            LineEvent::Changed | LineEvent::Moved | LineEvent::Ignored => {}
        }
        Vec::new()
    }
}
