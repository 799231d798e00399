//! Two versions compared: both texts are asked for in one format, and set against each other when both are there.

use pilothouse_api::documents::GetDocumentResult;
use pilothouse_api::protocol::Millis;
use pilothouse_kit::diff::Diff;

use super::known::Wanted;
use crate::asked::Asked;
use crate::effect::{CallError, Reply, Request};

/// A comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The version on the left, and the one on the right.
    pub versions: [String; 2],
    texts: [Asked<GetDocumentResult>; 2],
    /// What is different, once both are there.
    pub diff: Option<Diff>,
}

impl Compared {
    /// The comparison of two versions, and the questions for it.
    pub(super) fn ask(
        name: &str,
        versions: [String; 2],
        format: Option<&str>,
        mut ticket: impl FnMut() -> u32,
    ) -> (Self, Vec<(u32, Request)>) {
        let mut compared = Self { versions, texts: [Asked::default(), Asked::default()], diff: None };
        let questions = (0..2).map(|at| {
            let version = Some(compared.versions[at].as_str());
            let request = Wanted { name, version, format }.text();
            (compared.texts[at].ask(ticket()), request)
        });
        let questions = questions.collect();
        (compared, questions)
    }

    /// Takes an answer; says whether it was one.
    pub(super) fn take(&mut self, ticket: u32, result: &Result<Reply, CallError>, now: Millis) -> bool {
        let answer = || match result {
            Ok(Reply::GetDocument(answer)) => Some(Ok(answer.clone())),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        };
        let taken = self
            .texts
            .iter_mut()
            .any(|text| text.awaits(ticket) && answer().is_some_and(|answer| text.take(ticket, answer, now)));
        if let [Some(left), Some(right)] = self.texts.each_ref().map(Asked::value)
            && taken
        {
            self.diff = Some(Diff::new(&left.content, &right.content));
        }
        taken
    }

    /// Why there is nothing to see.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.texts.iter().find_map(Asked::trouble)
    }
}
