//! The text of a policy: read, or changed while the server looks at it with every pause.
//!
//! In: what is typed, findings. Out: at most one question to the server at a time, after a short rest of the hands; one PutPolicy.
//! What was typed stays until it is saved or given up on purpose, also when the server refuses it.
//! Never here: what is a valid policy.

mod check;
mod view;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use pilothouse_api::access::{Policy, PutPolicy, PutPolicyResult};
use pilothouse_api::protocol::Millis;
use pilothouse_kit::code::{Code, Language};

use self::check::Check;

use super::keys::Msg;
use crate::effect::{CallError, Effect, Ladder, Question, Request};
use crate::screen::Input;
use crate::screens::rows::{ListMsg, Step};

/// The longest text that the server takes, in bytes.
pub(super) const LONGEST: usize = pilothouse_api::access::MAX_POLICY_BYTES;

/// What can be said to a text.
#[derive(Clone, Debug, PartialEq)]
pub enum PaperMsg {
    /// Something typed.
    Typed(Input),
    /// Save it.
    Save,
    /// Save it over what somebody else saved meanwhile: it was confirmed.
    Overwrite,
    /// To the next finding, or the one before.
    Finding(bool),
}

/// A text that is open.
#[derive(Clone, Debug, PartialEq)]
pub struct Paper {
    /// The policy's name.
    pub name: String,
    /// For people.
    pub comment: String,
    /// Whether it can be read only.
    pub ready_made: bool,
    /// Whether what is typed goes into it.
    pub typing: bool,
    code: Code,
    /// As the server has it; nothing before it was saved first.
    saved: Option<String>,
    changed_at: Option<Millis>,
    check: Check,
    /// Who saved another text under this name since it was opened.
    elsewhere: Option<String>,
    saving: Option<u32>,
    /// Why it was not saved.
    refused: Option<String>,
}

impl Paper {
    /// A policy's text, from its beginning.
    pub(super) fn read(policy: &Policy) -> Self {
        let mut paper = Self::write(policy.policy_name.clone(), policy.comment.clone(), &policy.text);
        paper.saved = Some(policy.text.clone());
        paper.typing = false;
        paper.ready_made = policy.ready_made;
        paper.code.go(0, 0);
        paper
    }

    /// A text that was never saved.
    pub(super) fn write(name: String, comment: String, text: &str) -> Self {
        let mut code = Code::new(Language::Cedar, text).with_limit(LONGEST);
        code.set_folds(true);
        Self {
            name,
            comment,
            ready_made: false,
            typing: true,
            code,
            saved: None,
            changed_at: Some(Millis(0)),
            check: Check::default(),
            elsewhere: None,
            saving: None,
            refused: None,
        }
    }

    /// Puts the cursor on a line, from 1.
    pub(super) fn go_to(&mut self, line: u32) {
        self.code.go(usize::try_from(line).unwrap_or(1).saturating_sub(1), 0);
    }

    /// Whether something would be lost.
    #[must_use]
    pub fn is_unsaved(&self) -> bool {
        !self.ready_made && self.saved.as_deref() != Some(self.code.text().as_str())
    }

    /// Whether it was saved ever.
    pub(super) fn is_new(&self) -> bool {
        self.saved.is_none()
    }

    /// `Esc`: out of the text; says whether it was in it.
    pub(super) fn step_back(&mut self) -> bool {
        std::mem::take(&mut self.typing)
    }

    /// While it is typed into: everything but the keys that lead out, save, or go to the next finding.
    pub(super) fn typed(&self, input: &Input) -> Option<PaperMsg> {
        if !self.typing {
            return None;
        }
        let Input::Key(key) = input else { return Some(PaperMsg::Typed(input.clone())) };
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => None,
            KeyCode::Tab => Some(PaperMsg::Finding(true)),
            KeyCode::BackTab => Some(PaperMsg::Finding(false)),
            KeyCode::Char('s') if control => Some(PaperMsg::Save),
            KeyCode::Char('c') if control => None,
            _ => Some(PaperMsg::Typed(input.clone())),
        }
    }

    /// Takes what is typed; says why it did not, if it did not.
    pub(super) fn take(&mut self, input: &Input, now: Millis) -> Option<String> {
        let before = self.code.revision();
        let fits = match input {
            Input::Key(key) => {
                self.code.key(*key);
                !self.is_full(*key)
            }
            Input::Paste(text) => self.code.paste(text),
        };
        if self.code.revision() != before {
            self.changed_at = Some(now);
            self.refused = None;
        } else if !fits {
            return Some(format!("a policy has at most {} KiB", LONGEST / 1024));
        }
        None
    }

    /// Whether there is no room for what this key types.
    fn is_full(&self, key: KeyEvent) -> bool {
        matches!(key.code, KeyCode::Char(_) | KeyCode::Enter) && self.code.bytes() >= LONGEST
    }

    /// Moves the cursor as lists do, while nothing is typed.
    pub(super) fn step(&mut self, msg: &ListMsg) {
        let page = self.code.height().max(2).cast_signed();
        let way = |down: bool, n: isize| if down { n } else { -n };
        match msg {
            ListMsg::Step(Step::By(n)) => self.code.step(*n),
            ListMsg::Step(Step::First) => self.code.go(0, 0),
            ListMsg::Step(Step::Last) => self.code.go(usize::MAX, 0),
            ListMsg::Half(down) => self.code.step(way(*down, page / 2)),
            ListMsg::Page(down) => self.code.step(way(*down, page - 1)),
            _ => {}
        }
    }

    /// The server was asked for its policies anew: a text without changes of ours is shown as it is there now.
    pub(super) fn compare(&mut self, there: &Policy) {
        if self.saved.as_deref() == Some(there.text.as_str()) || self.saving.is_some() {
            return;
        }
        if self.saved.is_some() && !self.is_unsaved() {
            let (line, column) = self.code.cursor();
            self.code.set(&there.text);
            self.code.go(line, column);
            self.saved = Some(there.text.clone());
            self.changed_at = Some(Millis(0));
        } else {
            self.elsewhere = Some(there.updated_by.clone());
        }
    }

    /// Who saved another text under this name meanwhile.
    pub(super) fn elsewhere(&self) -> Option<&str> {
        self.elsewhere.as_deref()
    }

    /// Asks before what somebody else saved is lost.
    pub(super) fn ask_overwrite(&self) -> Option<Effect<Msg>> {
        Some(Effect::Ask(Question {
            title: format!("Save {} over what {} saved meanwhile?", self.name, self.elsewhere()?),
            card: vec![
                "Their text is lost. Esc keeps both: y copies, and what they wrote can be read.".to_owned(),
            ],
            ladder: Ladder::Yes,
            yes: Msg::Paper(PaperMsg::Overwrite),
        }))
    }

    /// The call that saves it.
    pub(super) fn save(&mut self, ticket: u32) -> Request {
        self.saving = Some(ticket);
        self.refused = None;
        let policy = PutPolicy {
            policy_name: self.name.clone(),
            text: self.code.text(),
            comment: self.comment.clone(),
        };
        Request::PutPolicy(policy)
    }

    /// Why it cannot be saved now.
    pub(super) fn why_not_save(&self) -> Option<String> {
        if self.ready_made {
            Some("it came with the server: c copies it under a new name".to_owned())
        } else if self.saving.is_some() {
            Some("it is being saved".to_owned())
        } else if !self.is_unsaved() {
            Some("it is saved".to_owned())
        } else if self.code.is_blank() {
            Some("there is nothing in it".to_owned())
        } else {
            None
        }
    }

    /// Takes the answer; `None` if it was not one.
    pub(super) fn was_saved(
        &mut self,
        ticket: u32,
        result: Result<PutPolicyResult, CallError>,
    ) -> Option<Result<String, String>> {
        self.saving.take_if(|saving| *saving == ticket)?;
        Some(match result {
            Ok(answer) => {
                self.saved = Some(answer.policy.text);
                self.elsewhere = None;
                self.check.findings = answer.findings;
                self.check.of.clone_from(&self.saved);
                Ok(format!("policy {} is saved", self.name))
            }
            Err(error) => {
                self.refused = Some(error.message);
                Err(format!("policy {} was not saved", self.name))
            }
        })
    }
}
