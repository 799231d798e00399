//! What is typed into the sheet, and what comes of it.

use crossterm::event::{KeyCode, KeyModifiers};
use pilothouse_api::protocol::Millis;
use pilothouse_kit::code::Language;
use pilothouse_kit::input::LineEvent;

use super::field::{Field, What, language_name};
use super::{Came, Countdown, Kind, MAX_VALUE, Sheet, SheetMsg, mistakes};
use crate::effect::Secret;
use crate::screen::Input;

/// What is said once before what was typed is forgotten.
const LOST: &str = "it is not put: Esc again forgets what was typed, Ctrl-s puts it";

impl Sheet {
    /// What is typed into it; the keys that leave it are not.
    pub(in super::super) fn typed(&self, input: &Input) -> Option<SheetMsg> {
        let Input::Key(key) = input else { return Some(SheetMsg::Typed(input.clone())) };
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => None,
            KeyCode::Tab => Some(SheetMsg::Step(true)),
            KeyCode::BackTab => Some(SheetMsg::Step(false)),
            KeyCode::Char('c') if control => None,
            KeyCode::Char('s') if control => Some(SheetMsg::Save),
            KeyCode::Char('r') if control => Some(SheetMsg::Peek),
            KeyCode::Char('o') if control => Some(SheetMsg::Fetch),
            KeyCode::Char('l') if control => Some(SheetMsg::Language),
            KeyCode::Char('g') if control => Some(SheetMsg::Mistake),
            _ => Some(SheetMsg::Typed(input.clone())),
        }
    }

    pub(in super::super) fn hear(&mut self, msg: SheetMsg, now: Millis, changed_by: Option<&str>) -> Came {
        if self.asked.is_some() {
            return Came::Nothing;
        }
        match msg {
            SheetMsg::Typed(input) => return self.take(&input),
            SheetMsg::Step(forward) => self.step(forward),
            SheetMsg::Save | SheetMsg::Overwrite => {
                return self.save(now, changed_by.filter(|_| msg == SheetMsg::Save));
            }
            SheetMsg::Peek => {
                let begun = self.is_secret().then(|| Countdown::begin(now));
                self.peeks = if self.peeks.is_some() { None } else { begun };
            }
            SheetMsg::Fetch if self.is_secret() && self.kind != Kind::New => return Came::Fetch,
            SheetMsg::Fetch => {}
            SheetMsg::Language => {
                self.language = Some(match self.code.language() {
                    Language::Plain => Language::Json,
                    Language::Json => Language::Yaml,
                    _ => Language::Plain,
                });
                self.settle_language();
            }
            SheetMsg::Mistake => {
                let marks = self.marks();
                self.code.go_to_mark(&marks, true);
            }
        }
        Came::Nothing
    }

    /// The old value of a secret is there.
    pub(in super::super) fn fetched(&mut self, text: &Secret) {
        self.fetching = None;
        self.code.rewrite(text.reveal());
        self.settle_language();
    }

    fn take(&mut self, input: &Input) -> Came {
        (self.warned, self.refused) = (None, None);
        if self.is_in_text() {
            let fits = match input {
                Input::Key(key) => {
                    self.code.key(*key);
                    true
                }
                Input::Paste(text) => self.code.paste(text),
            };
            self.settle_language();
            let said = format!("a value has at most {MAX_VALUE} bytes: nothing of it was taken");
            return if fits { Came::Nothing } else { Came::Say(said) };
        }
        let anew = self.begins_anew(input);
        let Some(field) = self.fields.get_mut(self.at) else { return Came::Nothing };
        if anew {
            *field = Field::line(What::Name, "");
        }
        match field.take(input) {
            LineEvent::Submit => self.step(true),
            LineEvent::Changed => self.settle_language(),
            _ => {}
        }
        Came::Nothing
    }

    /// Whether a whole name is being typed where the level's own still stands as it was offered: nothing has two slashes.
    fn begins_anew(&self, input: &Input) -> bool {
        let slash = match input {
            Input::Key(key) => key.code == KeyCode::Char('/'),
            Input::Paste(text) => text.starts_with('/'),
        };
        let offered = self.here().filter(|field| field.what == What::Name).map(|field| &field.held);
        slash && offered.is_some() && offered == self.begun.1.get(self.at)
    }

    fn step(&mut self, forward: bool) {
        let end = self.fields.len();
        for n in 1..=end {
            let at = if forward { self.at + n } else { self.at + end - n } % end;
            let field = &self.fields[at];
            if self.matters(field) && !field.is_fixed() {
                self.at = at;
                return;
            }
        }
    }

    fn save(&mut self, now: Millis, changed_by: Option<&str>) -> Came {
        self.tried = true;
        if let Some(at) = self.fields.iter().position(|field| self.wrong(field, now).is_some()) {
            self.at = at;
            return Came::Nothing;
        }
        let malformed = self.malformed().map(|(_, _, why)| why);
        if let Some(why) = malformed.filter(|_| self.warned.is_none()) {
            let language = language_name(self.code.language());
            self.warned = Some(format!("it is no {language} ({why}): Ctrl-s again puts it as it is"));
            return Came::Nothing;
        }
        match changed_by {
            Some(_) => Came::AskOverwrite,
            None => Came::Put(Box::new(self.put(now))),
        }
    }

    /// The server refused it: what was typed stays.
    pub(in super::super) fn was_refused(&mut self, code: &str, message: &str) {
        self.asked = None;
        let what = mistakes::about(code, message);
        if let Some(at) = what.and_then(|what| self.fields.iter().position(|field| field.what == what)) {
            self.at = at;
        }
        self.refused = Some((what, message.to_owned()));
    }

    /// `Esc`: leaves it, unless something would be lost by one press. Says whether it may go.
    pub(in super::super) fn may_close(&mut self) -> bool {
        if self.asked.is_some() {
            return false;
        }
        if self.is_changed() && self.warned.as_deref() != Some(LOST) {
            self.warned = Some(LOST.to_owned());
            return false;
        }
        true
    }
}
