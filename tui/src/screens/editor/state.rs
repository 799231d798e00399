//! What the room remembers.

use pilothouse_kit::code::{Code, Language};
use pilothouse_kit::diff::Diff;
use pilothouse_kit::input::Line;

use super::check::Check;
use super::origin::Origin;
use super::save::{Field, Saving};
use crate::route::Draft;
use crate::sheet::Sheet;

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// Neither.
    Text,
}

impl Format {
    /// AWS's name for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Yaml => "YAML",
            Self::Text => "TEXT",
        }
    }

    pub(super) const fn language(self) -> Language {
        match self {
            Self::Json => Language::Json,
            Self::Yaml => Language::Yaml,
            Self::Text => Language::Plain,
        }
    }
}

/// The type of a new document when nothing says another.
pub(super) const COMMAND: &str = "Command";

/// A document that is being written.
#[derive(Clone, Debug, PartialEq)]
pub struct Editor {
    /// What is being written.
    pub draft: Draft,
    /// AWS's name for its type.
    pub kind: String,
    /// The text.
    pub code: Code,
    /// Whether what is typed goes into it.
    pub typing: bool,
    /// As it was saved last, or came from the server; nothing before there is either.
    pub(super) saved: Option<String>,
    /// What the server has of the document that a new version is written of, or that is copied.
    pub(super) origin: Origin,
    /// What the server says of the text.
    pub check: Check,
    /// What is asked before it is saved.
    pub sheet: Option<Sheet<Field>>,
    /// What is being saved.
    pub(super) saving: Option<Saving>,
    /// The text compared with what the server has.
    pub compared: Option<Diff>,
    /// What is looked for, while it is typed.
    pub(super) looking: Option<Line>,
    /// How often documents had changed when the server was last asked for this one.
    pub(super) changes: u64,
    /// Whether the server was heard when it was last looked.
    pub(super) live: bool,
    next: u32,
}

impl Editor {
    /// The room for a draft.
    #[must_use]
    pub fn new(draft: Draft) -> Self {
        let kind = match &draft {
            Draft::New { kind: Some(kind), .. } => kind.clone(),
            _ => COMMAND.to_owned(),
        };
        Self {
            draft,
            kind,
            code: Code::new(Language::Plain, ""),
            typing: false,
            saved: None,
            origin: Origin::default(),
            check: Check::default(),
            sheet: None,
            saving: None,
            compared: None,
            looking: None,
            changes: 0,
            live: false,
            next: 0,
        }
    }

    pub(super) fn ticket(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    /// The document's name; empty while it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.draft {
            Draft::Version { name, .. } => name,
            Draft::New { .. } => "",
        }
    }

    /// Whether it becomes a document of its own.
    #[must_use]
    pub const fn is_new(&self) -> bool {
        matches!(self.draft, Draft::New { .. })
    }

    /// Whether there is a text to write on: it may still have to come from the server, or be chosen.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.saved.is_some()
    }

    /// Whether something would be lost.
    #[must_use]
    pub fn is_unsaved(&self) -> bool {
        match &self.saved {
            None => false,
            // Nobody misses an untouched template or copy.
            Some(saved) => *saved != self.code.text(),
        }
    }

    /// How the text is written, which is seen from its first letter.
    #[must_use]
    pub fn format(&self) -> Format {
        if self.kind == "ChangeCalendar" {
            return Format::Text;
        }
        let first = self.code.lines().iter().find_map(|line| line.trim_start().chars().next());
        if matches!(first, Some('{')) || self.kind == "Package" { Format::Json } else { Format::Yaml }
    }

    /// The text is another now: from the server, from a template.
    pub(super) fn write(&mut self, text: &str) {
        self.code = Code::new(Language::Plain, text);
        self.code.go(0, 0);
        self.saved = Some(text.to_owned());
        self.code.set_language(self.format().language());
    }

    /// Closes what is open, one at a time; says whether there was something. What was typed is kept: the place is left.
    pub(super) fn close_one(&mut self) -> bool {
        if self.sheet.is_some() {
            // What is on its way to the server is waited for.
            if self.saving.is_none() {
                self.sheet = None;
            }
            return true;
        }
        if self.looking.take().is_some() || self.compared.take().is_some() {
            return true;
        }
        if self.code.search().is_some() && !self.typing {
            self.code.stop_search();
            return true;
        }
        std::mem::take(&mut self.typing)
    }
}
