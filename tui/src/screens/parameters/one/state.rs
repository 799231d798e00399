//! What the room remembers.

use std::cell::Cell;

use pilothouse_api::documents::ParameterUse;
use pilothouse_api::parameters::VersionBlame;
use pilothouse_api::protocol::Millis;
use pilothouse_api::topics::Revision;
use pilothouse_kit::code::Code;

use super::super::dossier::{Answer, Dossier};
use super::super::naming;
use super::super::sheet::{Sheet, language_of};
use super::super::texts::Texts;
use super::line::TypedLine;
use crate::errand::Errand;
use crate::route::{ParameterPlace, ParameterTab, ParameterTask};

/// One parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// What of it is shown.
    pub tab: ParameterTab,
    /// What is begun as soon as what it needs is known.
    pub(super) task: Option<ParameterTask>,
    pub(super) dossier: Dossier,
    pub(super) uses: Answer<Vec<ParameterUse>>,
    /// The cursor in the list of the tab.
    pub row: usize,
    /// The version that others are compared with.
    pub base: Option<i64>,
    /// The value as it is read.
    pub(super) code: Option<Code>,
    pub(super) texts: Option<Texts>,
    /// The version that is rolled back to once what changes is known.
    pub(super) rolls_to: Option<i64>,
    pub(super) sheet: Option<Sheet>,
    pub(super) line: Option<TypedLine>,
    pub(super) errand: Errand,
    pub(super) copying: Option<u32>,
    /// Whether it was deleted by somebody while it was looked at.
    pub(super) gone: bool,
    pub(super) seen: Seen,
    /// When it is asked for anew.
    pub(super) settles_at: Option<Millis>,
    pub(super) linked: bool,
    /// Rows in sight when it was last drawn, and the first of them.
    pub(super) height: Cell<usize>,
    pub(super) top: Cell<usize>,
    pub(super) next: u32,
}

/// What was seen of what happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub revision: Revision,
    pub resets: u64,
    pub breaks: u64,
}

impl Parameter {
    /// The parameter of a place.
    #[must_use]
    pub fn new(place: ParameterPlace) -> Self {
        Self {
            tab: place.tab,
            task: place.task,
            dossier: Dossier::of(&place.name, ""),
            uses: Answer::default(),
            row: 0,
            base: None,
            code: None,
            texts: None,
            rolls_to: None,
            sheet: None,
            line: None,
            errand: Errand::default(),
            copying: None,
            gone: false,
            seen: Seen::default(),
            settles_at: None,
            linked: true,
            height: Cell::new(0),
            top: Cell::new(0),
            next: 0,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.dossier.name
    }

    pub(super) fn ticket(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    /// Its versions, the newest first.
    pub(super) fn versions(&self) -> &[VersionBlame] {
        self.dossier.blame.get().map_or(&[], |blame| blame.versions.as_slice())
    }

    /// The version that is meant: under the cursor of the history, else the newest.
    pub(super) fn version(&self) -> Option<i64> {
        match self.tab {
            ParameterTab::History => self.versions().get(self.row).map(|it| it.version),
            _ => self.dossier.version(),
        }
    }

    /// How many rows the tab has.
    pub(super) fn rows(&self) -> usize {
        match self.tab {
            ParameterTab::Value | ParameterTab::Policies => 0,
            ParameterTab::History => self.versions().len(),
            ParameterTab::Blame => {
                let readers = self.dossier.blame.get().map_or(0, |blame| blame.readers.len());
                self.versions().len() + readers + 3
            }
            ParameterTab::Uses => self.uses.get().map_or(0, Vec::len),
        }
    }

    /// Whether an event is about it.
    pub(super) fn is_it(&self, name: &str) -> bool {
        naming::slashed(name) == naming::slashed(self.name())
    }

    /// The text that is read is that of the value, as long as it may be seen.
    pub(super) fn settle_text(&mut self) {
        match self.dossier.value.text() {
            None => self.code = None,
            Some(text) if self.code.is_none() => {
                let lines: Vec<String> = text.lines().take(3).map(str::to_owned).collect();
                self.code = Some(Code::reading(language_of(self.name(), &lines), text));
            }
            Some(_) => {}
        }
    }

    /// What is secret is hidden.
    pub(super) fn hide(&mut self) {
        self.dossier.value.hide();
        self.settle_text();
        if let Some(sheet) = &mut self.sheet {
            sheet.hide();
        }
        if let Some(texts) = &mut self.texts {
            texts.hide();
        }
    }

    pub(super) fn show(&mut self, tab: ParameterTab) {
        self.tab = tab;
        self.row = 0;
        self.top.set(0);
        self.texts = None;
    }

    /// Closes what is open, one at a time; says whether there was something.
    pub(super) fn close_one(&mut self) -> bool {
        if let Some(sheet) = &mut self.sheet {
            if sheet.may_close() {
                self.sheet = None;
            }
            return true;
        }
        self.rolls_to = None;
        self.line.take().is_some() || self.texts.take().is_some() || self.base.take().is_some()
    }
}
