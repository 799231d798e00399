//! All documents that may be listed, page by page: what comes first is shown first; what is asked for anew is shown when it is whole.

use pilothouse_api::documents::{DocumentIdentifier, ListDocuments, ListDocumentsResult};
use pilothouse_api::protocol::Millis;

use crate::effect::{CallError, Request};

/// Documents of a page.
const PAGE: i64 = 50;
/// The most that are kept.
pub(super) const MOST: usize = 50_000;

/// What is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Library {
    /// In order of name.
    pub documents: Vec<DocumentIdentifier>,
    /// Counts changes.
    pub generation: u64,
    /// When it was known whole.
    pub listed: Option<Millis>,
    /// Why it is not.
    pub trouble: Option<String>,
    /// What came of a second listing, while the first is shown.
    coming: Vec<DocumentIdentifier>,
    asked: Option<u32>,
    /// Whether something changed since it is being asked for.
    outdated: bool,
}

impl Library {
    /// Begins to ask for all of it. While that is under way already, it is asked for once more afterwards.
    pub(super) fn ask(&mut self, ticket: u32) -> Option<Request> {
        if self.asked.is_some() {
            self.outdated = true;
            return None;
        }
        (self.asked, self.outdated) = (Some(ticket), false);
        self.coming.clear();
        Some(page(None))
    }

    /// Takes a page; gives the question for the next, if this was one and there is more.
    pub(super) fn take(
        &mut self,
        result: Result<ListDocumentsResult, CallError>,
        next: u32,
        now: Millis,
    ) -> Option<Request> {
        self.asked = None;
        let answer = match result {
            Ok(answer) => answer,
            Err(error) => {
                self.refused(error);
                return None;
            }
        };
        self.coming.extend(answer.document_identifiers);
        let Some(token) = answer.next_token.filter(|_| self.coming.len() < MOST) else {
            self.whole(now);
            return None;
        };
        self.asked = Some(next);
        if self.listed.is_none() {
            self.show(self.coming.clone());
        }
        Some(page(Some(token)))
    }

    /// Whether this answer is waited for.
    pub(super) fn awaits(&self, ticket: u32) -> bool {
        self.asked == Some(ticket)
    }

    /// Whether it is being asked for.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        self.asked.is_some()
    }

    /// Whether everything was answered and is outdated all the same.
    pub(super) fn must_ask_again(&self) -> bool {
        self.outdated && self.asked.is_none()
    }

    /// The document of that name, by position.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.documents.binary_search_by(|document| document.name.as_str().cmp(name)).ok()
    }

    fn whole(&mut self, now: Millis) {
        let coming = std::mem::take(&mut self.coming);
        self.show(coming);
        (self.listed, self.trouble) = (Some(now), None);
    }

    fn show(&mut self, mut documents: Vec<DocumentIdentifier>) {
        documents.sort_by(|a, b| a.name.cmp(&b.name));
        documents.dedup_by(|a, b| a.name == b.name);
        self.documents = documents;
        self.generation += 1;
    }

    /// What was listed before is still better than nothing, unless the server does not want it to be seen.
    fn refused(&mut self, error: CallError) {
        self.coming.clear();
        if !error.is_unreachable() {
            (self.documents, self.listed) = (Vec::new(), None);
            self.generation += 1;
        }
        self.trouble = Some(error.message);
    }
}

fn page(next_token: Option<String>) -> Request {
    Request::ListDocuments(ListDocuments { max_results: Some(PAGE), next_token, ..ListDocuments::default() })
}
