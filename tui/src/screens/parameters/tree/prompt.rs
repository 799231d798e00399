//! A line that is typed over the tree: the filter, a name to find, an instant, where something goes, a file.

use crossterm::event::KeyCode;
use pilothouse_api::protocol::Millis;
use pilothouse_kit::input::{Line, LineEvent};

use super::search;
use crate::screen::Input;

/// So long the hands rest before names are looked for, in milliseconds.
const REST: i64 = 120;

/// What is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// What is searched for.
    Filter,
    /// Some letters of a name.
    Find,
    /// An instant.
    At,
    /// Where a folder or a parameter is copied to, or moved to.
    CopyTo { from: String, folder: bool, moves: bool },
    /// A file to be taken in below a folder.
    Import { folder: String },
    /// A file that a folder goes to; with secrets in plain text or without.
    Export { path: String, reveal: bool },
}

/// A line that is typed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Prompt {
    pub(super) ask: Ask,
    pub(super) line: Line,
    /// Why it was not taken.
    pub(super) wrong: Option<String>,
    /// Names that were found, and the one that is chosen.
    pub(super) names: Vec<String>,
    pub(super) chosen: usize,
    /// The call for them that is under way.
    pub(super) asked: Option<u32>,
    /// When they are asked for.
    pub(super) due: Option<Millis>,
}

impl Prompt {
    pub(super) fn new(ask: Ask, text: &str) -> Self {
        Self { ask, line: Line::new(text), wrong: None, names: Vec::new(), chosen: 0, asked: None, due: None }
    }

    /// Whether it is for it: all but what closes it, and what leaves the cockpit.
    pub(super) fn takes(&self, input: &Input) -> bool {
        match input {
            Input::Paste(_) => true,
            Input::Key(key) => {
                let control = key.modifiers.contains(crossterm::event::KeyModifiers::CONTROL);
                key.code != KeyCode::Esc && !(control && key.code == KeyCode::Char('c'))
            }
        }
    }

    /// What came of it.
    pub(super) fn take(&mut self, input: &Input, now: Millis) -> LineEvent {
        if let (Ask::Find, Input::Key(key)) = (&self.ask, input) {
            let last = self.names.len().saturating_sub(1);
            match key.code {
                KeyCode::Down | KeyCode::Tab => {
                    self.chosen = (self.chosen + 1).min(last);
                    return LineEvent::Moved;
                }
                KeyCode::Up | KeyCode::BackTab => {
                    self.chosen = self.chosen.saturating_sub(1);
                    return LineEvent::Moved;
                }
                _ => {}
            }
        }
        let event = input.type_into(&mut self.line);
        if event == LineEvent::Changed {
            self.wrong = None;
            self.due = (self.ask == Ask::Find).then(|| Millis(now.0 + REST));
        }
        event
    }

    /// The letters that are to be looked for now.
    pub(super) fn question(&mut self, now: Millis) -> Option<String> {
        self.due.take_if(|due| *due <= now)?;
        let text = self.line.text().trim();
        if text.is_empty() {
            self.names.clear();
        }
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// What stands before it.
    pub(super) fn label(&self) -> String {
        match &self.ask {
            Ask::Filter => "/ ".to_owned(),
            Ask::Find => "find ".to_owned(),
            Ask::At => "as of ".to_owned(),
            Ask::CopyTo { from, moves: false, .. } => format!("copy {from} to "),
            Ask::CopyTo { from, .. } => format!("move {from} to "),
            Ask::Import { folder } => format!("take into {folder} from file "),
            Ask::Export { path, .. } => format!("write {path} to file "),
        }
    }

    /// What it may look like.
    pub(super) fn hint(&self) -> &'static str {
        match &self.ask {
            Ask::Filter => search::HINT,
            Ask::Find => "some letters of a name, in order",
            Ask::At => "2026-11-01, 2026-11-01 14:30, 3d; nothing is now",
            Ask::CopyTo { .. } => "a path; what would happen is shown first",
            Ask::Import { .. } => "values.json, values.yaml or .env; what would happen is shown first",
            Ask::Export { .. } => "values.json, values.yaml or .env; a new file",
        }
    }
}
