//! What the server said of the document, part by part, and the questions for it.

use std::time::Duration;

use pilothouse_api::documents::{
    AccountSharingInfo, DescribeDocument, DescribeDocumentPermission, DescribeDocumentPermissionResponse,
    DocumentDescription, DocumentReviewerResponseSource, DocumentVersionInfo, GetCalendarState,
    GetCalendarStateResponse, GetDocument, GetDocumentResult, ListDocumentMetadataHistory,
    ListDocumentVersions,
};
use pilothouse_api::protocol::Millis;

use crate::asked::Asked;
use crate::effect::{CallError, Reply, Request};
use crate::route::DocumentTab;

/// The most versions that are asked for; AWS keeps 1,000.
const MOST_VERSIONS: usize = 1_000;
/// A calendar is asked again no sooner than this, in milliseconds.
const PATIENCE: i64 = 30_000;

/// What is known, part by part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// What it is.
    pub description: Asked<DocumentDescription>,
    /// Its text.
    pub content: Asked<GetDocumentResult>,
    /// Newest first.
    pub versions: Asked<Vec<DocumentVersionInfo>>,
    /// With whom it is shared.
    pub sharing: Asked<Vec<AccountSharingInfo>>,
    /// What was said of the version, newest first.
    pub reviews: Asked<Vec<DocumentReviewerResponseSource>>,
    /// Whether a calendar is open, and when that changes.
    pub calendar: Asked<GetCalendarStateResponse>,
    /// Versions of the pages so far.
    coming: Vec<DocumentVersionInfo>,
}

/// Which document, which version of it, and in which format its text is wanted.
pub(super) struct Wanted<'a> {
    pub name: &'a str,
    pub version: Option<&'a str>,
    pub format: Option<&'a str>,
}

impl Wanted<'_> {
    fn version(&self) -> Option<String> {
        self.version.map(str::to_owned)
    }

    pub(super) fn text(&self) -> Request {
        Request::GetDocument(GetDocument {
            name: self.name.to_owned(),
            document_version: self.version(),
            document_format: self.format.map(str::to_owned),
            ..GetDocument::default()
        })
    }

    fn description(&self) -> Request {
        let (name, document_version) = (self.name.to_owned(), self.version());
        Request::DescribeDocument(DescribeDocument { name, document_version, ..DescribeDocument::default() })
    }

    fn versions(&self, next_token: Option<String>) -> Request {
        let name = self.name.to_owned();
        Request::ListDocumentVersions(ListDocumentVersions { name, max_results: Some(50), next_token })
    }

    fn sharing(&self) -> Request {
        Request::DescribeDocumentPermission(DescribeDocumentPermission {
            name: self.name.to_owned(),
            permission_type: "Share".to_owned(),
            max_results: Some(200),
            next_token: None,
        })
    }

    fn reviews(&self) -> Request {
        Request::ListDocumentMetadataHistory(ListDocumentMetadataHistory {
            name: self.name.to_owned(),
            document_version: Some(self.version().unwrap_or_else(|| "$DEFAULT".to_owned())),
            metadata: "DocumentReviews".to_owned(),
            next_token: None,
            max_results: Some(50),
        })
    }
}

impl Known {
    /// The questions whose answers the head and every tab need.
    pub(super) fn ask(
        &mut self,
        wanted: &Wanted<'_>,
        mut ticket: impl FnMut() -> u32,
    ) -> Vec<(u32, Request)> {
        self.coming.clear();
        vec![
            (self.description.ask(ticket()), wanted.description()),
            (self.content.ask(ticket()), wanted.text()),
            (self.versions.ask(ticket()), wanted.versions(None)),
        ]
    }

    /// The question that a tab alone needs, unless its answer is there or coming.
    pub(super) fn ask_for(
        &mut self,
        tab: DocumentTab,
        wanted: &Wanted<'_>,
        ticket: u32,
    ) -> Option<(u32, Request)> {
        match tab {
            DocumentTab::Permissions if self.sharing.is_wanted() => {
                Some((self.sharing.ask(ticket), wanted.sharing()))
            }
            DocumentTab::Reviews if self.reviews.is_wanted() => {
                Some((self.reviews.ask(ticket), wanted.reviews()))
            }
            _ => None,
        }
    }

    /// What a tab alone needs is asked for anew the next time.
    pub(super) fn outdate_tabs(&mut self) {
        self.sharing.outdate();
        self.reviews.outdate();
    }

    /// The question whether a calendar is open, when that is not known or may have changed.
    pub(super) fn ask_calendar(&mut self, name: &str, now: Millis, ticket: u32) -> Option<(u32, Request)> {
        let is_calendar = self.description.value()?.document_type == "ChangeCalendar";
        let due = self.calendar.is_new() || self.turns_at().is_some_and(|at| at <= now);
        if !is_calendar || !due || self.calendar.is_under_way() {
            return None;
        }
        let calendar_names = vec![name.to_owned()];
        let request = GetCalendarState { calendar_names, at_time: None };
        Some((self.calendar.ask(ticket), Request::GetCalendarState(request)))
    }

    /// When a calendar turns, and is asked again.
    pub(super) fn turns_at(&self) -> Option<Millis> {
        let (state, asked) = (self.calendar.value()?, self.calendar.at()?);
        let patience = Millis(asked.0.saturating_add(PATIENCE));
        Some(turn(state.next_transition_time.as_deref()?)?.max(patience))
    }

    /// Takes an answer; says whether it was one, and what must be asked next for it.
    pub(super) fn take(
        &mut self,
        ticket: u32,
        result: &Result<Reply, CallError>,
        now: Millis,
        wanted: &Wanted<'_>,
        next: u32,
    ) -> Option<Option<(u32, Request)>> {
        if self.versions.awaits(ticket) {
            return Some(self.take_versions(ticket, result, now, wanted, next));
        }
        let description = part(result, |reply| match reply {
            Reply::DescribeDocument(it) => Some(it.document.clone()),
            _ => None,
        });
        let content = part(result, |reply| match reply {
            Reply::GetDocument(it) => Some(it.clone()),
            _ => None,
        });
        let sharing = part(result, |reply| match reply {
            Reply::DescribeDocumentPermission(it) => Some(shared(it)),
            _ => None,
        });
        let reviews = part(result, |reply| match reply {
            Reply::ListDocumentMetadataHistory(it) => Some(it.metadata.reviewer_response.clone()),
            _ => None,
        });
        let calendar = part(result, |reply| match reply {
            Reply::GetCalendarState(it) => Some(it.clone()),
            _ => None,
        });
        let taken = description.is_some_and(|it| self.description.take(ticket, it, now))
            || content.is_some_and(|it| self.content.take(ticket, it, now))
            || sharing.is_some_and(|it| self.sharing.take(ticket, it, now))
            || reviews.is_some_and(|it| self.reviews.take(ticket, it, now))
            || calendar.is_some_and(|it| self.calendar.take(ticket, it, now));
        taken.then_some(None)
    }

    /// A page of versions; they are shown when all of them came.
    fn take_versions(
        &mut self,
        ticket: u32,
        result: &Result<Reply, CallError>,
        now: Millis,
        wanted: &Wanted<'_>,
        next: u32,
    ) -> Option<(u32, Request)> {
        match result {
            Ok(Reply::ListDocumentVersions(page)) => {
                self.coming.extend(page.document_versions.iter().cloned());
                if let Some(token) = page.next_token.clone().filter(|_| self.coming.len() < MOST_VERSIONS) {
                    return Some((self.versions.ask(next), wanted.versions(Some(token))));
                }
                let all = std::mem::take(&mut self.coming);
                self.versions.take(ticket, Ok(all), now);
            }
            Ok(_) => {}
            Err(error) => drop(self.versions.take(ticket, Err(error), now)),
        }
        None
    }
}

/// The answer if it is of that kind; a refusal is one to every question.
fn part<T>(
    result: &Result<Reply, CallError>,
    of: impl FnOnce(&Reply) -> Option<T>,
) -> Option<Result<T, &CallError>> {
    match result {
        Ok(reply) => of(reply).map(Ok),
        Err(error) => Some(Err(error)),
    }
}

/// Accounts with what is shared; an older server tells the accounts alone.
fn shared(answer: &DescribeDocumentPermissionResponse) -> Vec<AccountSharingInfo> {
    if !answer.account_sharing_info_list.is_empty() {
        return answer.account_sharing_info_list.clone();
    }
    let of = |id: &String| AccountSharingInfo { account_id: id.clone(), ..AccountSharingInfo::default() };
    answer.account_ids.iter().map(of).collect()
}

/// An ISO 8601 instant.
pub(super) fn turn(text: &str) -> Option<Millis> {
    let at: jiff::Timestamp = text.parse().ok()?;
    let since = Duration::try_from(at.as_duration()).ok()?;
    i64::try_from(since.as_millis()).ok().map(Millis)
}
