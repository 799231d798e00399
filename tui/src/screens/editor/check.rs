//! What the server says of the text: asked when the hands rest, one question at a time, and again when the text is another since.

use pilothouse_api::documents::{Finding, ValidateDocument, ValidateDocumentResult};
use pilothouse_api::protocol::Millis;
use pilothouse_kit::code::{Gravity, Mark};

use crate::effect::{CallError, Request};

/// So long the hands rest before the server is asked, in milliseconds.
const REST: i64 = 300;

/// What the server said of the text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Check {
    /// The revision of the text that it was said of.
    of: Option<u64>,
    /// What it said.
    pub answer: ValidateDocumentResult,
    asked: Option<(u32, u64)>,
    changed_at: Option<Millis>,
    /// Why there is no answer.
    pub trouble: Option<String>,
}

impl Check {
    /// The text is another now, or shall be looked at once more.
    pub(super) fn again(&mut self, now: Millis) {
        self.changed_at = Some(now);
    }

    /// The same, without a rest.
    pub(super) fn at_once(&mut self) {
        (self.changed_at, self.of) = (Some(Millis(0)), None);
    }

    /// Whether the text of this revision was looked at.
    #[must_use]
    pub fn is_of(&self, revision: u64) -> bool {
        self.of == Some(revision)
    }

    /// Whether something is wrong with the text of this revision.
    #[must_use]
    pub fn finds(&self, revision: u64) -> bool {
        self.is_of(revision) && !self.answer.findings.is_empty()
    }

    /// What is wrong, in the order of the text.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.answer.findings
    }

    /// What is wrong, as marks on lines.
    #[must_use]
    pub fn marks(&self) -> Vec<Mark> {
        let from_one = |n: usize| n.saturating_sub(1);
        let mark = |finding: &Finding| Mark {
            line: from_one(finding.line),
            column: (finding.column > 0).then(|| from_one(finding.column)),
            gravity: Gravity::Error,
            message: finding.message.clone(),
        };
        self.findings().iter().map(mark).collect()
    }

    /// When it wants to be looked at again by itself.
    pub(super) fn wakes_at(&self) -> Option<Millis> {
        let at = self.changed_at.filter(|_| self.asked.is_none())?;
        Some(Millis(at.0.saturating_add(REST)))
    }

    /// The question that must be asked now, if any.
    pub(super) fn question(
        &mut self,
        revision: u64,
        now: Millis,
        ticket: u32,
        text: impl FnOnce() -> ValidateDocument,
    ) -> Option<Request> {
        if self.wakes_at().is_none_or(|at| at > now) {
            return None;
        }
        self.changed_at = None;
        if self.is_of(revision) {
            return None;
        }
        self.asked = Some((ticket, revision));
        Some(Request::ValidateDocument(text()))
    }

    /// Takes the answer; says whether it was one.
    pub(super) fn take(
        &mut self,
        ticket: u32,
        result: Result<ValidateDocumentResult, CallError>,
        revision: u64,
        now: Millis,
    ) -> bool {
        let Some((_, of)) = self.asked.take_if(|(asked, _)| *asked == ticket) else { return false };
        match result {
            Ok(answer) => (self.answer, self.of, self.trouble) = (answer, Some(of), None),
            Err(error) => {
                self.trouble = Some(error.message);
                return true;
            }
        }
        if !self.is_of(revision) && self.changed_at.is_none() {
            self.changed_at = Some(now);
        }
        true
    }
}
