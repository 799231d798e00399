//! UpdateDocumentMetadata and ListDocumentMetadataHistory: reviews of versions.

use serde::{Deserialize, Serialize};

use super::parts::{check_name, check_version};
use crate::timestamp::Timestamp;
use crate::validate::Violations;

/// What a reviewer says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DocumentReviewCommentSource {
    /// Comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    /// 1 to 1024 characters, not all of them blank.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// A step of a review.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DocumentReviews {
    /// SendForReview, UpdateReview, Approve or Reject.
    pub action: String,
    /// At most one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comment: Vec<DocumentReviewCommentSource>,
}

/// Takes a version's review a step on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateDocumentMetadata {
    /// The document's name.
    pub name: String,
    /// `$DEFAULT`, `$LATEST` (if absent) or a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    /// The step.
    pub document_reviews: DocumentReviews,
}

impl UpdateDocumentMetadata {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, &self.name);
        check_version(v, "documentVersion", self.document_version.as_deref());
        let DocumentReviews { action, comment } = &self.document_reviews;
        v.one_of("documentReviews.action", action, &["SendForReview", "UpdateReview", "Approve", "Reject"]);
        v.count("documentReviews.comment", comment, 0, 1);
        for (i, comment) in comment.iter().enumerate() {
            let path = format!("documentReviews.comment.{}.member.", i + 1);
            if let Some(kind) = &comment.r#type {
                v.one_of(&format!("{path}type"), kind, &["Comment"]);
            }
            if let Some(text) = &comment.content {
                v.length(&format!("{path}content"), text, 1, 1024);
                let legal = text.chars().any(|c| !c.is_whitespace());
                v.pattern(&format!("{path}content"), text, r"^(?!\s*$).+", legal);
            }
        }
    }
}

/// Nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateDocumentMetadataResponse {}

/// Lists the steps of a version's reviews.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListDocumentMetadataHistory {
    /// The document's name.
    pub name: String,
    /// `$DEFAULT`, `$LATEST` (if absent) or a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    /// DocumentReviews.
    pub metadata: String,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// 1 to 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i64>,
}

impl ListDocumentMetadataHistory {
    pub(crate) fn check(&self, v: &mut Violations) {
        check_name(v, &self.name);
        check_version(v, "documentVersion", self.document_version.as_deref());
        v.one_of("metadata", &self.metadata, &["DocumentReviews"]);
        v.range("maxResults", self.max_results, 1, 50);
    }
}

/// A step of a review, as it is told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DocumentReviewerResponseSource {
    /// When it was taken.
    pub create_time: Timestamp,
    /// When its comment was changed last.
    pub updated_time: Timestamp,
    /// NOT_REVIEWED, PENDING, APPROVED or REJECTED.
    pub review_status: String,
    /// At most one.
    pub comment: Vec<DocumentReviewCommentSource>,
    /// Who took it.
    pub reviewer: String,
}

/// The steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DocumentMetadataResponseInfo {
    /// Newest first.
    pub reviewer_response: Vec<DocumentReviewerResponseSource>,
}

/// A page of steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListDocumentMetadataHistoryResponse {
    /// The document's name.
    pub name: String,
    /// The version.
    pub document_version: String,
    /// Who made the version, as ARN.
    pub author: String,
    /// The steps.
    pub metadata: DocumentMetadataResponseInfo,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}
