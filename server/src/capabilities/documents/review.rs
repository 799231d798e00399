//! UpdateDocumentMetadata and ListDocumentMetadataHistory: a version is sent for review, then approved or rejected.
//!
//! NOT_REVIEWED or REJECTED → SendForReview → PENDING → Approve → APPROVED, or Reject → REJECTED. A review can be taken back: who
//! approved may reject later, and the other way round. UpdateReview changes what the same person said last.

use pilothouse_api::Fault;
use pilothouse_api::documents::{
    DocumentMetadataResponseInfo, DocumentReviewCommentSource, DocumentReviewerResponseSource,
    ListDocumentMetadataHistory, ListDocumentMetadataHistoryResponse, UpdateDocumentMetadata,
    UpdateDocumentMetadataResponse,
};
use pilothouse_store::documents::{self, DocumentRecord, ReviewRecord};

use super::found::{self, no_version};
use super::{NOT_REVIEWED, invalid_operation};
use crate::access::Who;
use crate::capabilities::page;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

pub(super) const APPROVED: &str = "APPROVED";
pub(super) const PENDING: &str = "PENDING";
const REJECTED: &str = "REJECTED";

/// Steps on a page, if the caller does not say.
const PAGE: usize = 50;
/// Steps of one version's reviews.
const STEPS: i64 = 1000;
/// Characters of a reviewer's name. Source: the model.
const REVIEWER: usize = 50;

/// What a step makes of a state.
///
/// # Errors
/// `InvalidDocumentOperation` when the step cannot be taken from there.
fn after(state: &str, action: &str) -> Result<&'static str, Fault> {
    match (action, state) {
        ("SendForReview", NOT_REVIEWED | REJECTED) => Ok(PENDING),
        ("Approve", PENDING | REJECTED) => Ok(APPROVED),
        ("Reject", PENDING | APPROVED) => Ok(REJECTED),
        _ => Err(invalid_operation(format!("a version that is {state} cannot be taken on by {action}"))),
    }
}

impl Run for UpdateDocumentMetadata {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<UpdateDocumentMetadataResponse, Fault> {
        let document = found::own(cx, &self.name).await?;
        let (region, name) = (&document.region, &document.name);
        let selector = self.document_version.as_deref().unwrap_or("$LATEST");
        let number = found::number(cx, &document, Some(selector), None).await?;
        let version = documents::get_version(cx.tx, region, name, number).await.map_err(store_fault)?;
        let version = version.ok_or_else(|| no_version(name, number))?;
        let of = (region.as_str(), name.as_str(), number);
        let comment = self.document_reviews.comment.into_iter().next().and_then(|comment| comment.content);
        let reviewer = reviewer(cx);
        let newest = documents::newest_review(cx.tx, of).await.map_err(store_fault)?;
        if self.document_reviews.action == "UpdateReview" {
            let own = newest.filter(|review| review.reviewer == reviewer).ok_or_else(|| {
                invalid_operation(format!("{reviewer} did not take the last step of this version's reviews"))
            })?;
            documents::set_comment(cx.tx, of, own.step, comment.as_deref(), cx.now)
                .await
                .map_err(store_fault)?;
            return Ok(UpdateDocumentMetadataResponse {});
        }
        if newest.is_some_and(|review| review.step >= STEPS) {
            return Err(invalid_operation(format!("{STEPS} steps are the limit of one version's reviews")));
        }
        let status = after(&version.review_status, &self.document_reviews.action)?.to_owned();
        let step =
            ReviewRecord { step: 0, status, reviewer, comment, created_at: cx.now, updated_at: cx.now };
        documents::add_review(cx.tx, of, &step).await.map_err(store_fault)?;
        Ok(UpdateDocumentMetadataResponse {})
    }
}

/// The caller, as the model lets reviewers be called.
fn reviewer(cx: &Cx<'_>) -> String {
    let name = match cx.call.caller.operator().map(|operator| &operator.who) {
        Some(Who::User(name)) => name.clone(),
        Some(Who::Root) => String::from("root"),
        Some(Who::Session { role, session, .. }) => format!("{role}.{session}"),
        None => cx.call.caller.to_string(),
    };
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '_' })
        .take(REVIEWER)
        .collect()
}

impl Run for ListDocumentMetadataHistory {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ListDocumentMetadataHistoryResponse, Fault> {
        let found = found::document(cx, &self.name).await?;
        let selector = self.document_version.as_deref().unwrap_or("$LATEST");
        let version = found.version(cx, Some(selector), None).await?;
        let before: i64 = page::cursor(self.next_token.as_deref())?.unwrap_or(i64::MAX);
        let limit = page::limit(self.max_results, PAGE);
        let DocumentRecord { region, name, .. } = &found.document;
        let of = (region.as_str(), name.as_str(), version.version);
        let steps = documents::reviews(cx.tx, of, before, limit + 1).await.map_err(store_fault)?;
        let (steps, next_token) = page::cut(steps, limit, |step| step.step);
        Ok(ListDocumentMetadataHistoryResponse {
            name: name.clone(),
            document_version: version.version.to_string(),
            author: version.created_by,
            metadata: DocumentMetadataResponseInfo {
                reviewer_response: steps.into_iter().map(told).collect(),
            },
            next_token,
        })
    }
}

fn told(step: ReviewRecord) -> DocumentReviewerResponseSource {
    let comment = step.comment.map(|content| DocumentReviewCommentSource {
        r#type: Some(String::from("Comment")),
        content: Some(content),
    });
    DocumentReviewerResponseSource {
        create_time: step.created_at.into(),
        updated_time: step.updated_at.into(),
        review_status: step.status,
        comment: comment.into_iter().collect(),
        reviewer: step.reviewer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_approved_only_after_it_was_sent_for_review() {
        assert_eq!(after(NOT_REVIEWED, "SendForReview").ok(), Some(PENDING));
        assert_eq!(after(PENDING, "Approve").ok(), Some(APPROVED));
        assert_eq!(after(PENDING, "Reject").ok(), Some(REJECTED));
        assert_eq!(after(REJECTED, "SendForReview").ok(), Some(PENDING));
        for (state, action) in [
            (NOT_REVIEWED, "Approve"),
            (PENDING, "SendForReview"),
            (APPROVED, "SendForReview"),
            (APPROVED, "Approve"),
        ] {
            assert_eq!(
                after(state, action).unwrap_err().code,
                "InvalidDocumentOperation",
                "{state} {action}"
            );
        }
    }
}
