//! What the room remembers.

use pilothouse_kit::code::{Code, Language};

use super::compared::Compared;
use super::files::{self, FileRow};
use super::form::Form;
use super::known::{Known, Wanted};
use crate::errand::Errand;
use crate::manuscript;
use crate::route::{DocumentSpot, DocumentTab};
use crate::screen::Cx;

/// One document.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its name or ARN.
    pub name: String,
    /// The version that is looked at; the default one, if absent.
    pub version: Option<String>,
    /// What of it is shown.
    pub tab: DocumentTab,
    /// What the server said.
    pub known: Known,
    /// Its text, to be read.
    pub code: Code,
    /// What comes with it.
    pub(super) files: Vec<FileRow>,
    /// The format that the text was asked for in; as it was written, if absent.
    pub format: Option<&'static str>,
    /// The row that the cursor is on, by tab.
    pub(super) rows: [usize; DocumentTab::ALL.len()],
    /// The version that others are compared with.
    pub(super) marked: Option<String>,
    /// The comparison that is open.
    pub compared: Option<Compared>,
    /// The form that is being filled in.
    pub form: Option<Form>,
    /// What is looked for in the text, while it is typed.
    pub(super) looking: Option<pilothouse_kit::input::Line>,
    pub(super) errand: Errand,
    /// Whether it is being deleted as a whole.
    pub(super) leaving: bool,
    /// How often documents had changed when it was last asked for.
    pub(super) changes: u64,
    /// Whether the server was heard when it was last looked.
    pub(super) live: bool,
    next: u32,
}

impl Document {
    /// The room of a document, at a version and a tab.
    #[must_use]
    pub fn new(spot: DocumentSpot) -> Self {
        Self {
            name: spot.name,
            version: spot.version,
            tab: spot.tab,
            known: Known::default(),
            code: Code::reading(Language::Plain, ""),
            files: Vec::new(),
            format: None,
            rows: [0; DocumentTab::ALL.len()],
            marked: None,
            compared: None,
            form: None,
            looking: None,
            errand: Errand::default(),
            leaving: false,
            changes: 0,
            live: false,
            next: 0,
        }
    }

    pub(super) fn ticket(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    /// So many further tickets are given away.
    pub(super) fn next_ticket(&mut self, more: u32) {
        self.next += more;
    }

    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted { name: &self.name, version: self.version.as_deref(), format: self.format }
    }

    /// Its owner, once that is known.
    pub(super) fn owner(&self) -> &str {
        self.known.description.value().map_or("", |it| &it.owner)
    }

    /// Its type, once that is known.
    pub(super) fn kind(&self) -> &str {
        self.known.description.value().map_or("", |it| &it.document_type)
    }

    /// Whether it is ours to change; until it is known whose it is, it may be.
    pub(super) fn is_own(&self, cx: &Cx<'_>) -> bool {
        self.owner().is_empty() || manuscript::is_own(self.owner(), cx)
    }

    /// The tabs that it has: files come with packages and with what has attachments alone.
    pub(super) fn tabs(&self) -> Vec<DocumentTab> {
        let has_files = self.kind() == "Package"
            || self.known.description.value().is_some_and(|it| !it.attachments_information.is_empty());
        let all = DocumentTab::ALL.into_iter();
        all.filter(|tab| *tab != DocumentTab::Files || has_files || self.tab == DocumentTab::Files).collect()
    }

    pub(super) fn tab_at(&self) -> usize {
        DocumentTab::ALL.iter().position(|tab| *tab == self.tab).unwrap_or(0)
    }

    /// The row that the cursor is on, if there is any.
    pub(super) fn row(&self) -> Option<usize> {
        let last = self.row_count().checked_sub(1)?;
        Some(self.rows[self.tab_at()].min(last))
    }

    /// Closes what is open, one at a time; says whether there was something.
    pub(super) fn close_one(&mut self) -> bool {
        if self.looking.take().is_some() || self.form.take().is_some() || self.compared.take().is_some() {
            return true;
        }
        if self.code.search().is_some() {
            self.code.stop_search();
            return true;
        }
        self.marked.take().is_some()
    }

    /// The text came, or came in another format.
    pub(super) fn show_text(&mut self) {
        let Some(content) = self.known.content.value() else { return };
        self.files = files::of(content);
        if self.code.text() == content.content {
            return;
        }
        let (line, column) = self.code.cursor();
        self.code = Code::reading(language(&content.document_format), &content.content);
        self.code.go(line, column);
    }
}

/// What a format is drawn as.
pub(super) fn language(format: &str) -> Language {
    match format {
        "JSON" => Language::Json,
        "YAML" => Language::Yaml,
        _ => Language::Plain,
    }
}
