//! What the server says of a text: asked when the hands rest, one question at a time, and again when the text is another since.

use pilothouse_api::access::{Finding, Severity, ValidatePolicy, ValidatePolicyResult};
use pilothouse_api::protocol::Millis;
use pilothouse_kit::code::{Gravity, Mark};

use super::Paper;
use crate::effect::{CallError, Request};

/// So long the hands rest before the server is asked, in milliseconds.
const REST: i64 = 300;

/// What the server said of the text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Check {
    /// The text it was said of.
    pub of: Option<String>,
    pub findings: Vec<Finding>,
    /// The question under way, and the text it is of.
    asked: Option<(u32, String)>,
    /// Why there is no answer.
    pub trouble: Option<String>,
}

impl Paper {
    /// What is found in the text as it stands; nothing while that is not known.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.check.findings
    }

    pub(super) fn is_checked(&self) -> bool {
        self.check.of.as_deref() == Some(self.code.text().as_str())
    }

    /// To the next finding behind the cursor, or the one before it; says whether there is one.
    pub(in super::super) fn go_to_finding(&mut self, forward: bool) -> bool {
        let marks = self.marks();
        self.code.go_to_mark(&marks, forward)
    }

    /// The findings as marks; what they say stands beside the text.
    pub(super) fn marks(&self) -> Vec<Mark> {
        let from_one = |n: u32| usize::try_from(n).unwrap_or(1).saturating_sub(1);
        let mark = |finding: &Finding| Mark {
            line: from_one(finding.line),
            column: Some(from_one(finding.column)),
            gravity: if is_error(finding) { Gravity::Error } else { Gravity::Warning },
            message: String::new(),
        };
        self.check.findings.iter().map(mark).collect()
    }

    /// When it wants to be looked at again by itself.
    pub(in super::super) fn wakes_at(&self) -> Option<Millis> {
        let at = self.changed_at.filter(|_| self.check.asked.is_none() && self.may_change())?;
        Some(Millis(at.0.saturating_add(REST)))
    }

    fn may_change(&self) -> bool {
        !self.ready_made
    }

    /// The question that must be asked now, if any.
    pub(in super::super) fn question(&mut self, now: Millis, ticket: u32) -> Option<Request> {
        if self.wakes_at().is_none_or(|at| at > now) {
            return None;
        }
        self.changed_at = None;
        if self.is_checked() {
            return None;
        }
        let text = self.code.text();
        self.check.asked = Some((ticket, text.clone()));
        Some(Request::ValidatePolicy(ValidatePolicy { text }))
    }

    /// Takes the answer; says whether it was one.
    pub(in super::super) fn checked(
        &mut self,
        ticket: u32,
        result: Result<ValidatePolicyResult, CallError>,
        now: Millis,
    ) -> bool {
        let Some((_, text)) = self.check.asked.take_if(|(asked, _)| *asked == ticket) else { return false };
        match result {
            Ok(answer) => {
                self.check.findings = answer.findings;
                self.check.of = Some(text);
                self.check.trouble = None;
            }
            Err(error) => {
                self.check.trouble = Some(error.message);
                return true;
            }
        }
        if !self.is_checked() && self.changed_at.is_none() {
            self.changed_at = Some(now);
        }
        true
    }
}

/// Whether a finding keeps it from being saved.
pub(super) fn is_error(finding: &Finding) -> bool {
    finding.severity == Severity::Error
}
