//! What the server says of the document under the cursor: asked when the cursor rests, and remembered until documents change.

use std::collections::BTreeMap;

use pilothouse_api::documents::{DescribeDocument, DocumentDescription};
use pilothouse_api::protocol::Millis;

use crate::effect::{CallError, Request};

/// So long the cursor rests before the server is asked, in milliseconds.
const REST: i64 = 150;
/// So many documents are remembered.
const REMEMBERED: usize = 200;

/// What is known of documents that the cursor was on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Glance {
    known: BTreeMap<String, Result<DocumentDescription, String>>,
    asked: Option<(u32, String)>,
    /// What the cursor is on, and since when.
    on: Option<(String, Millis)>,
}

impl Glance {
    /// What is known of a document, or why it is not.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<&Result<DocumentDescription, String>> {
        self.known.get(name)
    }

    /// The cursor is on this one, or on none that anything shall be known of.
    pub(super) fn rest(&mut self, on: Option<&str>, now: Millis) {
        if self.on.as_ref().map(|(name, _)| name.as_str()) != on {
            self.on = on.map(|name| (name.to_owned(), now));
        }
    }

    /// When there may be something to ask.
    pub(super) fn wakes_at(&self) -> Option<Millis> {
        let (name, since) = self.on.as_ref().filter(|_| self.asked.is_none())?;
        (!self.known.contains_key(name)).then_some(Millis(since.0.saturating_add(REST)))
    }

    /// What must be asked now.
    pub(super) fn question(&mut self, now: Millis, ticket: u32) -> Option<Request> {
        if self.wakes_at().is_none_or(|at| at > now) {
            return None;
        }
        let (name, _) = self.on.clone()?;
        self.asked = Some((ticket, name.clone()));
        Some(Request::DescribeDocument(DescribeDocument { name, ..DescribeDocument::default() }))
    }

    /// Takes an answer; says whether it was one.
    pub(super) fn take(&mut self, ticket: u32, result: Result<DocumentDescription, CallError>) -> bool {
        let Some((_, name)) = self.asked.take_if(|(asked, _)| *asked == ticket) else { return false };
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        match result {
            Ok(description) => drop(self.known.insert(name, Ok(description))),
            // Without a link nothing is learnt of it; with the next one it is asked again.
            Err(error) if error.is_unreachable() => self.on = None,
            Err(error) => drop(self.known.insert(name, Err(error.message))),
        }
        true
    }

    /// Documents changed.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }
}
